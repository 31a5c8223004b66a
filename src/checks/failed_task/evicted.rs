//! The kubelet evicted a task's pod.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::finding::{Cause, Finding};
use crate::model::Condition;

/// The kubelet's words for why it evicts a pod (kubernetes pkg/kubelet/eviction/helpers.go
/// and eviction_manager.go, v1.33).
const EVICTIONS: [&str; 5] = [
    "The node was low on resource",
    "The node had condition: ",
    "Usage of EmptyDir volume ",
    "Pod ephemeral local storage usage exceeds",
    "exceeded its local ephemeral storage limit",
];

/// `pod-evicted`.
pub fn finding(task: &TaskNode<'_>, condition: &Condition) -> Option<Finding> {
    let evicted = condition.reason == "PodEvicted"
        || EVICTIONS.iter().any(|words| condition.message.contains(words))
        || task.pod.is_some_and(|pod| pod.status.reason == "Evicted");
    evicted.then(|| {
        Finding::new(
            Cause::PodEvicted,
            format!("the kubelet evicted the pod of task {}: {}", task.task, condition.message.trim()),
        )
    })
}
