//! A claim without a volume: nothing provisions it.

use crate::checks::focus::Focus;
use crate::checks::obstacles::SELECTED_NODE;
use crate::finding::{Cause, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;
use crate::model::volume::Claim;

use super::volume_node_affinity::{claims_of, quote_claims};

/// `pvc-unbound`, the same for assistants and tasks.
pub fn of_any(focus: &Focus<'_>, pod: &Pod) -> Finding {
    let known = claims_of(pod).filter_map(|name| focus.cluster.claim(focus.namespace(), name));
    let unbound: Vec<&Claim> = known.filter(|claim| claim.status.phase != "Bound").collect();
    let names: Vec<&str> = unbound.iter().map(|claim| claim.metadata.name.as_str()).collect();
    let summary = format!("the claim {} is not bound to a volume", names.join(", "));
    let mut finding = Finding::new(Cause::PvcUnbound, summary).evidence(quote_claims(focus, pod));
    for claim in unbound {
        finding = about_class(focus, finding, claim);
        if let Some(node) = claim.metadata.annotation(SELECTED_NODE) {
            finding = about_node(focus, finding, claim, node);
        }
    }
    finding
}

/// Whether the claim's class exists, and who would provision for it.
fn about_class(focus: &Focus<'_>, finding: Finding, claim: &Claim) -> Finding {
    let name = &claim.metadata.name;
    let Some(class) = claim.spec.storage_class_name.as_deref().filter(|class| !class.is_empty()) else {
        let link = format!("Claim {name} names no storage class: it waits for a volume that somebody makes for it.");
        return finding.link(link);
    };
    let field = focus.quote(Kind::Claim, name, "spec.storageClassName", class);
    match focus.cluster.storage_classes.iter().find(|known| known.metadata.name == class) {
        Some(known) => finding
            .evidence([field])
            .link(format!("Claim {name} is of storage class {class}, which {} provisions.", known.provisioner)),
        None if focus.cluster.coverage.proves_absence(Kind::StorageClass, "") => {
            finding.evidence([field]).link(format!("The storage class {class} of claim {name} does not exist."))
        }
        None => finding.evidence([field]),
    }
}

/// The scheduler has chosen a node for the claim, and the provisioner has not answered.
fn about_node(focus: &Focus<'_>, finding: Finding, claim: &Claim, node: &str) -> Finding {
    let name = &claim.metadata.name;
    let field = format!("metadata.annotations[{SELECTED_NODE}]");
    let finding = finding.evidence([focus.quote(Kind::Claim, name, field, node)]);
    let is_gone = focus.cluster.node(node).is_none() && focus.cluster.coverage.proves_absence(Kind::Node, "");
    finding.link(if is_gone {
        format!("The scheduler once chose node {node} for claim {name}; that node no longer exists, and until the annotation {SELECTED_NODE} is taken off no other node will do.")
    } else {
        format!("The scheduler has chosen node {node} for claim {name} and waits for the provisioner; until that answers no other node will do.")
    })
}
