//! What all filter plugins share: the node as a filter sees it, and the answers
//! of PreFilter and Filter.

use super::inter_pod_affinity;
use super::node_ports;
use super::snapshot::NodeInfo;
use super::verdict::{Refusal, Unread};

/// A node as a filter sees it: perhaps with nominated pods added, or with victims
/// of a preemption taken away.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'v, 'a> {
    /// The node and its pods.
    pub(super) info: &'v NodeInfo<'a>,
    /// What adding or removing pods changed in the state of PreFilter; `None` when
    /// nothing was changed.
    pub(super) changes: Option<&'v Changes<'a>>,
}

/// Differences that added or removed pods of one node make to what PreFilter
/// counted (`PreFilterExtensions`, AddPod and RemovePod).
#[derive(Debug, Clone, Default)]
pub(super) struct Changes<'a> {
    /// Users of the pod's single-pod claims.
    pub(super) single_pod_claims: i64,
    /// Host ports of removed pods.
    pub(super) freed_ports: Vec<node_ports::HostPort<'a>>,
    /// Matching pods per hard spread constraint.
    pub(super) spread: Vec<i64>,
    /// Matching pods per affinity term.
    pub(super) inter_pod: inter_pod_affinity::Changes<'a>,
}

/// A filter's answer for one node.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// No obstacle.
    Pass,
    /// An obstacle, proven by what was read. Where something was not read, the plugin
    /// may have further or other reasons.
    Refuse(Refusal, Option<Unread>),
    /// No obstacle in what was read, but this was not read.
    Unknown(Unread),
    /// The cycle ends.
    Error(String),
}

impl Outcome {
    /// Refuses for certain, with reasons that are complete if everything that matters
    /// was read.
    pub(super) fn refuse(refusal: Refusal, unread: Option<Unread>) -> Self {
        Self::Refuse(refusal, unread)
    }

    /// Passes if everything that matters was read.
    pub(super) fn unless_unread(unread: Option<Unread>) -> Self {
        unread.map_or(Self::Pass, Self::Unknown)
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal, None)
    }
}

/// A plugin's answer before any node is looked at.
#[derive(Debug)]
pub(super) enum PreFilter<S> {
    /// The filter runs with this state.
    Run(S),
    /// The filter has nothing to look at.
    Skip,
    /// No node can do.
    Refuse(Refusal),
    /// The plugin cannot judge.
    Unknown(Unread),
}
