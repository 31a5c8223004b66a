//! The pod of a task runs, or did, and the task makes no progress: a phase `Running` proves
//! nothing by itself, its containers do. A file for each cause.

mod init_container_failed;
mod pod_lost;
mod sidecar_not_ready;
pub mod step_killed;

pub use init_container_failed::OF_TEKTON;

use crate::model::pod::{ContainerStatus, Pod};

use super::focus::Focus;
use crate::finding::Finding;

/// Runs the checks on tasks that are under way, and on those whose pod never ran a step.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for task in &focus.tree.tasks {
        if task.task_run.succeeded().is_some_and(|condition| condition.status == "True") {
            continue;
        }
        let finding = match task.pod {
            Some(pod) => init_container_failed::finding(focus, task, pod)
                .or_else(|| step_killed::under_way(focus, task, pod))
                .or_else(|| sidecar_not_ready::finding(focus, task, pod))
                .or_else(|| pod_lost::failed(focus, task, pod)),
            None => pod_lost::absent(focus, task),
        };
        findings.extend(finding.map(|finding| {
            finding
                .evidence(focus.quote_run())
                .evidence(focus.quote_task_run(task.task_run))
                .evidence(focus.quote_warnings("Pod", &task.pod_name()))
        }));
    }
    findings
}

/// What a container asks for and may use of memory, in words of its own spec.
fn memory(pod: &Pod, container: &str) -> Option<String> {
    let container = pod.all_containers().find(|own| own.name == container)?;
    container.resources.limits.get("memory").map(ToString::to_string)
}

/// How a container ended: reason and exit code.
fn ended(status: &ContainerStatus) -> Option<(i32, String)> {
    let end = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref())?;
    Some((end.exit_code, end.reason.clone()))
}
