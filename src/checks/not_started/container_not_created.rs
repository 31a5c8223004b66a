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
        .find(|(_, w)| matches!(w.reason.as_str(), "CreateContainerConfigError" | "CreateContainerError"))?;
    let value = format!("{}: {}", waiting.reason, waiting.message);
    Some(
        Finding::new(
            Cause::ContainerNotCreated,
            format!("container {} of task {} cannot be created: {}", status.name, task.task, waiting.message),
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
    let condition = task.task_run.succeeded().filter(|condition| {
        condition.status == "False"
            && matches!(condition.reason.as_str(), "CreateContainerConfigError" | "CreateContainerError")
    })?;
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

/// The container that cannot be set up, and why.
fn config_waiting(pod: &Pod) -> Option<(&str, &str)> {
    let states = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    states
        .filter_map(|status| Some((status.name.as_str(), status.state.waiting.as_ref()?)))
        .find(|(_, waiting)| matches!(waiting.reason.as_str(), "CreateContainerConfigError" | "CreateContainerError"))
        .map(|(name, waiting)| (name, waiting.message.as_str()))
}
