//! A RuntimeClass that does not exist.

use crate::finding::{Cause, Finding};

const CAUSE: Cause = Cause::RuntimeClassMissing;

/// `runtime-class-missing`: a task's pod.
pub fn finding(task: &str, message: &str) -> Finding {
    Finding::new(CAUSE, format!("the RuntimeClass of task {task} does not exist: {message}"))
}

/// `runtime-class-missing`: the assistant's pod takes it over from the run.
pub fn of_assistant(assistant: &str, message: &str) -> Finding {
    Finding::new(CAUSE, format!("the pod of the affinity assistant {assistant} is refused: {message}"))
}
