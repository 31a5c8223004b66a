//! The TaskRuns of a run cannot be created: a policy or webhook refuses them.

use crate::model::event::Event;

use super::focus::Focus;
use super::refused::RefusedBy;
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
    let event: Option<&Event> = events
        .into_iter()
        .rev()
        .find(|event| event.reason == "TaskRunsCreationFailed" || event.message.starts_with("error creating TaskRun"));
    let waits = focus.is_running() && focus.is_past_grace(run.metadata.creation_timestamp);
    let text = match (ended, event) {
        (Some(condition), _) => condition.message.as_str(),
        (None, Some(event)) if waits && !created_since(focus, event) => event.message.as_str(),
        _ => return Vec::new(),
    };
    let (summary, link) = match RefusedBy::classify(text) {
        RefusedBy::WebhookSilent(webhook) => (
            format!("the admission webhook {webhook} must be asked about the run's TaskRuns and does not answer"),
            Some("Its failurePolicy is Fail: as long as its service does not answer, no TaskRun can be created."),
        ),
        RefusedBy::Policy(policy) => {
            (format!("the admission policy {policy} refuses the run's TaskRuns: {}", words(text)), None)
        }
        _ => (format!("the run's TaskRuns cannot be created: {}", words(text)), None),
    };
    let mut finding = Finding::new(Cause::TaskRunRefused, summary).facts(Facts::Words(words(text).to_owned()));
    if let Some(link) = link {
        finding = finding.link(link);
    }
    if ended.is_none() {
        finding = finding.link("Tekton tries again by itself; only events of the run tell of it.");
    }
    vec![finding.evidence(focus.quote_run()).evidence(focus.quote_run_warnings())]
}

/// What stands behind Tekton's own words.
fn words(text: &str) -> &str {
    text.split_once("]: ").map_or(text, |(_, rest)| rest)
}

/// Whether a TaskRun came to be after all.
fn created_since(focus: &Focus<'_>, event: &Event) -> bool {
    focus.tree.tasks.iter().any(|task| task.task_run.metadata.creation_timestamp > event.last_seen())
}
