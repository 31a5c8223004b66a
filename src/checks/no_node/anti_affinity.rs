//! Required anti-affinity forbids a pod every node.

use crate::checks::finding::Finding;

/// `anti-affinity`: a task's pod on its own.
pub fn of_task(task: &str) -> Finding {
    Finding::new("TKF208", "anti-affinity", format!("anti-affinity rules forbid task {task} every node it may use"))
}
