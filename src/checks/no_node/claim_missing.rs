//! A claim that the run names and that does not exist.

use crate::checks::finding::Finding;
use crate::checks::focus::Focus;

/// `pvc-missing`, the same for assistants and tasks.
pub fn of_any(focus: &Focus<'_>, claim: &str) -> Finding {
    Finding::new(
        "TKF402",
        "pvc-missing",
        format!("the claim {claim} that the run names does not exist in namespace {}", focus.namespace()),
    )
}
