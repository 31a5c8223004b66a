//! A step's container was ended by a signal.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::failed_task;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::{Container, ContainerStatus, Pod, Terminated};
use crate::model::run::StepState;

use super::{quote_end, span, step_name, steps};

const CAUSE: Cause = Cause::StepKilled;

/// Signals that end a process, by the exit code that a shell or runtime reports for them.
/// Other codes above 128 are the program's own: git ends with 128 and 129, ssh with 255.
const SIGNALS: [(i32, &str); 10] = [
    (130, "SIGINT"),
    (131, "SIGQUIT"),
    (132, "SIGILL"),
    (134, "SIGABRT"),
    (135, "SIGBUS"),
    (136, "SIGFPE"),
    (137, "SIGKILL"),
    (139, "SIGSEGV"),
    (143, "SIGTERM"),
    (159, "SIGSYS"),
];

/// The signal that ended a container.
fn signal(end: &Terminated) -> Option<&'static str> {
    let known = SIGNALS.iter().find(|(code, _)| *code == end.exit_code).map(|(_, name)| *name);
    known.or_else(|| (end.reason == "OOMKilled").then_some("SIGKILL"))
}

/// `step-killed`: the TaskRun is under way, and later steps wait for a step that was
/// killed together with Tekton's entrypoint. Tekton ends the TaskRun early only where the
/// reason is exactly `OOMKilled` (tektoncd/pipeline pkg/pod/status.go, v1.15.0); a step
/// whose program alone was killed writes its end, and the later ones are skipped
/// (cmd/entrypoint and pkg/entrypoint/entrypointer.go).
pub(super) fn under_way(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    // What ends the whole pod from outside is told by `pod_lost`.
    let pod = task.pod.filter(|pod| failed_task::ended_from_outside(pod).is_none())?;
    let steps = steps(pod);
    let ended = |status: &ContainerStatus| {
        let end = status.state.terminated.as_ref()?;
        // 128 is a container that the runtime could not start.
        (end.exit_code >= 128 || end.reason == "OOMKilled").then_some(end.clone())
    };
    let (at, container, end) = steps
        .iter()
        .enumerate()
        .find_map(|(at, (container, status))| Some((at, *container, ended(status)?)))
        .filter(|(_, _, end)| focus.is_past_grace(end.finished_at))?;
    let waiting: Vec<&str> = steps[at + 1..]
        .iter()
        .filter(|(_, status)| status.state.terminated.is_none())
        .map(|(container, _)| step_name(&container.name))
        .collect();
    if waiting.is_empty() {
        return None;
    }
    let step = step_name(&container.name);
    let foreign = failed_task::wrong_architecture_of(focus, task, &format!("step {step}"), &container.name);
    if foreign.is_some() {
        return foreign;
    }
    let since = focus.age(end.finished_at).map(|age| format!(" {} ago", span(age))).unwrap_or_default();
    let many = if waiting.len() == 1 { "step" } else { "steps" };
    let wait = if waiting.len() == 1 { "waits" } else { "wait" };
    let names = waiting.join(", ");
    let summary = format!(
        "step {step} of task {} {}{since}; {many} {names} {wait} for it and will never start",
        task.task,
        ended_how(&end)
    );
    let mut finding = Finding::new(CAUSE, summary)
        .facts(facts(task, step, Some(container), &end))
        .link(format!(
            "Each step waits for a file that Tekton's entrypoint writes when the step before it ends. The signal ended the entrypoint of step {step} too, so the file never comes."
        ))
        .link(if end.reason == "OOMKilled" {
            "The TaskRun stays Running until its timeout.".to_owned()
        } else {
            format!(
                "Tekton ends the TaskRun early only for reason OOMKilled; here the reason is {}, so the TaskRun stays Running until its timeout.",
                if end.reason.is_empty() { "empty" } else { &end.reason }
            )
        });
    finding = about_memory(focus, finding, pod, container, &end);
    let running = steps[at + 1..].iter().filter(|(_, status)| status.state.running.is_some());
    let later = running.map(|(container, _)| {
        let field = format!("status.containerStatuses[{}].state", container.name);
        focus.quote(Kind::Pod, &pod.metadata.name, field, "running")
    });
    Some(
        finding
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence([quote_end(focus, pod, "containerStatuses", &container.name, &end)])
            .evidence(later)
            .evidence(focus.quote_log(pod, &container.name))
            .evidence(focus.quote_warnings("Pod", &pod.metadata.name)),
    )
}

/// `step-killed`: the TaskRun failed of it.
pub fn failed(focus: &Focus<'_>, task: &TaskNode<'_>, step: &StepState) -> Option<Finding> {
    let container_name = crate::checks::workspace_access::container_of(step);
    let of_pod = task.pod.and_then(|pod| {
        let status = pod.status.container_statuses.iter().find(|status| status.name == container_name)?;
        status.state.terminated.as_ref()
    });
    let of_task_run = step.state.terminated.as_ref()?;
    // The pod keeps the reason OOMKilled, which the TaskRun of some versions drops.
    let end = of_pod.filter(|end| end.exit_code != 0).unwrap_or(of_task_run);
    signal(end)?;
    let summary = format!("step {} of task {} {}", step.name, task.task, ended_how(end));
    let container = task.pod.and_then(|pod| pod.spec.containers.iter().find(|own| own.name == container_name));
    let mut finding = Finding::new(CAUSE, summary).facts(facts(task, &step.name, container, end));
    let Some(pod) = task.pod else {
        return Some(finding.cannot_tell("the memory limit of the step: its pod was not read"));
    };
    if let Some(container) = container {
        finding = about_memory(focus, finding, pod, container, end);
    }
    Some(
        finding
            .evidence([quote_end(focus, pod, "containerStatuses", &container_name, end)])
            .evidence(focus.quote_log(pod, &container_name)),
    )
}

/// More memory is an answer only where memory may be the matter.
fn facts(task: &TaskNode<'_>, step: &str, container: Option<&Container>, end: &Terminated) -> Facts {
    if end.reason != "OOMKilled" && end.exit_code != 137 {
        return Facts::None;
    }
    let memory = container.and_then(|own| own.resources.limits.get("memory")).map(ToString::to_string);
    Facts::Step { task: task.task.to_owned(), step: step.to_owned(), memory }
}

fn ended_how(end: &Terminated) -> String {
    match (end.reason.as_str(), signal(end)) {
        ("OOMKilled", _) => format!("was killed for memory (OOMKilled, exit code {})", end.exit_code),
        (_, Some(name)) => format!("was killed by {name} (exit code {})", end.exit_code),
        _ => format!("ended with exit code {}", end.exit_code),
    }
}

/// Says what the memory limit has to do with it, as far as that is known.
fn about_memory(focus: &Focus<'_>, finding: Finding, pod: &Pod, container: &Container, end: &Terminated) -> Finding {
    let limit = container.resources.limits.get("memory");
    let field = format!("spec.containers[{}].resources.limits.memory", container.name);
    let value = limit.map_or_else(|| "absent".to_owned(), ToString::to_string);
    let finding = finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, value)]);
    let step = step_name(&container.name);
    let node = &pod.spec.node_name;
    match (end.reason.as_str(), end.exit_code, limit) {
        ("OOMKilled", _, Some(limit)) => finding.link(format!("The memory limit of step {step} is {limit}.")),
        ("OOMKilled", _, None) => {
            finding.link(format!("Step {step} has no memory limit: node {node} itself ran out of memory."))
        }
        (_, 137, limit) => {
            let limit = limit.map_or_else(
                || format!("Step {step} has no memory limit."),
                |limit| format!("The memory limit of step {step} is {limit}."),
            );
            finding
                .link(format!("{limit} SIGKILL usually means out of memory; the reason of the container does not confirm it."))
                .cannot_tell(format!("who sent SIGKILL: look for OOMKilling in the events and kernel log of node {node}, and at the memory use of step {step}"))
        }
        (_, 139 | 135 | 132, _) => {
            finding.link("The program itself made an invalid access: a bug, or an image for another CPU.")
        }
        (_, 143, _) => finding.cannot_tell("who sent SIGTERM: the pod may have been deleted, drained or preempted"),
        _ => finding,
    }
}
