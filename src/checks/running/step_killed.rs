//! A step was ended by a signal.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::{ContainerStatus, Pod};

use super::{ended, memory};

/// Exit codes by which a shell and the container runtime report a signal: 128 and its
/// number, which is at most 64 on Linux.
const SIGNALS: std::ops::RangeInclusive<i32> = 129..=192;

/// Whether an end was by a signal. The kubelet gives the reason `OOMKilled` where it knows
/// that memory was the matter (kubernetes pkg/kubelet/kuberuntime/helpers.go, v1.33).
pub fn by_signal(exit_code: i32, reason: &str) -> bool {
    SIGNALS.contains(&exit_code) || reason == "OOMKilled"
}

/// `step-killed` of a task that is under way: Tekton ends it at once only where the reason
/// is `OOMKilled`; else later steps wait for a file that this one will never write
/// (tektoncd/pipeline cmd/entrypoint, pkg/pod/status.go, v0.68 to v1.15).
pub(super) fn under_way(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    if task.task_run.is_done() {
        return None;
    }
    let is_old = |status: &&ContainerStatus| {
        let end = status.state.terminated.as_ref();
        end.is_some_and(|end| focus.is_past_grace(end.finished_at))
    };
    let killed = |status: &&ContainerStatus| {
        ended(status).is_some_and(|(code, reason)| by_signal(code, &reason)) && status.name.starts_with("step-")
    };
    let status = pod.status.container_statuses.iter().filter(is_old).find(killed)?;
    let (code, reason) = ended(status)?;
    let later = pod.status.container_statuses.iter().filter(|other| other.state.running.is_some()).count();
    let mut finding = finding(focus, task, pod, &status.name, code, &reason);
    if later > 0 {
        finding = finding.link(format!(
            "Its pod still runs: {later} containers wait for a file that this step will never write, so the task cannot go on and ends at its timeout."
        ));
    }
    Some(finding.link("Cancel the run; waiting does not help."))
}

/// `step-killed`, of a container that ended so.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod, container: &str, code: i32, reason: &str) -> Finding {
    let step = container.trim_start_matches("step-");
    let limit = memory(pod, container);
    let why = match (reason, &limit) {
        ("OOMKilled", Some(limit)) => format!("out of memory, its limit is {limit}"),
        ("OOMKilled", None) => "out of memory, without a limit of its own".to_owned(),
        (_, Some(limit)) if code == 137 => format!("SIGKILL, most often for memory; its limit is {limit}"),
        (_, None) if code == 137 => "SIGKILL, most often because the node ran out of memory".to_owned(),
        _ => format!("signal {}", code - 128),
    };
    let summary = format!("step {step} of task {} was killed (exit code {code}: {why})", task.task);
    let field = format!("status.containerStatuses[{container}].state.terminated");
    let mut finding = Finding::new(Cause::StepKilled, summary)
        .facts(Facts::Step { task: task.task.to_owned(), step: step.to_owned(), memory: limit.clone() })
        .evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, format!("exitCode {code}, reason {reason}"))]);
    if let Some(limit) = limit {
        let field = format!("spec.containers[{container}].resources.limits.memory");
        finding = finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, limit)]);
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::by_signal;

    #[test]
    fn codes_that_programs_choose_themselves_are_no_signals() {
        assert!(by_signal(137, "Error") && by_signal(139, "Error") && by_signal(1, "OOMKilled"));
        assert!(!by_signal(1, "Error") && !by_signal(128, "Error") && !by_signal(255, "Error"));
    }
}
