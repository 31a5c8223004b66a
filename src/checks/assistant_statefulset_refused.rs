//! Tekton could not create an assistant's StatefulSet.

use super::focus::Focus;
use super::refused;
use crate::finding::{Cause, Facts, Finding};

/// `assistant-statefulset-refused`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let Some(condition) = focus.run().succeeded().filter(|condition| {
        condition.reason.contains("AffinityAssistantStatefulSet")
            || condition.reason.contains("AffinityAssistantstatefulset")
    }) else {
        return Vec::new();
    };
    vec![
        Finding::new(
            Cause::AssistantStatefulsetRefused,
            format!("Tekton could not create the StatefulSet of the affinity assistant: {}", condition.message),
        )
        .facts(Facts::Quota {
            name: refused::quota_name(&condition.message).to_owned(),
            words: condition.message.clone(),
        })
        .evidence(focus.quote_run())
        .evidence(focus.quote_run_warnings()),
    ]
}
