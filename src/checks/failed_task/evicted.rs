//! The kubelet evicted a task's pod.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::finding::Finding;
use crate::model::Condition;

/// `pod-evicted`.
pub fn finding(task: &TaskNode<'_>, condition: &Condition) -> Option<Finding> {
    let evicted = condition.reason == "PodEvicted"
        || condition.message.contains("The node was low on resource")
        || task.pod.is_some_and(|pod| pod.status.reason == "Evicted");
    evicted.then(|| {
        Finding::new(
            "TKF407",
            "pod-evicted",
            format!("the kubelet evicted the pod of task {}: {}", task.task, condition.message.trim()),
        )
    })
}
