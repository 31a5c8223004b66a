//! A claim of the run is being deleted.

use crate::checks::containers::span;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

use super::volume_node_affinity::claims_of;

/// The finalizer that keeps a claim while pods use it.
const PROTECTION: &str = "kubernetes.io/pvc-protection";

/// `claim-being-deleted`, the same for assistants and tasks: the scheduler places no pod
/// on such a claim (kubernetes pkg/scheduler/framework/plugins/volumebinding, v1.33),
/// and pvc-protection keeps it until no pod uses it any more
/// (pkg/controller/volume/pvcprotection).
pub fn of_any(focus: &Focus<'_>, name: &str) -> Finding {
    let cluster = focus.cluster;
    let known = cluster.claim(focus.namespace(), name);
    let deletion = known.and_then(|claim| claim.metadata.deletion_timestamp);
    let since = focus.age(deletion).map(|age| format!(" (requested {} ago)", span(age))).unwrap_or_default();
    let mut finding = Finding::new(
        Cause::ClaimBeingDeleted,
        format!("claim {name} of the run is being deleted{since}: no new pod may use it"),
    )
    .facts(Facts::Claim(name.to_owned()));
    let holders: Vec<&Pod> =
        cluster.pods_in(focus.namespace()).filter(|pod| claims_of(pod).any(|claim| claim == name)).collect();
    let names = |is_own: bool| -> Vec<&str> {
        let of = |pod: &&&Pod| is_of_run(focus, pod) == is_own && !pod.is_terminal();
        holders.iter().filter(of).map(|pod| pod.metadata.name.as_str()).collect()
    };
    let (own, others) = (names(true), names(false));
    finding = finding.link(format!(
        "Somebody deleted claim {name}; the finalizer pvc-protection keeps it as long as pods use it, and the scheduler places no new pod on it."
    ));
    if !own.is_empty() {
        finding = finding.link(format!("The run itself holds its claim: pods {} name it.", own.join(", ")));
    }
    if !others.is_empty() {
        finding = finding.link(format!("Pods of others that name it: {}.", others.join(", ")));
    }
    let Some(claim) = known else {
        return finding.cannot_tell(format!("since when: claim {name} was not read"));
    };
    let is_made_by_run = claim.metadata.owner_references.iter().any(|owner| owner.kind == "PipelineRun");
    finding = finding.link(if is_made_by_run {
        "The run made the claim from a volumeClaimTemplate; a new run makes a new one.".to_owned()
    } else {
        format!("Claim {name} belongs to no run: it has to be created anew once it is gone.")
    });
    finding
        .evidence(deletion.map(|at| focus.quote(Kind::Claim, name, "metadata.deletionTimestamp", at.to_string())))
        .evidence(
            claim
                .metadata
                .finalizers
                .iter()
                .filter(|finalizer| *finalizer == PROTECTION)
                .map(|finalizer| focus.quote(Kind::Claim, name, "metadata.finalizers", finalizer)),
        )
}

/// The run's own task pods and assistants.
fn is_of_run(focus: &Focus<'_>, pod: &Pod) -> bool {
    let run = &focus.run().metadata.name;
    pod.metadata.label("tekton.dev/pipelineRun") == Some(run.as_str())
}
