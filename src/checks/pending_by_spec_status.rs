//! The run, or a TaskRun of it, is held on purpose.

use serde_json::Value;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::Kind;

use super::focus::Focus;
use super::held_by_queue;
use crate::finding::{Cause, Finding, Severity};

/// `pending-by-spec-status`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let of_tasks = held_tasks(focus);
    if !of_tasks.is_empty() {
        return of_tasks;
    }
    let run = focus.run();
    if run.is_done()
        || run.spec_at("/status").and_then(Value::as_str) != Some("PipelineRunPending")
        || held_by_queue::is_held(focus)
    {
        return Vec::new();
    }
    vec![
        Finding::new(Cause::PendingBySpecStatus, "the run is held: spec.status is PipelineRunPending")
            .severity(Severity::Warning)
            .link("Tekton starts nothing while the field is set; whoever set it (a queue, a person) removes it.")
            .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.status", "PipelineRunPending")])
            .evidence(focus.quote_run()),
    ]
}

/// TaskRuns that somebody holds: since Tekton 1.11 they can be, as runs can (tektoncd/pipeline
/// pkg/apis/pipeline/v1/taskrun_types.go `TaskRunSpecStatusPending`).
pub fn held<'f, 'c>(focus: &'f Focus<'c>) -> impl Iterator<Item = &'f TaskNode<'c>> {
    let is_held = |task: &&TaskNode<'_>| {
        task.pod.is_none() && task.task_run.spec.get("status").and_then(Value::as_str) == Some(HELD)
    };
    focus.tree.unfinished().filter(is_held)
}

const HELD: &str = "TaskRunPending";

fn held_tasks(focus: &Focus<'_>) -> Vec<Finding> {
    if !focus.is_running() {
        return Vec::new();
    }
    let finding = |task: &TaskNode<'_>| {
        let name = &task.task_run.metadata.name;
        Finding::new(Cause::PendingBySpecStatus, format!("task {} is held: spec.status of TaskRun {name} is {HELD}", task.task))
            .severity(Severity::Warning)
            .link("Tekton makes no pod for the TaskRun while the field is set; whoever set it (a queue, a person) removes it.")
            .evidence([focus.quote(Kind::TaskRun, name, "spec.status", HELD)])
            .evidence(focus.quote_task_run(task.task_run))
    };
    held(focus).map(finding).collect()
}
