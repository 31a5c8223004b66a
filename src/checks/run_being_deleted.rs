//! The run, or a TaskRun of it, has been deleted, and a finalizer keeps the object.

use crate::model::Kind;

use super::containers::span;
use super::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::ObjectMeta;

/// `run-being-deleted`: Tekton starts no further task of such a run, and works on no such
/// TaskRun (tektoncd/pipeline pkg/reconciler/pipelinerun/pipelinerun.go and the finalizing of
/// knative.dev/pkg's reconciler, v1.15.0).
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    if run.is_done() {
        return Vec::new();
    }
    let found = deleted(focus, Kind::PipelineRun, &run.metadata, "the run", "Tekton starts none of its tasks any more")
        .map(|finding| finding.evidence(focus.quote_run()));
    let of_task = || {
        focus.tree.unfinished().find_map(|task| {
            let what = format!("TaskRun {} of task {}", task.task_run.metadata.name, task.task);
            let meta = &task.task_run.metadata;
            let finding = deleted(focus, Kind::TaskRun, meta, &what, "Tekton does not work on it any more")?;
            Some(finding.evidence(focus.quote_run()).evidence(focus.quote_task_run(task.task_run)))
        })
    };
    found.or_else(of_task).into_iter().collect()
}

fn deleted(focus: &Focus<'_>, kind: Kind, meta: &ObjectMeta, what: &str, consequence: &str) -> Option<Finding> {
    let deletion = meta.deletion_timestamp.filter(|deletion| focus.is_past_grace(Some(*deletion)))?;
    let since = focus.age(Some(deletion)).map(span).unwrap_or_default();
    let finalizers = meta.finalizers.join(", ");
    let kept = if finalizers.is_empty() {
        "something keeps the object".to_owned()
    } else {
        format!("finalizer {finalizers} keeps the object")
    };
    let owner = finalizers.split('/').next().unwrap_or_default();
    let mut finding =
        Finding::new(Cause::RunBeingDeleted, format!("{what} was deleted {since} ago, and {kept}: {consequence}"))
            .link("The status still says Running: nobody updates it on an object that is being deleted.")
            .evidence(quotes(focus, kind, meta, deletion.to_string(), &finalizers));
    if !owner.is_empty() {
        finding = finding.link(format!("The controller behind {owner} has not removed its finalizer yet."));
    }
    Some(finding)
}

fn quotes(focus: &Focus<'_>, kind: Kind, meta: &ObjectMeta, deletion: String, finalizers: &str) -> [Evidence; 2] {
    [
        focus.quote(kind, &meta.name, "metadata.deletionTimestamp", deletion),
        focus.quote(kind, &meta.name, "metadata.finalizers", finalizers),
    ]
}
