//! No node carries the labels that a pod asks for.

use crate::checks::finding::Finding;

const CODE: &str = "TKF202";
const CAUSE: &str = "node-selector-mismatch";

/// `node-selector-mismatch`: a task's pod on its own.
pub fn of_task(task: &str) -> Finding {
    Finding::new(CODE, CAUSE, format!("no node has the labels that task {task} demands"))
}

/// `node-selector-mismatch`: the assistant's pod takes over the run's node selector.
pub fn of_assistant(pod: &str) -> Finding {
    let summary =
        format!("no node has the labels that the run demands, so the affinity assistant's pod {pod} finds none");
    Finding::new(CODE, CAUSE, summary)
}
