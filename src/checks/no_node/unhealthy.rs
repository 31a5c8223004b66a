//! The only nodes that would do have lost contact, or run short of something.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::node::Node;

use super::taint::quote_taints;

/// Taints of nodes that have lost contact, as against those that run short of something.
const LOST: [&str; 3] =
    ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/network-unavailable"];

/// `node-not-ready` or `node-under-pressure`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, task: &str, nodes: &[String]) -> Finding {
    let lost = is_lost(focus, nodes);
    let names = nodes.join(", ");
    let summary = if lost {
        format!("the nodes that would fit task {task} ({names}) are NotReady")
    } else {
        format!("the nodes that would fit task {task} ({names}) take no pods: memory, disk or PID pressure")
    };
    finding(focus, lost, summary, nodes)
}

/// The same for the assistant's pod.
pub fn of_assistant(focus: &Focus<'_>, pod: &str, nodes: &[String]) -> Finding {
    let lost = is_lost(focus, nodes);
    let names = nodes.join(", ");
    let why = if lost { "are NotReady" } else { "are under memory, disk or PID pressure" };
    finding(focus, lost, format!("the nodes that would fit the affinity assistant's pod {pod} ({names}) {why}"), nodes)
}

/// The same for a task that must join its assistant, whose node is unhealthy.
pub fn beside_assistant(focus: &Focus<'_>, task: &str, node: &str) -> Finding {
    let nodes = [node.to_owned()];
    let lost = is_lost(focus, &nodes);
    let why = if lost { "is NotReady" } else { "is under memory, disk or PID pressure" };
    let summary = format!("{node}, where the assistant runs, {why}: task {task} may not join it");
    finding(focus, lost, summary, &nodes)
        .link("Tekton creates assistants only before a run's first TaskRun, and does not move this one.")
}

fn is_lost(focus: &Focus<'_>, nodes: &[String]) -> bool {
    let known = || nodes.iter().filter_map(|name| focus.cluster.node(name));
    let lost = |node: &Node| node.spec.taints.iter().any(|taint| LOST.contains(&taint.key.as_str()));
    known().any(lost) || known().next().is_none()
}

fn finding(focus: &Focus<'_>, lost: bool, summary: String, nodes: &[String]) -> Finding {
    let cause = if lost { Cause::NodeNotReady } else { Cause::NodeUnderPressure };
    Finding::new(cause, summary).evidence(quote_taints(focus, nodes)).evidence(quote_conditions(focus, nodes))
}

/// Quotes the conditions by which a node says that it is unhealthy.
pub fn quote_conditions(focus: &Focus<'_>, nodes: &[String]) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    for node in nodes.iter().filter_map(|name| focus.cluster.node(name)) {
        for condition in &node.status.conditions {
            if (condition.kind == "Ready") == (condition.status == "True") {
                continue;
            }
            let value = format!("{} {}: {}", condition.status, condition.reason, condition.message);
            let field = format!("status.conditions[{}]", condition.kind);
            evidence.push(focus.quote(Kind::Node, &node.metadata.name, field, value));
        }
    }
    evidence
}
