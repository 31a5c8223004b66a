//! Tekton refused the run itself.

use crate::analysis::tekton::run_tree::TaskNode;

use super::focus::Focus;
use super::reconciling::{reference_not_fetched, resolver};
use super::task_run_refused;
use crate::finding::{Cause, Facts, Finding};

/// A run that ended by Tekton's own validation, without a failed task.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let Some(condition) = run.succeeded().filter(|condition| condition.status == "False") else { return Vec::new() };
    let known_elsewhere =
        matches!(condition.reason.as_str(), "Failed" | "Cancelled" | "PipelineRunTimeout" | "Completed")
            || condition.reason.contains("AffinityAssistant")
            || condition.reason.contains("Cancelled")
            || condition.reason.contains("Stopp");
    let failed = |task: &TaskNode<'_>| task.task_run.succeeded().is_some_and(|condition| condition.status == "False");
    // A run of which a task was created was not refused as a whole, whatever its reason says:
    // where that task was not read, what became of it is not known.
    let is_unread = !focus.tree.missing_children.is_empty();
    let is_claim = condition.reason == "CouldntCreateWorkspacePVC";
    if let Some(finding) = resolver::gave_up(focus) {
        return vec![finding];
    }
    if let Some(finding) = reference_not_fetched::ended(focus) {
        return vec![finding];
    }
    if known_elsewhere
        || is_claim
        || is_unread
        || condition.reason == task_run_refused::REASON
        || focus.tree.tasks.iter().any(failed)
    {
        return Vec::new();
    }
    vec![
        Finding::new(
            Cause::RunInvalid,
            format!("Tekton refused the run ({}): {}", condition.reason, condition.message),
        )
        .facts(Facts::Reason(condition.reason.clone()))
        .evidence(focus.quote_run())
        .evidence(focus.quote_run_warnings()),
    ]
}
