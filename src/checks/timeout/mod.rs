//! The run ended by a timeout, which may hide why it waited.

mod after_scc_refusal;
mod hidden_reason;
mod steps_ran_too_long;

pub use steps_ran_too_long::step_that_ran_too_long;

use crate::analysis::tekton::run_tree::TaskNode;

use super::containers::step_killed;
use super::focus::{Focus, GRACE};
use super::past;
use super::refused::{self, RefusedAssistant, RefusedBy};
use crate::finding::{Evidence, Finding};
use crate::model::Condition;

/// A run or task that timed out, and what tells why it waited.
struct TimedOut<'t, 'a> {
    focus: &'t Focus<'a>,
    task: Option<&'t TaskNode<'a>>,
    /// Assistants of which events tell that their pod was refused.
    refused: Vec<RefusedAssistant<'a>>,
    /// What the scheduler said of the run's pods while they existed.
    waiting: Vec<Evidence>,
}

/// Whether a condition of a run or a TaskRun says that its own timeout ended it.
fn timed_out(condition: &Condition) -> bool {
    matches!(condition.reason.as_str(), "PipelineRunTimeout" | "TaskRunTimeout")
        || condition.message.contains("failed to finish within")
}

/// Runs the checks on runs that timed out.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run_condition = focus.run().succeeded().filter(|c| c.status == "False");
    let Some(condition) = run_condition else { return Vec::new() };
    if let Some(finding) = focus.tree.tasks.iter().find_map(|task| steps_ran_too_long::of_step(focus, task)) {
        return vec![finding];
    }
    // A task that the run's timeout cancels says so; other errors speak of time as well.
    let with_run = |c: &Condition| c.reason.contains("Cancelled") && c.message.contains("has timed out");
    let task =
        focus.tree.tasks.iter().find(|task| {
            task.task_run.succeeded().is_some_and(|c| c.status == "False" && (timed_out(c) || with_run(c)))
        });
    if !timed_out(condition) && task.is_none() {
        return Vec::new();
    }
    let refused = refused::assistants_of_ended_run(focus);
    let ended = TimedOut { focus, task, refused, waiting: scheduling_words(focus) };
    if let Some(killed) = killed(focus) {
        return vec![with_evidence(killed, &ended)];
    }
    if ran_too_long(focus) {
        return vec![steps_ran_too_long::finding(&ended)];
    }
    let keeps = task
        .and_then(|task| task.task_run.succeeded())
        .is_some_and(|condition| condition.message.contains("Previous status"));
    if keeps && ended.refused.iter().any(|refused| refused.by == Some(RefusedBy::Scc)) {
        return vec![after_scc_refusal::finding(&ended)];
    }
    hidden_reason::findings(&ended, keeps)
}

/// Puts together what every run that waited until its timeout shows.
fn with_evidence(finding: Finding, ended: &TimedOut<'_, '_>) -> Finding {
    let TimedOut { focus, task, .. } = ended;
    let events = ended.refused.iter().filter_map(|refused| refused.event);
    finding
        .link("A longer timeout only makes it wait longer.")
        .evidence(focus.quote_run())
        .evidence(task.and_then(|task| focus.quote_task_run(task.task_run)))
        .evidence(task.and_then(|task| focus.quote_annotation(task.task_run)))
        .evidence(focus.quote_run_warnings())
        .evidence(events.map(|event| focus.quote_event(event)))
        .evidence(ended.waiting.clone())
}

/// A step that was killed, so that later ones waited for it until the timeout.
fn killed(focus: &Focus<'_>) -> Option<Finding> {
    focus.tree.tasks.iter().filter(|task| is_stopped(task)).find_map(|task| {
        let (_, before) = task.task_run.status.steps.split_last()?;
        let finding = before.iter().find_map(|step| step_killed::failed(focus, task, step))?;
        Some(finding.link("The steps after it waited for it until the timeout ended the run."))
    })
}

/// Whether a timeout or the cancellation that comes of it ended a task.
fn is_stopped(task: &TaskNode<'_>) -> bool {
    task.task_run.succeeded().is_some_and(|condition| {
        condition.status == "False"
            && (condition.reason.contains("Timeout")
                || condition.reason.contains("Cancelled")
                || condition.message.contains("failed to finish within"))
    })
}

/// What the scheduler said of the run's pods while they existed.
fn scheduling_words(focus: &Focus<'_>) -> Vec<Evidence> {
    focus
        .tree
        .tasks
        .iter()
        .filter(|task| past::never_started(task))
        .flat_map(|task| past::scheduling(focus, &task.pod_name()))
        .filter(|event| event.reason == "FailedScheduling")
        .map(|event| focus.quote_event(event))
        .collect()
}

/// Whether what the timeout ended was at work: a task of which a step was started
/// (tektoncd/pipeline pkg/reconciler/taskrun/taskrun.go `terminateStepsInPod` ends a step
/// that only waited without a start), while none waited for longer than a start takes.
fn ran_too_long(focus: &Focus<'_>) -> bool {
    let stopped: Vec<&TaskNode<'_>> = focus.tree.tasks.iter().filter(|task| is_stopped(task)).collect();
    if stopped.is_empty() {
        return focus.tree.tasks.iter().any(past::has_started);
    }
    let waited_long = |task: &&TaskNode<'_>| {
        let run = task.task_run;
        let times = run.metadata.creation_timestamp.zip(run.status.completion_time);
        past::never_started(task) && times.is_none_or(|(from, until)| until.duration_since(from) > GRACE)
    };
    stopped.iter().any(|task| past::has_started(task)) && !stopped.iter().any(waited_long)
}
