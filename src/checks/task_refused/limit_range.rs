//! A task's pod against a LimitRange.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;
use crate::model::namespace::LimitRange;

/// `task-pod-limitrange`.
pub fn finding(task: &str, message: &str) -> Finding {
    Finding::new(Cause::TaskPodLimitrange, format!("a LimitRange refuses the pod of task {task}: {message}"))
}

/// LimitRanges of the namespace that give containers a default limit.
fn with_defaults<'a>(focus: &Focus<'a>) -> impl Iterator<Item = &'a LimitRange> {
    let ranges = focus.cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == focus.namespace());
    ranges.filter(|range| range.spec.limits.iter().any(|item| !item.default_limit.is_empty()))
}

/// Whether a request is above a limit that a LimitRange gave: the API server then refuses
/// the pod as invalid (kubernetes pkg/apis/core/validation `ValidateContainerResourceRequirements`).
pub fn is_default_too_low(focus: &Focus<'_>, message: &str) -> bool {
    message.contains("must be less than or equal to")
        && message.contains(" limit")
        && with_defaults(focus).next().is_some()
}

/// `task-pod-limitrange`: the default limit is below what the steps request.
pub fn default_too_low(focus: &Focus<'_>, task: &str, message: &str) -> Finding {
    let ranges: Vec<&LimitRange> = with_defaults(focus).collect();
    let defaults = |range: &LimitRange| {
        let limits = range.spec.limits.iter().flat_map(|item| &item.default_limit);
        limits.map(|(resource, limit)| format!("{resource} {limit}")).collect::<Vec<_>>().join(", ")
    };
    let names: Vec<String> =
        ranges.iter().map(|range| format!("{} ({})", range.metadata.name, defaults(range))).collect();
    let summary =
        format!("the default limit of LimitRange {} is below what task {task} requests: {message}", names.join(", "));
    let quotes = ranges.iter().map(|range| {
        focus.quote(Kind::LimitRange, &range.metadata.name, "spec.limits[Container].default", defaults(range))
    });
    Finding::new(Cause::TaskPodLimitrange, summary)
        .link("The steps set no limit, so the LimitRange gives them its default; a request must not be above the limit. Set a limit in the steps as well, or raise the default.")
        .evidence(quotes)
}
