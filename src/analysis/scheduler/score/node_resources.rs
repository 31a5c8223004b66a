//! Free resources: much left, and cpu and memory used alike.
//!
//! Mirrors `plugins/noderesources/{resource_allocation,least_allocated,most_allocated,balanced_allocation}.go`
//! (1.27 to 1.36) with the default arguments: cpu and memory, weight 1 each.

use super::MAX;
use crate::analysis::scheduler::cycle::Cycle;
use crate::analysis::scheduler::profile::Profile;
use crate::analysis::scheduler::requests;
use crate::analysis::scheduler::snapshot::NodeInfo;

/// NodeResourcesFit with the strategy LeastAllocated, or MostAllocated where full nodes
/// are wanted.
pub(super) fn allocated(cycle: &Cycle<'_, '_>, nodes: &[&NodeInfo<'_>], profile: Profile) -> Vec<i64> {
    let (cpu, memory) = requests::non_zero_of_incoming(cycle.pod, &cycle.snapshot.behaviour);
    let is_most = profile == Profile::HighNodeUtilization;
    let worth = |requested: i64, all: i64| match is_most {
        // Pods without requests count with minimum values, which may exceed a node.
        true => requested.min(all) * MAX / all,
        false if requested > all => 0,
        false => (all - requested) * MAX / all,
    };
    let score = |node: &NodeInfo<'_>| {
        let resources =
            [(node.non_zero.0 + cpu, node.allocatable.milli_cpu), (node.non_zero.1 + memory, node.allocatable.memory)];
        let present = resources.iter().filter(|(_, all)| *all != 0);
        let (sum, count) = present.fold((0, 0), |(sum, count), (used, all)| (sum + worth(*used, *all), count + 1));
        if count == 0 { 0 } else { sum / count }
    };
    nodes.iter().map(|node| score(node)).collect()
}

/// NodeResourcesBalancedAllocation; none for pods without requests since 1.33.
pub(super) fn balanced(cycle: &Cycle<'_, '_>, nodes: &[&NodeInfo<'_>]) -> Option<Vec<i64>> {
    let behaviour = &cycle.snapshot.behaviour;
    let wanted = requests::of_incoming(cycle.pod, behaviour);
    if behaviour.balanced_skips_best_effort && wanted.milli_cpu == 0 && wanted.memory == 0 {
        return None;
    }
    let at = |node: &NodeInfo<'_>, cpu: i64, memory: i64| {
        evenness([
            (node.requested.milli_cpu + cpu, node.allocatable.milli_cpu),
            (node.requested.memory + memory, node.allocatable.memory),
        ])
    };
    let score = |node: &NodeInfo<'_>| {
        let with = at(node, wanted.milli_cpu, wanted.memory);
        if behaviour.balanced_scores_change { MAX / 2 + (MAX / 2 + with - at(node, 0, 0)) / 2 } else { with }
    };
    Some(nodes.iter().map(|node| score(node)).collect())
}

/// 100 when both resources are used to the same fraction.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "upstream computes in float64")]
fn evenness(resources: [(i64, i64); 2]) -> i64 {
    let fraction = |(used, all): (i64, i64)| (used as f64 / all as f64).min(1.0);
    let deviation = match resources {
        [(_, 0), _] | [_, (_, 0)] => 0.0,
        [one, other] => ((fraction(one) - fraction(other)) / 2.0).abs(),
    };
    ((1.0 - deviation) * MAX as f64) as i64
}
