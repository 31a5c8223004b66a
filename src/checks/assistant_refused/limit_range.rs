//! The assistant's pod against a LimitRange.

use crate::checks::finding::Finding;
use crate::checks::focus::Focus;
use crate::checks::refused::{RefusedAssistant, RefusedBy};

use super::of;

/// `assistant-limitrange`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    of(focus, |by| matches!(by, RefusedBy::LimitRange), limit_range_finding)
}

fn limit_range_finding(refused: &RefusedAssistant<'_>, text: &str) -> Finding {
    Finding::new(
        "TKF105",
        "assistant-limitrange",
        format!("a LimitRange refuses the pod of the affinity assistant {}: {text}", refused.name),
    )
    .link("Tekton fits its own task containers to the LimitRange; the assistant's 50m CPU and 100Mi memory are fixed.")
}
