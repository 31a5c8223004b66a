//! Repairs for claims and volumes.

use serde_json::json;

use crate::checks::finding::{Finding, Prediction, Repair};
use crate::checks::focus::Focus;
use crate::model::volume::VolumeSource;

use super::resubmission::Edit;
use super::{rerun, resubmission};

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

pub(super) fn missing(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let claim = finding.summary.split_whitespace().nth(2).unwrap_or_default();
    vec![
        Repair {
            id: "create-claim",
            summary: format!(
                "create the claim {claim} in namespace {}; the stuck run goes on by itself",
                focus.namespace()
            ),
            command: format!("kubectl create -n {} -f claim.yaml", focus.namespace()),
            predicted: Prediction::Heals,
            needs: "create on persistentvolumeclaims in the namespace".to_owned(),
            risk: "the new volume is empty".to_owned(),
            changes: json!({ format!("persistentvolumeclaim/{claim}"): "created" }),
        },
        Repair {
            id: "volume-claim-template",
            summary: "bind the workspace to a volumeClaimTemplate instead of a claim's name, and submit again"
                .to_owned(),
            command: String::new(),
            predicted: Prediction::Heals,
            needs: "create on pipelineruns in the namespace".to_owned(),
            risk: "each run then has a volume of its own, deleted with the run".to_owned(),
            changes: json!({ "spec.workspaces[].volumeClaimTemplate": {} }),
        },
    ]
}

pub(super) fn unbound(focus: &Focus<'_>) -> Vec<Repair> {
    let classes: Vec<&str> = focus.cluster.storage_classes.iter().map(|class| class.metadata.name.as_str()).collect();
    vec![Repair {
        id: "existing-storage-class",
        summary: format!("use a claim of a storage class that exists and can provision ({})", classes.join(", ")),
        command: String::new(),
        predicted: Prediction::Unknown,
        needs: "create on persistentvolumeclaims and pipelineruns in the namespace".to_owned(),
        risk: String::new(),
        changes: json!({}),
    }]
}

pub(super) fn multi_attach(focus: &Focus<'_>) -> Vec<Repair> {
    vec![rerun(
        focus,
        "pin-node",
        "--pin-node --cancel-old",
        "submit again with all pods on one node",
        Prediction::Unknown,
        json!({ "spec.taskRunTemplate.podTemplate.nodeSelector": { "kubernetes.io/hostname": "…" } }),
    )]
}
