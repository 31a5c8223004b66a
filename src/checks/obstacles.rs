//! What stands between a pod and each node, sorted out into one cause.

use std::collections::BTreeSet;

use super::focus::Focus;
use super::judged::{NodeObstacles, judged};
use crate::model::Cluster;
use crate::model::pod::Pod;

/// Why a pod finds no node, as one word that checks turn into a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// A claim that does not exist; holds its name.
    ClaimMissing(String),
    /// A claim that is not bound and will not be by scheduling.
    ClaimUnbound,
    /// No node carries the labels that are asked for.
    Selector,
    /// The volume is reachable from none of the nodes that the pod may use.
    VolumeNodeAffinity,
    /// Nodes that would fit have a taint.
    Taint,
    /// No allowed node has enough free.
    Resources,
    /// Nodes may attach no further volume.
    VolumeLimit,
    /// Host ports are taken.
    HostPort,
    /// Required anti-affinity excludes all allowed nodes.
    AntiAffinity,
    /// Required affinity to pods excludes all allowed nodes.
    Affinity,
    /// A spread constraint excludes all allowed nodes.
    TopologySpread,
    /// Allowed nodes are cordoned.
    Cordoned,
    /// A ReadWriteOncePod claim is in use.
    VolumeInUse,
    /// Nothing that the verdicts can name.
    Unknown(String),
}

/// The obstacle that decides, with the nodes on which it is the only one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decisive {
    /// What it is.
    pub obstacle: Obstacle,
    /// Nodes that would take the pod without it; may be empty.
    pub nodes: Vec<String>,
}

/// Taints of control-plane and infrastructure nodes: lifting them is never the
/// answer where another node would do.
fn is_reserved(cluster: &Cluster, node: &str) -> bool {
    cluster.node(node).is_some_and(|node| {
        node.spec.taints.iter().any(|taint| {
            taint.key.starts_with("node-role.kubernetes.io/") || taint.key.starts_with("node.kubernetes.io/")
        })
    })
}

/// Sorts out why a pod finds no node. `message` is the scheduler's own text.
pub fn decisive(focus: &Focus<'_>, pod: &Pod, message: &str) -> Decisive {
    if let Some(obstacle) = from_prefilter(message) {
        return Decisive { obstacle, nodes: Vec::new() };
    }
    let cluster = focus.cluster;
    let judged = judged(focus, pod);
    if !judged.is_complete {
        // Pods that were not read only take room away: what refuses a node without
        // them refuses it with them. The scheduler's words must say so too.
        return from_nodes(cluster, &judged.nodes)
            .filter(|found| !found.nodes.is_empty() && is_told(&found.obstacle, message))
            .unwrap_or_else(|| Decisive { obstacle: from_message(message), nodes: Vec::new() });
    }
    from_nodes(cluster, &judged.nodes)
        .unwrap_or_else(|| Decisive { obstacle: from_message(message), nodes: Vec::new() })
}

/// Refusals before any node was looked at.
fn from_prefilter(message: &str) -> Option<Obstacle> {
    if let Some(claim) = super::refused::between(message, "persistentvolumeclaim \"", "\" not found") {
        return Some(Obstacle::ClaimMissing(claim.to_owned()));
    }
    message.contains("unbound immediate PersistentVolumeClaims").then_some(Obstacle::ClaimUnbound)
}

fn from_nodes(cluster: &Cluster, judged: &[NodeObstacles]) -> Option<Decisive> {
    let without = |plugin: &'static str| move |node: &&NodeObstacles| !node.has(plugin);
    let allowed: Vec<&NodeObstacles> = judged.iter().filter(without("NodeAffinity")).collect();
    if allowed.is_empty() {
        return Some(Decisive { obstacle: Obstacle::Selector, nodes: Vec::new() });
    }
    let reachable: Vec<&NodeObstacles> =
        allowed.iter().copied().filter(|node| !node.has("VolumeBinding") && !node.has("VolumeZone")).collect();
    if reachable.is_empty() {
        let beyond = only(judged, "NodeAffinity");
        return Some(Decisive { obstacle: Obstacle::VolumeNodeAffinity, nodes: beyond });
    }
    // What alone keeps the pod from a node, likeliest to be meant first. Nodes that
    // are kept for others come last.
    let order: [(&str, Obstacle); 9] = [
        ("NodeUnschedulable", Obstacle::Cordoned),
        ("VolumeRestrictions", Obstacle::VolumeInUse),
        ("NodeVolumeLimits", Obstacle::VolumeLimit),
        ("NodePorts", Obstacle::HostPort),
        ("InterPodAffinity", Obstacle::Affinity),
        ("PodTopologySpread", Obstacle::TopologySpread),
        ("TaintToleration", Obstacle::Taint),
        ("NodeResourcesFit", Obstacle::Resources),
        ("DynamicResources", Obstacle::Resources),
    ];
    for reserved_too in [false, true] {
        for (plugin, obstacle) in &order {
            let nodes: Vec<String> = reachable
                .iter()
                .filter(|node| node.plugins() == BTreeSet::from([*plugin]))
                .filter(|node| reserved_too || *plugin != "TaintToleration" || !is_reserved(cluster, &node.node))
                .map(|node| node.node.clone())
                .collect();
            if !nodes.is_empty() {
                let obstacle = match obstacle {
                    Obstacle::Affinity if is_anti(&reachable) => Obstacle::AntiAffinity,
                    other => other.clone(),
                };
                return Some(Decisive { obstacle, nodes });
            }
        }
    }
    // No node has a single obstacle: what most reachable nodes lack.
    let commonest = order
        .iter()
        .map(|(plugin, obstacle)| (reachable.iter().filter(|node| node.has(plugin)).count(), obstacle))
        .max_by_key(|(count, _)| *count)?;
    (commonest.0 > 0).then(|| Decisive { obstacle: commonest.1.clone(), nodes: Vec::new() })
}

fn only(judged: &[NodeObstacles], plugin: &str) -> Vec<String> {
    judged.iter().filter(|node| node.plugins() == BTreeSet::from([plugin])).map(|node| node.node.clone()).collect()
}

fn is_anti(nodes: &[&NodeObstacles]) -> bool {
    nodes.iter().flat_map(|node| node.reasons()).any(|reason| reason.contains("anti-affinity"))
}

/// Whether the scheduler's words name an obstacle that does not depend on room.
fn is_told(obstacle: &Obstacle, message: &str) -> bool {
    let words = match obstacle {
        Obstacle::Taint => "untolerated taint",
        Obstacle::VolumeNodeAffinity => "node affinity",
        Obstacle::VolumeLimit => "max volume count",
        Obstacle::HostPort => "free ports",
        Obstacle::Cordoned => "were unschedulable",
        Obstacle::VolumeInUse => "ReadWriteOncePod",
        _ => return false,
    };
    message.contains(words)
}

/// With nodes unread, the scheduler's own words are all there is.
fn from_message(message: &str) -> Obstacle {
    let has = |part: &str| message.contains(part);
    if has("PersistentVolume") && has("node affinity") || has("volume node affinity conflict") {
        Obstacle::VolumeNodeAffinity
    } else if has("max volume count") {
        Obstacle::VolumeLimit
    } else if has("free ports") {
        Obstacle::HostPort
    } else if has("ReadWriteOncePod") {
        Obstacle::VolumeInUse
    } else if has("anti-affinity rules") {
        Obstacle::AntiAffinity
    } else if has("topology spread") {
        Obstacle::TopologySpread
    } else if has("Insufficient") || has("Too many pods") {
        Obstacle::Resources
    } else if has("untolerated taint") {
        Obstacle::Taint
    } else if has("node affinity/selector") {
        Obstacle::Selector
    } else if has("were unschedulable") {
        Obstacle::Cordoned
    } else if has("pod affinity rules") {
        Obstacle::Affinity
    } else {
        Obstacle::Unknown(message.to_owned())
    }
}
