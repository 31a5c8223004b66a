//! A volume is attached to another node.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

use super::standing;

pub(super) fn multi_attach(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let events = standing(focus, &pod.metadata.name);
    let event = events.iter().find(|event| event.message.contains("Multi-Attach error"))?;
    Some(
        Finding::new(Cause::VolumeMultiAttach,
            format!("the volume of task {} is attached to another node than {}", task.task, pod.spec.node_name),
        )
        .link("A ReadWriteOnce volume can be attached to one node only; without an assistant nothing keeps the run's pods on one node.")
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", &pod.spec.node_name), focus.quote_event(event)]),
    )
}
