//! A task's pod against Pod Security.

use crate::checks::finding::Finding;

/// `task-pod-refused-by-pod-security`.
pub fn finding(task: &str) -> Finding {
    Finding::new("TKF302", "task-pod-refused-by-pod-security", format!("Pod Security refuses the pod of task {task}"))
}
