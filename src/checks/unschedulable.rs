//! A task's pod finds no node, and no assistant has a part in it.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::pod::Pod;

use super::assistant_pending::{claim_missing, claim_unbound, placement};
use super::finding::{Confidence, Finding};
use super::focus::Focus;
use super::judged::judged;
use super::obstacles::{self, Obstacle};

/// Runs the checks on pods that wait for a node without an assistant.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    focus
        .unplaced()
        .filter(|(task, _)| task.task_run.assistant().is_none())
        .filter(|(_, pod)| focus.is_past_grace(pod.metadata.creation_timestamp) && !focus.is_scaling_up(pod))
        .filter_map(|(task, pod)| finding(focus, task, pod))
        .collect()
}

fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let condition = pod.condition("PodScheduled").filter(|condition| !condition.message.is_empty())?;
    if condition.reason == "SchedulingGated" {
        return None;
    }
    let message = condition.message.as_str();
    let decisive = obstacles::decisive(focus, pod, message);
    let task_name = task.task;
    let (code, cause, summary) = match &decisive.obstacle {
        Obstacle::ClaimMissing(claim) => claim_missing(focus, claim),
        Obstacle::ClaimUnbound => claim_unbound(focus, pod),
        Obstacle::Taint => (
            "TKF201",
            "untolerated-taint",
            format!("every node that would fit task {task_name} has a taint that its pod does not tolerate"),
        ),
        Obstacle::Selector => {
            ("TKF202", "node-selector-mismatch", format!("no node has the labels that task {task_name} demands"))
        }
        Obstacle::Resources => (
            "TKF203",
            "insufficient-resources",
            format!("no node that task {task_name} may use has enough free: {}", shortages(message)),
        ),
        Obstacle::VolumeNodeAffinity => (
            "TKF204",
            "volume-node-affinity",
            format!("the volume of task {task_name} cannot be reached from the nodes that its pod may use"),
        ),
        Obstacle::HostPort => (
            "TKF206",
            "hostport-conflict",
            format!("the host port that task {task_name} wants is taken on every node it may use"),
        ),
        Obstacle::VolumeLimit => {
            ("TKF207", "volume-limit", format!("no node that task {task_name} may use may attach one more volume"))
        }
        Obstacle::VolumeInUse => (
            "TKF133",
            "rwop-in-use",
            format!("another pod uses the ReadWriteOncePod claim that task {task_name} needs"),
        ),
        Obstacle::TopologySpread => {
            ("TKF136", "topology-spread", format!("a spread constraint forbids task {task_name} every node"))
        }
        Obstacle::AntiAffinity => {
            ("TKF208", "anti-affinity", format!("anti-affinity rules forbid task {task_name} every node it may use"))
        }
        Obstacle::Affinity => {
            ("TKF209", "pod-affinity", format!("no node has the pods beside which task {task_name} must stand"))
        }
        Obstacle::Cordoned => {
            ("TKF210", "nodes-cordoned", format!("every node that would fit task {task_name} is cordoned"))
        }
        Obstacle::Unknown(text) => ("TKF211", "unschedulable", format!("task {task_name} finds no node: {text}")),
    };
    let mut finding = Finding::new(code, cause, summary)
        .link(format!("The pod of task {task_name} waits for a node; no assistant has a part in it (no annotation on the TaskRun)."))
        .link(format!("The scheduler says: {message}"))
        .evidence(focus.quote_waiting(task))
        .evidence(placement(focus, pod, &decisive));
    if !decisive.nodes.is_empty() {
        finding = finding.link(format!("That is the only obstacle on {}.", decisive.nodes.join(", ")));
    }
    if focus.cluster.nodes.is_empty() {
        finding = finding
            .confidence(Confidence::Likely)
            .cannot_tell("which node comes closest: nodes were not read; the scheduler's words are all there is");
    } else if matches!(decisive.obstacle, Obstacle::Resources | Obstacle::Taint) && !judged(focus, pod).is_complete {
        finding = finding.cannot_tell(
            "who holds the resources and what each node has free: pods of other namespaces were not read, so no node is recommended",
        );
    }
    Some(finding)
}

/// The resources that the scheduler's text calls insufficient.
fn shortages(message: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for part in message.split("Insufficient ").skip(1) {
        let name = part.split([',', ' ']).next().unwrap_or(part).trim_end_matches('.');
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { "pods per node".to_owned() } else { names.join(", ") }
}
