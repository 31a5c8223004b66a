//! Objects of a run that were not read, so that nothing can be said of it.

use crate::model::Kind;

use super::focus::Focus;
use crate::finding::{Cause, Finding};

/// `evidence-missing`: TaskRuns or pods of a run under way are not among what was
/// read.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let is_young = !focus.is_past_grace(run.metadata.creation_timestamp);
    if !focus.is_running() || is_young || run.spec_at("/status").is_some() {
        return Vec::new();
    }
    let namespace = focus.namespace();
    let unread = |kind: Kind| !focus.cluster.coverage.proves_absence(kind, namespace);
    if !focus.tree.missing_children.is_empty() && unread(Kind::TaskRun) {
        let names = focus.tree.missing_children.join(", ");
        return vec![finding(focus, format!("the run's TaskRuns ({names}) were not read"), Kind::TaskRun)];
    }
    let without: Vec<_> = focus
        .tree
        .unfinished()
        .filter(|task| task.pod.is_none() && !task.task_run.status.pod_name.is_empty())
        .filter(|task| focus.is_past_grace(task.task_run.metadata.creation_timestamp))
        .collect();
    if without.is_empty() || !unread(Kind::Pod) {
        return Vec::new();
    }
    let names: Vec<&str> = without.iter().map(|task| task.task_run.status.pod_name.as_str()).collect();
    let mut found = finding(focus, format!("the run's pods ({}) were not read", names.join(", ")), Kind::Pod);
    for task in without {
        if let Some(condition) = task.task_run.succeeded() {
            found = found.link(format!("TaskRun {} says: {}", task.task_run.metadata.name, condition.message));
        }
        found = found.evidence(focus.quote_task_run(task.task_run)).evidence(focus.quote_annotation(task.task_run));
    }
    vec![found]
}

fn finding(focus: &Focus<'_>, summary: String, kind: Kind) -> Finding {
    let namespace = focus.namespace();
    Finding::new(Cause::EvidenceMissing, format!("{summary}: why the run waits is unknown"))
        .not_proven()
        .evidence(focus.quote_run())
        .cannot_tell(format!("what holds the run: {} of namespace {namespace} were not read", kind.plural()))
        .cannot_tell(format!("collect it: kubectl get pods,taskruns,statefulsets,events -n {namespace} -o yaml"))
}

/// `evidence-missing`: the run does not go on, and nothing that was read explains it.
pub fn not_understood(focus: &Focus<'_>) -> Finding {
    let namespace = focus.namespace();
    let words = focus.run().succeeded().map(|condition| condition.message.clone()).unwrap_or_default();
    let mut finding = Finding::new(
        Cause::EvidenceMissing,
        format!("the run does not visibly go on, and nothing that was read explains it: {words}"),
    )
    .not_proven()
    .evidence(focus.quote_run());
    for task in focus.tree.unfinished() {
        let phase = task.pod.map_or("absent", |pod| pod.status.phase.as_str());
        let name = task.pod_name();
        let attempts = task.task_run.status.retries_status.len();
        let told = if task.pod.is_none() && attempts > 0 {
            format!("Attempt {attempts} of task {} has failed, and the pod of its next one is absent.", task.task)
        } else {
            format!("Task {} is under way; its pod {name} is {phase}.", task.task)
        };
        finding = finding
            .link(told)
            .evidence(focus.quote_task_run(task.task_run))
            .evidence(task.pod.map(|pod| focus.quote(Kind::Pod, &name, "status.phase", &pod.status.phase)))
            .evidence(focus.quote_warnings("Pod", &name));
    }
    finding
        .cannot_tell(format!("what the containers do: kubectl describe pods -n {namespace}"))
        .cannot_tell(format!("what happened before: kubectl get events -n {namespace} --sort-by=.lastTimestamp"))
}

/// `evidence-missing`: the run failed, and no TaskRun that was read says of what.
pub fn failed_unexplained(focus: &Focus<'_>) -> Finding {
    let namespace = focus.namespace();
    let words = focus.run().succeeded().map(|condition| condition.message.clone()).unwrap_or_default();
    let missing = focus.tree.missing_children.join(", ");
    let is_listed = focus.cluster.coverage.proves_absence(Kind::TaskRun, namespace);
    let finding = Finding::new(
        Cause::EvidenceMissing,
        match (missing.as_str(), is_listed) {
            ("", _) => format!("the run failed, and nothing that was read says of what: {words}"),
            (_, true) => {
                format!("the run failed, and its TaskRuns no longer exist: which task failed is unknown ({words})")
            }
            (_, false) => {
                format!("the run failed, and its TaskRuns were not read: which task failed is unknown ({words})")
            }
        },
    )
    .not_proven()
    .evidence(focus.quote_run())
    .evidence(focus.quote_run_warnings());
    if missing.is_empty() || is_listed {
        let name = &focus.run().metadata.name;
        finding.cannot_tell(format!(
            "why it failed: kubectl get events -n {namespace} --field-selector involvedObject.name={name}"
        ))
    } else {
        finding.cannot_tell(format!(
            "why it failed: collect TaskRuns {missing}, and their pods: kubectl get taskruns,pods,events -n {namespace} -o yaml"
        ))
    }
}
