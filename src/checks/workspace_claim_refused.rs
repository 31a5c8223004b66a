//! The claim of a workspace could not be created.

use super::focus::Focus;
use super::refused;
use crate::finding::{Cause, Facts, Finding};

/// `workspace-claim-refused`: the claim of a `volumeClaimTemplate` cannot be made. Up
/// to 1.3 the run fails, from 1.4 on it waits (tektoncd/pipeline
/// pkg/reconciler/volumeclaim/pvchandler.go).
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let Some(condition) = focus.run().succeeded().filter(|condition| {
        condition.reason == "CouldntCreateWorkspacePVC" || condition.message.contains("Waiting for PVC creation")
    }) else {
        return Vec::new();
    };
    if condition.status == "Unknown" && !focus.is_past_grace(focus.run().metadata.creation_timestamp) {
        return Vec::new();
    }
    let finding = Finding::new(
        Cause::WorkspaceClaimRefused,
        format!("the claim that the run's volumeClaimTemplate asks for cannot be made: {}", condition.message),
    );
    let name = refused::quota_name(&condition.message).to_owned();
    let finding = finding.facts(Facts::Quota { name, words: condition.message.clone() });
    vec![finding.evidence(focus.quote_run()).evidence(focus.quote_run_warnings())]
}
