//! A task ran and failed: evicted, denied a file, or by its own error. A file for each
//! cause; what a step was denied is told by `workspace_access`.

mod evicted;
mod log;
mod otherwise;
mod step_failed;
mod volume_full;
mod volume_read_only;
mod wrong_architecture;

pub use evicted::{ended_from_outside, own_words, under_way as evicted_under_way};
pub use otherwise::otherwise_failed;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::run::StepState;

use super::containers::{self, step_killed};
use super::focus::Focus;
use super::timeout;
use super::workspace_access;
use crate::finding::Finding;
use log::Words;

/// `wrong-architecture` of a container that ended while its TaskRun is under way, or
/// before any step ran.
pub fn wrong_architecture_of(focus: &Focus<'_>, task: &TaskNode<'_>, who: &str, container: &str) -> Option<Finding> {
    let words = Words::of_container(focus, task, container.to_owned());
    let finding = wrong_architecture::finding(focus, task, who, &words)?;
    Some(finding.evidence(focus.quote_run()).evidence(focus.quote_task_run(task.task_run)))
}

/// Runs the checks on tasks that ran and failed.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    focus.tree.tasks.iter().filter_map(|task| finding(focus, task)).collect()
}

fn finding(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let condition = task.task_run.succeeded().filter(|condition| condition.status == "False")?;
    let told_elsewhere = condition.reason.contains("Cancelled")
        || condition.reason.contains("ImagePull")
        || condition.reason.starts_with("CreateContainer")
        || timeout::step_that_ran_too_long(&condition.message).is_some()
        || containers::init_container_failed(task);
    // `onError: continue` on the pipeline's task: the run goes on.
    let is_ignored = condition.reason == "FailureIgnored";
    if condition.message.contains("failed to finish within") || told_elsewhere || is_ignored {
        return None;
    }
    let finding = evicted::finding(focus, task, condition).or_else(|| {
        let failed = |step: &&StepState| step.state.terminated.as_ref().is_some_and(|end| end.exit_code != 0);
        let step = task.task_run.status.steps.iter().find(failed)?;
        let words = Words::of(focus, task, step);
        let finding = wrong_architecture::finding(focus, task, &format!("step {}", step.name), &words)
            .or_else(|| volume_full::finding(focus, task, step, &words))
            .or_else(|| volume_read_only::finding(focus, task, step, &words))
            .or_else(|| workspace_access::finding(focus, task, step))
            .or_else(|| step_killed::failed(focus, task, step));
        Some(finding.unwrap_or_else(|| step_failed::finding(focus, task, step, &words)))
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
