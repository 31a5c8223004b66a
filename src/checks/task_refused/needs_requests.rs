//! A ResourceQuota that demands requests or limits of every container.

use crate::finding::{Cause, Facts, Finding};

/// `quota-needs-requests`.
pub fn finding(task: &str, quota: &str, message: &str) -> Finding {
    Finding::new(Cause::QuotaNeedsRequests,
        format!("ResourceQuota {quota} demands requests or limits that containers of task {task} lack"),
    )
    .facts(Facts::Quota { name: quota.to_owned(), words: message.to_owned() })
    .link("Tekton's own init containers (prepare, place-scripts) have no requests; without LimitRange defaults every run in the namespace fails so.")
}
