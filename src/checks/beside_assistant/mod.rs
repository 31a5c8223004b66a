//! The assistant stands on a node, and a task's pod cannot stand there too.

mod anti_affinity;

use crate::analysis::tekton::pod_template;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::Kind;
use crate::model::pod::Pod;

use super::finding::{Confidence, Finding};
use super::focus::{Focus, unplaced};
use super::judged::judged;
use anti_affinity::anti_affinity;

/// Runs the checks on tasks whose assistant has a node.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (task, name) in focus.beside_assistant() {
        let Some(pod) = task.pod.and_then(unplaced) else { continue };
        let Some(node) = focus.assistant_node(name) else { continue };
        if !focus.is_past_grace(pod.metadata.creation_timestamp) || pod.condition("PodScheduled").is_none() {
            continue;
        }
        if let Some(finding) = finding(focus, task, pod, name, node) {
            findings.push(finding);
        }
    }
    findings
}

fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod, name: &str, node: &str) -> Option<Finding> {
    let judged = judged(focus, pod);
    let here = judged.nodes.iter().find(|verdict| verdict.node == node);
    let message = pod.condition("PodScheduled").map(|c| c.message.clone()).unwrap_or_default();
    let has = |plugin: &str| here.is_some_and(|verdict| verdict.has(plugin));
    let reasons = here.map(|verdict| verdict.reasons().collect::<Vec<_>>().join("; ")).unwrap_or_default();
    let cordoned = focus.cluster.node(node).is_some_and(|node| node.spec.unschedulable);
    let task_name = task.task;
    let (code, cause, summary) = if let Some(aliased) = anti_affinity(focus, pod) {
        aliased
    } else if has("NodeAffinity") {
        (
            "TKF132",
            "assistant-contradicts-task-placement",
            format!(
                "task {task_name} may not run on {node}, where the assistant stands: its own node selection excludes that node"
            ),
        )
    } else if has("NodeUnschedulable") || cordoned {
        (
            "TKF131",
            "assistant-node-cordoned",
            format!("the assistant stands on {node}, which was cordoned: task {task_name} may not join it"),
        )
    } else if has("VolumeRestrictions") || message.contains("ReadWriteOncePod") {
        (
            "TKF133",
            "rwop-in-use",
            format!("task {task_name} cannot use its ReadWriteOncePod claim: the assistant itself uses it"),
        )
    } else if has("PodTopologySpread") {
        (
            "TKF136",
            "topology-spread",
            format!("a spread constraint of task {task_name} forbids {node}, the one node that the assistant allows"),
        )
    } else if has("InterPodAffinity") && reasons.contains("anti-affinity") {
        (
            "TKF134",
            "anti-affinity-against-assistant",
            format!("an anti-affinity rule forbids task {task_name} the node of its assistant"),
        )
    } else if has("NodeResourcesFit") {
        (
            "TKF130",
            "assistant-node-full",
            format!("{node}, where the assistant stands, has no room for task {task_name} ({reasons})"),
        )
    } else if has("NodePorts") {
        ("TKF206", "hostport-conflict", format!("a host port that task {task_name} wants is taken on {node}"))
    } else if has("NodeVolumeLimits") {
        (
            "TKF207",
            "volume-limit",
            format!("{node}, where the assistant stands, may attach no further volume for task {task_name}"),
        )
    } else if has("VolumeBinding") || has("VolumeZone") {
        (
            "TKF204",
            "volume-node-affinity",
            format!("a volume of task {task_name} cannot be reached from {node}, where the assistant stands"),
        )
    } else if has("TaintToleration") {
        (
            "TKF201",
            "untolerated-taint",
            format!("task {task_name} does not tolerate a taint of {node}, where the assistant stands"),
        )
    } else if message.contains("Insufficient") || message.contains("Too many pods") {
        (
            "TKF130",
            "assistant-node-full",
            format!("{node}, where the assistant stands, has no room for task {task_name} by the scheduler's words"),
        )
    } else {
        return None;
    };
    let mut finding = Finding::new(code, cause, summary)
        .link(format!("The assistant {name} runs on {node}; the pod of task {task_name} must stand beside it, so no other node will do."))
        .link(format!("On {node} it is refused: {reasons}."))
        .evidence(focus.quote_waiting(task))
        .evidence(focus.tree.assistant(name).and_then(|a| a.stateful_set).map(|set| focus.quote_replicas(set)))
        .evidence([focus.quote(Kind::Pod, &format!("{name}-0"), "spec.nodeName", node)]);
    if cause == "assistant-node-cordoned" {
        finding = finding.evidence(focus.cluster.node(node).map(|node| focus.quote_cordon(node)));
    }
    if cause == "assistant-contradicts-task-placement" {
        finding = finding.evidence(task_specs(focus, task_name));
    }
    if here.is_none() {
        finding = finding
            .confidence(Confidence::Likely)
            .cannot_tell(format!("what {node} has left: nodes or their pods were not read"));
    }
    Some(finding)
}

/// What the run says of one task only.
fn task_specs(focus: &Focus<'_>, task: &str) -> Vec<super::finding::Evidence> {
    pod_template::task_run_spec(focus.run(), task)
        .into_iter()
        .filter_map(|spec| spec.get("podTemplate"))
        .map(|template| {
            let field = format!("spec.taskRunSpecs[{task}].podTemplate");
            focus.quote(Kind::PipelineRun, &focus.run().metadata.name, field, template.to_string())
        })
        .collect()
}
