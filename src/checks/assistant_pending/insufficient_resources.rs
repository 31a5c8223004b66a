//! The assistant's pod finds no room.

use crate::checks::focus::Focus;
use crate::checks::no_node::insufficient_resources::quote_room;
use crate::finding::{Cause, Finding};
use crate::model::pod::Pod;

/// `assistant-pending-insufficient-resources`.
pub fn finding(focus: &Focus<'_>, pod: &Pod, nodes: &[String]) -> Finding {
    let name = &pod.metadata.name;
    Finding::new(
        Cause::AssistantPendingInsufficientResources,
        format!("no node that the affinity assistant's pod {name} may use has room for it"),
    )
    .evidence(quote_room(focus, pod, nodes))
}
