//! A task's pod refused in words that no other check knows.

use crate::finding::{Cause, Finding};

/// `task-pod-refused`.
pub fn finding(task: &str, message: &str) -> Finding {
    // `failed to create task run pod "NAME": words`
    let message = message
        .strip_prefix("failed to create task run pod \"")
        .and_then(|rest| rest.split_once("\": "))
        .map_or(message, |(_, words)| words);
    Finding::new(Cause::TaskPodRefused, format!("the pod of task {task} could not be created: {message}"))
}
