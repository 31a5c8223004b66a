//! A ResourceQuota that demands requests or limits of every container.

use crate::checks::finding::Finding;
use crate::checks::refused;

/// `quota-needs-requests`.
pub fn finding(task: &str, message: &str) -> Finding {
    let quota = refused::quota_name(message);
    Finding::new(
        "TKF304",
        "quota-needs-requests",
        format!("ResourceQuota {quota} demands requests or limits that containers of task {task} lack"),
    )
    .link("Tekton's own init containers (prepare, place-scripts) have no requests; without LimitRange defaults every run in the namespace fails so.")
}
