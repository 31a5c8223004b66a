//! A task's pod refused in words that no other check knows.

use crate::finding::{Cause, Finding};

/// `task-pod-refused`.
pub fn finding(task: &str, message: &str) -> Finding {
    Finding::new(Cause::TaskPodRefused, format!("the pod of task {task} could not be created: {message}"))
}
