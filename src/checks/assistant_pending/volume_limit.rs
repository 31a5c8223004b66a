//! The assistant's pod, one volume too many for every node.

use crate::checks::focus::Focus;
use crate::checks::no_node::volume_limit::quote_limits;
use crate::finding::{Cause, Finding};

/// `assistant-pending-volume-limit`.
pub fn finding(focus: &Focus<'_>, pod: &str, nodes: &[String]) -> Finding {
    Finding::new(
        Cause::AssistantPendingVolumeLimit,
        format!("the affinity assistant's pod {pod} finds no node that may attach one more volume"),
    )
    .evidence(quote_limits(focus, nodes))
}
