//! Images that the node already holds.
//!
//! Mirrors `plugins/imagelocality/image_locality.go` (1.27 to 1.36); image volumes
//! are not looked at.

use std::collections::{HashMap, HashSet};

use super::MAX;
use crate::analysis::scheduler::cycle::Cycle;
use crate::analysis::scheduler::snapshot::NodeInfo;

const MEGABYTE: i64 = 1024 * 1024;
const LOWEST: i64 = 23 * MEGABYTE;
const HIGHEST_PER_CONTAINER: i64 = 1000 * MEGABYTE;

/// Scores of the nodes.
pub(super) fn scores(cycle: &Cycle<'_, '_>, nodes: &[&NodeInfo<'_>]) -> Vec<i64> {
    let spec = &cycle.pod.spec;
    let init = &spec.init_containers[..];
    let init = if cycle.snapshot.behaviour.image_locality_init_containers { init } else { &[] };
    let containers = init.len() + spec.containers.len();
    let images: Vec<String> =
        init.iter().chain(&spec.containers).map(|container| normalized(&container.image)).collect();
    let all = cycle.snapshot.nodes();
    let wanted: HashSet<&str> = images.iter().map(String::as_str).collect();
    let mut holders: HashMap<&str, HashSet<&str>> = HashMap::new();
    for node in all {
        let names = node.node.status.images.iter().flat_map(|image| &image.names);
        for name in names.filter(|name| wanted.contains(name.as_str())) {
            holders.entry(name).or_default().insert(node.name());
        }
    }
    nodes.iter().map(|node| score(node, &images, &holders, all.len(), containers)).collect()
}

#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "upstream computes in float64")]
fn score(
    node: &NodeInfo<'_>,
    images: &[String],
    holders: &HashMap<&str, HashSet<&str>>,
    total: usize,
    containers: usize,
) -> i64 {
    let size = |image: &String| {
        let held = node.node.status.images.iter().find(|held| held.names.contains(image))?;
        let spread = holders.get(image.as_str())?.len() as f64 / total as f64;
        Some((held.size_bytes as f64 * spread) as i64)
    };
    let sum: i64 = images.iter().filter_map(size).sum();
    let highest = HIGHEST_PER_CONTAINER * i64::try_from(containers.max(1)).unwrap_or(1);
    MAX * (sum.clamp(LOWEST, highest) - LOWEST) / (highest - LOWEST)
}

fn normalized(image: &str) -> String {
    if image.rfind(':') <= image.rfind('/') { format!("{image}:latest") } else { image.to_owned() }
}
