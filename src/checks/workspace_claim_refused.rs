//! The claim of a workspace could not be created.

use super::focus::Focus;
use super::refused::{self, RefusedBy};
use super::webhooks;
use crate::finding::{Cause, Facts, Finding};

/// `workspace-claim-refused`: the claim of a `volumeClaimTemplate` cannot be made. Up
/// to 1.3 the run fails, from 1.4 on it waits (tektoncd/pipeline
/// pkg/reconciler/volumeclaim/pvchandler.go).
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let by_run = by_run(focus);
    if by_run.is_empty() { by_assistant(focus) } else { by_run }
}

fn by_run(focus: &Focus<'_>) -> Vec<Finding> {
    let Some(condition) = focus.run().succeeded().filter(|condition| {
        condition.reason == "CouldntCreateWorkspacePVC" || condition.message.contains("Waiting for PVC creation")
    }) else {
        return Vec::new();
    };
    if condition.status == "Unknown" && !focus.is_past_grace(focus.run().metadata.creation_timestamp) {
        return Vec::new();
    }
    const WHOM: &str = "the claim that the run's volumeClaimTemplate asks for";
    let finding = match webhooks::said(WHOM, &condition.message) {
        Some(said) => {
            said.links.into_iter().fold(Finding::new(Cause::WorkspaceClaimRefused, said.summary), Finding::link)
        }
        None => Finding::new(Cause::WorkspaceClaimRefused, format!("{WHOM} cannot be made: {}", condition.message)),
    };
    let name = RefusedBy::read(&condition.message).quota().to_owned();
    let finding = finding.facts(Facts::Quota { name, words: reason(&condition.message).to_owned() });
    vec![finding.evidence(focus.quote_run()).evidence(focus.quote_run_warnings())]
}

/// With `coschedule: pipelineruns` the assistant's StatefulSet makes the claim
/// (tektoncd/pipeline pkg/reconciler/pipelinerun/affinity_assistant.go, v0.51 and later);
/// without the claim it makes no pod.
fn by_assistant(focus: &Focus<'_>) -> Vec<Finding> {
    if !focus.is_running() {
        return Vec::new();
    }
    let without_pod = focus.tree.assistants.iter().filter(|node| node.pod.is_none());
    let refused = without_pod.filter_map(|node| {
        let event = focus.refusals_of(&node.name).into_iter().find(|event| refused::is_of_claim(event))?;
        let made = focus
            .events_about("StatefulSet", &node.name)
            .into_iter()
            .any(|later| later.reason == "SuccessfulCreate" && later.last_seen() > event.last_seen());
        (!made).then_some((node, event))
    });
    refused
        .map(|(node, event)| {
            let claim = refused::between(&event.message, "failed to create PVC ", ":")
                .or_else(|| event.message.split_whitespace().nth(2))
                .unwrap_or("of the run");
            let text = refused::api_text(&event.message);
            let whom = format!("claim {claim}, which the affinity assistant's StatefulSet makes");
            let summary = webhooks::said(&whom, text)
                .map_or_else(|| format!("{whom}, is refused: {}", reason(text)), |said| said.summary);
            let set = node.stateful_set;
            let waiting = focus.beside_assistant().filter(|(_, name)| *name == node.name);
            let waiting: Vec<_> = waiting.flat_map(|(task, _)| focus.quote_waiting(task)).collect();
            Finding::new(Cause::WorkspaceClaimRefused, summary)
                .facts(Facts::Quota { name: RefusedBy::read(text).quota().to_owned(), words: reason(text).to_owned() })
                .link(format!("The StatefulSet {} makes its pod only once the claim exists; every task of the run waits for that pod.", node.name))
                .evidence(waiting)
                .evidence(set.map(|set| focus.quote_replicas(set)))
                .evidence([focus.quote_event(event)])
        })
        .collect()
}

/// The refusal without the name of what is refused.
fn reason(text: &str) -> &str {
    text.split_once(" is forbidden: ").map_or(text, |(_, rest)| rest).trim()
}
