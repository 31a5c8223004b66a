//! A task ran and failed: evicted, denied a file, or by its own error.

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::run_tree::TaskNode;

use super::finding::{Confidence, Evidence, Finding, Severity};
use super::focus::Focus;
use super::workspace_access;

/// `pod-evicted`, `workspace-permission-denied` and `step-failed`: the task ran.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    focus.tree.tasks.iter().filter_map(|task| failed_task(focus, task)).collect()
}

fn failed_task(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let condition = task.task_run.succeeded().filter(|condition| condition.status == "False")?;
    let told_elsewhere = condition.reason.contains("Cancelled") || condition.reason.contains("ImagePull");
    if condition.message.contains("failed to finish within") || told_elsewhere {
        return None;
    }
    let events: Vec<Evidence> =
        [("TaskRun", &task.task_run.metadata.name), ("PipelineRun", &focus.run().metadata.name)]
            .into_iter()
            .flat_map(|(kind, name)| focus.cluster.events_about(kind, focus.namespace(), name))
            .filter(|event| event.kind == "Warning")
            .map(|event| focus.quote_event(event))
            .collect();
    let told = |finding: Finding| {
        finding
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence(focus.quote_annotation(task.task_run))
            .evidence(events.clone())
    };
    let evicted = condition.reason == "PodEvicted"
        || condition.message.contains("The node was low on resource")
        || task.pod.is_some_and(|pod| pod.status.reason == "Evicted");
    if evicted {
        return Some(told(Finding::new(
            "TKF407",
            "pod-evicted",
            format!("the kubelet evicted the pod of task {}: {}", task.task, condition.message.trim()),
        )));
    }
    let step = task
        .task_run
        .status
        .steps
        .iter()
        .find(|step| step.state.terminated.as_ref().is_some_and(|t| t.exit_code != 0))?;
    let code = step.state.terminated.as_ref().map(|t| t.exit_code).unwrap_or_default();
    if let Some(finding) = workspace_access::finding(focus, task, step) {
        return Some(told(finding));
    }
    let log = task.pod.and_then(|pod| {
        let container = workspace_access::container_of(step);
        let key = format!("{}/{}/{container}", pod.metadata.namespace, pod.metadata.name);
        focus.cluster.logs.get(&key)
    });
    let mut finding = told(
        Finding::new(
            "TKF408",
            "step-failed",
            format!(
                "step {} of task {} ended with exit code {code}; placement, volumes and assistant are not at fault",
                step.name, task.task
            ),
        )
        .severity(Severity::Warning),
    );
    if log.is_none() {
        finding = finding.cannot_tell("what the step wrote: its log was not read");
        let run = focus.run();
        let binds_claim =
            run.task(task.task).is_some_and(|definition| !assistant::task_claim_workspaces(run, definition).is_empty());
        if binds_claim || task.task_run.assistant().is_some() {
            // On a shared volume it may have been denied a file; only the log tells.
            finding = finding.confidence(Confidence::Likely);
        }
    }
    Some(finding)
}

/// `task-failed`: a task failed in a way that no other check knows; its own words are
/// all there is.
pub fn otherwise_failed(focus: &Focus<'_>) -> Vec<Finding> {
    let failed = |task: &&TaskNode<'_>| task.task_run.succeeded().is_some_and(|condition| condition.status == "False");
    let Some(task) = focus.tree.tasks.iter().find(failed) else { return Vec::new() };
    let Some(condition) = task.task_run.succeeded() else { return Vec::new() };
    vec![
        Finding::new(
            "TKF409",
            "task-failed",
            format!("task {} failed ({}): {}", task.task, condition.reason, condition.message),
        )
        .severity(Severity::Warning)
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence(focus.quote_run_warnings()),
    ]
}
