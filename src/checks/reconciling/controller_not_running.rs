//! Tekton's controller does not take up a run, or does not go on with it.

use jiff::SignedDuration;

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Confidence, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

const CAUSE: Cause = Cause::ControllerNotRunning;

/// After its last task has ended, a run goes on or ends within moments; this is long.
const LONG: SignedDuration = SignedDuration::from_secs(90);

/// Tekton notices the end of a pod within moments.
const UNNOTICED: SignedDuration = SignedDuration::from_secs(60);

/// `controller-not-running`: the run has no condition yet.
pub(super) fn not_taken_up(focus: &Focus<'_>) -> Finding {
    let run = focus.run();
    let finding = Finding::new(CAUSE, "Tekton's controller has not taken up the run: it has no condition yet")
        .evidence([focus.quote(Kind::PipelineRun, &run.metadata.name, "status.conditions", "absent")]);
    about_controller(focus, finding)
}

/// `controller-not-running`: a TaskRun without a condition, or a run of whose tasks none is left to wait for.
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
    if let Some((task, pod)) = unnoticed(focus) {
        let finding = Finding::new(
            CAUSE,
            format!("the pod of task {} has succeeded, and Tekton's controller has not noticed", task.task),
        )
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "status.phase", "Succeeded")]);
        return Some(about_controller(focus, finding));
    }
    let resolves = run.succeeded().is_some_and(|condition| condition.reason.contains("Resolving"));
    let others = run.status.child_references.iter().any(|child| child.kind != "TaskRun");
    let ends = focus.tree.tasks.iter().map(|task| task.task_run.status.completion_time);
    let last = ends.collect::<Option<Vec<_>>>().and_then(|ends| ends.into_iter().max());
    let is_over = focus.tree.missing_children.is_empty() && focus.tree.unfinished().next().is_none();
    let last = last.filter(|_| is_over && !resolves && !others)?;
    if focus.age(Some(last)).is_none_or(|age| age < LONG) {
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

/// A task that is under way although its pod has succeeded long ago.
fn unnoticed<'f, 'a>(focus: &'f Focus<'a>) -> Option<(&'f TaskNode<'a>, &'a Pod)> {
    let finished = |pod: &Pod| {
        let ends = pod.status.container_statuses.iter().map(|status| status.state.terminated.as_ref()?.finished_at);
        ends.collect::<Option<Vec<_>>>()?.into_iter().max()
    };
    focus.tree.unfinished().find_map(|task| {
        let pod = task.pod.filter(|pod| pod.status.phase == "Succeeded")?;
        (focus.age(finished(pod))? >= UNNOTICED).then_some((task, pod))
    })
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
