//! The TaskRun is under way and its pod is gone, or has Failed unnoticed.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::failed_task;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;

use super::{ended_at, span};

const CAUSE: Cause = Cause::PodLost;

/// `pod-lost`.
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    match task.pod {
        Some(pod) if pod.status.phase == "Failed" => {
            let ended = ended_at(pod);
            if !focus.is_past_grace(ended.or(pod.metadata.creation_timestamp)) {
                return None;
            }
            let since = focus.age(ended).map(|age| format!(" for {}", span(age))).unwrap_or_default();
            let why = match failed_task::ended_from_outside(pod) {
                Some((words, _, said)) => format!("{words} ({said})"),
                None => failed_task::own_words(pod),
            };
            let name = &pod.metadata.name;
            let said = if why.is_empty() { String::new() } else { format!(": {why}") };
            let mut finding = Finding::new(
                CAUSE,
                format!(
                    "the pod of task {} has been Failed{since}, and its TaskRun is still under way{said}",
                    task.task
                ),
            )
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence([focus.quote(Kind::Pod, name, "status.phase", &pod.status.phase)])
            .evidence(focus.quote_warnings("Pod", name));
            if why.is_empty() {
                finding = finding
                    .cannot_tell("why the pod Failed: its status does not say; look at its events and at its node");
            } else {
                finding = finding.evidence([focus.quote(Kind::Pod, name, "status.reason / status.message", why)]);
            }
            Some(finding)
        }
        None => absent(focus, task),
        _ => None,
    }
}

/// Tekton makes a pod anew when it finds that the old one is gone (tektoncd/pipeline
/// pkg/reconciler/taskrun/taskrun.go, v1.15.0); one that stays away was not noticed, or
/// cannot be created.
fn absent(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let name = &task.task_run.status.pod_name;
    let is_listed = focus.cluster.coverage.proves_absence(Kind::Pod, focus.namespace());
    let is_old = focus.is_past_grace(task.task_run.status.start_time.or(task.task_run.metadata.creation_timestamp));
    if name.is_empty() || !is_listed || !is_old {
        return None;
    }
    let mut finding = Finding::new(
        CAUSE,
        format!("the pod {name} of task {} is gone, and its TaskRun is still under way", task.task),
    )
    .link("Somebody or something deleted the pod: a drained node, a clean-up, the pod garbage collector.")
    .evidence(focus.quote_run())
    .evidence(focus.quote_task_run(task.task_run))
    .evidence([focus.quote(Kind::Pod, name, "name", "does not exist in the complete list of the namespace")])
    .evidence(focus.events_about("Pod", name).into_iter().map(|event| focus.quote_event(event)))
    .evidence(focus.quote_warnings("TaskRun", &task.task_run.metadata.name));
    if focus.events_about("Pod", name).is_empty() {
        finding = finding.cannot_tell(format!("who deleted it: no event of pod {name} was found"));
    }
    Some(finding)
}
