//! A task's pod against an admission policy or webhook.

use crate::checks::finding::Finding;

/// `task-pod-refused-by-policy`.
pub fn finding(task: &str, policy: &str) -> Finding {
    Finding::new(
        "TKF309",
        "task-pod-refused-by-policy",
        format!("the admission policy {policy} refuses the pod of task {task}"),
    )
}
