//! The assistant's pod against a LimitRange.

use crate::checks::focus::Focus;
use crate::checks::refused::{RefusedAssistant, RefusedBy};
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::namespace::LimitRange;

use super::of;

/// `assistant-limitrange`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    of(focus, |by| matches!(by, RefusedBy::LimitRange), |refused, text| limit_range_finding(focus, refused, text))
}

fn limit_range_finding(focus: &Focus<'_>, refused: &RefusedAssistant<'_>, text: &str) -> Finding {
    Finding::new(
        Cause::AssistantLimitrange,
        format!("a LimitRange refuses the pod of the affinity assistant {}: {text}", refused.name),
    )
    .link("Tekton fits its own task containers to the LimitRange; the assistant's 50m CPU and 100Mi memory are fixed.")
    .evidence(ranges(focus))
}

/// Quotes the LimitRanges of the namespace.
fn ranges(focus: &Focus<'_>) -> Vec<Evidence> {
    let own = focus.cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == focus.namespace());
    let text = |range: &LimitRange| serde_json::to_string(&range.spec.limits).unwrap_or_default();
    own.map(|range| focus.quote(Kind::LimitRange, &range.metadata.name, "spec.limits", text(range))).collect()
}
