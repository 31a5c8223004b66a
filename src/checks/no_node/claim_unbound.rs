//! A claim without a volume, which scheduling will not give it.

use crate::checks::finding::Finding;
use crate::checks::focus::Focus;
use crate::model::pod::Pod;

use super::volume_node_affinity::{claims_of, quote_claims};

/// `pvc-unbound`, the same for assistants and tasks.
pub fn of_any(focus: &Focus<'_>, pod: &Pod) -> Finding {
    let unbound: Vec<&str> = claims_of(pod)
        .filter(|claim| focus.cluster.claim(focus.namespace(), claim).is_some_and(|c| c.status.phase != "Bound"))
        .collect();
    Finding::new("TKF401", "pvc-unbound", format!("the claim {} is not bound to a volume", unbound.join(", ")))
        .evidence(quote_claims(focus, pod))
}
