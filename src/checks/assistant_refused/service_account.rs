//! The assistant's pod with a ServiceAccount that does not exist.

use crate::checks::focus::Focus;
use crate::checks::refused::RefusedBy;
use crate::finding::{Cause, Facts, Finding};

use super::of;

/// `assistant-service-account-missing`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::ServiceAccountMissing(_)),
        |refused, _| {
            let account = match &refused.by {
                Some(RefusedBy::ServiceAccountMissing(name)) => name.clone(),
                _ => String::new(),
            };
            Finding::new(
                Cause::AssistantServiceAccountMissing,
                format!(
                    "the pod of the affinity assistant {} names ServiceAccount {account}, which does not exist",
                    refused.name
                ),
            )
            .facts(Facts::Account(account.to_owned()))
        },
    )
}
