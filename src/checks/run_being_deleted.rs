//! The run has been deleted, and a finalizer keeps the object.

use crate::model::Kind;

use super::containers::span;
use super::focus::Focus;
use crate::finding::{Cause, Finding};

/// `run-being-deleted`: Tekton starts no further task of such a run (tektoncd/pipeline
/// pkg/reconciler/pipelinerun/pipelinerun.go and the finalizing of knative.dev/pkg's
/// reconciler, v1.15.0).
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let meta = &run.metadata;
    let Some(deletion) = meta.deletion_timestamp.filter(|_| !run.is_done()) else { return Vec::new() };
    if !focus.is_past_grace(Some(deletion)) {
        return Vec::new();
    }
    let since = focus.age(Some(deletion)).map(span).unwrap_or_default();
    let finalizers = meta.finalizers.join(", ");
    let kept = if finalizers.is_empty() {
        "something keeps the object".to_owned()
    } else {
        format!("finalizer {finalizers} keeps the object")
    };
    let owner = finalizers.split('/').next().unwrap_or_default();
    let mut finding = Finding::new(
        Cause::RunBeingDeleted,
        format!("the run was deleted {since} ago, and {kept}: Tekton starts none of its tasks any more"),
    )
    .link("The status still says Running: nobody updates it on a run that is being deleted.")
    .evidence([
        focus.quote(Kind::PipelineRun, &meta.name, "metadata.deletionTimestamp", deletion.to_string()),
        focus.quote(Kind::PipelineRun, &meta.name, "metadata.finalizers", &finalizers),
    ])
    .evidence(focus.quote_run());
    if !owner.is_empty() {
        finding = finding.link(format!("The controller behind {owner} has not removed its finalizer yet."));
    }
    vec![finding]
}
