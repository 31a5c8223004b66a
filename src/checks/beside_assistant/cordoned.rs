//! The assistant's node was cordoned after it came to stand there.

use crate::analysis::scheduler::Plugin;
use crate::finding::{Cause, Facts, Finding};

use super::Joining;

/// `assistant-node-cordoned`.
pub(super) fn finding(joining: &Joining<'_, '_>) -> Option<Finding> {
    let Joining { focus, task, node, .. } = *joining;
    let read = focus.cluster.node(node);
    if !joining.has(Plugin::NodeUnschedulable) && !read.is_some_and(|node| node.spec.unschedulable) {
        return None;
    }
    Some(
        Finding::new(
            Cause::AssistantNodeCordoned,
            format!("the assistant runs on {node}, which was cordoned: task {task} may not join it"),
        )
        .facts(Facts::Nodes(vec![node.to_owned()]))
        .evidence(read.map(|node| focus.quote_cordon(node))),
    )
}
