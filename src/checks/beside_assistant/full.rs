//! The assistant's node has no room for the task.

use crate::analysis::scheduler::Plugin;
use crate::checks::no_node::insufficient_resources::quote_room;
use crate::checks::obstacles::Spoken;
use crate::finding::{Cause, Facts, Finding};

use super::Joining;

const CAUSE: Cause = Cause::AssistantNodeFull;

/// `assistant-node-full`: computed from the node and its pods.
pub(super) fn by_verdict(joining: &Joining<'_, '_>) -> Option<Finding> {
    let Joining { focus, task, pod, node, .. } = *joining;
    joining.has(Plugin::NodeResourcesFit).then(|| {
        let reasons = joining.reasons();
        let summary = format!("{node}, where the assistant runs, has no room for task {task} ({reasons})");
        Finding::new(CAUSE, summary).facts(Facts::Nodes(vec![node.to_owned()])).evidence(quote_room(
            focus,
            pod,
            &[node.to_owned()],
        ))
    })
}

/// `assistant-node-full`: nodes were not read, and the scheduler speaks of room.
pub(super) fn by_words(joining: &Joining<'_, '_>) -> Option<Finding> {
    let Joining { task, node, message, .. } = *joining;
    Spoken::read(message).names(Plugin::NodeResourcesFit).then(|| {
        let summary = format!("{node}, where the assistant runs, has no room for task {task} by the scheduler's words");
        Finding::new(CAUSE, summary).facts(Facts::Nodes(vec![node.to_owned()]))
    })
}
