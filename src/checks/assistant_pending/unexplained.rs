//! The assistant's pod finds no node, for a reason that no other check knows.

use crate::finding::{Cause, Finding};

/// `assistant-pending`.
pub fn finding(pod: &str) -> Finding {
    Finding::new(Cause::AssistantPending, format!("the affinity assistant's pod {pod} finds no node"))
}
