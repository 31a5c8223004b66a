//! The scheduler's words name nothing that another check knows.

use crate::finding::{Cause, Finding};

/// `unschedulable`: a task's pod on its own, in the scheduler's words.
pub fn of_task(task: &str, text: &str) -> Finding {
    Finding::new(Cause::Unschedulable, format!("task {task} finds no node: {text}"))
}
