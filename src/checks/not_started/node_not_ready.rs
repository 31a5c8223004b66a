//! The pod's node has lost contact.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::finding::Finding;
use crate::checks::focus::Focus;
use crate::model::Kind;
use crate::model::pod::Pod;

pub(super) fn node_not_ready(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let node = focus.cluster.node(&pod.spec.node_name)?;
    let ready = node.ready().filter(|condition| condition.status != "True")?;
    let value = format!("{} {}: {}", ready.status, ready.reason, ready.message);
    Some(
        Finding::new(
            "TKF205",
            "node-not-ready",
            format!(
                "the pod of task {} is bound to {}, which lost contact and starts nothing",
                task.task, node.metadata.name
            ),
        )
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([
            focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", &pod.spec.node_name),
            focus.quote(Kind::Node, &node.metadata.name, "status.conditions[Ready]", value),
        ]),
    )
}
