//! Writes the message of a pod that no node takes.
//!
//! Mirrors `FitError.Error` of `pkg/scheduler/framework/types.go` (1.27 to 1.36).

use std::collections::BTreeMap;

use crate::analysis::scheduler::verdict::Reason;
use crate::analysis::scheduler::version::Behaviour;

/// The text: a PreFilter's refusal or the histogram of reasons, then what
/// PostFilter said.
pub(in crate::analysis::scheduler) fn fit_error(
    nodes: usize,
    prefilter: Option<&str>,
    reasons: &BTreeMap<Reason, usize>,
    post_filter: Option<&str>,
    behaviour: &Behaviour,
) -> String {
    let mut text = format!("0/{nodes} nodes are available:");
    match prefilter {
        Some(prefilter) => text.push_str(&format!(" {prefilter}.")),
        None => {
            // Sorted as texts: 10 comes before 2.
            let mut items: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
            items.sort();
            if !items.is_empty() {
                text.push_str(&format!(" {}.", items.join(", ")));
            }
        }
    }
    if let Some(post_filter) = post_filter {
        text.push_str(&format!(" {post_filter}"));
        if behaviour.double_dot {
            text.push('.');
        }
    }
    text
}
