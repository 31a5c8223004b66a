//! The assistant's pod, away from where its volume is.

use crate::checks::focus::Focus;
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
    Finding::new(CAUSE,
        format!(
            "the affinity assistant's pod {name} may not run where its volume is: the run's node selection excludes the volume's node or zone"
        ),
    )
    .evidence(quote_claims(focus, pod))
}
