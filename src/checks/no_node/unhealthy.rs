//! The only nodes that would do have lost contact, or run short of something.

use crate::checks::focus::Focus;
use crate::checks::obstacles::{self, Trouble};
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;

use super::taint::quote_taints;

/// `node-not-ready` or `node-under-pressure`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, task: &str, nodes: &[String]) -> Finding {
    let trouble = worst(focus, nodes);
    let names = nodes.join(", ");
    let summary = format!("the nodes that would fit task {task} ({names}) {}", words(trouble, nodes.len()));
    finding(focus, trouble, summary, nodes)
}

/// The same for the assistant's pod.
pub fn of_assistant(focus: &Focus<'_>, pod: &str, nodes: &[String]) -> Finding {
    let trouble = worst(focus, nodes);
    let (names, why) = (nodes.join(", "), words(trouble, nodes.len()));
    let summary = format!("the nodes that would fit the affinity assistant's pod {pod} ({names}) {why}");
    finding(focus, trouble, summary, nodes)
}

/// The same for a task that must join its assistant, whose node is unhealthy.
pub fn beside_assistant(focus: &Focus<'_>, task: &str, node: &str) -> Finding {
    let nodes = [node.to_owned()];
    let trouble = worst(focus, &nodes);
    let why = words(trouble, 1);
    let summary = format!("{node}, where the assistant runs, {why}: task {task} may not join it");
    finding(focus, trouble, summary, &nodes)
        .link("Tekton creates assistants only before a run's first TaskRun, and does not move this one.")
}

/// The worst that one of the nodes is marked with.
fn worst(focus: &Focus<'_>, nodes: &[String]) -> Trouble {
    let known = nodes.iter().filter_map(|name| focus.cluster.node(name));
    known.filter_map(obstacles::trouble).min().unwrap_or(Trouble::Lost)
}

fn words(trouble: Trouble, nodes: usize) -> String {
    let (is, has) = if nodes == 1 { ("is", "has") } else { ("are", "have") };
    match trouble {
        Trouble::Lost => format!("{is} NotReady"),
        Trouble::Down => format!("{is} shut down or out of service"),
        Trouble::Leaving => format!("{is} being removed from the cluster"),
        Trouble::NoNetwork => format!("{has} no network for pods"),
        Trouble::NotSetUp => format!("{is} not set up yet"),
        Trouble::Pressure => format!("{is} under memory, disk or PID pressure"),
    }
}

fn finding(focus: &Focus<'_>, trouble: Trouble, summary: String, nodes: &[String]) -> Finding {
    let cause = if trouble == Trouble::Pressure { Cause::NodeUnderPressure } else { Cause::NodeNotReady };
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
