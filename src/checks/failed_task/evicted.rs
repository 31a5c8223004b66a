//! A task's pod was ended from outside: by the kubelet, the scheduler, a drain or a shutdown.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::pod::{Pod, Terminated};
use crate::model::{Condition, Kind};

/// The kubelet's words for why it evicts a pod (kubernetes pkg/kubelet/eviction/helpers.go
/// and eviction_manager.go, v1.33).
const EVICTIONS: [&str; 5] = [
    "The node was low on resource",
    "The node had condition: ",
    "Usage of EmptyDir volume ",
    "Pod ephemeral local storage usage exceeds",
    "exceeded its local ephemeral storage limit",
];

/// `status.reason` of a pod that the kubelet ended for a reason outside of it (kubernetes
/// pkg/kubelet/eviction, pkg/kubelet/preemption and pkg/kubelet/nodeshutdown, v1.33; until
/// 1.21 a shutdown was called `Shutdown` or `NodeShutdown`).
const REASONS: [(&str, &str); 5] = [
    ("Evicted", "the kubelet evicted it"),
    ("Preempting", "the kubelet ended it to make room for a critical pod"),
    ("Terminated", "its node was shut down"),
    ("NodeShutdown", "its node was shut down"),
    ("Shutdown", "its node was shut down"),
];

/// Reasons of condition `DisruptionTarget` (kubernetes staging/src/k8s.io/api/core/v1/types.go,
/// v1.33).
const DISRUPTIONS: [(&str, &str); 5] = [
    ("PreemptionByScheduler", "the scheduler preempted it for a pod of higher priority"),
    ("DeletionByTaintManager", "a NoExecute taint of its node ended it"),
    ("EvictionByEvictionAPI", "somebody evicted it, as a drain of its node does"),
    ("DeletionByPodGC", "its node is gone"),
    ("TerminationByKubelet", "the kubelet ended it"),
];

/// Exit codes of a container that a signal ended: those of shells, and what Tekton's entrypoint
/// makes of a program that one ended (tektoncd/pipeline cmd/entrypoint/main.go, v1.6).
const BY_SIGNAL: [i32; 3] = [137, 143, 255];

/// What ended a pod from outside, and the field that says so, with its text. A container that
/// had ended badly by itself before is what the pod failed of.
pub fn ended_from_outside(pod: &Pod) -> Option<(&'static str, &'static str, String)> {
    let status = &pod.status;
    let mut ends = status.container_statuses.iter().filter_map(|status| status.state.terminated.as_ref());
    let since = disruption(pod).and_then(|condition| condition.last_transition_time);
    let was_before =
        |end: &Terminated| end.finished_at.is_some_and(|finished| since.is_some_and(|since| finished < since));
    let by_itself = |end: &Terminated| {
        let is_own = end.reason == "OOMKilled" || !BY_SIGNAL.contains(&end.exit_code);
        end.exit_code != 0 && (is_own || was_before(end))
    };
    if ends.any(by_itself) {
        return None;
    }
    let own = REASONS.iter().find(|(reason, _)| *reason == status.reason);
    own.map(|(_, words)| (*words, "status.reason / status.message", own_words(pod))).or_else(|| {
        let condition = disruption(pod)?;
        let words = DISRUPTIONS.iter().find(|(reason, _)| *reason == condition.reason).map(|(_, words)| *words)?;
        let said = format!("{}: {}", condition.reason, condition.message);
        Some((words, "status.conditions[DisruptionTarget]", said))
    })
}

/// `status.reason` and `status.message` of a pod, as far as they say something.
pub fn own_words(pod: &Pod) -> String {
    let said = [pod.status.reason.as_str(), pod.status.message.as_str()];
    said.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ")
}

fn disruption(pod: &Pod) -> Option<&Condition> {
    pod.condition("DisruptionTarget").filter(|condition| condition.status == "True")
}

/// `pod-evicted` of a task that is under way, while its pod is being ended; one that has
/// ended is `pod-lost`.
pub fn under_way(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let pod = task.pod.filter(|pod| pod.metadata.deletion_timestamp.is_some() && !pod.is_terminal())?;
    let (words, field, said) = ended_from_outside(pod)?;
    let summary = format!("the pod of task {} is being ended from outside: {words} ({said})", task.task);
    Some(
        Finding::new(Cause::PodEvicted, summary)
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, said)]),
    )
}

/// `pod-evicted`.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, condition: &Condition) -> Option<Finding> {
    if let Some((pod, (words, field, said))) = task.pod.and_then(|pod| Some((pod, ended_from_outside(pod)?))) {
        let summary = format!("the pod of task {} did not end by itself: {words} ({said})", task.task);
        let quoted = focus.quote(Kind::Pod, &pod.metadata.name, field, said);
        return Some(Finding::new(Cause::PodEvicted, summary).evidence([quoted]));
    }
    let evicted = condition.reason == "PodEvicted" || EVICTIONS.iter().any(|words| condition.message.contains(words));
    evicted.then(|| {
        Finding::new(
            Cause::PodEvicted,
            format!("the kubelet evicted the pod of task {}: {}", task.task, condition.message.trim()),
        )
    })
}
