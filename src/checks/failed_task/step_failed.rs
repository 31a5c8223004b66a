//! A step ended with an error of its own.

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding, Severity};
use crate::model::run::StepState;

use super::log::Words;

/// `step-failed`.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, step: &StepState, words: &Words<'_>) -> Finding {
    let code = step.state.terminated.as_ref().map(|end| end.exit_code).unwrap_or_default();
    let finding = Finding::new(
        Cause::StepFailed,
        format!("step {} of task {} ended with exit code {code}", step.name, task.task),
    )
    .facts(Facts::ExitCode(code))
    .severity(Severity::Warning)
    .link("The pod was admitted, got a node and started; the program in the step ended with the error.");
    let finding = words.quoted(focus, finding);
    if words.log.is_some() {
        return finding;
    }
    let run = focus.run();
    let binds_claim =
        run.task(task.task).is_some_and(|definition| !assistant::task_claim_workspaces(run, definition).is_empty());
    if binds_claim || task.task_run.assistant().is_some() {
        // On a shared volume it may have been denied a file; only the log tells.
        return finding.not_proven();
    }
    finding
}
