//! Repairs for pods that find no node.

use serde_json::{Value, json};

use crate::checks::finding::{Finding, Prediction, Repair};
use crate::checks::focus::Focus;

use crate::model::node::Node;

use super::resubmission::Edit;
use super::{rerun, resubmission};

fn architecture(node: &Node) -> &str {
    node.metadata.label("kubernetes.io/arch").unwrap_or_default()
}

/// Whether a node is of another processor architecture than most nodes: whether the
/// images run there cannot be read from the cluster.
fn is_foreign(focus: &Focus<'_>, node: &Node) -> bool {
    if node.spec.taints.iter().any(|taint| taint.key == "kubernetes.io/arch") {
        return true;
    }
    let same = |other: &&Node| architecture(other) == architecture(node);
    let count = focus.cluster.nodes.iter().filter(same).count();
    count * 2 < focus.cluster.nodes.len()
        && focus.cluster.nodes.iter().filter(|other| !architecture(other).is_empty()).count() > count
}

/// Tolerations for the taints of the nodes that would fit.
pub(super) fn tolerate(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let mut repairs = Vec::new();
    for item in finding.evidence.iter().filter(|item| item.field == "spec.taints") {
        let node = item.object.trim_start_matches("Node/");
        let Some(node) = focus.cluster.node(node) else { continue };
        let taints: Vec<_> = node.spec.taints.iter().filter(|taint| taint.effect != "PreferNoSchedule").collect();
        let flags: Vec<String> =
            taints.iter().map(|taint| format!("--toleration {}={}:{}", taint.key, taint.value, taint.effect)).collect();
        let tolerations: Vec<Value> = taints
            .iter()
            .map(|taint| json!({ "key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect }))
            .collect();
        let edits: Vec<Edit> = tolerations.iter().cloned().map(Edit::Toleration).collect();
        let mut repair = resubmission(
            focus,
            "tolerate",
            &flags.join(" "),
            format!("tolerate the taint of {}", node.metadata.name),
            &edits,
            json!({ "spec.taskRunTemplate.podTemplate.tolerations": tolerations }),
        );
        repair.risk = format!("{} is kept for something: ask its owner; {}", node.metadata.name, repair.risk);
        if repair.predicted == Prediction::Heals && is_foreign(focus, node) {
            repair.predicted = Prediction::Unknown;
            repair.risk = format!("its images may not run on {}; {}", architecture(node), repair.risk);
        }
        if !repairs.iter().any(|known: &Repair| known.changes == repair.changes) {
            repairs.push(repair);
        }
    }
    repairs
}

pub(super) fn node_full(focus: &Focus<'_>) -> Vec<Repair> {
    vec![
        rerun(
            focus,
            "pin-node",
            "--pin-node",
            "submit again on a node that has room for the whole pipeline, assistant included (rerun picks it and says if there is none)",
            Prediction::Unknown,
            json!({ "spec.taskRunTemplate.podTemplate.nodeSelector": { "kubernetes.io/hostname": "…" } }),
        ),
        Repair {
            id: "lower-requests",
            summary: "lower the requests of the task with taskRunSpecs[].computeResources, so that it fits beside the assistant".to_owned(),
            command: String::new(),
            predicted: Prediction::Unknown,
            needs: String::new(),
            risk: "the step may then be killed for memory or run slowly".to_owned(),
            changes: json!({}),
        },
    ]
}

pub(super) fn selector(focus: &Focus<'_>) -> Vec<Repair> {
    vec![rerun(
        focus,
        "drop-node-selector",
        "--drop node-selector",
        "drop the node selection that no node satisfies",
        Prediction::Unknown,
        json!({ "spec.taskRunTemplate.podTemplate.nodeSelector": null }),
    )]
}
