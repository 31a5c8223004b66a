//! The assistant's pod, away from where its volume is.

use crate::analysis::scheduler::Plugin;
use crate::checks::focus::Focus;
use crate::checks::judged::judged;
use crate::checks::no_node::volume_node_affinity::quote_claims;
use crate::checks::no_node::volumes_apart;
use crate::finding::{Cause, Finding};
use crate::model::pod::Pod;

/// `assistant-pending-volume-node-affinity`.
pub fn finding(focus: &Focus<'_>, pod: &Pod) -> Finding {
    const CAUSE: Cause = Cause::AssistantPendingVolumeNodeAffinity;
    let name = &pod.metadata.name;
    if let Some(places) = volumes_apart::places(focus, pod) {
        let summary = format!(
            "no node reaches the {} volumes of the affinity assistant's pod {name} together: {}",
            places.len(),
            volumes_apart::sentence(&places)
        );
        let finding = Finding::new(CAUSE, summary).evidence(quote_claims(focus, pod));
        return volumes_apart::about_classes(focus, finding, &places);
    }
    let selects = !pod.spec.node_selector.is_empty()
        || pod.spec.affinity.node_affinity.as_ref().is_some_and(|affinity| affinity.required.is_some());
    let why = if selects && focus.selects_by_default() {
        "the node selection of Tekton's default-pod-template excludes the volume's node or zone"
    } else if selects {
        "the run's node selection excludes the volume's node or zone"
    } else {
        "the nodes that reach the volume refuse the pod for other reasons"
    };
    let finding =
        Finding::new(CAUSE, format!("the affinity assistant's pod {name} may not run where its volume is: {why}"))
            .evidence(quote_claims(focus, pod));
    if selects { finding } else { where_it_is(focus, pod).into_iter().fold(finding, Finding::link) }
}

/// What speaks against the nodes that reach the volume.
fn where_it_is(focus: &Focus<'_>, pod: &Pod) -> Vec<String> {
    let judged = judged(focus, pod);
    let reach = judged.nodes.iter().filter(|node| !node.has(Plugin::VolumeBinding) && !node.has(Plugin::VolumeZone));
    reach
        .take(NODES)
        .map(|node| format!("On {}: {}.", node.node, node.reasons().collect::<Vec<_>>().join("; ")))
        .collect()
}

/// Nodes that are told of, at most.
const NODES: usize = 3;
