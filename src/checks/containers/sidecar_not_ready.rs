//! Steps have not begun, because a sidecar is not Ready.

use jiff::SignedDuration;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;
use crate::model::event::Event;
use crate::model::pod::{Container, ContainerStatus, Pod};

use super::{STEP, is_released, span};

/// A sidecar that is not Ready for longer is not just starting.
const LONG: SignedDuration = SignedDuration::from_secs(60);

/// `sidecar-not-ready`: Tekton releases the first step once every container that is no
/// step is Ready or has ended (tektoncd/pipeline pkg/pod/pod.go and
/// pkg/pod/entrypoint.go `SidecarsReady`, v1.15.0). A native sidecar holds back the
/// containers after it in the same way (kubernetes pkg/kubelet, v1.29 and later).
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let pod = task.pod.filter(|pod| !pod.is_terminal())?;
    let (list, container, status) = ordinary(focus, task, pod).or_else(|| native(pod))?;
    let name = &container.name;
    let since = started(status).or(pod.metadata.creation_timestamp);
    let age = focus.age(since).filter(|age| *age >= LONG)?;
    let events = focus.events_about("Pod", &pod.metadata.name);
    let about = |event: &&&Event| event.reason == "Unhealthy" && event.kind == "Warning";
    let unhealthy = events.iter().rev().find(about);
    let sidecar = name.strip_prefix("sidecar-").unwrap_or(name);
    let mut finding = Finding::new(
        Cause::SidecarNotReady,
        format!("no step of task {} has begun: its sidecar {sidecar} has not been Ready for {}", task.task, span(age)),
    )
    .facts(Facts::Container { pod: pod.metadata.name.clone(), container: name.clone() })
    .link("Tekton starts the first step only once every sidecar is Ready; TaskRun and pod say Running meanwhile.");
    let value = format!("ready: {}, restartCount: {}, {}", status.ready, status.restart_count, state(status));
    finding = finding
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote(Kind::Pod, &pod.metadata.name, format!("status.{list}[{name}]"), value)])
        .evidence(focus.quote_log(pod, name));
    if list == "containerStatuses" {
        let field = format!("metadata.annotations[{}]", super::READY_ANNOTATION);
        finding = finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, "absent")]);
    }
    if let Some(end) = &status.last_state.terminated {
        finding = finding.link(format!(
            "It has been restarted {} times; the last time it ended with exit code {} ({}).",
            status.restart_count, end.exit_code, end.reason
        ));
    }
    Some(match unhealthy {
        Some(event) => {
            finding.link(format!("Its probe fails: {}", event.message.trim())).evidence([focus.quote_event(event)])
        }
        None => finding.cannot_tell(format!(
            "why it is not Ready: no event Unhealthy was found; kubectl logs {} -c {name} -n {}",
            pod.metadata.name,
            focus.namespace()
        )),
    })
}

/// A container beside the steps for which Tekton waits.
fn ordinary<'p>(
    focus: &Focus<'_>,
    task: &TaskNode<'_>,
    pod: &'p Pod,
) -> Option<(&'static str, &'p Container, &'p ContainerStatus)> {
    let waits = |flags: &crate::model::run::Provenance| flags.flag("awaitSidecarReadiness")?.as_bool();
    let provenance = task.task_run.status.provenance.as_ref().or(focus.run().status.provenance.as_ref());
    if pod.status.phase != "Running" || is_released(pod) || provenance.and_then(waits) == Some(false) {
        return None;
    }
    // A released step has ended or written something.
    if super::steps(pod).iter().any(|(_, status)| status.state.terminated.is_some()) {
        return None;
    }
    let containers = pod.spec.containers.iter().filter(|container| !container.name.starts_with(STEP));
    containers.filter_map(|container| Some(("containerStatuses", container, blocking(pod, &container.name)?))).next()
}

fn blocking<'p>(pod: &'p Pod, name: &str) -> Option<&'p ContainerStatus> {
    let status = pod.status.container_statuses.iter().find(|status| status.name == name)?;
    (status.state.terminated.is_none() && !status.ready && !is_image(status)).then_some(status)
}

/// A native sidecar that has not started up.
fn native(pod: &Pod) -> Option<(&'static str, &Container, &ContainerStatus)> {
    let sidecars = pod.spec.init_containers.iter().filter(|init| init.restart_policy.as_deref() == Some("Always"));
    sidecars
        .filter_map(|container| {
            let status = pod.status.init_container_statuses.iter().find(|status| status.name == container.name)?;
            let was_reached = status.state.running.is_some() || status.restart_count > 0;
            let is_blocking = was_reached && !status.started && !status.ready && !is_image(status);
            is_blocking.then_some(("initContainerStatuses", container, status))
        })
        .next()
}

/// What keeps an image away is another cause.
fn is_image(status: &ContainerStatus) -> bool {
    status.state.waiting.as_ref().is_some_and(|waiting| waiting.reason != "CrashLoopBackOff")
}

fn started(status: &ContainerStatus) -> Option<jiff::Timestamp> {
    status.state.running.as_ref()?.started_at
}

fn state(status: &ContainerStatus) -> String {
    match (&status.state.running, &status.state.waiting) {
        (Some(running), _) => {
            let since = running.started_at.map(|at| format!(" since {at}")).unwrap_or_default();
            format!("running{since}")
        }
        (None, Some(waiting)) => format!("waiting: {} {}", waiting.reason, waiting.message),
        _ => "no state".to_owned(),
    }
}
