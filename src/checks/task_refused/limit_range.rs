//! A task's pod against a LimitRange.

use crate::checks::finding::Finding;

/// `task-pod-limitrange`.
pub fn finding(task: &str, message: &str) -> Finding {
    Finding::new("TKF306", "task-pod-limitrange", format!("a LimitRange refuses the pod of task {task}: {message}"))
}
