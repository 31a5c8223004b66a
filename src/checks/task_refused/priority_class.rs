//! A PriorityClass that does not exist.

use crate::checks::finding::Finding;

const CODE: &str = "TKF307";
const CAUSE: &str = "priority-class-missing";

/// `priority-class-missing`: a task's pod.
pub fn finding(task: &str, message: &str) -> Finding {
    Finding::new(CODE, CAUSE, format!("the PriorityClass of task {task} does not exist: {message}"))
}

/// `priority-class-missing`: the assistant's pod takes it over from the run.
pub fn of_assistant(assistant: &str, message: &str) -> Finding {
    Finding::new(CODE, CAUSE, format!("the pod of the affinity assistant {assistant} is refused: {message}"))
}
