//! Nodes that would fit have a taint that the pod does not tolerate.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Facts, Finding};
use crate::model::Kind;

const CAUSE: Cause = Cause::UntoleratedTaint;

/// `untolerated-taint`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, task: &str, nodes: &[String]) -> Finding {
    let summary = format!("every node that would fit task {task} has a taint that its pod does not tolerate");
    Finding::new(CAUSE, summary).evidence(quote_taints(focus, nodes)).facts(Facts::Nodes(nodes.to_vec()))
}

/// `untolerated-taint`: a task that must join its assistant.
pub fn beside_assistant(focus: &Focus<'_>, task: &str, node: &str) -> Finding {
    let summary = format!("task {task} does not tolerate a taint of {node}, where the assistant runs");
    Finding::new(CAUSE, summary)
        .evidence(quote_taints(focus, &[node.to_owned()]))
        .facts(Facts::Nodes(vec![node.to_owned()]))
}

/// Quotes the taints of nodes.
pub fn quote_taints(focus: &Focus<'_>, nodes: &[String]) -> Vec<Evidence> {
    nodes
        .iter()
        .filter_map(|name| focus.cluster.node(name))
        .map(|node| {
            let taints: Vec<String> = node
                .spec
                .taints
                .iter()
                .map(|taint| format!("{}={}:{}", taint.key, taint.value, taint.effect))
                .collect();
            focus.quote(Kind::Node, &node.metadata.name, "spec.taints", taints.join(", "))
        })
        .collect()
}
