//! The assistant's pod against an admission policy or webhook.

use crate::checks::focus::Focus;
use crate::checks::refused::{RefusedAssistant, RefusedBy};
use crate::checks::webhooks;
use crate::finding::{Cause, Facts, Finding};

use super::of;

/// `assistant-refused-by-policy`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::Policy(_) | RefusedBy::WebhookSilent(_)),
        |refused, text| {
            let by = match &refused.by {
                Some(RefusedBy::Policy(name) | RefusedBy::WebhookSilent(name)) => name.clone(),
                _ => String::new(),
            };
            finding(refused, text).facts(Facts::Refused { by, words: text.to_owned() })
        },
    )
}

fn finding(refused: &RefusedAssistant<'_>, text: &str) -> Finding {
    const CAUSE: Cause = Cause::AssistantRefusedByPolicy;
    let name = &refused.name;
    match &refused.by {
        Some(RefusedBy::WebhookSilent(webhook)) => {
            let summary = format!(
                "the admission webhook {webhook} must be asked about the pod of the affinity assistant {name} and does not answer: {}",
                webhooks::silence(text)
            );
            Finding::new(CAUSE, summary).link(format!("Its failurePolicy is Fail: until the service behind {webhook} answers again, the API server admits nothing that the webhook looks at."))
        }
        by => {
            let policy = if let Some(RefusedBy::Policy(policy)) = by { policy.as_str() } else { "" };
            let summary = format!("the admission policy {policy} refuses the pod of the affinity assistant {name}");
            Finding::new(CAUSE, summary)
                .link("The assistant carries the run's labels, a fixed container and no annotations: what the policy demands must come from the run's labels or from an exception.")
        }
    }
}
