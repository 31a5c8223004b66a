//! Somebody cancelled the run.

use serde_json::Value;

use crate::model::Kind;

use super::finding::{Finding, Severity};
use super::focus::Focus;

/// `cancelled-by-user`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let Some(status) = run.spec_at("/status").and_then(Value::as_str) else { return Vec::new() };
    if !matches!(status, "Cancelled" | "CancelledRunFinally" | "StoppedRunFinally") {
        return Vec::new();
    }
    vec![
        Finding::new("TKF502", "cancelled-by-user", format!("somebody cancelled the run: spec.status is {status}"))
            .severity(Severity::Info)
            .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.status", status)])
            .evidence(focus.quote_run()),
    ]
}
