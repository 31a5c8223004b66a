//! The pod's node has lost contact.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

use super::standing;

pub(super) fn node_not_ready(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let Some(node) = focus.cluster.node(&pod.spec.node_name) else { return by_event(focus, task, pod) };
    let ready = node.ready().filter(|condition| condition.status != "True")?;
    let value = format!("{} {}: {}", ready.status, ready.reason, ready.message);
    Some(
        Finding::new(
            Cause::NodeNotReady,
            format!(
                "the pod of task {} is bound to {}, which is NotReady and starts nothing",
                task.task, node.metadata.name
            ),
        )
        .facts(Facts::Nodes(vec![node.metadata.name.clone()]))
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([
            focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", &pod.spec.node_name),
            focus.quote(Kind::Node, &node.metadata.name, "status.conditions[Ready]", value),
        ]),
    )
}

/// `node-not-ready`: the steps ran when the node lost contact, and nobody knows how far
/// they are. The kubelet's last word, phase Running, stays (kubernetes
/// pkg/controller/nodelifecycle, v1.33).
pub fn running(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let pod = task.pod.filter(|pod| pod.status.phase == "Running")?;
    let node = focus.cluster.node(&pod.spec.node_name)?;
    let ready = node.ready().filter(|condition| condition.status != "True")?;
    let name = &node.metadata.name;
    let value = format!("{} {}: {}", ready.status, ready.reason, ready.message);
    Some(
        Finding::new(
            Cause::NodeNotReady,
            format!(
                "the pod of task {} runs on {name}, which is NotReady: how far its steps are is unknown",
                task.task
            ),
        )
        .facts(Facts::Nodes(vec![name.clone()]))
        .link(
            "Phase Running is what the kubelet reported last; the pod is removed once the node is back, or is deleted.",
        )
        .facts(Facts::Nodes(vec![node.metadata.name.clone()]))
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([
            focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", name),
            focus.quote(Kind::Node, name, "status.conditions[Ready]", value),
        ]),
    )
}

/// The node was not read; the node controller's event at the pod tells of it.
fn by_event(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let events = standing(focus, &pod.metadata.name);
    let event = events.iter().rev().find(|event| event.reason == "NodeNotReady")?;
    let node = &pod.spec.node_name;
    let summary = format!("the pod of task {} is bound to {node}, which is NotReady and starts nothing", task.task);
    Some(
        Finding::new(Cause::NodeNotReady, summary)
            .facts(Facts::Nodes(vec![node.clone()]))
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", node), focus.quote_event(event)])
            .not_proven()
            .cannot_tell(format!("whether {node} is back meanwhile: nodes were not read")),
    )
}
