//! Two volumes of one pod that no node reaches together.

use crate::analysis::scheduler::Plugin;
use crate::checks::focus::Focus;
use crate::checks::judged::judged;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;
use crate::model::volume::{Claim, PersistentVolume, VolumeSource};

use super::volume_node_affinity::{claims_of, quote_claims};

/// Where each bound claim of a pod is, if each is reachable by itself and no node
/// reaches all of them: claim and place.
pub fn places(focus: &Focus<'_>, pod: &Pod) -> Option<Vec<(String, String)>> {
    let bound: Vec<(&Claim, &PersistentVolume)> = claims_of(pod)
        .filter_map(|name| focus.cluster.claim(focus.namespace(), name))
        .filter_map(|claim| {
            let volumes = &focus.cluster.persistent_volumes;
            Some((claim, volumes.iter().find(|volume| volume.metadata.name == claim.spec.volume_name)?))
        })
        .collect();
    if bound.len() < 2 {
        return None;
    }
    let reachable = |wanted: &Pod| -> Vec<String> {
        let judged = judged(focus, wanted);
        let is_open =
            |plugin: Plugin| matches!(plugin, Plugin::VolumeBinding | Plugin::VolumeZone | Plugin::NodeAffinity);
        let nodes = judged.nodes.iter().filter(|node| !node.plugins().into_iter().any(is_open));
        nodes.map(|node| node.node.clone()).collect()
    };
    let named = || bound.iter().map(|(claim, volume)| (claim.metadata.name.clone(), place(volume))).collect();
    if focus.cluster.nodes.is_empty() {
        return are_disjoint(bound[0].1, bound[1].1).then(named);
    }
    if !reachable(pod).is_empty() {
        return None;
    }
    let alone = bound.iter().map(|(claim, _)| reachable(&with_one_claim(pod, &claim.metadata.name)));
    if alone.into_iter().any(|nodes| nodes.is_empty()) {
        return None;
    }
    Some(named())
}

/// Whether two volumes name different values of one label: with nodes unread that is all
/// that can be compared.
fn are_disjoint(one: &PersistentVolume, other: &PersistentVolume) -> bool {
    let only = |volume: &PersistentVolume| {
        let terms = &volume.spec.node_affinity.as_ref()?.required.as_ref()?.node_selector_terms;
        match terms.as_slice() {
            [term] if term.match_expressions.len() == 1 => Some(term.match_expressions[0].clone()),
            _ => None,
        }
    };
    only(one).zip(only(other)).is_some_and(|(one, other)| {
        one.key == other.key
            && one.operator == "In"
            && other.operator == "In"
            && !one.values.iter().any(|value| other.values.contains(value))
    })
}

/// The pod, as if it used one of its claims only, under a name of its own: what is judged
/// of a pod is kept by its name.
fn with_one_claim(pod: &Pod, claim: &str) -> Pod {
    let mut pod = pod.clone();
    pod.metadata.name = format!("{} with claim {claim} only", pod.metadata.name);
    pod.spec.volumes.retain(|volume| match &volume.source {
        VolumeSource::PersistentVolumeClaim(source) => source.claim_name == claim,
        _ => true,
    });
    pod
}

/// The values of a volume's node affinity: zone or node.
fn place(volume: &PersistentVolume) -> String {
    let affinity = volume.spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    let terms = affinity.into_iter().flat_map(|selector| &selector.node_selector_terms);
    let mut values: Vec<String> = terms
        .flat_map(|term| &term.match_expressions)
        .map(|expression| expression.values.join(" or "))
        .filter(|value| !value.is_empty())
        .collect();
    if values.is_empty() {
        values.extend(volume.metadata.label("topology.kubernetes.io/zone").map(str::to_owned));
    }
    if values.is_empty() { "an unknown place".to_owned() } else { values.join(", ") }
}

/// `volumes-in-different-zones`: a task's pod.
pub fn of_task(focus: &Focus<'_>, pod: &Pod, task: &str, places: &[(String, String)]) -> Finding {
    let finding = Finding::new(
        Cause::VolumesInDifferentZones,
        format!("no node reaches the {} volumes of task {task} together: {}", places.len(), sentence(places)),
    )
    .evidence(quote_claims(focus, pod));
    about_classes(focus, finding, places)
}

/// `claim A is in X, claim B in Y`.
pub fn sentence(places: &[(String, String)]) -> String {
    places.iter().map(|(claim, place)| format!("claim {claim} is in {place}")).collect::<Vec<_>>().join(", ")
}

/// Says how the classes of the claims choose a zone.
pub fn about_classes(focus: &Focus<'_>, mut finding: Finding, places: &[(String, String)]) -> Finding {
    let mut classes: Vec<&str> = places
        .iter()
        .filter_map(|(claim, _)| focus.cluster.claim(focus.namespace(), claim)?.spec.storage_class_name.as_deref())
        .filter(|class| !class.is_empty())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    for name in classes {
        let Some(class) = focus.cluster.storage_classes.iter().find(|class| class.metadata.name == name) else {
            continue;
        };
        let mode = match class.volume_binding_mode.as_str() {
            "" => "Immediate",
            mode => mode,
        };
        finding = finding.evidence([quote_mode(focus, name, mode)]).link(if mode == "Immediate" {
            format!("Storage class {name} binds Immediate: each volume is made in any zone, before the pod that uses it is known. WaitForFirstConsumer makes it where the pod can run.")
        } else {
            format!("Storage class {name} binds {mode}: each volume was made where the first pod that used it ran.")
        });
    }
    finding
}

fn quote_mode(focus: &Focus<'_>, class: &str, mode: &str) -> Evidence {
    focus.quote(Kind::StorageClass, class, "volumeBindingMode", mode)
}
