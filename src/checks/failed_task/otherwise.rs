//! A task that failed in a way that no other check knows.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding, Severity};

/// `task-failed`: a task failed in a way that no other check knows; its own words are
/// all there is.
pub fn otherwise_failed(focus: &Focus<'_>) -> Vec<Finding> {
    let failed = |task: &&TaskNode<'_>| task.task_run.succeeded().is_some_and(|condition| condition.status == "False");
    let Some(task) = focus.tree.tasks.iter().find(failed) else { return Vec::new() };
    let Some(condition) = task.task_run.succeeded() else { return Vec::new() };
    vec![
        Finding::new(
            Cause::TaskFailed,
            format!("task {} failed ({}): {}", task.task, condition.reason, condition.message),
        )
        .facts(Facts::Reason(condition.reason.clone()))
        .severity(Severity::Warning)
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence(focus.quote_run_warnings()),
    ]
}
