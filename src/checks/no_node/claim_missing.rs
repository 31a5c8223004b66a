//! A claim that the run names and that does not exist.

use crate::checks::focus::Focus;
use crate::checks::missing;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;

/// `pvc-missing`, the same for assistants and tasks.
pub fn of_any(focus: &Focus<'_>, claim: &str) -> Finding {
    let namespace = focus.namespace();
    let missing = missing::of(focus, Kind::Claim, claim);
    let finding = Finding::new(Cause::PvcMissing, format!("the claim {claim} that the run names {}", missing.words))
        .facts(Facts::Claim(claim.to_owned()));
    if missing.now.is_some() || !focus.cluster.coverage.proves_absence(Kind::Claim, namespace) {
        return finding.evidence(missing.now);
    }
    let value = "does not exist in the complete list of the namespace";
    finding.evidence([focus.quote(Kind::Claim, claim, "name", value)])
}
