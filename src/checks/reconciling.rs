//! Tekton's controller does not take up a run, or does not go on with it.

use jiff::SignedDuration;
use serde_json::Value;

use crate::model::Kind;

use super::finding::{Confidence, Finding, Severity};
use super::focus::Focus;

/// After its last task has ended, a run goes on or ends within moments; this is long.
const LONG: SignedDuration = SignedDuration::from_secs(90);

/// `controller-not-running` and `managed-by-other-controller`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    if run.is_done() || run.spec_at("/status").is_some() {
        return Vec::new();
    }
    if run.succeeded().is_none() {
        return not_taken_up(focus);
    }
    not_gone_on(focus)
}

fn not_taken_up(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    if !focus.is_past_grace(run.metadata.creation_timestamp) {
        return Vec::new();
    }
    if let Some(manager) = run.spec_at("/managedBy").and_then(Value::as_str).filter(|m| *m != "tekton.dev/pipeline") {
        return vec![
            Finding::new(
                "TKF511",
                "managed-by-other-controller",
                format!("the run is left to another controller: spec.managedBy is {manager}"),
            )
            .severity(Severity::Warning)
            .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "spec.managedBy", manager)]),
        ];
    }
    let finding = Finding::new(
        "TKF510",
        "controller-not-running",
        "Tekton's controller has not taken up the run: it has no condition yet",
    )
    .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "status.conditions", "absent")]);
    vec![about_controller(focus, finding)]
}

/// A TaskRun without a condition, or a run of whose tasks none is left to wait for.
fn not_gone_on(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let ignored = focus.tree.unfinished().find(|task| {
        task.task_run.succeeded().is_none() && focus.is_past_grace(task.task_run.metadata.creation_timestamp)
    });
    if let Some(task) = ignored {
        let name = &task.task_run.metadata.name;
        let finding = Finding::new(
            "TKF510",
            "controller-not-running",
            format!("Tekton's controller has not taken up TaskRun {name}: it has no condition yet"),
        )
        .evidence([focus.quote(Kind::TaskRun, name, "status.conditions", "absent")]);
        return vec![about_controller(focus, finding)];
    }
    let resolves = run.succeeded().is_some_and(|condition| condition.reason.contains("Resolving"));
    let others = run.status.child_references.iter().any(|child| child.kind != "TaskRun");
    let ends = focus.tree.tasks.iter().map(|task| task.task_run.status.completion_time);
    let last = ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
    let is_over = focus.tree.missing_children.is_empty() && focus.tree.unfinished().next().is_none();
    let Some(last) = last.filter(|_| is_over && !resolves && !others) else { return Vec::new() };
    if focus.age(Some(last)).is_none_or(|age| age < LONG) {
        return Vec::new();
    }
    let finding = Finding::new(
        "TKF510",
        "controller-not-running",
        "every TaskRun of the run has ended, and Tekton's controller neither goes on with the run nor ends it",
    )
    .evidence(focus.quote_run())
    .evidence(focus.tree.tasks.iter().filter_map(|task| focus.quote_task_run(task.task_run)));
    vec![about_controller(focus, finding)]
}

fn about_controller(focus: &Focus<'_>, finding: Finding) -> Finding {
    match focus.installation.controller {
        Some(controller) if controller.status.available_replicas == 0 => {
            finding.link(format!("Deployment {} has no available pod.", controller.metadata.name))
        }
        Some(_) => finding
            .confidence(Confidence::Likely)
            .cannot_tell("why the controller does not take it up: its Deployment has a pod; read its log"),
        None => finding
            .confidence(Confidence::Likely)
            .cannot_tell("whether the controller runs: its Deployment was not read"),
    }
}
