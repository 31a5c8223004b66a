//! Tekton's controller does not take up a run, or does not go on with it.

use crate::checks::containers::{self, span};
use crate::checks::focus::{Focus, GRACE};
use crate::finding::{Cause, Finding};
use crate::model::Kind;

use super::LONG;

const CAUSE: Cause = Cause::ControllerNotRunning;

/// `controller-not-running`: the run has no condition yet.
pub(super) fn not_taken_up(focus: &Focus<'_>) -> Finding {
    let run = focus.run();
    let finding = Finding::new(CAUSE, "Tekton's controller has not taken up the run: it has no condition yet")
        .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "status.conditions", "absent")]);
    about_controller(focus, finding)
}

/// Whether it is known that no pod of the controller is available.
fn is_down(focus: &Focus<'_>) -> bool {
    focus.installation.controller.is_some_and(|controller| controller.status.available_replicas == 0)
}

/// `controller-not-running`: the pod of a task ended well, and the TaskRun still says
/// that it runs.
fn unnoticed_end(focus: &Focus<'_>) -> Option<Finding> {
    let patience = if is_down(focus) { GRACE } else { LONG };
    let (task, pod, age) = focus.tree.unfinished().find_map(|task| {
        let pod = task.pod.filter(|pod| pod.status.phase == "Succeeded")?;
        let age = focus.age(containers::ended_at(pod)).filter(|age| *age >= patience)?;
        Some((task, pod, age))
    })?;
    let finding = Finding::new(
        CAUSE,
        format!(
            "the pod of task {} ended {} ago, and Tekton's controller has not noticed: the TaskRun still says Running",
            task.task,
            span(age)
        ),
    )
    .evidence(focus.quote_run())
    .evidence(focus.quote_task_run(task.task_run))
    .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "status.phase", &pod.status.phase)]);
    Some(about_controller(focus, finding))
}

/// `controller-not-running`: a TaskRun without a condition, one whose pod ended unnoticed,
/// or a run of whose tasks none is left to wait for.
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
    if let Some(finding) = unnoticed_end(focus) {
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

fn about_controller(focus: &Focus<'_>, finding: Finding) -> Finding {
    match focus.installation.controller {
        Some(controller) if controller.status.available_replicas == 0 => {
            let quoted = focus.quote_in(
                &controller.metadata.namespace,
                Kind::Deployment,
                &controller.metadata.name,
                "status.availableReplicas",
                "0",
            );
            finding
                .link(format!(
                    "Deployment {} has no available pod: no run or TaskRun goes on.",
                    controller.metadata.name
                ))
                .evidence([quoted])
        }
        Some(_) => finding
            .not_proven()
            .cannot_tell("why the controller does not take it up: its Deployment has a pod; read its log"),
        None => finding.not_proven().cannot_tell("whether the controller runs: its Deployment was not read"),
    }
}
