//! The assistant's pod against an admission policy or webhook.

use crate::checks::finding::Finding;
use crate::checks::focus::Focus;
use crate::checks::refused::RefusedBy;

use super::of;

/// `assistant-refused-by-policy`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::Policy(_)),
        |refused, _| {
            let policy = match &refused.by {
                Some(RefusedBy::Policy(name)) => name.clone(),
                _ => String::new(),
            };
            Finding::new(
            "TKF103",
            "assistant-refused-by-policy",
            format!("the admission policy {policy} refuses the pod of the affinity assistant {}", refused.name),
        )
        .link("The assistant carries the run's labels, a fixed container and no annotations: what the policy demands must come from the run's labels or from an exception.")
        },
    )
}
