//! Repairs for volumes that the nodes which a run may use do not reach.

use serde_json::json;

use crate::checks::focus::Focus;
use crate::finding::Repair;
use crate::model::volume::VolumeSource;

use super::resubmission;
use super::resubmission::Edit;

/// Sends the run where its volume is.
pub(super) fn follow_volume(focus: &Focus<'_>) -> Vec<Repair> {
    let pods = focus.tree.assistants.iter().filter_map(|a| a.pod).chain(focus.tree.tasks.iter().filter_map(|t| t.pod));
    let claim = pods.flat_map(|pod| &pod.spec.volumes).find_map(|volume| match &volume.source {
        VolumeSource::PersistentVolumeClaim(source) => focus.cluster.claim(focus.namespace(), &source.claim_name),
        _ => None,
    });
    let requirement = claim
        .and_then(|claim| focus.cluster.persistent_volumes.iter().find(|v| v.metadata.name == claim.spec.volume_name))
        .and_then(|volume| volume.spec.node_affinity.as_ref()?.required.as_ref()?.node_selector_terms.first())
        .and_then(|term| term.match_expressions.iter().find(|r| r.operator == "In" && r.values.len() == 1));
    let mut repairs = vec![resubmission(
        focus,
        "drop-node-selector",
        "--drop node-selector --drop task-placement",
        "drop the run's node selection: the scheduler then goes where the volume is",
        &[Edit::DropNodeSelection, Edit::DropTaskPlacement],
        json!({ "spec.taskRunTemplate.podTemplate.nodeSelector": null }),
    )];
    if let Some(requirement) = requirement {
        let value = requirement.values.first().cloned().unwrap_or_default();
        repairs.push(resubmission(
            focus,
            "follow-volume",
            &format!("--drop task-placement --node-selector {}={value}", requirement.key),
            format!("send every task to where the volume is ({}={value})", requirement.key),
            &[Edit::DropTaskPlacement, Edit::NodeSelector(requirement.key.clone(), value.clone())],
            json!({ "spec.taskRunTemplate.podTemplate.nodeSelector": { requirement.key.clone(): value } }),
        ));
    }
    repairs
}
