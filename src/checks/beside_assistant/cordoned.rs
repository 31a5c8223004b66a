//! The assistant's node was cordoned after it came to stand there.

use crate::checks::finding::Finding;

use super::Joining;

/// `assistant-node-cordoned`.
pub(super) fn finding(joining: &Joining<'_, '_>) -> Option<Finding> {
    let Joining { focus, task, node, .. } = *joining;
    let read = focus.cluster.node(node);
    if !joining.has("NodeUnschedulable") && !read.is_some_and(|node| node.spec.unschedulable) {
        return None;
    }
    Some(
        Finding::new(
            "TKF131",
            "assistant-node-cordoned",
            format!("the assistant stands on {node}, which was cordoned: task {task} may not join it"),
        )
        .evidence(read.map(|node| focus.quote_cordon(node))),
    )
}
