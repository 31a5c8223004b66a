//! The assistant's pod, one volume too many for every node.

use crate::checks::finding::Finding;
use crate::checks::focus::Focus;
use crate::checks::no_node::volume_limit::quote_limits;

/// `assistant-pending-volume-limit`.
pub fn finding(focus: &Focus<'_>, pod: &str, nodes: &[String]) -> Finding {
    Finding::new(
        "TKF123",
        "assistant-pending-volume-limit",
        format!("the affinity assistant's pod {pod} finds no node that may attach one more volume"),
    )
    .evidence(quote_limits(focus, nodes))
}
