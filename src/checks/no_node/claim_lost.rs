//! The volume of a claim is gone.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;

/// `claim-lost`, the same for assistants and tasks: the claim was bound, and its
/// PersistentVolume no longer exists (kubernetes
/// pkg/controller/volume/persistentvolume/pv_controller.go, v1.33, `ClaimLost`).
pub fn of_any(focus: &Focus<'_>, name: &str) -> Finding {
    let known = focus.cluster.claim(focus.namespace(), name);
    let volume = known.map(|claim| claim.spec.volume_name.as_str()).filter(|volume| !volume.is_empty());
    let what = volume.map_or_else(|| "its volume".to_owned(), |volume| format!("PersistentVolume {volume}"));
    let finding =
        Finding::new(Cause::ClaimLost, format!("claim {name} of the run has lost its volume: {what} no longer exists"))
            .facts(Facts::Claim(name.to_owned()))
            .link("A claim that is Lost never binds again, and its data are not reachable through it.");
    let Some(claim) = known else { return finding };
    let is_absent = volume.filter(|volume| {
        focus.cluster.coverage.proves_absence(Kind::PersistentVolume, "")
            && !focus.cluster.persistent_volumes.iter().any(|known| known.metadata.name == **volume)
    });
    finding
        .evidence([focus.quote(Kind::Claim, name, "status.phase", &claim.status.phase)])
        .evidence(
            is_absent.map(|volume| {
                focus.quote(Kind::PersistentVolume, volume, "name", "does not exist in the complete list")
            }),
        )
        .evidence(focus.quote_warnings("PersistentVolumeClaim", name))
}
