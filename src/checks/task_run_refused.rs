//! The TaskRuns of a run cannot be created: a policy or webhook refuses them.

use crate::model::event::Event;

use super::focus::Focus;
use super::reconciling::resolver;
use super::webhooks;
use crate::finding::{Cause, Facts, Finding};

/// Reason with which Tekton ends a run whose TaskRuns it cannot create, since 0.47.
pub const REASON: &str = "CreateRunFailed";

/// `task-run-refused`: Tekton tries again at each reconcile and says so in events of the
/// run only, or ends the run (tektoncd/pipeline pkg/reconciler/pipelinerun/pipelinerun.go
/// `createTaskRuns`).
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let ended = run.succeeded().filter(|condition| condition.status == "False" && condition.reason == REASON);
    let events = focus.events_about("PipelineRun", &run.metadata.name);
    let event: Option<&Event> = events.into_iter().rev().find(|event| is_refusal(event));
    let waits = focus.is_running() && focus.is_past_grace(run.metadata.creation_timestamp);
    let text = match (ended, event) {
        (Some(condition), _) => condition.message.as_str(),
        (None, Some(event)) if waits && !created_since(focus, event) => event.message.as_str(),
        _ => return Vec::new(),
    };
    let said = webhooks::said("the run's TaskRuns", text);
    let by = said.as_ref().map(|said| said.by.clone()).unwrap_or_default();
    let mut finding = match said {
        Some(said) => said.links.into_iter().fold(Finding::new(Cause::TaskRunRefused, said.summary), Finding::link),
        None => Finding::new(Cause::TaskRunRefused, format!("the run's TaskRuns cannot be created: {}", words(text))),
    };
    finding = finding.facts(Facts::Refused { by, words: words(text).to_owned() });
    if resolver::is_resolving(focus) {
        finding = finding
            .link("The run's reason still says that it waits for a resolver; that is over, Tekton does not update it.");
    }
    if ended.is_none() {
        finding = finding.link("Tekton tries again by itself; only events of the run tell of it.");
    }
    vec![finding.evidence(focus.quote_run()).evidence(focus.quote_run_warnings())]
}

/// Whether an event says that a TaskRun could not be created; the reason differs by
/// version.
fn is_refusal(event: &Event) -> bool {
    matches!(event.reason.as_str(), "TaskRunsCreationFailed" | "TaskRunCreationFailed")
        || event.kind == "Warning" && event.message.contains("error creating TaskRun")
}

/// What stands behind Tekton's own words.
fn words(text: &str) -> &str {
    text.split_once("]: ").map_or(text, |(_, rest)| rest)
}

/// Whether a TaskRun came to be after all.
fn created_since(focus: &Focus<'_>, event: &Event) -> bool {
    focus.tree.tasks.iter().any(|task| task.task_run.metadata.creation_timestamp > event.last_seen())
}
