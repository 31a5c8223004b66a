//! A volume that the nodes which a pod may use do not reach.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;
use crate::model::volume::VolumeSource;

const CAUSE: Cause = Cause::VolumeNodeAffinity;

/// `volume-node-affinity`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, pod: &Pod, task: &str) -> Finding {
    let summary = format!("the volume of task {task} cannot be reached from the nodes that its pod may use");
    Finding::new(CAUSE, summary).evidence(quote_claims(focus, pod))
}

/// `volume-node-affinity`: a task that must join its assistant.
pub fn beside_assistant(focus: &Focus<'_>, pod: &Pod, task: &str, node: &str) -> Finding {
    let summary = format!("a volume of task {task} cannot be reached from {node}, where the assistant runs");
    Finding::new(CAUSE, summary).evidence(quote_claims(focus, pod))
}

/// Names of the claims that a pod mounts.
pub fn claims_of(pod: &Pod) -> impl Iterator<Item = &str> {
    pod.spec.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::PersistentVolumeClaim(source) => Some(source.claim_name.as_str()),
        _ => None,
    })
}

/// Quotes the claims of a pod, warnings about them, and where their volumes are.
pub fn quote_claims(focus: &Focus<'_>, pod: &Pod) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    for claim in claims_of(pod).filter_map(|name| focus.cluster.claim(focus.namespace(), name)) {
        let name = &claim.metadata.name;
        evidence.push(focus.quote(Kind::Claim, name, "status.phase", &claim.status.phase));
        evidence.extend(focus.quote_warnings("PersistentVolumeClaim", name));
        let volume = focus.cluster.persistent_volumes.iter().find(|v| v.metadata.name == claim.spec.volume_name);
        if let Some(affinity) = volume.and_then(|volume| volume.spec.node_affinity.as_ref()) {
            let text = serde_json::to_string(affinity).unwrap_or_default();
            evidence.push(focus.quote(Kind::PersistentVolume, &claim.spec.volume_name, "spec.nodeAffinity", text));
        }
    }
    evidence
}
