//! A task is under way and its pod is not there any more, or has failed.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

/// `pod-lost`: the pod has failed, and Tekton has not ended the TaskRun.
pub(super) fn failed(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    if task.task_run.is_done() || pod.status.phase != "Failed" {
        return None;
    }
    // Tekton takes a moment to notice.
    let ends = pod.status.container_statuses.iter().filter_map(|status| status.state.terminated.as_ref()?.finished_at);
    if !focus.is_past_grace(ends.max().or(pod.metadata.creation_timestamp)) {
        return None;
    }
    let words = match (pod.status.reason.as_str(), pod.status.message.as_str()) {
        ("", "") => String::new(),
        (reason, message) => format!(" ({})", format!("{reason}: {message}").trim_matches([':', ' '])),
    };
    let summary = format!("the pod of task {} has failed{words}, and Tekton has not ended the task", task.task);
    Some(Finding::new(Cause::PodLost, summary).evidence([focus.quote(
        Kind::Pod,
        &pod.metadata.name,
        "status.phase",
        "Failed",
    )]))
}

/// `pod-lost`: the pod is absent from a complete list.
pub(super) fn absent(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let name = &task.task_run.status.pod_name;
    let started = task.task_run.metadata.creation_timestamp;
    if task.task_run.is_done()
        || name.is_empty()
        || !focus.is_running()
        || !focus.is_past_grace(started)
        || focus.run().spec_at("/status").is_some()
        || !focus.cluster.coverage.proves_absence(Kind::Pod, focus.namespace())
    {
        return None;
    }
    let summary = format!("the pod {name} of task {} is gone while the task is under way", task.task);
    Some(
        Finding::new(Cause::PodLost, summary)
            .link(
                "Somebody or something deleted it; Tekton does not create it again, and the task ends at its timeout.",
            )
            .evidence([focus.quote(Kind::Pod, name, "name", "does not exist in the complete list of the namespace")]),
    )
}
