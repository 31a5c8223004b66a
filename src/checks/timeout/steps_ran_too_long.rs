//! A task, or a step of it, that ran too long is a timeout and nothing more.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::refused::between;
use crate::finding::{Cause, Finding};

use super::{TimedOut, timed_out};

/// How Tekton says that a step was ended by its own timeout (tektoncd/pipeline
/// pkg/pod/status.go `extractContainerFailureMessage`, v1.9).
const STEP_ENDED: &str = " exited because the step exceeded the specified timeout limit";

/// `timeout`: whose timeout it was, and how long that is, in Tekton's own words.
pub(super) fn finding(ended: &TimedOut<'_, '_>) -> Finding {
    let TimedOut { focus, task, .. } = ended;
    let of_run = focus.run().succeeded().filter(|condition| timed_out(condition));
    let of_task = task.and_then(|task| task.task_run.succeeded()).filter(|condition| timed_out(condition));
    // The run's own timeout ends its tasks as well.
    let (who, condition) = match (of_run, of_task, task) {
        (None, Some(condition), Some(task)) => (format!("task {}", task.task), Some(condition)),
        (of_run, ..) => ("the run".to_owned(), of_run),
    };
    let limit = condition.and_then(|condition| between(&condition.message, "failed to finish within \"", "\""));
    let limit = limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
    Finding::new(Cause::Timeout, format!("{who} took longer than its timeout{limit} while its steps were running"))
        .evidence(focus.quote_run())
        .evidence(task.and_then(|task| focus.quote_task_run(task.task_run)))
        .evidence(focus.quote_run_warnings())
}

/// `timeout` of a step.
pub(super) fn of_step(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let condition = task.task_run.succeeded().filter(|condition| condition.status == "False")?;
    let step = step_that_ran_too_long(&condition.message)?;
    let summary = format!("step {step} of task {} took longer than its timeout", task.task);
    let finding = Finding::new(Cause::Timeout, summary).evidence(focus.quote_run());
    Some(finding.evidence(focus.quote_task_run(task.task_run)).evidence(focus.quote_run_warnings()))
}

/// The step that its own timeout ended, if the message of a TaskRun says so.
pub fn step_that_ran_too_long(message: &str) -> Option<&str> {
    let (before, _) = message.split_once(STEP_ENDED)?;
    let step = before.rsplit('"').nth(1)?;
    Some(step.strip_prefix("step-").unwrap_or(step))
}

#[cfg(test)]
mod tests {
    use super::step_that_ran_too_long;

    #[test]
    fn a_step_is_named_as_the_task_names_it() {
        let message = "\"step-build\" exited because the step exceeded the specified timeout limit";
        assert_eq!(step_that_ran_too_long(message), Some("build"));
        assert_eq!(step_that_ran_too_long("\"step-build\" exited with code 1: Error"), None);
    }
}
