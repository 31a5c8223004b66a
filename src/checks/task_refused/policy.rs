//! A task's pod against an admission policy or webhook.

use crate::checks::finding::Finding;

const CODE: &str = "TKF309";
const CAUSE: &str = "task-pod-refused-by-policy";

/// `task-pod-refused-by-policy`.
pub fn finding(task: &str, policy: &str) -> Finding {
    Finding::new(CODE, CAUSE, format!("the admission policy {policy} refuses the pod of task {task}"))
}

/// `task-pod-refused-by-policy`: the webhook does not answer.
pub fn silent(task: &str, webhook: &str) -> Finding {
    let summary =
        format!("the admission webhook {webhook} must be asked about the pod of task {task} and does not answer");
    Finding::new(CODE, CAUSE, summary).link("Its failurePolicy is Fail: as long as its service does not answer, no pod that it looks at can be created in the namespace.")
}
