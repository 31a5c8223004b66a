//! The ConfigMap holds what the controller rejects.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Stage};
use crate::finding::{Evidence, Finding};
use crate::model::Kind;

use super::quote;

/// The mode in force is what hurts a run, by these other findings.
fn assistant_hurts(others: &[Finding]) -> bool {
    others.iter().any(|finding| finding.cause.stage() == Stage::Assistant || finding.cause == Cause::VolumeMultiAttach)
}

/// `invalid-flag-value-ignored`: the ConfigMap holds what the controller rejects.
pub(super) fn finding(focus: &Focus<'_>, others: &[Finding]) -> Option<Finding> {
    let flags = focus.installation.assistant_flags()?;
    let invalid = flags.mode.err()?;
    if !assistant_hurts(others) {
        return None;
    }
    Some(
        Finding::new(Cause::InvalidFlagValueIgnored,
            format!("feature-flags holds {}: {:?}, which Tekton's controller rejects: it keeps the configuration it had before", invalid.key, invalid.value),
        )
        .link(format!("The controller only logs it: {}", invalid.error))
        .link("Tekton's webhook refuses such a value only while it runs and the ConfigMap has its label app.kubernetes.io/part-of: tekton-pipelines.")
        .evidence([quote(focus, &invalid.key, &invalid.value)])
        .evidence(provenance(focus)),
    )
}

/// What the run itself witnesses of the flags in force.
fn provenance(focus: &Focus<'_>) -> Option<Evidence> {
    let run = focus.run();
    let value = run.status.provenance.as_ref()?.flag("coschedule")?.as_str()?.to_owned();
    Some(focus.quote(Kind::PipelineRun, &run.metadata.name, "status.provenance.featureFlags.coschedule", value))
}
