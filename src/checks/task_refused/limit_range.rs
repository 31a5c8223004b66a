//! A task's pod against a LimitRange.

use crate::finding::{Cause, Finding};

/// `task-pod-limitrange`.
pub fn finding(task: &str, message: &str) -> Finding {
    Finding::new(Cause::TaskPodLimitrange, format!("a LimitRange refuses the pod of task {task}: {message}"))
}
