//! Every node's obstacles against a pod, with the proof that the judgement is that
//! of the real scheduler: its own sentence.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::analysis::scheduler::message::{self, Detail, Message, Unschedulable};
use crate::analysis::scheduler::{KubernetesVersion, Options, Plugin, Refusal, judge_in};
use crate::model::Cluster;
use crate::model::pod::{Pod, Toleration};

use super::focus::Focus;

/// What keeps a pod from one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeObstacles {
    /// Node.
    pub node: String,
    /// Refusals, the scheduler's first one first.
    pub refusals: Vec<Refusal>,
    /// Whether more may refuse: something that a plugin needs was not read.
    pub is_open: bool,
}

impl NodeObstacles {
    /// Whether a plugin refuses.
    pub fn has(&self, plugin: Plugin) -> bool {
        self.refusals.iter().any(|refusal| refusal.plugin == Some(plugin))
    }

    /// Plugins that refuse.
    pub fn plugins(&self) -> BTreeSet<Plugin> {
        self.refusals.iter().filter_map(|refusal| refusal.plugin).collect()
    }

    /// Whether that plugin is all that refuses, for certain.
    pub fn only(&self, plugin: Plugin) -> bool {
        !self.is_open && self.plugins() == BTreeSet::from([plugin])
    }

    /// Whether a reason has this detail.
    pub fn says(&self, detail: &Detail) -> bool {
        self.reasons().any(|reason| message::meaning(reason).detail.as_ref() == Some(detail))
    }

    /// All reasons.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.refusals.iter().flat_map(|refusal| &refusal.reasons).map(AsRef::as_ref)
    }
}

/// The obstacles of all nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// Node by node; empty when nodes were not read.
    pub nodes: Vec<NodeObstacles>,
    /// Whether all pods that use the nodes were read, or the scheduler's own
    /// sentence says the same as the computed one.
    pub is_complete: bool,
}

/// The version to judge by: the server's, else the kubelets', else the newest known.
pub fn kubernetes_version(cluster: &Cluster) -> KubernetesVersion {
    let server = cluster.server_version.as_deref().and_then(|text| text.parse().ok());
    server.unwrap_or_else(|| {
        let mut kubelets = cluster.nodes.iter().map(|node| node.status.node_info.kubelet_version.as_str());
        kubelets.find_map(|text| text.parse().ok()).unwrap_or(KubernetesVersion::NEWEST)
    })
}

/// Judges a pod on every node, all obstacles.
///
/// An export of some namespaces does not say whether others hold pods. It is judged
/// as if they held none, and believed where the scheduler's own sentence, when the
/// pod has one, agrees.
pub fn judged(focus: &Focus<'_>, pod: &Pod) -> Rc<Judged> {
    focus.judged_once(pod, || judge(focus, pod))
}

fn judge(focus: &Focus<'_>, pod: &Pod) -> Judged {
    let (cluster, is_complete) = focus.as_whole();
    if cluster.nodes.is_empty() {
        return Judged::default();
    }
    let options = Options { all_obstacles: true, ..Options::default() };
    let state = focus.state(false);
    let judgement = judge_in(state, pod, options);
    let mut nodes = obstacles(&judgement.nodes);
    if nodes.iter().any(|node| node.has(CORDON) && node.has(TAINT)) {
        let tolerant = obstacles(&judge_in(state, &tolerating_cordons(pod), options).nodes);
        one_obstacle_per_cordon(&mut nodes, &tolerant);
    }
    let observed = pod.condition("PodScheduled").map(|condition| condition.message.as_str()).unwrap_or_default();
    let agrees = judgement.message.as_deref().is_some_and(|predicted| agree(observed, predicted));
    Judged { nodes, is_complete: is_complete || agrees }
}

const CORDON: Plugin = Plugin::NodeUnschedulable;
/// The filter plugin that looks at taints.
pub const TAINT: Plugin = Plugin::TaintToleration;

/// The pod as it would be if cordons were nothing to it.
fn tolerating_cordons(pod: &Pod) -> Pod {
    let mut pod = pod.clone();
    pod.spec.tolerations.push(Toleration {
        key: "node.kubernetes.io/unschedulable".to_owned(),
        operator: "Exists".to_owned(),
        ..Toleration::default()
    });
    pod
}

/// A cordon shows as two obstacles, since the node controller also taints the node:
/// the taint counts only where another one is there.
fn one_obstacle_per_cordon(nodes: &mut [NodeObstacles], tolerant: &[NodeObstacles]) {
    for node in nodes.iter_mut().filter(|node| node.has(CORDON)) {
        let other = tolerant.iter().find(|verdict| verdict.node == node.node);
        if other.is_some_and(|verdict| !verdict.has(TAINT)) {
            node.refusals.retain(|refusal| refusal.plugin != Some(TAINT));
        }
    }
}

/// Equal counts of equal reasons. The tail on preemption depends on pods that have
/// come and gone since, and an export does not tell the scheduler's version, by which
/// the wording differs.
fn agree(observed: &str, predicted: &str) -> bool {
    match (message::read(observed), message::read(predicted)) {
        (Message::Unschedulable(observed), Message::Unschedulable(predicted)) => {
            observed.nodes == predicted.nodes && counts(&observed) == counts(&predicted)
        }
        _ => false,
    }
}

fn counts(message: &Unschedulable) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for item in &message.reasons {
        *counts.entry(without_version(&item.reason)).or_default() += item.count;
    }
    if let Some(reason) = &message.prefilter {
        counts.insert(without_version(reason), message.nodes);
    }
    counts
}

/// A reason in the words that all versions share.
fn without_version(reason: &str) -> &str {
    for same in ["untolerated taint", "ReadWriteOncePod"] {
        if reason.contains(same) {
            return same;
        }
    }
    reason
}

fn obstacles(nodes: &[crate::analysis::scheduler::NodeVerdict]) -> Vec<NodeObstacles> {
    let refusals = |node: &crate::analysis::scheduler::NodeVerdict| {
        node.refusal().into_iter().chain(&node.also).cloned().collect::<Vec<_>>()
    };
    let obstacles = |node: &crate::analysis::scheduler::NodeVerdict| NodeObstacles {
        node: node.name.clone(),
        refusals: refusals(node),
        is_open: node.is_open || !node.doubts.is_empty(),
    };
    nodes.iter().map(obstacles).collect()
}

#[cfg(test)]
mod tests {
    use super::agree;

    #[test]
    fn wordings_of_versions_and_preemption_do_not_count() {
        let old = "0/4 nodes are available: 1 node(s) had untolerated taint {a: b}, 1 node(s) had untolerated taint {c: }, 2 Insufficient cpu. preemption: 0/4 nodes are available: 4 No preemption victims found for incoming pod.";
        let new = "0/4 nodes are available: 2 Insufficient cpu, 2 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.";
        assert!(agree(old, new));
        assert!(!agree(old, &new.replace("2 Insufficient cpu", "2 Too many pods")));
        assert!(!agree("", new));
    }
}
