//! A Secret or ConfigMap that is mounted does not exist.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::finding::Finding;
use crate::checks::focus::Focus;
use crate::checks::refused::between;
use crate::model::pod::Pod;

use super::warnings;

pub(super) fn source_missing(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let events = warnings(focus, &pod.metadata.name);
    let event = events.iter().find(|event| {
        event.reason == "FailedMount"
            && event.message.contains("not found")
            && (event.message.contains("secret \"") || event.message.contains("configmap \""))
    })?;
    let what = between(&event.message, "secret \"", "\"")
        .map(|name| format!("Secret {name}"))
        .or_else(|| between(&event.message, "configmap \"", "\"").map(|name| format!("ConfigMap {name}")))?;
    let (kind, name) = what.split_once(' ').unwrap_or_default();
    let about = format!("{}/{name}", kind.to_lowercase());
    Some(
        Finding::new(
            "TKF404",
            "volume-source-missing",
            format!("{what}, which task {} mounts, does not exist in namespace {}", task.task, focus.namespace()),
        )
        .about(about)
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote_event(event)]),
    )
}
