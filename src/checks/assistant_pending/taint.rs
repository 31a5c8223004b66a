//! The assistant's pod and taints.

use crate::checks::finding::Finding;
use crate::checks::focus::Focus;
use crate::checks::no_node::taint::quote_taints;

/// `assistant-pending-untolerated-taint`.
pub fn finding(focus: &Focus<'_>, pod: &str, nodes: &[String]) -> Finding {
    Finding::new(
        "TKF121",
        "assistant-pending-untolerated-taint",
        format!("the affinity assistant's pod {pod} tolerates the taint of no node that would fit"),
    )
    .evidence(quote_taints(focus, nodes))
}
