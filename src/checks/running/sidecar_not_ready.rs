//! Steps do not begin, because a sidecar is not ready.

use jiff::SignedDuration;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::{ContainerStatus, Pod};

/// A sidecar may take this long to become ready.
const NORMAL: SignedDuration = SignedDuration::from_secs(60);

/// Tekton writes it once all sidecars are ready, and steps wait for it (tektoncd/pipeline
/// pkg/pod/entrypoint.go `readyAnnotation`, v0.68 to v1.15).
const READY: &str = "tekton.dev/ready";

/// `sidecar-not-ready`.
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let is_released = pod.metadata.annotation(READY).is_some_and(|value| !value.is_empty());
    if task.task_run.is_done() || is_released || pod.status.phase != "Running" {
        return None;
    }
    let statuses = || pod.status.container_statuses.iter().chain(&pod.status.init_container_statuses);
    let is_sidecar = |status: &&ContainerStatus| status.name.starts_with("sidecar-");
    let sidecar = statuses().filter(is_sidecar).find(|status| !status.ready && status.state.terminated.is_none())?;
    let age = focus.age(pod.status.start_time.or(pod.metadata.creation_timestamp))?;
    if age < NORMAL {
        return None;
    }
    let name = sidecar.name.trim_start_matches("sidecar-");
    let summary = format!(
        "sidecar {name} of task {} is not ready after {} s, so none of the steps has begun",
        task.task,
        age.as_secs()
    );
    let field = format!("status.containerStatuses[{}].ready", sidecar.name);
    let waiting = sidecar.state.waiting.as_ref().map(|waiting| format!("{}: {}", waiting.reason, waiting.message));
    let mut finding = Finding::new(Cause::SidecarNotReady, summary)
        .facts(Facts::Container { pod: pod.metadata.name.clone(), container: sidecar.name.clone() })
        .link("Tekton lets the steps begin once every sidecar is ready; their containers run and wait for that, so the pod's phase is Running.")
        .evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, "false")]);
    if let Some(waiting) = waiting {
        let field = format!("status.containerStatuses[{}].state.waiting", sidecar.name);
        finding = finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, waiting)]);
    }
    Some(finding)
}
