//! The assistant's pod exists and finds no node.

use crate::model::Kind;
use crate::model::pod::Pod;

use super::finding::{Confidence, Evidence, Finding};
use super::focus::{Focus, unplaced};
use super::obstacles::{self, Decisive, Obstacle};

/// Runs the checks on assistants that wait for a node.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    if !focus.is_running() {
        return Vec::new();
    }
    focus
        .tree
        .assistants
        .iter()
        .filter_map(|node| node.pod.and_then(unplaced))
        .filter(|pod| focus.is_past_grace(pod.metadata.creation_timestamp) && !focus.is_scaling_up(pod))
        .filter_map(|pod| finding(focus, pod))
        .collect()
}

fn finding(focus: &Focus<'_>, pod: &Pod) -> Option<Finding> {
    let message = pod.condition("PodScheduled").map(|condition| condition.message.as_str()).unwrap_or_default();
    if message.is_empty() {
        return None;
    }
    let decisive = obstacles::decisive(focus, pod, message);
    let name = &pod.metadata.name;
    let (code, cause, summary) = named(focus, pod, &decisive)?;
    let mut finding = Finding::new(code, cause, summary)
        .evidence(waiting(focus, pod))
        .evidence(focus.quote_scheduler(pod))
        .evidence(placement(focus, pod, &decisive))
        .link(format!("The assistant's pod {name} waits for a node, and every task of the run must stand beside it."))
        .link(format!("The scheduler says of it: {message}"));
    if !decisive.nodes.is_empty() {
        finding = finding.link(format!("Without that obstacle it would fit on {}.", decisive.nodes.join(", ")));
    }
    if focus.cluster.nodes.is_empty() {
        finding = finding.confidence(Confidence::Likely).cannot_tell("which nodes are possible: nodes were not read");
    }
    Some(finding)
}

fn named(focus: &Focus<'_>, pod: &Pod, decisive: &Decisive) -> Option<(&'static str, &'static str, String)> {
    let name = &pod.metadata.name;
    Some(match &decisive.obstacle {
        Obstacle::ClaimMissing(claim) => return Some(claim_missing(focus, claim)),
        Obstacle::ClaimUnbound => return Some(claim_unbound(focus, pod)),
        Obstacle::Taint => (
            "TKF121",
            "assistant-pending-untolerated-taint",
            format!("the affinity assistant's pod {name} tolerates the taint of no node that would fit"),
        ),
        Obstacle::VolumeNodeAffinity => (
            "TKF122",
            "assistant-pending-volume-node-affinity",
            format!(
                "the affinity assistant's pod {name} may not run where its volume is: the run's node selection excludes the volume's node or zone"
            ),
        ),
        Obstacle::VolumeLimit => (
            "TKF123",
            "assistant-pending-volume-limit",
            format!("the affinity assistant's pod {name} finds no node that may attach one more volume"),
        ),
        Obstacle::AntiAffinity => (
            "TKF124",
            "anti-affinity-isolate",
            format!(
                "the affinity assistant's pod {name} finds no node without another run's assistant (coschedule: isolate-pipelinerun)"
            ),
        ),
        Obstacle::VolumeInUse => (
            "TKF133",
            "rwop-in-use",
            format!("the affinity assistant's pod {name} cannot use a ReadWriteOncePod claim that another pod uses"),
        ),
        Obstacle::Selector => (
            "TKF202",
            "node-selector-mismatch",
            format!("no node has the labels that the run demands, so the affinity assistant's pod {name} finds none"),
        ),
        Obstacle::Resources => (
            "TKF125",
            "assistant-pending-insufficient-resources",
            format!("no node that the affinity assistant's pod {name} may use has room for it"),
        ),
        Obstacle::Cordoned => (
            "TKF126",
            "assistant-pending-cordoned",
            format!("every node that the affinity assistant's pod {name} may use is cordoned"),
        ),
        _ => ("TKF127", "assistant-pending", format!("the affinity assistant's pod {name} finds no node")),
    })
}

/// `pvc-missing`, the same for assistants and tasks.
pub(super) fn claim_missing(focus: &Focus<'_>, claim: &str) -> (&'static str, &'static str, String) {
    (
        "TKF402",
        "pvc-missing",
        format!("the claim {claim} that the run names does not exist in namespace {}", focus.namespace()),
    )
}

/// `pvc-unbound`, the same for assistants and tasks.
pub(super) fn claim_unbound(focus: &Focus<'_>, pod: &Pod) -> (&'static str, &'static str, String) {
    let unbound: Vec<&str> = claims_of(pod)
        .filter(|claim| focus.cluster.claim(focus.namespace(), claim).is_some_and(|c| c.status.phase != "Bound"))
        .collect();
    ("TKF401", "pvc-unbound", format!("the claim {} is not bound to a volume", unbound.join(", ")))
}

fn claims_of(pod: &Pod) -> impl Iterator<Item = &str> {
    pod.spec.volumes.iter().filter_map(|volume| match &volume.source {
        crate::model::volume::VolumeSource::PersistentVolumeClaim(source) => Some(source.claim_name.as_str()),
        _ => None,
    })
}

fn waiting(focus: &Focus<'_>, pod: &Pod) -> Vec<Evidence> {
    let name = pod.metadata.name.strip_suffix("-0").unwrap_or(&pod.metadata.name);
    let mut evidence: Vec<Evidence> = focus
        .beside_assistant()
        .filter(|(_, wanted)| *wanted == name)
        .flat_map(|(task, _)| focus.quote_waiting(task))
        .collect();
    evidence.extend(focus.tree.assistant(name).and_then(|node| node.stateful_set).map(|set| focus.quote_replicas(set)));
    evidence
}

/// The objects behind an obstacle: claims, volumes, taints, settings of the run.
pub(super) fn placement(focus: &Focus<'_>, pod: &Pod, decisive: &Decisive) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    match &decisive.obstacle {
        Obstacle::ClaimUnbound | Obstacle::VolumeNodeAffinity => {
            for claim in claims_of(pod).filter_map(|name| focus.cluster.claim(focus.namespace(), name)) {
                let name = &claim.metadata.name;
                evidence.push(focus.quote(Kind::Claim, name, "status.phase", &claim.status.phase));
                for event in focus.cluster.events_about("PersistentVolumeClaim", focus.namespace(), name) {
                    if event.kind == "Warning" {
                        evidence.push(focus.quote_event(event));
                    }
                }
                let volume =
                    focus.cluster.persistent_volumes.iter().find(|v| v.metadata.name == claim.spec.volume_name);
                if let Some(affinity) = volume.and_then(|volume| volume.spec.node_affinity.as_ref()) {
                    let text = serde_json::to_string(affinity).unwrap_or_default();
                    evidence.push(focus.quote(
                        Kind::PersistentVolume,
                        &claim.spec.volume_name,
                        "spec.nodeAffinity",
                        text,
                    ));
                }
            }
        }
        Obstacle::Taint => {
            for node in decisive.nodes.iter().filter_map(|name| focus.cluster.node(name)) {
                let taints: Vec<String> = node
                    .spec
                    .taints
                    .iter()
                    .map(|taint| format!("{}={}:{}", taint.key, taint.value, taint.effect))
                    .collect();
                evidence.push(focus.quote(Kind::Node, &node.metadata.name, "spec.taints", taints.join(", ")));
            }
        }
        Obstacle::VolumeLimit => {
            for csi in focus.cluster.csi_nodes.iter().filter(|csi| decisive.nodes.contains(&csi.metadata.name)) {
                for driver in &csi.spec.drivers {
                    if let Some(count) = driver.allocatable.as_ref().and_then(|limit| limit.count) {
                        evidence.push(focus.quote(
                            Kind::CsiNode,
                            &csi.metadata.name,
                            format!("spec.drivers[{}].allocatable.count", driver.name),
                            count.to_string(),
                        ));
                    }
                }
            }
        }
        Obstacle::Cordoned => {
            evidence.extend(
                decisive.nodes.iter().filter_map(|name| focus.cluster.node(name)).map(|node| focus.quote_cordon(node)),
            );
        }
        _ => {}
    }
    evidence
}
