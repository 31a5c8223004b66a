//! What judging a pod results in: a verdict for every node, with the plugin and
//! the texts that the real scheduler would give.

use std::borrow::Cow;
use std::fmt;

use super::plugin::{Plugin, ScorePlugin};
use super::version::KubernetesVersion;
use crate::model::Kind;

/// A reason as the scheduler words it.
pub type Reason = Cow<'static, str>;

/// Whether removing pods could help (`framework.Code`, pkg/scheduler/framework/interface.go 1.33).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Removing pods might help.
    Unschedulable,
    /// Removing pods cannot help.
    UnschedulableAndUnresolvable,
    /// The node is outside the set that a PreFilter plugin named; no filter saw it.
    PreFilterRestricted,
}

impl Code {
    /// The name upstream gives it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unschedulable => "Unschedulable",
            Self::UnschedulableAndUnresolvable => "UnschedulableAndUnresolvable",
            Self::PreFilterRestricted => "PreFilterRestricted",
        }
    }

    /// Whether removing pods cannot help.
    pub const fn is_unresolvable(self) -> bool {
        !matches!(self, Self::Unschedulable)
    }
}

/// A node refused by one plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The plugin; none when the node was never filtered.
    pub plugin: Option<Plugin>,
    /// Whether removing pods could help.
    pub code: Code,
    /// The plugin's texts. More than one only from NodeResourcesFit and
    /// VolumeBinding.
    pub reasons: Vec<Reason>,
}

impl Refusal {
    /// A refusal that removing pods might lift.
    pub(super) fn unschedulable(plugin: Plugin, reason: impl Into<Reason>) -> Self {
        Self { plugin: Some(plugin), code: Code::Unschedulable, reasons: vec![reason.into()] }
    }

    /// A refusal that removing pods cannot lift.
    pub(super) fn unresolvable(plugin: Plugin, reason: impl Into<Reason>) -> Self {
        Self { plugin: Some(plugin), code: Code::UnschedulableAndUnresolvable, reasons: vec![reason.into()] }
    }
}

/// Something that a verdict needs and that was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unread {
    /// Resource as RBAC names it, for example `pods` or `csinodes.storage.k8s.io`.
    pub resource: String,
    /// Namespace; `None` for cluster-scoped kinds and for all namespaces at once.
    pub namespace: Option<String>,
    /// Whether all namespaces are meant.
    pub everywhere: bool,
    /// One object, when it is only about that one.
    pub name: Option<String>,
}

impl Unread {
    /// All objects of a kind in a namespace (`""`: everywhere).
    pub fn all(kind: Kind, namespace: &str) -> Self {
        Self::new(kind, namespace, None)
    }

    /// One object.
    pub fn one(kind: Kind, namespace: &str, name: &str) -> Self {
        Self::new(kind, namespace, Some(name.to_owned()))
    }

    fn new(kind: Kind, namespace: &str, name: Option<String>) -> Self {
        Self {
            resource: kind.resource(),
            namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
            everywhere: namespace.is_empty() && kind.is_namespaced(),
            name,
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.resource)?;
        if let Some(name) = &self.name {
            write!(f, "/{name}")?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None if self.everywhere => f.write_str(" of all namespaces"),
            None => Ok(()),
        }
    }
}

/// A plugin that could not judge, and what it would have needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The plugin.
    pub plugin: Plugin,
    /// What was not read.
    pub unread: Unread,
}

/// What is so about one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every filter passes.
    Fits,
    /// A filter refuses; this one first.
    Refused(Refusal),
    /// No filter is known to refuse, but these could not be judged.
    Unknown,
}

/// The score of a node that fits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Score {
    /// Sum of the weighted scores.
    pub total: i64,
    /// Weighted scores by plugin; a plugin that does not score is absent.
    pub plugins: Vec<(ScorePlugin, i64)>,
}

/// The verdict about one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeVerdict {
    /// Name of the node.
    pub name: String,
    /// What is so.
    pub verdict: Verdict,
    /// Obstacles behind the first one, which the scheduler never gets to. Filled
    /// only when all obstacles were asked for.
    pub also: Vec<Refusal>,
    /// Plugins that could not judge. With [`Verdict::Refused`] they come before the
    /// named plugin, and one of them may be the scheduler's first reason instead; or
    /// they are the named plugin, which may have further reasons.
    pub doubts: Vec<Doubt>,
    /// Whether a plugin behind the refusing one could not judge, so that more may refuse.
    /// Filled only when all obstacles were asked for.
    pub is_open: bool,
    /// The score, when the node fits and was scored.
    pub score: Option<Score>,
}

impl NodeVerdict {
    /// Whether every filter passes.
    pub fn fits(&self) -> bool {
        self.verdict == Verdict::Fits
    }

    /// The first refusal.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &self.verdict {
            Verdict::Refused(refusal) => Some(refusal),
            Verdict::Fits | Verdict::Unknown => None,
        }
    }
}

/// All nodes refused at once, before any was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreFilterRefusal {
    /// The plugin; none when several plugins' node sets have no node in common.
    pub plugin: Option<Plugin>,
    /// Whether removing pods could help.
    pub code: Code,
    /// The text.
    pub message: String,
}

/// The judgement of one pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Release whose rules were used.
    pub version: KubernetesVersion,
    /// A refusal of all nodes at once; `nodes` is empty then.
    pub prefilter: Option<PreFilterRefusal>,
    /// Plugins whose PreFilter could not judge; every node inherits the doubt.
    pub doubts: Vec<Doubt>,
    /// The verdicts, by name of the node.
    pub nodes: Vec<NodeVerdict>,
    /// Text of the `PodScheduled` condition and the `FailedScheduling` event.
    /// `None` when a node fits, or when too little was read to know it.
    pub message: Option<String>,
    /// The cycle ends in an error (condition reason `SchedulerError`).
    pub error: Option<String>,
    /// The pod is not tried at all: text of its scheduling gates.
    pub gated: Option<String>,
    /// Nodes of the highest score, one of which the scheduler takes.
    pub chosen_among: Vec<String>,
    /// So many fitting nodes are enough for the scheduler, which then looks no further
    /// and may miss those of the highest score; `None` when it looks at all.
    pub sampled: Option<usize>,
}

impl Judgement {
    /// The verdict about a node.
    pub fn node(&self, name: &str) -> Option<&NodeVerdict> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Nodes that fit.
    pub fn fitting(&self) -> impl Iterator<Item = &NodeVerdict> {
        self.nodes.iter().filter(|node| node.fits())
    }
}
