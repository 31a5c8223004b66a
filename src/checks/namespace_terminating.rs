//! The run's namespace is being deleted.

use crate::analysis::scc::message::is_namespace_terminating;
use crate::model::Kind;

use super::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};

/// `namespace-terminating`: nothing new is admitted in such a namespace (kubernetes
/// plugin/pkg/admission/namespace/lifecycle, v1.33), and what is there is deleted.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let namespace = focus.namespace();
    let known = focus.cluster.namespace(namespace);
    // A run that ended before is not the worse for it.
    let ended = focus.run().status.completion_time;
    let deletion = known
        .and_then(|known| known.metadata.deletion_timestamp)
        .filter(|deletion| ended.is_none_or(|ended| ended >= *deletion));
    let said = said(focus);
    if deletion.is_none() && said.is_empty() {
        return Vec::new();
    }
    let mut finding = Finding::new(
        Cause::NamespaceTerminating,
        format!("namespace {namespace} is being deleted: nothing new can be created in it"),
    )
    .link("The API server refuses new pods, TaskRuns and runs in the namespace, and what is in it is deleted.")
    .evidence(deletion.map(|at| focus.quote(Kind::Namespace, namespace, "metadata.deletionTimestamp", at.to_string())))
    .evidence(focus.quote_run())
    .evidence(said);
    let run = &focus.run().metadata;
    if !run.finalizers.is_empty() && run.deletion_timestamp.is_some() {
        let finalizers = run.finalizers.join(", ");
        finding = finding
            .link(format!(
                "The PipelineRun itself remains until its finalizer {finalizers} is removed by its controller."
            ))
            .evidence([focus.quote(Kind::PipelineRun, &run.name, "metadata.finalizers", finalizers)]);
    }
    vec![finding]
}

/// Refusals that name it.
fn said(focus: &Focus<'_>) -> Vec<Evidence> {
    let mut said: Vec<Evidence> = Vec::new();
    let warnings = |kind: &str, name: &str| -> Vec<Evidence> {
        let events = focus.events_about(kind, name).into_iter();
        let events = events.filter(|event| event.kind == "Warning" && is_namespace_terminating(&event.message));
        events.map(|event| focus.quote_event(event)).collect()
    };
    said.extend(warnings("PipelineRun", &focus.run().metadata.name));
    for task in &focus.tree.tasks {
        let condition = task.task_run.succeeded();
        if condition.is_some_and(|condition| is_namespace_terminating(&condition.message)) {
            said.extend(focus.quote_task_run(task.task_run));
        }
        said.extend(warnings("TaskRun", &task.task_run.metadata.name));
    }
    for name in focus.assistant_names() {
        let refusals = focus.refusals_of(&name).into_iter();
        let refusals = refusals.filter(|event| is_namespace_terminating(&event.message));
        said.extend(refusals.map(|event| focus.quote_event(event)));
    }
    said
}
