//! A task's pod finds no node, and no assistant has a part in it. The causes are the
//! files of `no_node`.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::pod::Pod;

use super::focus::Focus;
use super::judged::judged;
use super::no_node::{
    anti_affinity, claim_being_deleted, claim_lost, claim_missing, claim_unbound, cordoned, host_port,
    insufficient_resources, node_selector, pod_affinity, taint, topology_spread, unexplained, unhealthy, volume_in_use,
    volume_limit, volume_node_affinity, volumes_apart,
};
use super::obstacles::{self, Decisive, Obstacle};
use super::siblings;
use crate::finding::Finding;

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
    let condition = pod.condition("PodScheduled").filter(|condition| !condition.message.is_empty());
    let Some(condition) = condition else {
        return obstacles::waits_for_provisioner(focus, pod)
            .then(|| claim_unbound::of_any(focus, pod).evidence(focus.quote_waiting(task)));
    };
    if condition.reason == "SchedulingGated" {
        return None;
    }
    let message = condition.message.as_str();
    let decisive = obstacles::decisive(focus, pod, message);
    let takes_turns = decisive.obstacle == Obstacle::Resources
        && judged(focus, pod).is_complete
        && decisive.nodes.iter().any(|node| siblings::makes_room(focus, pod, node));
    let mut links = vec![
        format!(
            "The pod of task {} waits for a node; no assistant has a part in it (no annotation on the TaskRun).",
            task.task
        ),
        format!("The scheduler says: {message}"),
    ];
    if !decisive.nodes.is_empty() {
        links.push(format!("That is the only obstacle on {}.", decisive.nodes.join(", ")));
    }
    let mut finding = cause(focus, pod, task.task, message, &decisive).preceded_by(links, focus.quote_waiting(task));
    if focus.cluster.nodes.is_empty() {
        finding = finding
            .not_proven()
            .cannot_tell("which node comes closest: nodes were not read; the scheduler's words are all there is");
        finding = obstacles::among_others(finding, &decisive.obstacle, message, "the nodes");
    } else if matches!(decisive.obstacle, Obstacle::Resources | Obstacle::Taint) && !judged(focus, pod).is_complete {
        finding = finding.cannot_tell(
            "who holds the resources and what each node has free: pods of other namespaces were not read, so no node is recommended",
        );
        if decisive.nodes.is_empty() {
            finding = obstacles::among_others(finding, &decisive.obstacle, message, "the pods of all namespaces");
        }
    }
    Some(if takes_turns { siblings::for_its_turn(finding) } else { finding })
}

fn cause(focus: &Focus<'_>, pod: &Pod, task: &str, message: &str, decisive: &Decisive) -> Finding {
    let nodes = &decisive.nodes;
    match &decisive.obstacle {
        Obstacle::ClaimMissing(claim) => claim_missing::of_any(focus, claim),
        Obstacle::ClaimBeingDeleted(claim) => claim_being_deleted::of_any(focus, claim),
        Obstacle::ClaimLost(claim) => claim_lost::of_any(focus, claim),
        Obstacle::ClaimUnbound => claim_unbound::of_any(focus, pod),
        Obstacle::Taint => taint::of_task(focus, task, nodes),
        Obstacle::Selector => node_selector::of_task(focus, pod, task),
        Obstacle::Resources => insufficient_resources::of_task(focus, pod, task, message, nodes),
        Obstacle::VolumeNodeAffinity => match volumes_apart::places(focus, pod) {
            Some(places) => volumes_apart::of_task(focus, pod, task, &places),
            None => volume_node_affinity::of_task(focus, pod, task),
        },
        Obstacle::HostPort => host_port::of_task(focus, pod, task, nodes),
        Obstacle::VolumeLimit => volume_limit::of_task(focus, task, nodes),
        Obstacle::VolumeInUse => volume_in_use::of_task(focus, pod, task),
        Obstacle::TopologySpread => topology_spread::of_task(focus, pod, task),
        Obstacle::AntiAffinity => anti_affinity::of_task(focus, pod, task),
        Obstacle::Affinity => pod_affinity::of_task(focus, pod, task),
        Obstacle::Cordoned => cordoned::of_task(focus, task, nodes),
        Obstacle::Unhealthy => unhealthy::of_task(focus, task, nodes),
        Obstacle::Unknown(text) => unexplained::of_task(task, text),
    }
}
