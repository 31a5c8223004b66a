//! The assistant's pod against a ResourceQuota.

use crate::checks::focus::Focus;
use crate::checks::refused::RefusedBy;
use crate::checks::task_refused::quota::quote_usage;
use crate::finding::{Cause, Facts, Finding};

use super::of;

/// `assistant-quota`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::Quota(_) | RefusedBy::QuotaNeedsRequests(_)),
        |refused, text| {
            let quota = refused.by.as_ref().map_or("", RefusedBy::quota);
            Finding::new(Cause::AssistantQuota,
            format!("ResourceQuota {quota} leaves no room for the pod of the affinity assistant {}", refused.name),
        )
        .link("The assistant always asks for 50m CPU and 100Mi memory (requests and limits); no setting of the run changes that.")
        .facts(Facts::Quota { name: quota.to_owned(), words: text.to_owned() })
        .evidence(quote_usage(focus, quota))
        },
    )
}
