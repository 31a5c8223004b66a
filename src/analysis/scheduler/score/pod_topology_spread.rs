//! Soft spread constraints.
//!
//! Mirrors `plugins/podtopologyspread/scoring.go` (1.27 to 1.36). The profile's own
//! constraints apply only to pods that a Service or a controller selects, which
//! pods of runs are not; they are not looked at.

use std::collections::HashMap;

use super::MAX;
use crate::analysis::scheduler::cycle::Cycle;
use crate::analysis::scheduler::labels::RequiredNodeAffinity;
use crate::analysis::scheduler::pod_topology_spread::{Constraint, has_all_keys, slots};
use crate::analysis::scheduler::snapshot::NodeInfo;

const HOSTNAME: &str = "kubernetes.io/hostname";

/// Scores of the nodes; none without constraints.
pub(super) fn scores(cycle: &Cycle<'_, '_>, nodes: &[&NodeInfo<'_>]) -> Option<Vec<i64>> {
    let (snapshot, pod) = (cycle.snapshot, cycle.pod);
    let constraints = Constraint::of(pod, "ScheduleAnyway");
    if constraints.is_empty() {
        return snapshot.behaviour.spread_scores_without_constraints.then(|| vec![MAX; nodes.len()]);
    }
    let slots = slots(&constraints, snapshot.behaviour.spread_counts_apart);
    let mut counts: Vec<HashMap<&str, i64>> = vec![HashMap::new(); constraints.len()];
    let mut sizes = vec![0_usize; constraints.len()];
    let mut judged = 0;
    for node in nodes.iter().filter(|node| has_all_keys(&constraints, node)) {
        judged += 1;
        for (at, constraint) in constraints.iter().enumerate().filter(|(_, c)| c.key() != HOSTNAME) {
            if let Some(value) = node.label(constraint.key())
                && counts[slots[at]].insert(value, 0).is_none()
            {
                sizes[at] += 1;
            }
        }
    }
    let namespace = &pod.metadata.namespace;
    let demands = RequiredNodeAffinity::of(pod);
    let pods: Vec<Vec<i64>> = constraints.iter().map(|constraint| constraint.counts(namespace, snapshot)).collect();
    for (place, node) in snapshot.nodes().iter().enumerate().filter(|(_, node)| has_all_keys(&constraints, node)) {
        for (at, constraint) in constraints.iter().enumerate() {
            if let Some(count) = node.label(constraint.key()).and_then(|value| counts[slots[at]].get_mut(value))
                && constraint.includes(pod, node, &demands)
            {
                *count += pods[at][place];
            }
        }
    }
    let raw = |node: &NodeInfo<'_>| {
        has_all_keys(&constraints, node).then(|| {
            let terms = constraints.iter().enumerate().map(|(at, constraint)| {
                let (size, count) = if constraint.key() == HOSTNAME {
                    (judged, snapshot.position(node.name()).map_or(0, |place| pods[at][place]))
                } else {
                    let value = node.label(constraint.key()).unwrap_or_default();
                    (sizes[at], counts[slots[at]].get(value).copied().unwrap_or(0))
                };
                weighted(count, size, constraint.spec.max_skew)
            });
            rounded(terms.sum())
        })
    };
    let scores: Vec<Option<i64>> = nodes.iter().map(|node| raw(node)).collect();
    let max = scores.iter().flatten().copied().max().unwrap_or(0).max(0);
    let min = scores.iter().flatten().copied().min().unwrap_or(0);
    let normalized = |score: i64| if max == 0 { MAX } else { MAX * (max + min - score) / max };
    Some(scores.into_iter().map(|score| score.map_or(0, normalized)).collect())
}

#[allow(clippy::cast_precision_loss, reason = "upstream computes in float64")]
fn weighted(count: i64, domains: usize, max_skew: i32) -> f64 {
    count as f64 * ((domains + 2) as f64).ln() + f64::from(max_skew - 1)
}

#[allow(clippy::cast_possible_truncation, reason = "upstream rounds to int64")]
fn rounded(score: f64) -> i64 {
    score.round() as i64
}
