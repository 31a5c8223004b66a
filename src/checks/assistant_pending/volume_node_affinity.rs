//! The assistant's pod, away from where its volume is.

use crate::checks::focus::Focus;
use crate::checks::no_node::volume_node_affinity::quote_claims;
use crate::finding::{Cause, Finding};
use crate::model::pod::Pod;

/// `assistant-pending-volume-node-affinity`.
pub fn finding(focus: &Focus<'_>, pod: &Pod) -> Finding {
    Finding::new(Cause::AssistantPendingVolumeNodeAffinity,
        format!(
            "the affinity assistant's pod {} may not run where its volume is: the run's node selection excludes the volume's node or zone",
            pod.metadata.name
        ),
    )
    .evidence(quote_claims(focus, pod))
}
