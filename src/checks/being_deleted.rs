//! The run, or its namespace, is being deleted.

use crate::model::Kind;

use super::focus::Focus;
use crate::finding::{Cause, Finding};

/// `namespace-terminating`: nothing can be created in a namespace that is being deleted
/// (kubernetes plugin/pkg/admission/namespace/lifecycle, v1.33).
pub fn namespace(focus: &Focus<'_>) -> Vec<Finding> {
    let name = focus.namespace();
    let known = focus.cluster.namespace(name).and_then(|known| known.metadata.deletion_timestamp);
    let Some(since) = known else { return Vec::new() };
    vec![
        Finding::new(Cause::NamespaceTerminating, format!("namespace {name} is being deleted"))
            .link("Nothing can be created in it: no TaskRun, no pod, no new run.")
            .evidence([focus.quote(Kind::Namespace, name, "metadata.deletionTimestamp", since.to_string())])
            .evidence(focus.quote_run()),
    ]
}

/// `run-being-deleted`: Tekton does not go on with a run that is being deleted, and
/// finalizers keep it.
pub fn run(focus: &Focus<'_>) -> Vec<Finding> {
    let run = &focus.run().metadata;
    let Some(since) = run.deletion_timestamp else { return Vec::new() };
    if !focus.is_past_grace(Some(since)) {
        return Vec::new();
    }
    let held = match run.finalizers.as_slice() {
        [] => String::new(),
        finalizers => format!(", and finalizers keep it: {}", finalizers.join(", ")),
    };
    let mut evidence = vec![focus.quote(Kind::PipelineRun, &run.name, "metadata.deletionTimestamp", since.to_string())];
    if !run.finalizers.is_empty() {
        evidence.push(focus.quote(Kind::PipelineRun, &run.name, "metadata.finalizers", run.finalizers.join(", ")));
    }
    vec![
        Finding::new(Cause::RunBeingDeleted, format!("the run is being deleted{held}"))
            .link("Tekton does not go on with it. The controller that owns a finalizer has to take it off.")
            .evidence(evidence)
            .evidence(focus.quote_run()),
    ]
}
