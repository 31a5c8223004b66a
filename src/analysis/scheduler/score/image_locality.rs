//! Images that the node already holds.
//!
//! Mirrors `plugins/imagelocality/image_locality.go` (1.27 to 1.37).

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::MAX;
use crate::analysis::scheduler::cycle::Cycle;
use crate::analysis::scheduler::snapshot::NodeInfo;
use crate::model::pod::PodSpec;
use crate::model::volume::{Volume, VolumeSource};

const MEGABYTE: i64 = 1024 * 1024;
const LOWEST: i64 = 23 * MEGABYTE;
const HIGHEST_PER_CONTAINER: i64 = 1000 * MEGABYTE;

/// Scores of the nodes.
pub(super) fn scores(cycle: &Cycle<'_, '_>, nodes: &[&NodeInfo<'_>]) -> Vec<i64> {
    let spec = &cycle.pod.spec;
    let init = &spec.init_containers[..];
    let init = if cycle.snapshot.behaviour.image_locality_init_containers { init } else { &[] };
    let mounted = if cycle.snapshot.behaviour.image_volumes_score { volumes(spec) } else { Vec::new() };
    let counted = if cycle.snapshot.behaviour.image_volumes_count { mounted.len() } else { 0 };
    let containers = init.len() + spec.containers.len() + counted;
    let of_containers = init.iter().chain(&spec.containers).map(|container| normalized(&container.image));
    let images: Vec<String> = of_containers.chain(mounted).collect();
    let all = cycle.snapshot.nodes();
    let wanted: HashSet<&str> = images.iter().map(String::as_str).collect();
    // The size that the first node reports counts for all.
    let mut known: HashMap<&str, Known> = HashMap::new();
    for node in all {
        for image in &node.node.status.images {
            for name in image.names.iter().filter(|name| wanted.contains(name.as_str())) {
                known.entry(name).or_insert_with(|| Known { size: image.size_bytes, holders: 0 }).holders += 1;
            }
        }
    }
    let highest = HIGHEST_PER_CONTAINER * i64::try_from(containers.max(1)).unwrap_or(1);
    let score = |node: &NodeInfo<'_>| {
        let holds = |image: &String| node.node.status.images.iter().any(|held| held.names.contains(image));
        let held = images.iter().filter(|image| holds(image)).filter_map(|image| known.get(image.as_str()));
        let sum: i64 = held.map(|image| image.spread_size(all.len())).sum();
        MAX * (sum.clamp(LOWEST, highest) - LOWEST) / (highest - LOWEST)
    };
    nodes.iter().map(|node| score(node)).collect()
}

/// Images that are mounted as volumes.
fn volumes(spec: &PodSpec) -> Vec<String> {
    let reference = |volume: &Volume| match &volume.source {
        VolumeSource::Inline { kind, content } if kind == "image" => {
            Some(normalized(content.get("reference").and_then(Value::as_str).unwrap_or_default()))
        }
        _ => None,
    };
    spec.volumes.iter().filter_map(reference).collect()
}

/// An image that some node holds.
struct Known {
    size: i64,
    holders: usize,
}

impl Known {
    /// The size, scaled down when few nodes hold the image.
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "upstream computes in float64")]
    fn spread_size(&self, nodes: usize) -> i64 {
        (self.size as f64 * (self.holders as f64 / nodes as f64)) as i64
    }
}

fn normalized(image: &str) -> String {
    if image.rfind(':') <= image.rfind('/') { format!("{image}:latest") } else { image.to_owned() }
}
