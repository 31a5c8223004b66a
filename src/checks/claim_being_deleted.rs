//! A claim of the run is being deleted.

use crate::model::Kind;
use crate::model::pod::Pod;
use crate::model::volume::Claim;

use super::focus::Focus;
use super::no_node::volume_node_affinity::claims_of;
use crate::finding::{Cause, Facts, Finding};

/// A claim of a pod that is being deleted.
pub fn of<'a>(focus: &Focus<'a>, pod: &Pod) -> Option<&'a Claim> {
    claims_of(pod)
        .filter_map(|name| focus.cluster.claim(focus.namespace(), name))
        .find(|claim| claim.metadata.deletion_timestamp.is_some())
}

/// `claim-being-deleted`: pvc-protection keeps the claim as long as a pod uses it, and the
/// scheduler takes no new pod of it (kubernetes
/// pkg/scheduler/framework/plugins/volumebinding `PreFilter`,
/// pkg/controller/volume/pvcprotection, v1.33).
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let assistants = focus.tree.assistants.iter().filter_map(|node| super::focus::unplaced(node.pod?));
    let pods = assistants.chain(focus.unplaced().map(|(_, pod)| pod));
    let waits = |pod: &&Pod| focus.is_past_grace(pod.metadata.creation_timestamp);
    let Some((pod, claim)) = pods.filter(waits).find_map(|pod| Some((pod, of(focus, pod)?))) else {
        return Vec::new();
    };
    let name = &claim.metadata.name;
    let since = claim.metadata.deletion_timestamp.map(|since| since.to_string()).unwrap_or_default();
    let holds = |other: &&Pod| {
        other.metadata.namespace == focus.namespace()
            && !other.is_terminal()
            && claims_of(other).any(|claim| claim == name)
    };
    let holders: Vec<&Pod> = focus.cluster.pods.iter().filter(holds).collect();
    let own = |pod: &&&Pod| pod.metadata.label("tekton.dev/pipelineRun") == Some(focus.run().metadata.name.as_str());
    let names: Vec<&str> = holders.iter().map(|pod| pod.metadata.name.as_str()).collect();
    let is_own = !holders.is_empty() && holders.iter().all(|pod| own(&pod));
    let by = if is_own { "the run holds its own claim: " } else { "it is held by " };
    let mut finding =
        Finding::new(Cause::ClaimBeingDeleted, format!("claim {name} is being deleted, and no new pod may use it"))
            .facts(Facts::Claim(name.clone()))
            .link(format!(
                "The finalizer kubernetes.io/pvc-protection keeps the claim as long as pods use it; {by}{}.",
                names.join(", ")
            ))
            .evidence([focus.quote(Kind::Claim, name, "metadata.deletionTimestamp", since)])
            .evidence(focus.quote_scheduler(pod));
    for (task, _) in focus.unplaced() {
        finding = finding.evidence(focus.quote_waiting(task));
    }
    vec![finding]
}
