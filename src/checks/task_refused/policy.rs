//! A task's pod against an admission policy or webhook.

use crate::finding::{Cause, Finding};

const CAUSE: Cause = Cause::TaskPodRefusedByPolicy;

/// `task-pod-refused-by-policy`.
pub fn finding(task: &str, policy: &str) -> Finding {
    Finding::new(CAUSE, format!("the admission policy {policy} refuses the pod of task {task}"))
}

/// `task-pod-refused-by-policy`: the webhook does not answer.
pub fn silent(task: &str, webhook: &str) -> Finding {
    let summary =
        format!("the admission webhook {webhook} must be asked about the pod of task {task} and does not answer");
    Finding::new(CAUSE, summary).link("Its failurePolicy is Fail: as long as its service does not answer, no pod that it looks at can be created in the namespace.")
}
