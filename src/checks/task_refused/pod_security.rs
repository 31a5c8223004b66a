//! A task's pod against Pod Security.

use crate::finding::{Cause, Finding};

/// `task-pod-refused-by-pod-security`.
pub fn finding(task: &str) -> Finding {
    Finding::new(Cause::TaskPodRefusedByPodSecurity, format!("Pod Security refuses the pod of task {task}"))
}
