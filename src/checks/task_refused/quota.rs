//! A task's pod against a ResourceQuota that is used up.

use crate::analysis::admission::quota::counts_best_effort_only;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Facts, Finding};
use crate::model::Kind;
use crate::model::cluster::find;
use crate::model::namespace::ResourceQuota;

/// `quota-exceeded`.
pub fn finding(focus: &Focus<'_>, task: &str, quota: &str, message: &str) -> Finding {
    let mut finding =
        Finding::new(Cause::QuotaExceeded, format!("ResourceQuota {quota} leaves no room for the pod of task {task}"));
    if let Some(known) = find(&focus.cluster.resource_quotas, focus.namespace(), quota) {
        if counts_best_effort_only(known) {
            finding = finding.link(format!(
                "ResourceQuota {quota} counts only pods whose containers ask for nothing (scope BestEffort), and the steps of task {task} ask for nothing."
            ));
        }
        finding = by_default(focus, finding, known, message);
    }
    finding
        .link("Tekton tries again every minute, until the timeout of the run.")
        .facts(Facts::Quota { name: quota.to_owned(), words: message.to_owned() })
        .evidence(quote_usage(focus, quota))
}

/// Says which LimitRange gives requests to containers that ask for nothing, Tekton's own
/// included, where the quota refuses because of that resource.
fn by_default(focus: &Focus<'_>, mut finding: Finding, quota: &ResourceQuota, message: &str) -> Finding {
    let ranges = focus.cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == focus.namespace());
    for (range, item) in ranges.flat_map(|range| range.spec.limits.iter().map(move |item| (range, item))) {
        for (resource, given) in item.default_request.iter().filter(|_| item.kind == "Container") {
            let asked = format!("requests.{resource}=");
            if !message.contains(&asked) || !quota.status.hard.contains_key(&format!("requests.{resource}")) {
                continue;
            }
            let name = &range.metadata.name;
            let text = format!("{resource}: {given}");
            finding = finding
                .link(format!(
                    "LimitRange {name} gives each container without a {resource} request its default of {given}, Tekton's own init containers included; a pod counts for the sum of its steps or for its largest init container, whichever is more."
                ))
                .evidence([focus.quote(Kind::LimitRange, name, "spec.limits[Container].defaultRequest", text)]);
        }
    }
    finding
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
