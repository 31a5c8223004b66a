//! Somebody cancelled the run.

use serde_json::Value;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::Kind;

use super::focus::Focus;
use crate::finding::{Cause, Finding, Severity};

/// `cancelled-by-user`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let Some(status) = run.spec_at("/status").and_then(Value::as_str) else { return Vec::new() };
    if !matches!(status, "Cancelled" | "CancelledRunFinally" | "StoppedRunFinally") {
        return Vec::new();
    }
    let is_ended =
        |task: &&TaskNode<'_>| task.task_run.succeeded().is_some_and(|condition| condition.status == "False");
    let ended = focus.tree.tasks.iter().filter(is_ended);
    vec![
        Finding::new(Cause::CancelledByUser, format!("somebody cancelled the run: spec.status is {status}"))
            .severity(Severity::Info)
            .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.status", status)])
            .evidence(focus.quote_run())
            .evidence(ended.filter_map(|task| focus.quote_task_run(task.task_run)))
            .evidence(focus.quote_run_warnings()),
    ]
}
