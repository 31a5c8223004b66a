//! A task's pod against a ResourceQuota that is used up.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Facts, Finding};
use crate::model::Kind;
use crate::model::cluster::find;

/// `quota-exceeded`.
pub fn finding(focus: &Focus<'_>, task: &str, quota: &str, message: &str) -> Finding {
    Finding::new(Cause::QuotaExceeded, format!("ResourceQuota {quota} leaves no room for the pod of task {task}"))
        .link("Tekton tries again every minute; no timeout runs while it waits.")
        .facts(Facts::Quota { name: quota.to_owned(), words: message.to_owned() })
        .evidence(quote_usage(focus, quota))
}

/// Quotes how far a quota is used.
pub fn quote_usage(focus: &Focus<'_>, quota: &str) -> Option<Evidence> {
    let quota = find(&focus.cluster.resource_quotas, focus.namespace(), quota)?;
    let used: Vec<String> = quota
        .status
        .hard
        .iter()
        .map(|(resource, hard)| {
            let used = quota.status.used.get(resource).copied().unwrap_or_default();
            format!("{resource}: {used} of {hard}")
        })
        .collect();
    Some(focus.quote(Kind::ResourceQuota, &quota.metadata.name, "status.used / status.hard", used.join(", ")))
}
