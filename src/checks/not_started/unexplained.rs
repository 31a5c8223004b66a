//! A pod that its node does not start, in words that no other check knows.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

use super::standing;

/// `pod-not-started`: the node has complained, of the sandbox, the network or else.
pub(super) fn not_started(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let events = standing(focus, &pod.metadata.name);
    let event = events
        .iter()
        .rev()
        .find(|event| !matches!(event.reason.as_str(), "FailedScheduling" | "NodeNotReady" | "Unhealthy"))?;
    Some(
        Finding::new(
            Cause::PodNotStarted,
            format!(
                "the pod of task {} does not start on {} ({}): {}",
                task.task,
                pod.spec.node_name,
                event.reason,
                event.message.trim()
            ),
        )
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", &pod.spec.node_name)])
        .evidence(events.into_iter().map(|event| focus.quote_event(event))),
    )
}
