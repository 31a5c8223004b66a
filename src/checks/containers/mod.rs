//! What the container statuses of a task's pod say: a step was killed, a sidecar is not
//! Ready, an init container failed, the pod is lost. A pod of phase Running proves
//! nothing by itself.

mod init_container_failed;
mod pod_lost;
mod sidecar_not_ready;
pub mod step_killed;

pub use init_container_failed::is_of_tekton;

use jiff::{SignedDuration, Timestamp};

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::Kind;
use crate::model::pod::{Container, ContainerStatus, Pod, Terminated};

use super::failed_task;
use super::focus::Focus;
use super::not_started::node_not_ready;
use crate::finding::{Evidence, Finding};

/// Prefix of the containers of steps (tektoncd/pipeline pkg/pod/script.go and
/// pkg/names, v1.15.0).
const STEP: &str = "step-";

/// Annotation by which Tekton releases the first step once all sidecars are Ready
/// (tektoncd/pipeline pkg/pod/entrypoint.go `readyAnnotation`, v1.15.0).
const READY_ANNOTATION: &str = "tekton.dev/ready";

/// Runs the checks on the containers of unfinished tasks, and of those that failed of an
/// init container.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for task in &focus.tree.tasks {
        let finding = init_container_failed::finding(focus, task).or_else(|| {
            if task.task_run.is_done() || !focus.is_running() {
                return None;
            }
            failed_task::evicted_under_way(focus, task)
                .or_else(|| step_killed::under_way(focus, task))
                .or_else(|| sidecar_not_ready::finding(focus, task))
                .or_else(|| node_not_ready::running(focus, task))
                .or_else(|| pod_lost::finding(focus, task))
        });
        findings.extend(finding);
    }
    findings
}

/// Whether an init container of a task ended badly, so that no step ran.
pub fn init_container_failed(task: &TaskNode<'_>) -> bool {
    task.pod.is_some_and(|pod| init_container_failed::failed(pod).is_some())
}

/// Containers of a task whose log tells more: those that ended badly, and sidecars that
/// are not Ready.
pub fn worth_reading(task: &TaskNode<'_>) -> Vec<String> {
    let Some(pod) = task.pod.filter(|_| task.task_run.succeeded().is_none_or(|condition| condition.status != "True"))
    else {
        return Vec::new();
    };
    let ended_badly = |status: &&ContainerStatus| {
        status.state.terminated.as_ref().is_some_and(|end| end.exit_code != 0)
            || status.state.running.is_some() && !status.ready && !status.name.starts_with(STEP)
    };
    let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    statuses.filter(ended_badly).map(|status| status.name.clone()).collect()
}

/// The steps of a pod with their states, in the order in which they run.
pub fn steps(pod: &Pod) -> Vec<(&Container, &ContainerStatus)> {
    let status = |name: &str| pod.status.container_statuses.iter().find(|status| status.name == name);
    pod.spec
        .containers
        .iter()
        .filter(|container| container.name.starts_with(STEP))
        .filter_map(|container| Some((container, status(&container.name)?)))
        .collect()
}

/// Volume by which steps see that they are released (tektoncd/pipeline
/// pkg/pod/entrypoint.go `downwardVolumeName`, v0.53 to v1.15).
const RELEASE_VOLUME: &str = "tekton-internal-downward";

/// Whether the first step still waits for Tekton to release it: its container runs, and none
/// of its work is done.
pub fn waits_for_release(pod: &Pod) -> bool {
    let has_ended = steps(pod).iter().any(|(_, status)| status.state.terminated.is_some());
    let waits = pod.spec.volumes.iter().any(|volume| volume.name == RELEASE_VOLUME);
    waits && !has_ended && !is_released(pod)
}

/// Since when every container of a pod is ready, sidecars included: from then on Tekton
/// releases the first step.
pub fn all_ready_since(pod: &Pod) -> Option<Timestamp> {
    let condition = pod.condition("ContainersReady").filter(|condition| condition.status == "True")?;
    condition.last_transition_time
}

/// Whether Tekton has released the first step.
fn is_released(pod: &Pod) -> bool {
    pod.metadata.annotation(READY_ANNOTATION).is_some_and(|value| !value.is_empty())
}

/// The name of a step as the task writes it.
fn step_name(container: &str) -> &str {
    container.strip_prefix(STEP).unwrap_or(container)
}

/// Whether every step of a pod has ended. Tekton takes the TaskRun for done then, whatever
/// its sidecars do (tektoncd/pipeline pkg/pod/status.go `areStepsComplete`, v1.6 and v1.15).
pub fn all_steps_ended(pod: &Pod) -> bool {
    let wanted = pod.spec.containers.iter().filter(|container| container.name.starts_with(STEP)).count();
    let ended = steps(pod).iter().filter(|(_, status)| status.state.terminated.is_some()).count();
    wanted > 0 && ended == wanted
}

/// When the last step of a pod ended, or its last container where the pod is over; `None`
/// while one runs.
pub fn ended_at(pod: &Pod) -> Option<Timestamp> {
    let counts = |status: &&ContainerStatus| pod.is_terminal() || status.name.starts_with(STEP);
    let counted = pod.status.container_statuses.iter().filter(counts);
    let ends = counted.filter_map(|status| status.state.terminated.as_ref());
    let is_over = pod.is_terminal() || all_steps_ended(pod);
    is_over.then(|| ends.filter_map(|end| end.finished_at).max()).flatten()
}

/// Quotes how a container ended.
fn quote_end(focus: &Focus<'_>, pod: &Pod, list: &str, container: &str, end: &Terminated) -> Evidence {
    let field = format!("status.{list}[{container}].state.terminated");
    let reason = if end.reason.is_empty() { "none" } else { &end.reason };
    let mut value = format!("exitCode {}, reason {reason}", end.exit_code);
    if let Some(finished) = end.finished_at {
        value = format!("{value}, finishedAt {finished}");
    }
    // Tekton's own entries are not words of the program.
    let message = end.message.trim();
    if !message.is_empty() && !message.starts_with('[') {
        value = format!("{value}, message {message}");
    }
    focus.quote(Kind::Pod, &pod.metadata.name, field, value)
}

/// Quotes how each step of a pod ended.
pub fn quote_step_ends(focus: &Focus<'_>, pod: &Pod) -> Vec<Evidence> {
    let ended = |(container, status): &(&Container, &ContainerStatus)| {
        let end = status.state.terminated.as_ref()?;
        Some(quote_end(focus, pod, "containerStatuses", &container.name, end))
    };
    steps(pod).iter().filter_map(ended).collect()
}

/// A span of time for people: `26m`, `1h05m`, `40s`.
pub fn span(age: SignedDuration) -> String {
    let seconds = age.as_secs();
    match (seconds / 3600, seconds % 3600 / 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, _) => format!("{minutes}m"),
        (hours, minutes, _) => format!("{hours}h{minutes:02}m"),
    }
}

/// What is known of a task under way from its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A step works, and nothing that it waits for has failed.
    Works,
    /// The pod has just ended or its steps are about to begin.
    Starts,
    /// Nothing shows that it goes on.
    Unknown,
}

/// Whether a task under way makes progress, by its containers.
pub fn progress(focus: &Focus<'_>, task: &TaskNode<'_>) -> Progress {
    let Some(pod) = task.pod else { return Progress::Unknown };
    // Tekton works on nothing that is being deleted, and ends what is past its timeout.
    if pod.metadata.deletion_timestamp.is_some()
        || task.task_run.metadata.deletion_timestamp.is_some()
        || focus.is_overdue(task)
    {
        return Progress::Unknown;
    }
    if let Some(end) = ended_at(pod) {
        return if focus.is_past_grace(Some(end)) { Progress::Unknown } else { Progress::Starts };
    }
    if pod.status.phase != "Running" {
        return Progress::Unknown;
    }
    let node = focus.cluster.node(&pod.spec.node_name);
    if node.and_then(|node| node.ready()).is_some_and(|ready| ready.status != "True") {
        return Progress::Unknown;
    }
    if waits_for_release(pod) {
        let is_fresh = !focus.is_past_grace(all_ready_since(pod).or(pod.status.start_time));
        return if is_fresh { Progress::Starts } else { Progress::Unknown };
    }
    for (_, status) in steps(pod) {
        match (&status.state.terminated, &status.state.running) {
            (Some(end), _) if end.exit_code == 0 => {}
            // Tekton ends the later steps, or goes on where the step says `onError: continue`.
            (Some(_), _) => {}
            (None, Some(_)) => return Progress::Works,
            (None, None) => return Progress::Unknown,
        }
    }
    Progress::Unknown
}
