//! Somebody cancelled the run.

use serde_json::Value;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::Kind;

use super::focus::Focus;
use super::reconciling::controller_not_running;
use crate::finding::{Cause, Finding, Severity};

/// The reason of a run of which some TaskRuns could not be cancelled (tektoncd/pipeline
/// pkg/reconciler/pipelinerun/cancel.go, v1.9).
const COULD_NOT_CANCEL: &str = "PipelineRunCouldntCancel";

/// `cancelled-by-user`: of a run that has ended, and of one that has not ended yet.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let Some(status) = run.spec_at("/status").and_then(Value::as_str) else { return Vec::new() };
    if !matches!(status, "Cancelled" | "CancelledRunFinally" | "StoppedRunFinally") {
        return Vec::new();
    }
    let is_ended =
        |task: &&TaskNode<'_>| task.task_run.succeeded().is_some_and(|condition| condition.status == "False");
    let ended = focus.tree.tasks.iter().filter(is_ended);
    let asked = match status {
        "StoppedRunFinally" => "somebody stopped the run",
        _ => "somebody cancelled the run",
    };
    let mut finding = Finding::new(Cause::CancelledByUser, format!("{asked}: spec.status is {status}"));
    if run.is_done() {
        finding = finding.severity(Severity::Info);
    } else if let Some(condition) = run.succeeded().filter(|condition| condition.reason == COULD_NOT_CANCEL) {
        let summary = format!("{asked}, and Tekton could not end it: {}", condition.message.trim());
        finding = Finding::new(Cause::CancelledByUser, summary);
    } else if let Some(down) = controller_not_running::quote_if_down(focus) {
        let summary = format!("{asked}, and Tekton's controller, which has no available pod, does not end it");
        finding = Finding::new(Cause::CancelledByUser, summary).evidence([down]);
    } else {
        let goes_on = match status {
            "Cancelled" => "Tekton ends what is under way; the run has not ended yet.",
            "CancelledRunFinally" => "Tekton ends what is under way, then runs the finally tasks.",
            _ => "What is under way goes on to its end, no other task starts, then the finally tasks run.",
        };
        finding = finding.severity(Severity::Warning).link(goes_on);
    }
    vec![
        finding
            .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.status", status)])
            .evidence(focus.quote_run())
            .evidence(ended.filter_map(|task| focus.quote_task_run(task.task_run)))
            .evidence(focus.quote_run_warnings()),
    ]
}
