//! A container cannot be set up.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

use super::warnings;

pub(super) fn config_error(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let states = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let (status, waiting) = states
        .filter_map(|c| Some((c, c.state.waiting.as_ref()?)))
        .find(|(_, waiting)| is_not_created(&waiting.reason))?;
    let value = format!("{}: {}", waiting.reason, waiting.message);
    Some(
        Finding::new(
            Cause::ContainerNotCreated,
            format!(
                "container {} of task {} cannot be {}: {}",
                status.name,
                task.task,
                if waiting.reason.starts_with("Create") { "created" } else { "started" },
                if waiting.message.is_empty() { &waiting.reason } else { &waiting.message }
            ),
        )
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote(
            Kind::Pod,
            &pod.metadata.name,
            format!("status.containerStatuses[{}].state.waiting", status.name),
            value,
        )]),
    )
}

/// The TaskRun failed at once because a container could not be set up
/// (tektoncd/pipeline pkg/pod/status.go `ReasonCreateContainerConfigError`).
pub(super) fn config_refused(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let condition = task
        .task_run
        .succeeded()
        .filter(|condition| condition.status == "False" && is_not_created(&condition.reason))?;
    let events = warnings(focus, &task.pod_name());
    let by_pod = task.pod.and_then(|pod| config_waiting(pod)).map(|(name, text)| format!("{name}: {text}"));
    let why = by_pod.unwrap_or_else(|| condition.message.clone());
    Some(
        Finding::new(Cause::ContainerNotCreated, format!("a container of task {} cannot be created: {why}", task.task))
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence(events.into_iter().map(|event| focus.quote_event(event)))
            .evidence(focus.quote_warnings("TaskRun", &task.task_run.metadata.name))
            .evidence(focus.quote_warnings("PipelineRun", &focus.run().metadata.name)),
    )
}

/// Waiting reasons of a container that the kubelet or the runtime cannot set up (kubernetes
/// pkg/kubelet/container/sync_result.go and pkg/kubelet/kuberuntime/kuberuntime_container.go,
/// v1.33).
const REASONS: [&str; 7] = [
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "PreCreateHookError",
    "PreStartHookError",
    "PostStartHookError",
    "CreatePodSandboxError",
];

fn is_not_created(reason: &str) -> bool {
    REASONS.contains(&reason)
}

/// The container that cannot be set up, and why.
fn config_waiting(pod: &Pod) -> Option<(&str, &str)> {
    let states = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    states
        .filter_map(|status| Some((status.name.as_str(), status.state.waiting.as_ref()?)))
        .find(|(_, waiting)| is_not_created(&waiting.reason))
        .map(|(name, waiting)| (name, waiting.message.as_str()))
}
