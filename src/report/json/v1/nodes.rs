//! `nodes -o json`.

use serde::Serialize;

use crate::analysis::scheduler::proven::{Fact, Proven};
use crate::analysis::scheduler::{Doubt, Judgement, NodeVerdict, Refusal, Verdict};

use super::Kind;

/// Verdicts of all nodes about one pod.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Nodes<'a> {
    /// Release whose scheduler was reproduced.
    pub(crate) kubernetes_version: String,
    /// `NAMESPACE/NAME`.
    pub(crate) pod: &'a str,
    /// Text of the `FailedScheduling` event; null when a node fits or when too little
    /// was read.
    pub(crate) message: Option<&'a str>,
    /// A refusal of all nodes at once; `nodes` is empty then.
    pub(crate) pre_filter: Option<PreFilter<'a>>,
    /// The scheduler's cycle ends in this error.
    pub(crate) error: Option<&'a str>,
    /// The pod is kept from the scheduler.
    pub(crate) scheduling_gates: Option<&'a str>,
    /// Nodes of the highest score.
    pub(crate) chosen_among: &'a [String],
    /// The nodes, by name.
    pub(crate) nodes: Vec<Node<'a>>,
    /// What is certain although nodes, or pods that use them, were not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) proven: Option<Certain<'a>>,
}

/// What the scheduler's message and the namespace's own objects prove.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Certain<'a> {
    /// Nodes that the scheduler knows.
    pub(crate) nodes: Option<usize>,
    /// Its refusals.
    pub(crate) refused: Vec<CertainRefusal<'a>>,
    /// Nodes that objects of the namespace name.
    pub(crate) facts: Vec<CertainFact<'a>>,
}

/// Nodes with one reason.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CertainRefusal<'a> {
    /// How many.
    pub(crate) count: usize,
    /// The scheduler's words.
    pub(crate) reason: &'a str,
    /// Filters that these nodes have passed.
    pub(crate) passed: Vec<&'static str>,
}

/// What an object proves of a node.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CertainFact<'a> {
    /// `selected`: the scheduler tied the claim to the node; `used`: a pod uses it there;
    /// `assistant`: Tekton's assistant runs there.
    #[cfg_attr(test, schemars(extend("enum" = ["selected", "used", "assistant"])))]
    pub(crate) kind: &'static str,
    /// The node.
    pub(crate) node: &'a str,
    /// The claim.
    pub(crate) claim: Option<&'a str>,
    /// The pod.
    pub(crate) pod: Option<&'a str>,
}

impl<'a> Certain<'a> {
    /// What is certain, when anything is.
    pub(crate) fn of(proven: &'a Proven) -> Option<Self> {
        let facts = proven.facts.iter().map(|fact| match fact {
            Fact::Selected { claim, node } => CertainFact { kind: "selected", node, claim: Some(claim), pod: None },
            Fact::Used { claim, node, by } => CertainFact { kind: "used", node, claim: Some(claim), pod: Some(by) },
            Fact::Assistant { pod, node } => CertainFact { kind: "assistant", node, claim: None, pod: Some(pod) },
        });
        let refused = proven.refused.iter().map(|known| CertainRefusal {
            count: known.count,
            reason: &known.reason,
            passed: known.passed.iter().map(|plugin| plugin.name()).collect(),
        });
        let certain = Self { nodes: proven.nodes, refused: refused.collect(), facts: facts.collect() };
        (certain.nodes.is_some() || !certain.facts.is_empty()).then_some(certain)
    }
}

/// A refusal of all nodes.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PreFilter<'a> {
    /// `Unschedulable` or `UnschedulableAndUnresolvable`.
    pub(crate) code: &'static str,
    /// The plugin; empty when several plugins' node sets have no node in common.
    pub(crate) plugin: &'static str,
    /// The text.
    pub(crate) message: &'a str,
}

/// The verdict about one node.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Node<'a> {
    /// Name.
    pub(crate) name: &'a str,
    /// Whether the pod fits.
    #[cfg_attr(test, schemars(extend("enum" = ["fits", "refused", "unknown"])))]
    pub(crate) verdict: &'static str,
    /// The first plugin that refuses.
    pub(crate) plugin: Option<&'static str>,
    /// Its reasons.
    pub(crate) reasons: Vec<&'a str>,
    /// The scheduler's status code.
    pub(crate) code: Option<&'static str>,
    /// Whether removing pods cannot help.
    pub(crate) unresolvable: bool,
    /// Sum of the weighted scores, when the node fits.
    pub(crate) score: Option<i64>,
    /// Further obstacles, which the scheduler never gets to.
    pub(crate) also: Vec<Obstacle<'a>>,
    /// Plugins that could not judge.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) cannot_tell: Vec<CannotTell>,
}

/// A further obstacle.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Obstacle<'a> {
    /// The plugin.
    pub(crate) plugin: Option<&'static str>,
    /// Its reasons.
    pub(crate) reasons: Vec<&'a str>,
    /// Whether removing pods cannot help.
    pub(crate) unresolvable: bool,
}

/// A plugin that could not judge.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CannotTell {
    /// The plugin.
    pub(crate) plugin: &'static str,
    /// What was not read.
    pub(crate) unread: String,
}

impl Kind for Nodes<'_> {
    const KIND: &'static str = "NodeVerdicts";
    const LIST: Option<&'static str> = Some("nodes");
}

impl<'a> Nodes<'a> {
    /// A judgement in this shape.
    pub(crate) fn of(pod: &'a str, judgement: &'a Judgement, proven: &'a Proven) -> Self {
        Self {
            kubernetes_version: judgement.version.to_string(),
            pod,
            message: judgement.message.as_deref(),
            pre_filter: judgement.prefilter.as_ref().map(|refusal| PreFilter {
                code: refusal.code.name(),
                plugin: refusal.plugin.map_or("", |plugin| plugin.name()),
                message: &refusal.message,
            }),
            error: judgement.error.as_deref(),
            scheduling_gates: judgement.gated.as_deref(),
            chosen_among: &judgement.chosen_among,
            nodes: judgement.nodes.iter().map(node).collect(),
            proven: Certain::of(proven),
        }
    }
}

fn node(node: &NodeVerdict) -> Node<'_> {
    let refusal = node.refusal();
    let obstacle = refusal.map(obstacle);
    Node {
        name: &node.name,
        verdict: match node.verdict {
            Verdict::Fits => "fits",
            Verdict::Refused(_) => "refused",
            Verdict::Unknown => "unknown",
        },
        plugin: obstacle.as_ref().and_then(|obstacle| obstacle.plugin),
        unresolvable: obstacle.as_ref().is_some_and(|obstacle| obstacle.unresolvable),
        reasons: obstacle.map(|obstacle| obstacle.reasons).unwrap_or_default(),
        code: refusal.map(|refusal| refusal.code.name()),
        score: node.score.as_ref().map(|score| score.total),
        also: node.also.iter().map(self::obstacle).collect(),
        cannot_tell: node.doubts.iter().map(cannot_tell).collect(),
    }
}

fn obstacle(refusal: &Refusal) -> Obstacle<'_> {
    Obstacle {
        plugin: refusal.plugin.map(|plugin| plugin.name()),
        reasons: refusal.reasons.iter().map(|reason| &**reason).collect(),
        unresolvable: refusal.code.is_unresolvable(),
    }
}

fn cannot_tell(doubt: &Doubt) -> CannotTell {
    CannotTell { plugin: doubt.plugin.name(), unread: doubt.unread.to_string() }
}
