//! A task with two claims, which Tekton refuses while it makes an assistant for each
//! workspace.

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};

/// `two-claims-in-one-task`.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>) -> Finding {
    let run = focus.run();
    let claims: Vec<String> = run
        .task(task.task)
        .into_iter()
        .flat_map(|t| assistant::task_claim_workspaces(run, t))
        .map(|bound| {
            format!("{} ({})", bound.workspace, bound.claim.unwrap_or_else(|| "volumeClaimTemplate".to_owned()))
        })
        .collect();
    Finding::new(Cause::TwoClaimsInOneTask,
        format!("task {} binds two claims ({}), which Tekton refuses while it makes an assistant for each workspace", task.task, claims.join(", ")),
    )
    .link("With coschedule: workspaces a task may bind one claim only, because one pod cannot be on the nodes of two assistants.")
}
