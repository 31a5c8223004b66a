//! The assistant's pod and taints.

use crate::checks::focus::Focus;
use crate::checks::no_node::taint::quote_taints;
use crate::finding::{Cause, Facts, Finding};

/// `assistant-pending-untolerated-taint`.
pub fn finding(focus: &Focus<'_>, pod: &str, nodes: &[String]) -> Finding {
    Finding::new(
        Cause::AssistantPendingUntoleratedTaint,
        format!("the affinity assistant's pod {pod} tolerates the taint of no node that would fit"),
    )
    .evidence(quote_taints(focus, nodes))
    .facts(Facts::Nodes(nodes.to_vec()))
}
