//! The run is held on purpose.

use serde_json::Value;

use crate::model::Kind;

use super::focus::Focus;
use crate::finding::{Cause, Finding, Severity};

/// `pending-by-spec-status`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    if run.is_done() || run.spec_at("/status").and_then(Value::as_str) != Some("PipelineRunPending") {
        return Vec::new();
    }
    if super::held_by_queue::is_held(focus) {
        return Vec::new();
    }
    vec![
        Finding::new(Cause::PendingBySpecStatus, "the run is held: spec.status is PipelineRunPending")
            .severity(Severity::Warning)
            .link("Tekton starts nothing while the field stands; whoever set it (a queue, a person) removes it.")
            .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.status", "PipelineRunPending")])
            .evidence(focus.quote_run()),
    ]
}
