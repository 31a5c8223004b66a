//! A task ran and failed: evicted, denied a file, or by its own error. A file for each
//! cause; what a step was denied is told by `workspace_access`.

mod evicted;
mod otherwise;
mod step_failed;
mod wrong_architecture;

pub use otherwise::otherwise_failed;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::run::StepState;

use super::focus::Focus;
use super::running::step_killed;
use super::workspace_access;
use crate::finding::Finding;

/// Runs the checks on tasks that ran and failed.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    focus.tree.tasks.iter().filter_map(|task| finding(focus, task)).collect()
}

fn finding(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let condition = task.task_run.succeeded().filter(|condition| condition.status == "False")?;
    let told_elsewhere = condition.reason.contains("Cancelled") || condition.reason.contains("ImagePull");
    // `onError: continue` on the pipeline's task: the run goes on.
    let is_ignored = condition.reason == "FailureIgnored";
    if condition.message.contains("failed to finish within") || told_elsewhere || is_ignored {
        return None;
    }
    let finding = evicted::finding(task, condition).or_else(|| {
        let failed = |step: &&StepState| step.state.terminated.as_ref().is_some_and(|end| end.exit_code != 0);
        let step = task.task_run.status.steps.iter().find(failed)?;
        let killed = || {
            let end =
                step.state.terminated.as_ref().filter(|end| step_killed::by_signal(end.exit_code, &end.reason))?;
            let container = workspace_access::container_of(step);
            Some(step_killed::finding(focus, task, task.pod?, &container, end.exit_code, &end.reason))
        };
        let foreign = || wrong_architecture::finding(focus, task, step);
        let denied = workspace_access::finding(focus, task, step).or_else(foreign).or_else(killed);
        Some(denied.unwrap_or_else(|| step_failed::finding(focus, task, step)))
    })?;
    let warnings = [("TaskRun", &task.task_run.metadata.name), ("PipelineRun", &focus.run().metadata.name)];
    Some(
        finding
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence(focus.quote_annotation(task.task_run))
            .evidence(warnings.into_iter().flat_map(|(kind, name)| focus.quote_warnings(kind, name))),
    )
}
