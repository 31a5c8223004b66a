//! Tekton could not create an assistant's StatefulSet.

use super::focus::Focus;
use super::refused::RefusedBy;
use super::webhooks;
use crate::finding::{Cause, Facts, Finding};

/// `assistant-statefulset-refused`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let Some(condition) = focus.run().succeeded().filter(|condition| {
        condition.reason.contains("AffinityAssistantStatefulSet")
            || condition.reason.contains("AffinityAssistantstatefulset")
    }) else {
        return Vec::new();
    };
    let text = condition.message.as_str();
    let finding = match webhooks::said("the StatefulSet of the affinity assistant", text) {
        Some(said) => {
            said.links.into_iter().fold(Finding::new(Cause::AssistantStatefulsetRefused, said.summary), Finding::link)
        }
        None => Finding::new(
            Cause::AssistantStatefulsetRefused,
            format!("Tekton could not create the StatefulSet of the affinity assistant: {text}"),
        ),
    };
    let finding =
        finding.facts(Facts::Quota { name: RefusedBy::read(text).quota().to_owned(), words: text.to_owned() });
    vec![finding.evidence(focus.quote_run()).evidence(focus.quote_run_warnings())]
}
