//! A PriorityClass that does not exist.

use crate::checks::focus::Focus;
use crate::checks::missing;
use crate::finding::{Cause, Finding};
use crate::model::Kind;

const CAUSE: Cause = Cause::PriorityClassMissing;

/// `priority-class-missing`: a task's pod.
pub fn finding(focus: &Focus<'_>, task: &str, class: &str, message: &str) -> Finding {
    let known = missing::of(focus, Kind::PriorityClass, class);
    let summary = format!("the PriorityClass of task {task} {}: {message}", known.words);
    Finding::new(CAUSE, summary).evidence(known.now)
}

/// `priority-class-missing`: the assistant's pod takes it over from the run.
pub fn of_assistant(assistant: &str, message: &str) -> Finding {
    Finding::new(CAUSE, format!("the pod of the affinity assistant {assistant} is refused: {message}"))
}
