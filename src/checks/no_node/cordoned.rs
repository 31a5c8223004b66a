//! Every node that would fit is cordoned.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Facts, Finding};

/// `nodes-cordoned`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, task: &str, nodes: &[String]) -> Finding {
    Finding::new(Cause::NodesCordoned, format!("every node that would fit task {task} is cordoned"))
        .evidence(quote_cordons(focus, nodes))
        .facts(Facts::Nodes(nodes.to_vec()))
}

/// Quotes that nodes are cordoned.
pub fn quote_cordons(focus: &Focus<'_>, nodes: &[String]) -> Vec<Evidence> {
    nodes.iter().filter_map(|name| focus.cluster.node(name)).map(|node| focus.quote_cordon(node)).collect()
}
