//! A task's ServiceAccount that does not exist.

use crate::checks::finding::Finding;
use crate::checks::focus::Focus;

/// `service-account-missing`.
pub fn finding(focus: &Focus<'_>, task: &str, missing: &str) -> Finding {
    Finding::new(
        "TKF305",
        "service-account-missing",
        format!("ServiceAccount {missing} of task {task} does not exist in namespace {}", focus.namespace()),
    )
    .about(missing)
}
