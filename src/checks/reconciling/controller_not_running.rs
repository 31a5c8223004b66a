//! Tekton's controller does not take up a run, or does not go on with it.

use jiff::SignedDuration;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::containers::{self, span};
use crate::checks::focus::{Focus, GRACE};
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

use super::LONG;

const CAUSE: Cause = Cause::ControllerNotRunning;

/// `controller-not-running`: the run has no condition yet.
pub(super) fn not_taken_up(focus: &Focus<'_>) -> Finding {
    let run = focus.run();
    let finding = Finding::new(CAUSE, "Tekton's controller has not taken up the run: it has no condition yet")
        .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "status.conditions", "absent")]);
    about_controller(focus, finding)
}

/// Whether it is known that no pod of the controller is available. A Deployment whose status
/// nobody has written tells nothing.
fn is_down(focus: &Focus<'_>) -> bool {
    let written = focus.installation.controller.filter(|controller| controller.status.observed_generation > 0);
    written.is_some_and(|controller| controller.status.available_replicas == 0)
}

/// How long what a controller has to do may stay undone: one that is down does not do it.
fn patience(focus: &Focus<'_>) -> SignedDuration {
    if is_down(focus) { GRACE } else { LONG }
}

/// `controller-not-running`: the pod of a task ended well, or all its steps did while a
/// sidecar goes on, and the TaskRun still says that it runs.
fn unnoticed_end(focus: &Focus<'_>) -> Option<Finding> {
    let patience = patience(focus);
    let (task, pod, age) = focus.tree.unfinished().find_map(|task| {
        let has_ended = |pod: &&Pod| {
            pod.status.phase == "Succeeded" || pod.status.phase == "Running" && containers::all_steps_ended(pod)
        };
        let pod = task.pod.filter(has_ended)?;
        let age = focus.age(containers::ended_at(pod)).filter(|age| *age >= patience)?;
        Some((task, pod, age))
    })?;
    let finding = Finding::new(
        CAUSE,
        format!(
            "{} of task {} ended {} ago, and Tekton's controller has not noticed: the TaskRun still says Running",
            if pod.is_terminal() { "the pod" } else { "all steps" },
            task.task,
            span(age)
        ),
    )
    .evidence(focus.quote_run())
    .evidence(focus.quote_task_run(task.task_run))
    .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "status.phase", &pod.status.phase)])
    .evidence(containers::quote_step_ends(focus, pod));
    Some(about_controller(focus, finding))
}

/// `controller-not-running`: every container of a pod is ready, and Tekton does not release
/// the first step.
fn unreleased(focus: &Focus<'_>) -> Option<Finding> {
    let patience = patience(focus);
    let (task, pod, age) = focus.tree.unfinished().find_map(|task| {
        let pod = task.pod.filter(|pod| pod.status.phase == "Running" && containers::waits_for_release(pod))?;
        let age = focus.age(containers::all_ready_since(pod)).filter(|age| *age >= patience)?;
        Some((task, pod, age))
    })?;
    let finding = Finding::new(
        CAUSE,
        format!(
            "no step of task {} has begun: all containers of its pod have been ready for {}, and Tekton's controller has not released the first step",
            task.task,
            span(age)
        ),
    )
    .link("The first step waits until the controller sets annotation tekton.dev/ready on the pod; TaskRun and pod say Running meanwhile.")
    .evidence(focus.quote_run())
    .evidence(focus.quote_task_run(task.task_run))
    .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "metadata.annotations[tekton.dev/ready]", "absent")]);
    Some(about_controller(focus, finding))
}

/// `controller-not-running`: the timeout of the run, or of a task, has passed, and nobody has
/// ended it, although its pods run. What waits for a node has a cause of its own.
fn overdue(focus: &Focus<'_>) -> Option<Finding> {
    let runs = |task: &TaskNode<'_>| task.pod.is_some_and(|pod| pod.status.phase == "Running");
    if focus.tree.unfinished().next().is_none() || !focus.tree.unfinished().all(runs) {
        return None;
    }
    let of_task = |task: &TaskNode<'_>| {
        let summary = |age| format!("the timeout of task {} passed {} ago", task.task, span(age));
        focus.overdue(Some(task)).map(summary)
    };
    let passed = match focus.overdue(None) {
        Some(age) => format!("the timeout of the run passed {} ago", span(age)),
        None => focus.tree.unfinished().find_map(of_task)?,
    };
    let start =
        focus.run().status.start_time.map(|start| {
            focus.quote(Kind::PipelineRun, &focus.run().metadata.name, "status.startTime", start.to_string())
        });
    let finding = Finding::new(CAUSE, format!("{passed}, and Tekton's controller has not ended it"))
        .evidence(focus.quote_run())
        .evidence(start)
        .evidence(focus.tree.unfinished().filter_map(|task| focus.quote_task_run(task.task_run)));
    Some(about_controller(focus, finding))
}

/// `controller-not-running`: a TaskRun without a condition, one whose pod ended unnoticed or
/// is not released, what is past its timeout, or a run of whose tasks none is left to wait for.
pub(super) fn not_gone_on(focus: &Focus<'_>) -> Option<Finding> {
    let run = focus.run();
    let ignored = focus.tree.unfinished().find(|task| {
        task.task_run.succeeded().is_none() && focus.is_past_grace(task.task_run.metadata.creation_timestamp)
    });
    if let Some(task) = ignored {
        let name = &task.task_run.metadata.name;
        let finding = Finding::new(
            CAUSE,
            format!("Tekton's controller has not taken up TaskRun {name}: it has no condition yet"),
        )
        .evidence([focus.quote(Kind::TaskRun, name, "status.conditions", "absent")]);
        return Some(about_controller(focus, finding));
    }
    if let Some(finding) = unnoticed_end(focus).or_else(|| unreleased(focus)).or_else(|| overdue(focus)) {
        return Some(finding);
    }
    let resolves = run.succeeded().is_some_and(|condition| condition.reason.contains("Resolving"));
    let others = run.status.child_references.iter().any(|child| child.kind != "TaskRun");
    let ends = focus.tree.tasks.iter().map(|task| task.task_run.status.completion_time);
    let last = ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
    let is_over = focus.tree.missing_children.is_empty() && focus.tree.unfinished().next().is_none();
    let last = last.filter(|_| is_over && !resolves && !others)?;
    if run.metadata.deletion_timestamp.is_some() || focus.age(Some(last)).is_none_or(|age| age < LONG) {
        return None;
    }
    let finding = Finding::new(
        CAUSE,
        "every TaskRun of the run has ended, and Tekton's controller neither goes on with the run nor ends it",
    )
    .evidence(focus.quote_run())
    .evidence(focus.tree.tasks.iter().filter_map(|task| focus.quote_task_run(task.task_run)));
    Some(about_controller(focus, finding))
}

/// Quotes that no pod of the controller is available.
pub fn quote_if_down(focus: &Focus<'_>) -> Option<Evidence> {
    let controller = focus.installation.controller.filter(|_| is_down(focus))?;
    let meta = &controller.metadata;
    Some(focus.quote_in(&meta.namespace, Kind::Deployment, &meta.name, "status.availableReplicas", "0"))
}

fn about_controller(focus: &Focus<'_>, finding: Finding) -> Finding {
    match focus.installation.controller {
        Some(controller) if is_down(focus) => finding
            .link(format!("Deployment {} has no available pod: no run or TaskRun goes on.", controller.metadata.name))
            .evidence(quote_if_down(focus)),
        Some(controller) if controller.status.available_replicas == 0 => {
            finding.not_proven().cannot_tell("whether the controller runs: its Deployment has no status")
        }
        Some(_) => finding
            .not_proven()
            .cannot_tell("why the controller does not take it up: its Deployment has a pod; read its log"),
        None => finding.not_proven().cannot_tell("whether the controller runs: its Deployment was not read"),
    }
}
