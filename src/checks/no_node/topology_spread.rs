//! A spread constraint excludes all allowed nodes.

use crate::checks::finding::Finding;

const CODE: &str = "TKF136";
const CAUSE: &str = "topology-spread";

/// `topology-spread`: a task's pod on its own.
pub fn of_task(task: &str) -> Finding {
    Finding::new(CODE, CAUSE, format!("a spread constraint forbids task {task} every node"))
}

/// `topology-spread`: a task that must join its assistant.
pub fn beside_assistant(task: &str, node: &str) -> Finding {
    let summary = format!("a spread constraint of task {task} forbids {node}, the one node that the assistant allows");
    Finding::new(CODE, CAUSE, summary)
}
