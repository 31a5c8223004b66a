//! Preferred pod affinity, of the pod and towards it.
//!
//! Mirrors `plugins/interpodaffinity/scoring.go` (1.27 to 1.36) with the default
//! `hardPodAffinityWeight` of 1.

use std::collections::HashMap;

use super::MAX;
use crate::analysis::scheduler::cycle::Cycle;
use crate::analysis::scheduler::inter_pod_affinity::{Term, each_meant, namespace_labels, required};
use crate::analysis::scheduler::snapshot::NodeInfo;
use crate::model::meta::StringMap;
use crate::model::pod::{Pod, PodAffinity};

const HARD_POD_AFFINITY_WEIGHT: i64 = 1;

/// Weights by topology key and value.
#[derive(Default)]
struct Places<'a>(HashMap<&'a str, HashMap<&'a str, i64>>);

impl<'a> Places<'a> {
    fn add(&mut self, node: &NodeInfo<'a>, key: &'a str, weight: i64) {
        if let Some(value) = node.label(key) {
            *self.0.entry(key).or_default().entry(value).or_default() += weight;
        }
    }

    fn score(&self, node: &NodeInfo<'_>) -> i64 {
        let of_key = |(key, values): (&&str, &HashMap<&str, i64>)| {
            node.label(key).and_then(|value| values.get(value)).copied().unwrap_or(0)
        };
        self.0.iter().map(of_key).sum()
    }
}

fn preferred<'a>(pod: &'a Pod, affinity: Option<&'a PodAffinity>) -> impl Iterator<Item = (i64, Term<'a>)> {
    let terms = affinity.into_iter().flat_map(|affinity| &affinity.preferred);
    terms.map(move |term| (i64::from(term.weight), Term::new(pod, &term.pod_affinity_term)))
}

/// Scores of the nodes; none when no term means any pod.
pub(super) fn scores(cycle: &Cycle<'_, '_>, nodes: &[&NodeInfo<'_>]) -> Option<Vec<i64>> {
    let (snapshot, pod) = (cycle.snapshot, cycle.pod);
    let affinity = &pod.spec.affinity;
    let own: Vec<(i64, Term<'_>)> = preferred(pod, affinity.pod_affinity.as_ref())
        .chain(preferred(pod, affinity.pod_anti_affinity.as_ref()).map(|(weight, term)| (-weight, term)))
        .map(|(weight, term)| (weight, term.resolve(snapshot)))
        .collect();
    let mut places = Places::default();
    let none = StringMap::new();
    if !own.is_empty() {
        let terms: Vec<&Term<'_>> = own.iter().map(|(_, term)| term).collect();
        each_meant(snapshot, &terms, |node, other| {
            for (weight, term) in own.iter().filter(|(_, term)| term.matches(other, &none)) {
                places.add(node, term.key, *weight);
            }
        });
    }
    let labels = namespace_labels(snapshot, &pod.metadata.namespace).unwrap_or(&none);
    for (node, other) in snapshot.with_affinity() {
        let affinity = &other.spec.affinity;
        let towards = required(other, affinity.pod_affinity.as_ref())
            .map(|term| (HARD_POD_AFFINITY_WEIGHT, term))
            .chain(preferred(other, affinity.pod_affinity.as_ref()))
            .chain(preferred(other, affinity.pod_anti_affinity.as_ref()).map(|(weight, term)| (-weight, term)));
        for (weight, term) in towards.filter(|(_, term)| term.matches(pod, labels)) {
            places.add(node, term.key, weight);
        }
    }
    if places.0.is_empty() {
        return None;
    }
    Some(spread_out(nodes.iter().map(|node| places.score(node)).collect()))
}

/// Brings scores to 0..100 between their minimum and maximum.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "upstream computes in float64")]
fn spread_out(scores: Vec<i64>) -> Vec<i64> {
    let (Some(min), Some(max)) = (scores.iter().min().copied(), scores.iter().max().copied()) else { return scores };
    let scale = |score: i64| {
        if max == min { 0 } else { (MAX as f64 * ((score - min) as f64 / (max - min) as f64)) as i64 }
    };
    scores.into_iter().map(scale).collect()
}
