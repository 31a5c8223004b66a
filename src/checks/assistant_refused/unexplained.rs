//! An assistant without a pod, of which nothing tells why.

use crate::checks::focus::Focus;
use crate::checks::refused;
use crate::finding::{Cause, Finding};

use super::waiting;

/// Assistants without a pod, of which nothing that was read tells why.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    refused::assistants(focus)
        .iter()
        .filter(|refused| refused.by.is_none() && refused.computed.is_empty())
        .map(|refused| {
            let namespace = focus.namespace();
            let mut finding = Finding::new(
                Cause::EvidenceMissing,
                format!("the affinity assistant {} has no pod; what refuses it is unknown", refused.name),
            )
            .not_proven()
            .link("Only the events of the StatefulSet say who refused; they live for hours, and none was found.")
            .evidence(waiting(focus, &refused.name))
            .evidence(refused.set.map(|set| focus.quote_replicas(set)))
            .cannot_tell(format!(
                "the API server's answer: events of StatefulSet {} in namespace {namespace}",
                refused.name
            ));
            for unread in &refused.unread {
                finding = finding.cannot_tell(format!("whether it is refused for them: {unread} were not read"));
            }
            finding
        })
        .collect()
}
