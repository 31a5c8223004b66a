//! A host port that is taken.

use crate::checks::finding::Finding;

const CODE: &str = "TKF206";
const CAUSE: &str = "hostport-conflict";

/// `hostport-conflict`: a task's pod on its own.
pub fn of_task(task: &str) -> Finding {
    Finding::new(CODE, CAUSE, format!("the host port that task {task} wants is taken on every node it may use"))
}

/// `hostport-conflict`: a task that must join its assistant.
pub fn beside_assistant(task: &str, node: &str) -> Finding {
    Finding::new(CODE, CAUSE, format!("a host port that task {task} wants is taken on {node}"))
}
