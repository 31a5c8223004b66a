//! The assistant's pod exists and finds no node: a file for each cause that is told
//! of assistants in its own words.

mod another_assistant;
mod cordoned;
mod insufficient_resources;
mod taint;
mod unexplained;
mod volume_limit;
mod volume_node_affinity;

use crate::model::pod::Pod;

use super::focus::{Focus, unplaced};
use super::no_node::{
    anti_affinity, claim_being_deleted, claim_lost, claim_missing, claim_unbound, node_selector, unhealthy,
    volume_in_use,
};
use super::obstacles::{self, Decisive, Obstacle};
use crate::finding::{Evidence, Finding};

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
        .filter(|pod| pod.spec.scheduling_gates.is_empty())
        .filter_map(|pod| finding(focus, pod))
        .collect()
}

fn finding(focus: &Focus<'_>, pod: &Pod) -> Option<Finding> {
    let message = pod.condition("PodScheduled").map(|condition| condition.message.as_str()).unwrap_or_default();
    if message.is_empty() {
        return obstacles::waits_for_provisioner(focus, pod)
            .then(|| claim_unbound::of_any(focus, pod).preceded_by(Vec::new(), waiting(focus, pod)));
    }
    let decisive = obstacles::decisive(focus, pod, message);
    let name = &pod.metadata.name;
    let mut links = vec![
        format!("The assistant's pod {name} waits for a node, and every task of the run must run on that node."),
        format!("The scheduler says of it: {message}"),
    ];
    if !decisive.nodes.is_empty() {
        links.push(format!("Without that obstacle it would fit on {}.", decisive.nodes.join(", ")));
    }
    let mut evidence = waiting(focus, pod);
    evidence.extend(focus.quote_scheduler(pod));
    let mut finding = cause(focus, pod, &decisive).preceded_by(links, evidence);
    if focus.cluster.nodes.is_empty() {
        finding = finding.not_proven().cannot_tell("which nodes are possible: nodes were not read");
        finding = obstacles::among_others(finding, &decisive.obstacle, message, "the nodes");
    }
    Some(finding)
}

fn cause(focus: &Focus<'_>, pod: &Pod, decisive: &Decisive) -> Finding {
    let name = &pod.metadata.name;
    let nodes = &decisive.nodes;
    match &decisive.obstacle {
        Obstacle::ClaimMissing(claim) => claim_missing::of_any(focus, claim),
        Obstacle::ClaimBeingDeleted(claim) => claim_being_deleted::of_any(focus, claim),
        Obstacle::ClaimLost(claim) => claim_lost::of_any(focus, claim),
        Obstacle::ClaimUnbound => claim_unbound::of_any(focus, pod),
        Obstacle::Taint => taint::finding(focus, name, nodes),
        Obstacle::VolumeNodeAffinity => volume_node_affinity::finding(focus, pod),
        Obstacle::VolumeLimit => volume_limit::finding(focus, name, nodes),
        // In the other modes an assistant only prefers a node without another one.
        Obstacle::AntiAffinity if anti_affinity::names_component(pod) => another_assistant::finding(focus, pod),
        Obstacle::AntiAffinity => anti_affinity::of_assistant(focus, pod),
        Obstacle::VolumeInUse => volume_in_use::of_assistant(focus, pod),
        Obstacle::Selector => node_selector::of_assistant(focus, pod),
        Obstacle::Resources => insufficient_resources::finding(focus, pod, nodes),
        Obstacle::Cordoned => cordoned::finding(focus, name, nodes),
        Obstacle::Unhealthy => unhealthy::of_assistant(focus, name, nodes),
        Obstacle::HostPort | Obstacle::Affinity | Obstacle::TopologySpread | Obstacle::Unknown(_) => {
            unexplained::finding(name)
        }
    }
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
