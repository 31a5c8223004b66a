//! Storage that is left where the pod's claims would be bound or provisioned.
//!
//! Mirrors `plugins/volumebinding/volume_binding.go` (`Score`) and `scorer.go` with the default
//! shape: full is worst (1.37, `StorageCapacityScoring`).

use std::collections::BTreeMap;

use super::MAX;
use crate::analysis::scheduler::cycle::Cycle;
use crate::analysis::scheduler::snapshot::NodeInfo;
use crate::analysis::scheduler::volume_binding::Share;

/// Scores of the nodes; `None` where the plugin does not score.
pub(super) fn scores(cycle: &Cycle<'_, '_>, nodes: &[&NodeInfo<'_>]) -> Option<Vec<i64>> {
    if !cycle.snapshot.behaviour.storage_capacity_scores {
        return None;
    }
    let score =
        |node: &&NodeInfo<'_>| cycle.binding().map_or(0, |state| of_shares(&state.shares(node, cycle.snapshot)));
    Some(nodes.iter().map(score).collect())
}

/// The mean over the storage classes.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "upstream computes in float64")]
fn of_shares(shares: &[Share<'_>]) -> i64 {
    let has_static = shares.iter().any(|share| share.is_static);
    let mut classes: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for share in shares.iter().filter(|share| share.is_static == has_static) {
        let (requested, capacity) = classes.entry(share.class).or_default();
        *requested = requested.saturating_add(share.requested);
        // All claims of a class are provisioned from one pool.
        *capacity = if share.is_static { capacity.saturating_add(share.capacity) } else { share.capacity };
    }
    if classes.is_empty() {
        return 0;
    }
    let of_class = |(requested, capacity): &(i64, i64)| {
        if *capacity == 0 || requested > capacity { 0 } else { MAX - requested.saturating_mul(MAX) / capacity }
    };
    let sum: i64 = classes.values().map(of_class).sum();
    (sum as f64 / classes.len() as f64).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(class: &str, requested: i64, capacity: i64, is_static: bool) -> Share<'_> {
        Share { class, requested, capacity, is_static }
    }

    #[test]
    fn what_is_left_counts_and_classes_count_alike() {
        assert_eq!(of_shares(&[]), 0);
        assert_eq!(of_shares(&[share("a", 20, 100, true)]), 80);
        assert_eq!(of_shares(&[share("a", 20, 100, true), share("a", 20, 100, true)]), 80);
        assert_eq!(of_shares(&[share("a", 20, 100, true), share("b", 75, 100, true)]), 53);
        // Two claims from one pool take both their parts of it.
        assert_eq!(of_shares(&[share("a", 50, 100, false), share("a", 50, 100, false)]), 0);
        // Once a volume is there to be bound, what would be provisioned does not count.
        assert_eq!(of_shares(&[share("a", 50, 100, true), share("b", 100, 100, false)]), 50);
        assert_eq!(of_shares(&[share("a", 150, 100, false)]), 0);
    }
}
