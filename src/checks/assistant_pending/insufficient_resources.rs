//! The assistant's pod finds no room.

use crate::checks::finding::Finding;

/// `assistant-pending-insufficient-resources`.
pub fn finding(pod: &str) -> Finding {
    Finding::new(
        "TKF125",
        "assistant-pending-insufficient-resources",
        format!("no node that the affinity assistant's pod {pod} may use has room for it"),
    )
}
