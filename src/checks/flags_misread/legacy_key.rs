//! The old key says off, and no version reads it any more.

use crate::analysis::tekton::flags::DISABLE_ASSISTANT;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};

use super::quote;

/// `flags-misread-legacy-key`: the old key says off, the assistant is on, and a task
/// is refused for that.
pub(super) fn finding(focus: &Focus<'_>, others: &[Finding]) -> Option<Finding> {
    let flags = focus.installation.assistant_flags()?;
    let value = flags.dead_key.filter(|value| matches!(value.to_lowercase().as_str(), "true" | "t" | "1"))?;
    let two_claims = others.iter().find(|finding| finding.cause == Cause::TwoClaimsInOneTask)?;
    let version = focus.tekton()?;
    let coschedule = focus
        .installation
        .feature_flags?
        .data
        .get("coschedule")
        .cloned()
        .unwrap_or_else(|| "workspaces (default)".to_owned());
    Some(
        Finding::new(Cause::FlagsMisreadLegacyKey,
            format!("{DISABLE_ASSISTANT}: {value:?} does nothing on Tekton {version}: the affinity assistant is on, and that is why the task is refused"),
        )
        .link(format!("Tekton has ignored {DISABLE_ASSISTANT} since 1.0; coschedule: {coschedule} decides. Up to 0.70 the same pair meant off, so an upgrade turned the assistant on."))
        .evidence([quote(focus, DISABLE_ASSISTANT, &value), quote(focus, "coschedule", &coschedule)])
        .evidence(two_claims.evidence.clone()),
    )
}
