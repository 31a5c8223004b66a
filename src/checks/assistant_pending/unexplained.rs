//! The assistant's pod finds no node, for a reason that no other check knows.

use crate::checks::finding::Finding;

/// `assistant-pending`.
pub fn finding(pod: &str) -> Finding {
    Finding::new("TKF127", "assistant-pending", format!("the affinity assistant's pod {pod} finds no node"))
}
