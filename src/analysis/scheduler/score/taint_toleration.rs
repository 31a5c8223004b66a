//! Fewer untolerated `PreferNoSchedule` taints are better.
//!
//! Mirrors `plugins/tainttoleration/taint_toleration.go` (1.27 to 1.36).

use super::normalize;
use crate::analysis::scheduler::snapshot::NodeInfo;
use crate::analysis::scheduler::tolerations::tolerates;
use crate::model::pod::Pod;

/// Scores of the nodes.
pub(super) fn scores(pod: &Pod, nodes: &[&NodeInfo<'_>]) -> Vec<i64> {
    let tolerations: Vec<_> = pod
        .spec
        .tolerations
        .iter()
        .filter(|toleration| matches!(toleration.effect.as_str(), "" | "PreferNoSchedule"))
        .collect();
    let count = |node: &NodeInfo<'_>| {
        let taints = node.node.spec.taints.iter().filter(|taint| taint.effect == "PreferNoSchedule");
        let untolerated = taints.filter(|taint| !tolerations.iter().any(|toleration| tolerates(toleration, taint)));
        i64::try_from(untolerated.count()).unwrap_or(i64::MAX)
    };
    let mut scores: Vec<i64> = nodes.iter().map(|node| count(node)).collect();
    normalize(&mut scores, true);
    scores
}
