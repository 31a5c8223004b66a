//! What stands between a pod and each node, sorted out into one cause.

use super::focus::Focus;
use super::judged::{NodeObstacles, TAINT, judged};
use super::no_node::volume_node_affinity::claims_of;
use crate::analysis::scheduler::Plugin;
use crate::analysis::scheduler::message::{self, Detail, Meaning, Message};
use crate::finding::Finding;
use crate::model::Cluster;
use crate::model::node::Node;
use crate::model::pod::Pod;

/// Why a pod finds no node, as one word that checks turn into a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// A claim that does not exist; holds its name.
    ClaimMissing(String),
    /// A claim that is being deleted; holds its name.
    ClaimBeingDeleted(String),
    /// A claim whose volume is gone; holds its name.
    ClaimLost(String),
    /// A claim that is not bound: scheduling does not bind it, or its provisioner does
    /// not answer.
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
    /// Allowed nodes have lost contact, or run short of something.
    Unhealthy,
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
pub fn is_reserved(node: &Node) -> bool {
    node.spec.taints.iter().any(|taint| taint.key.starts_with("node-role.kubernetes.io/"))
}

/// What a node is marked with that takes no new pods for now; tolerating that mark is no
/// way out. The worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The node has lost contact.
    Lost,
    /// It was shut down, or taken out of service.
    Down,
    /// It is on its way out of the cluster.
    Leaving,
    /// It has no network for pods.
    NoNetwork,
    /// It has joined, and its cloud has not set it up yet.
    NotSetUp,
    /// It runs short of memory, disk or process ids.
    Pressure,
}

/// The taints that tell so (kubernetes pkg/controller/nodelifecycle and
/// staging/src/k8s.io/cloud-provider/api, v1.33; kubernetes/autoscaler
/// cluster-autoscaler/utils/taints, 1.33; kubernetes-sigs/karpenter pkg/apis/v1, v1.6).
const TROUBLES: [(&str, Trouble); 13] = [
    ("node.kubernetes.io/not-ready", Trouble::Lost),
    ("node.kubernetes.io/unreachable", Trouble::Lost),
    ("node.kubernetes.io/out-of-service", Trouble::Down),
    ("node.cloudprovider.kubernetes.io/shutdown", Trouble::Down),
    ("ToBeDeletedByClusterAutoscaler", Trouble::Leaving),
    ("karpenter.sh/disrupted", Trouble::Leaving),
    ("karpenter.sh/disruption", Trouble::Leaving),
    ("node.kubernetes.io/network-unavailable", Trouble::NoNetwork),
    ("node.cloudprovider.kubernetes.io/uninitialized", Trouble::NotSetUp),
    ("karpenter.sh/unregistered", Trouble::NotSetUp),
    ("node.kubernetes.io/memory-pressure", Trouble::Pressure),
    ("node.kubernetes.io/disk-pressure", Trouble::Pressure),
    ("node.kubernetes.io/pid-pressure", Trouble::Pressure),
];

/// The worst that a node is marked with. A cordon is told apart by its own filter plugin.
pub fn trouble(node: &Node) -> Option<Trouble> {
    let marks = node.spec.taints.iter().filter(|taint| taint.effect != "PreferNoSchedule");
    marks.filter_map(|taint| TROUBLES.iter().find(|(key, _)| *key == taint.key)).map(|(_, trouble)| *trouble).min()
}

/// Whether a node takes no new pods for now.
pub fn is_unhealthy(node: &Node) -> bool {
    trouble(node).is_some()
}

/// Sorts out why a pod finds no node. `message` is the scheduler's own text.
pub fn decisive(focus: &Focus<'_>, pod: &Pod, message: &str) -> Decisive {
    let spoken = Spoken::read(message);
    if let Some(obstacle) = from_prefilter(&spoken).or_else(|| from_claims(focus, pod)) {
        return Decisive { obstacle, nodes: Vec::new() };
    }
    if spoken.says(&Detail::NoVolumeToBind) && waits_for_provisioner(focus, pod) {
        return Decisive { obstacle: Obstacle::ClaimUnbound, nodes: Vec::new() };
    }
    let cluster = focus.cluster;
    let judged = judged(focus, pod);
    if !judged.is_complete {
        // Pods that were not read only take room away: what refuses a node without
        // them refuses it with them. The scheduler's words must say so too.
        // Where they speak of more nodes without room than are known to have none, those are
        // full of pods that were not read, and what else is in the way is not all there is.
        return from_nodes(cluster, &judged.nodes)
            .filter(|found| !found.nodes.is_empty() && is_spoken_of(&found.obstacle, &spoken))
            .filter(|found| !gives_way(&found.obstacle) || !takes_more_room(message, &judged.nodes))
            .unwrap_or_else(|| Decisive { obstacle: from_spoken(&spoken, message), nodes: Vec::new() });
    }
    from_nodes(cluster, &judged.nodes)
        .unwrap_or_else(|| Decisive { obstacle: from_spoken(&spoken, message), nodes: Vec::new() })
}

/// Whether an obstacle is one of some nodes only, beside which the others may do.
fn gives_way(obstacle: &Obstacle) -> bool {
    matches!(obstacle, Obstacle::Taint | Obstacle::Cordoned | Obstacle::Unhealthy | Obstacle::HostPort)
}

/// Whether the scheduler speaks of more nodes on which other pods are in the way than are
/// known from the pods that were read.
fn takes_more_room(message: &str, judged: &[NodeObstacles]) -> bool {
    let Message::Unschedulable(message) = message::read(message) else { return false };
    [Plugin::NodeResourcesFit, Plugin::NodePorts].into_iter().any(|plugin| {
        // One node may have several reasons of one plugin.
        let counts = message.reasons.iter().filter(|counted| counted.meaning.plugin == Some(plugin));
        let spoken = counts.map(|counted| counted.count).max().unwrap_or_default();
        spoken > judged.iter().filter(|node| node.has(plugin)).count()
    })
}

/// What the scheduler's text says, by plugin and detail.
pub struct Spoken(Vec<Meaning>);

impl Spoken {
    /// Reads the text.
    pub fn read(message: &str) -> Self {
        Self(message::read(message).meanings())
    }

    /// Whether a plugin is among those that refuse.
    pub fn names(&self, plugin: Plugin) -> bool {
        self.0.iter().any(|meaning| meaning.plugin == Some(plugin))
    }

    /// Whether volumes are at their limit, and not that a driver is missing.
    fn limits_volumes(&self) -> bool {
        let of_limit = |meaning: &&Meaning| meaning.plugin == Some(Plugin::NodeVolumeLimits);
        let is_driver = |meaning: &Meaning| matches!(meaning.detail, Some(Detail::DriverMissing(_)));
        self.0.iter().filter(of_limit).any(|meaning| !is_driver(meaning))
    }

    /// Whether a reason has this detail.
    pub fn says(&self, detail: &Detail) -> bool {
        self.details().any(|said| said == detail)
    }

    /// What the reasons name.
    pub fn details(&self) -> impl Iterator<Item = &Detail> {
        self.0.iter().filter_map(|meaning| meaning.detail.as_ref())
    }
}

/// Refusals before any node was looked at.
pub fn from_prefilter(spoken: &Spoken) -> Option<Obstacle> {
    spoken.details().find_map(|detail| match detail {
        Detail::ClaimNotFound(claim) => Some(Obstacle::ClaimMissing(claim.clone())),
        Detail::ClaimBeingDeleted(claim) => Some(Obstacle::ClaimBeingDeleted(claim.clone())),
        Detail::ClaimLost(claim) => Some(Obstacle::ClaimLost(claim.clone())),
        Detail::ClaimUnbound => Some(Obstacle::ClaimUnbound),
        _ => None,
    })
}

/// A claim of the pod that no pod may use any more. The scheduler's words may be older
/// than that.
pub fn from_claims(focus: &Focus<'_>, pod: &Pod) -> Option<Obstacle> {
    if focus.is_in_the_past() {
        return None;
    }
    let claims = || claims_of(pod).filter_map(|name| focus.cluster.claim(focus.namespace(), name));
    let deleted = claims().find(|claim| claim.metadata.deletion_timestamp.is_some());
    deleted.map(|claim| Obstacle::ClaimBeingDeleted(claim.metadata.name.clone())).or_else(|| {
        let lost = claims().find(|claim| claim.status.phase == "Lost")?;
        Some(Obstacle::ClaimLost(lost.metadata.name.clone()))
    })
}

/// Whether a claim of the pod is unbound and the scheduler has chosen its node already
/// (annotation `volume.kubernetes.io/selected-node`): it then waits for the provisioner,
/// and until that answers no other node will do (kubernetes
/// pkg/scheduler/framework/plugins/volumebinding/binder.go, v1.33).
pub fn waits_for_provisioner(focus: &Focus<'_>, pod: &Pod) -> bool {
    claims_of(pod)
        .filter_map(|name| focus.cluster.claim(focus.namespace(), name))
        .any(|claim| claim.status.phase != "Bound" && claim.metadata.annotation(SELECTED_NODE).is_some())
}

/// The node that the scheduler chose for a claim that is yet to be provisioned.
pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

fn from_nodes(cluster: &Cluster, judged: &[NodeObstacles]) -> Option<Decisive> {
    if judged.is_empty() {
        return None;
    }
    let without = |plugin: Plugin| move |node: &&NodeObstacles| !node.has(plugin);
    let allowed: Vec<&NodeObstacles> = judged.iter().filter(without(Plugin::NodeAffinity)).collect();
    if allowed.is_empty() {
        return Some(Decisive { obstacle: Obstacle::Selector, nodes: Vec::new() });
    }
    let reachable: Vec<&NodeObstacles> = allowed
        .iter()
        .copied()
        .filter(|node| !node.has(Plugin::VolumeBinding) && !node.has(Plugin::VolumeZone))
        .collect();
    if reachable.is_empty() {
        let beyond = only(judged, Plugin::NodeAffinity);
        let elsewhere = allowed.iter().any(|node| node.says(&Detail::VolumeElsewhere));
        let is_bound = elsewhere || !beyond.is_empty() || allowed.iter().any(|node| node.has(Plugin::VolumeZone));
        let obstacle = if is_bound { Obstacle::VolumeNodeAffinity } else { Obstacle::ClaimUnbound };
        return Some(Decisive { obstacle, nodes: beyond });
    }
    let read = |node: &NodeObstacles| cluster.node(&node.node);
    let of = |node: &NodeObstacles, test: fn(&Node) -> bool| read(node).is_some_and(test);
    let is_shut =
        |node: &NodeObstacles| node.has(Plugin::NodeUnschedulable) || node.has(TAINT) && of(node, is_unhealthy);
    // A node that is cordoned or lost counts only where no other worker may be used: as
    // long as one may, that one's obstacle is what the pod waits for.
    let open = |node: &NodeObstacles| !is_shut(node) && !node.has(TAINT);
    let only_shut = !reachable.iter().any(|node| open(node));
    let alone = |plugin: Plugin, wanted: &dyn Fn(&NodeObstacles) -> bool| -> Vec<String> {
        let nodes = reachable.iter().filter(|node| node.only(plugin) && wanted(node));
        nodes.map(|node| node.node.clone()).collect()
    };
    let any = |_: &NodeObstacles| true;
    let is_full = |node: &NodeObstacles| !lacks_driver(node);
    let lost = |node: &NodeObstacles| of(node, is_unhealthy);
    let usable = |node: &NodeObstacles| !of(node, is_unhealthy) && !of(node, is_reserved);
    let reserved = |node: &NodeObstacles| !of(node, is_unhealthy) && of(node, is_reserved);
    let shut = [
        (Plugin::NodeUnschedulable, Obstacle::Cordoned, &any as &dyn Fn(&NodeObstacles) -> bool),
        (TAINT, Obstacle::Unhealthy, &lost),
    ];
    // What alone keeps the pod from a node, likeliest to be meant first. Nodes that
    // are kept for others come last.
    let order = [
        (Plugin::VolumeRestrictions, Obstacle::VolumeInUse, &any as &dyn Fn(&NodeObstacles) -> bool),
        (Plugin::NodeVolumeLimits, Obstacle::VolumeLimit, &is_full),
        (Plugin::NodePorts, Obstacle::HostPort, &any),
        (Plugin::InterPodAffinity, Obstacle::Affinity, &any),
        (Plugin::PodTopologySpread, Obstacle::TopologySpread, &any),
        (TAINT, Obstacle::Taint, &usable),
        (Plugin::NodeResourcesFit, Obstacle::Resources, &any),
        (Plugin::DynamicResources, Obstacle::Resources, &any),
    ];
    let kept = [(TAINT, Obstacle::Taint, &reserved as &dyn Fn(&NodeObstacles) -> bool)];
    let first: &[_] = if only_shut { &shut } else { &[] };
    for (plugin, obstacle, wanted) in first.iter().chain(&order).chain(&shut).chain(&kept) {
        let nodes = alone(*plugin, wanted);
        if !nodes.is_empty() {
            let obstacle = match obstacle {
                Obstacle::Affinity if is_anti(&reachable) => Obstacle::AntiAffinity,
                other => other.clone(),
            };
            return Some(Decisive { obstacle, nodes });
        }
    }
    // No node has a single obstacle: what most reachable nodes lack.
    let commonest = order
        .iter()
        .map(|(plugin, obstacle, wanted)| {
            let has =
                |node: &&&NodeObstacles| node.has(*plugin) && (*plugin != Plugin::NodeVolumeLimits || wanted(node));
            (reachable.iter().filter(has).count(), obstacle)
        })
        .max_by_key(|(count, _)| *count)?;
    (commonest.0 > 0).then(|| Decisive { obstacle: commonest.1.clone(), nodes: Vec::new() })
}

fn only(judged: &[NodeObstacles], plugin: Plugin) -> Vec<String> {
    judged.iter().filter(|node| node.only(plugin)).map(|node| node.node.clone()).collect()
}

/// Whether a CSI driver is missing on a node, which the plugin of volume limits says.
fn lacks_driver(node: &NodeObstacles) -> bool {
    node.reasons().any(|reason| matches!(message::meaning(reason).detail, Some(Detail::DriverMissing(_))))
}

fn is_anti(nodes: &[&NodeObstacles]) -> bool {
    nodes.iter().any(|node| node.says(&Detail::AntiAffinity))
}

/// Whether the scheduler's words name an obstacle that does not depend on room.
fn is_spoken_of(obstacle: &Obstacle, spoken: &Spoken) -> bool {
    match obstacle {
        Obstacle::Taint | Obstacle::Unhealthy => spoken.names(Plugin::TaintToleration),
        Obstacle::VolumeNodeAffinity => spoken.says(&Detail::VolumeElsewhere),
        Obstacle::VolumeLimit => spoken.limits_volumes(),
        Obstacle::HostPort => spoken.names(Plugin::NodePorts),
        Obstacle::Cordoned => spoken.names(Plugin::NodeUnschedulable),
        Obstacle::VolumeInUse => spoken.says(&Detail::ClaimInUse),
        _ => false,
    }
}

/// Says what else the scheduler speaks of besides one obstacle: with nodes, or the pods on
/// them, unread it is unknown which of them decides.
pub fn among_others(finding: Finding, obstacle: &Obstacle, message: &str, collect: &str) -> Finding {
    let spoken = Spoken::read(message);
    let lacks = spoken.details().any(|detail| matches!(detail, Detail::Resource(_)));
    let named = [
        (Obstacle::Resources, lacks, "room (Insufficient)"),
        (Obstacle::HostPort, spoken.names(Plugin::NodePorts), "host ports"),
        (Obstacle::Taint, spoken.names(Plugin::TaintToleration), "taints"),
        (Obstacle::Cordoned, spoken.names(Plugin::NodeUnschedulable), "cordons"),
        (Obstacle::Selector, spoken.names(Plugin::NodeAffinity), "node labels"),
        (Obstacle::Affinity, spoken.says(&Detail::PodAffinity), "pod affinity"),
    ];
    let others = named.into_iter().filter(|(other, is_named, _)| *is_named && other != obstacle);
    let others: Vec<&str> = others.map(|(.., name)| name).collect();
    if others.is_empty() {
        return finding;
    }
    finding.not_proven().cannot_tell(format!(
        "whether that decides, or {}, of which the scheduler speaks as well: collect {collect}",
        others.join(", ")
    ))
}

/// With nodes unread, the scheduler's own words are all there is.
fn from_spoken(spoken: &Spoken, message: &str) -> Obstacle {
    let named = [
        (spoken.says(&Detail::VolumeElsewhere), Obstacle::VolumeNodeAffinity),
        (spoken.limits_volumes(), Obstacle::VolumeLimit),
        (spoken.names(Plugin::NodePorts), Obstacle::HostPort),
        (spoken.says(&Detail::ClaimInUse), Obstacle::VolumeInUse),
        (spoken.says(&Detail::AntiAffinity), Obstacle::AntiAffinity),
        (spoken.names(Plugin::PodTopologySpread), Obstacle::TopologySpread),
        (spoken.names(Plugin::NodeResourcesFit), Obstacle::Resources),
        (spoken.names(Plugin::TaintToleration), Obstacle::Taint),
        (spoken.names(Plugin::NodeAffinity), Obstacle::Selector),
        (spoken.names(Plugin::NodeUnschedulable), Obstacle::Cordoned),
        (spoken.says(&Detail::PodAffinity), Obstacle::Affinity),
    ];
    let decides = named.into_iter().find_map(|(is_named, obstacle)| is_named.then_some(obstacle));
    decides.unwrap_or_else(|| Obstacle::Unknown(message.to_owned()))
}
