//! Ranking the nodes that fit.
//!
//! Mirrors `prioritizeNodes` of `pkg/scheduler/schedule_one.go` and
//! `RunScorePlugins` of `framework/runtime/framework.go` (1.27 to 1.37): each
//! plugin's scores are brought to 0..100, weighted and summed.

mod image_locality;
mod inter_pod_affinity;
mod node_affinity;
mod node_resources;
mod pod_topology_spread;
mod taint_toleration;
mod volume_binding;

use super::cycle::Cycle;
use super::plugin::ScorePlugin;
use super::profile::Profile;
use super::snapshot::NodeInfo;
use super::verdict::Score;

/// The largest normalised score.
const MAX: i64 = 100;

/// Scores of the nodes at these places, in the same order.
///
/// # Errors
/// When a preferred node affinity term is malformed: the cycle ends.
pub(super) fn score(cycle: &Cycle<'_, '_>, feasible: &[usize]) -> Result<Vec<Score>, String> {
    let profile = Profile::of(cycle.snapshot.cluster);
    if profile == Profile::NoScoring {
        return Ok(vec![Score::default(); feasible.len()]);
    }
    if feasible.is_empty() {
        // A malformed term ends the cycle all the same.
        return node_affinity::scores(cycle.pod, &[]).map(|_| Vec::new());
    }
    let nodes: Vec<&NodeInfo<'_>> = feasible.iter().map(|at| &cycle.snapshot.nodes()[*at]).collect();
    let mut scores = vec![Score::default(); nodes.len()];
    for &plugin in ScorePlugin::ALL {
        let Some(weight) = profile.weight(plugin) else { continue };
        let of_plugin = match plugin {
            ScorePlugin::TaintToleration => Some(taint_toleration::scores(cycle.pod, &nodes)),
            ScorePlugin::NodeAffinity => node_affinity::scores(cycle.pod, &nodes)?,
            ScorePlugin::PodTopologySpread => pod_topology_spread::scores(cycle, &nodes),
            ScorePlugin::InterPodAffinity => inter_pod_affinity::scores(cycle, &nodes),
            ScorePlugin::NodeResourcesFit => Some(node_resources::allocated(cycle, &nodes, profile)),
            ScorePlugin::NodeResourcesBalancedAllocation => node_resources::balanced(cycle, &nodes),
            ScorePlugin::ImageLocality => Some(image_locality::scores(cycle, &nodes)),
            ScorePlugin::VolumeBinding => volume_binding::scores(cycle, &nodes),
        };
        for (score, of_plugin) in scores.iter_mut().zip(of_plugin.into_iter().flatten()) {
            let weighted = of_plugin * weight;
            score.total += weighted;
            score.plugins.push((plugin, weighted));
        }
    }
    Ok(scores)
}

/// Brings scores to 0..100 by their maximum, upside down when asked
/// (`plugins/helper/normalize_score.go`).
fn normalize(scores: &mut [i64], reverse: bool) {
    let max = scores.iter().copied().max().unwrap_or(0).max(0);
    for score in scores {
        if max == 0 {
            *score = if reverse { MAX } else { *score };
            continue;
        }
        *score = MAX * *score / max;
        if reverse {
            *score = MAX - *score;
        }
    }
}
