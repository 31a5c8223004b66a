//! The assistant stands on a node, and a task's pod cannot stand there too: a file
//! for each cause that only such a task can meet; the others are those of `no_node`.

mod affinity_aliasing;
mod anti_affinity;
mod cordoned;
mod full;
mod other_placement;

use crate::analysis::scheduler::Plugin;
use crate::analysis::scheduler::message::Detail;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::Kind;
use crate::model::pod::Pod;

use super::focus::{Focus, unplaced};
use super::judged::{NodeObstacles, judged};
use super::no_node::{
    claim_being_deleted, claim_lost, claim_missing, host_port, taint, topology_spread, unhealthy, volume_in_use,
    volume_limit, volume_node_affinity,
};
use super::obstacles::{self, Obstacle, Spoken, is_unhealthy};
use super::siblings;
use crate::finding::{Cause, Finding};

/// A task's pod that waits to join its assistant.
struct Joining<'j, 'a> {
    focus: &'j Focus<'a>,
    task: &'j str,
    pod: &'a Pod,
    /// Where the assistant stands.
    node: &'a str,
    /// What that node has against the pod; absent when it was not read.
    here: Option<&'j NodeObstacles>,
    /// The scheduler's own words.
    message: &'a str,
}

impl Joining<'_, '_> {
    fn has(&self, plugin: Plugin) -> bool {
        self.here.is_some_and(|verdict| verdict.has(plugin))
    }

    /// Everything that the node says, in the scheduler's words.
    fn reasons(&self) -> String {
        self.here.map(|verdict| verdict.reasons().collect::<Vec<_>>().join("; ")).unwrap_or_default()
    }
}

/// Runs the checks on tasks whose assistant has a node.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (task, name) in focus.beside_assistant() {
        let Some(pod) = task.pod.and_then(unplaced) else { continue };
        let Some(node) = focus.assistant_node(name) else { continue };
        let Some(condition) = pod.condition("PodScheduled") else { continue };
        if focus.is_past_grace(pod.metadata.creation_timestamp) {
            let judged = judged(focus, pod);
            let here = judged.nodes.iter().find(|verdict| verdict.node == node);
            let is_full = here.is_some_and(|here| here.only(Plugin::NodeResourcesFit));
            let takes_turns = is_full && judged.is_complete && siblings::makes_room(focus, pod, node);
            let joining = Joining { focus, task: task.task, pod, node, here, message: &condition.message };
            let found = finding(&joining, task, name);
            findings.extend(found.map(|found| if takes_turns { siblings::for_its_turn(found) } else { found }));
        }
    }
    findings
}

fn finding(joining: &Joining<'_, '_>, task: &TaskNode<'_>, name: &str) -> Option<Finding> {
    let Joining { focus, node, .. } = *joining;
    let links = vec![
        format!(
            "The assistant {name} runs on {node}; the pod of task {} must run on that node, so no other node will do.",
            task.task
        ),
        match joining.reasons() {
            reasons if reasons.is_empty() => format!("The scheduler says of it: {}", joining.message),
            reasons => format!("On {node} it is refused: {reasons}."),
        },
    ];
    let mut evidence = focus.quote_waiting(task);
    let set = focus.tree.assistant(name).and_then(|assistant| assistant.stateful_set);
    evidence.extend(set.map(|set| focus.quote_replicas(set)));
    evidence.push(focus.quote(Kind::Pod, &format!("{name}-0"), "spec.nodeName", node));
    let mut finding = cause(joining)?.preceded_by(links, evidence);
    if joining.here.is_none() && obstacles::from_prefilter(&Spoken::read(joining.message)).is_none() {
        finding = finding.not_proven().cannot_tell(format!("what {node} has left: nodes or their pods were not read"));
    }
    Some(finding)
}

/// What lasts comes before what may pass: a node that is full today may be free
/// tomorrow, a rule of the run will be the same.
fn cause(joining: &Joining<'_, '_>) -> Option<Finding> {
    let Joining { focus, task, pod, node, message, .. } = *joining;
    // The scheduler says it before it looks at any node.
    match obstacles::from_prefilter(&Spoken::read(message)).or_else(|| obstacles::from_claims(focus, pod)) {
        Some(Obstacle::ClaimBeingDeleted(claim)) => return Some(claim_being_deleted::of_any(focus, &claim)),
        Some(Obstacle::ClaimLost(claim)) => return Some(claim_lost::of_any(focus, &claim)),
        Some(Obstacle::ClaimMissing(claim)) => return Some(claim_missing::of_any(focus, &claim)),
        _ => {}
    }
    affinity_aliasing::finding(joining)
        .or_else(|| anti_affinity::of_run(joining))
        .or_else(|| other_placement::finding(joining))
        .or_else(|| {
            let node_is_unhealthy = joining.has(Plugin::TaintToleration) && focus.cluster.node(node).is_some_and(is_unhealthy);
            node_is_unhealthy.then(|| unhealthy::beside_assistant(focus, task, node))
        })
        .or_else(|| cordoned::finding(joining))
        .or_else(|| {
            let in_use = joining.has(Plugin::VolumeRestrictions) || Spoken::read(message).says(&Detail::ClaimInUse);
            in_use.then(|| volume_in_use::beside_assistant(focus, pod, task))
        })
        .or_else(|| joining.has(Plugin::PodTopologySpread).then(|| topology_spread::beside_assistant(focus, pod, task, node)))
        .or_else(|| anti_affinity::of_others(joining))
        .or_else(|| full::by_verdict(joining))
        .or_else(|| joining.has(Plugin::NodePorts).then(|| host_port::beside_assistant(focus, pod, task, node)))
        .or_else(|| joining.has(Plugin::NodeVolumeLimits).then(|| volume_limit::beside_assistant(focus, task, node)))
        .or_else(|| {
            let out_of_reach = joining.has(Plugin::VolumeBinding) || joining.has(Plugin::VolumeZone);
            out_of_reach.then(|| volume_node_affinity::beside_assistant(focus, pod, task, node))
        })
        .or_else(|| joining.has(Plugin::TaintToleration).then(|| taint::beside_assistant(focus, task, node)))
        .or_else(|| full::by_words(joining))
        .or_else(|| {
            let summary = format!(
                "the pod of task {task} does not get beside its assistant on {node}: why is unknown, nodes or volumes were not read"
            );
            joining.here.is_none().then(|| Finding::new(Cause::EvidenceMissing, summary))
        })
}
