//! A volume of the pod cannot be attached or mounted.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::no_node::volume_node_affinity::quote_claims;
use crate::finding::{Cause, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

use super::standing;

/// `volume-not-mounted`: what the kubelet or the attach/detach controller says of it.
pub(super) fn volume_not_mounted(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let events = standing(focus, &pod.metadata.name);
    let about_volume = |reason: &str| matches!(reason, "FailedMount" | "FailedAttachVolume" | "FailedMapVolume");
    let event = events.iter().rev().find(|event| about_volume(&event.reason))?;
    Some(
        Finding::new(
            Cause::VolumeNotMounted,
            format!(
                "a volume of task {} does not come up on {}: {}",
                task.task,
                pod.spec.node_name,
                event.message.trim()
            ),
        )
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", &pod.spec.node_name)])
        .evidence(events.into_iter().filter(|event| about_volume(&event.reason)).map(|event| focus.quote_event(event)))
        .evidence(quote_claims(focus, pod)),
    )
}
