//! A task's pod against OpenShift's SecurityContextConstraints.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::scc_verdict;
use crate::finding::{Cause, Facts, Finding};

/// `task-pod-refused-by-scc`.
pub fn finding(task: &TaskNode<'_>, message: &str) -> Finding {
    let name = task.task;
    let account = task.task_run.spec.get("serviceAccountName").and_then(|v| v.as_str()).unwrap_or("default");
    let reasons = scc_verdict::reasons(message);
    Finding::new(Cause::TaskPodRefusedByScc,
        format!("OpenShift refuses the pod of task {name} (ServiceAccount {account}): {}", reasons.join("; ")),
    )
    .facts(Facts::Denied { account: account.to_owned(), reasons: scc_verdict::refusals(message) })
    .link(format!("No SCC that ServiceAccount {account} or Tekton's controller may use admits the pod of task {name}; the TaskRun fails at once."))
}
