//! Preferred node affinity.
//!
//! Mirrors `plugins/nodeaffinity/node_affinity.go` (1.27 to 1.36) and
//! `NewPreferredSchedulingTerms` of component-helpers.

use super::normalize;
use crate::analysis::scheduler::labels;
use crate::analysis::scheduler::snapshot::NodeInfo;
use crate::model::pod::{Pod, PreferredNodeTerm};

/// Scores of the nodes; none without preferences.
///
/// # Errors
/// When a term is malformed: filters swallow that, scoring does not.
pub(super) fn scores(pod: &Pod, nodes: &[&NodeInfo<'_>]) -> Result<Option<Vec<i64>>, String> {
    let Some(affinity) = &pod.spec.affinity.node_affinity else { return Ok(None) };
    if affinity.preferred.is_empty() {
        return Ok(None);
    }
    let counts = |term: &PreferredNodeTerm| term.weight != 0 && !labels::is_empty_term(&term.preference);
    let terms = affinity.preferred.iter().enumerate().filter(|(_, term)| counts(term));
    let problems: Vec<String> = terms
        .clone()
        .filter_map(|(at, term)| labels::malformed(&term.preference).map(|what| format!("[{at}].{what}")))
        .collect();
    match problems.as_slice() {
        [] => {}
        [one] => return Err(format!("running PreScore plugin \"NodeAffinity\": {one}")),
        many => return Err(format!("running PreScore plugin \"NodeAffinity\": [{}]", many.join(", "))),
    }
    let score = |node: &NodeInfo<'_>| {
        let labels = &node.node.metadata.labels;
        let matching =
            terms.clone().filter(|(_, term)| labels::term_matches(&term.preference, Some(node.name()), labels));
        matching.map(|(_, term)| i64::from(term.weight)).sum()
    };
    let mut scores: Vec<i64> = nodes.iter().map(|node| score(node)).collect();
    normalize(&mut scores, false);
    Ok(Some(scores))
}
