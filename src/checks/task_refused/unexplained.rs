//! A task's pod refused in words that no other check knows.

use crate::checks::finding::Finding;

/// `task-pod-refused`.
pub fn finding(task: &str, message: &str) -> Finding {
    Finding::new("TKF310", "task-pod-refused", format!("the pod of task {task} could not be created: {message}"))
}
