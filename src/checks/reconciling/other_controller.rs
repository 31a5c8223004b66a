//! A run that says that another controller works on it.

use serde_json::Value;

use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding, Severity};
use crate::model::Kind;

/// `managed-by-other-controller`: since 1.5 Tekton leaves such runs alone
/// (tektoncd/pipeline pkg/apis/pipeline/v1/pipelinerun_types.go `ManagedBy`).
pub(super) fn finding(focus: &Focus<'_>) -> Option<Finding> {
    let run = focus.run();
    let named = run.spec_at("/managedBy").and_then(Value::as_str).filter(|name| *name != "tekton.dev/pipeline")?;
    Some(
        Finding::new(
            Cause::ManagedByOtherController,
            format!("the run is left to another controller: spec.managedBy is {named}"),
        )
        .severity(Severity::Warning)
        .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.managedBy", named)]),
    )
}
