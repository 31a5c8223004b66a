//! Required affinity to pods that stand on no node.

use crate::checks::finding::Finding;

/// `pod-affinity`: a task's pod on its own.
pub fn of_task(task: &str) -> Finding {
    Finding::new("TKF209", "pod-affinity", format!("no node has the pods beside which task {task} must stand"))
}
