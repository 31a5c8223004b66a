//! The assistant that a task waits for was never created, or is gone: two
//! workspaces on one claim, flags that changed under way, a deleted StatefulSet.

mod deleted;
mod flag_flip;
mod shared_claim;
mod unexplained;

use crate::analysis::tekton::run_tree::{self, TaskNode};
use crate::model::Kind;

use super::focus::{Focus, unplaced};
use crate::finding::{Cause, Finding};

/// Runs the checks: they share the question which assistant is missing, and
/// each task has one answer.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (task, name) in focus.beside_assistant() {
        let node = focus.assistant_or_absent(name);
        let waits = task.pod.and_then(unplaced).is_some_and(|pod| focus.is_past_grace(pod.metadata.creation_timestamp));
        if !waits || node.stateful_set.is_some() || node.pod.is_some() {
            continue;
        }
        let finding = shared_claim::finding(focus, task, name)
            .or_else(|| flag_flip::finding(focus, task, name))
            .or_else(|| deleted::finding(focus, task, name))
            .or_else(|| unexplained::finding(focus, task, name));
        if let Some(finding) = finding
            && !findings.iter().any(|known| known.cause == finding.cause)
        {
            findings.push(finding);
        }
    }
    findings
}

fn listed(focus: &Focus<'_>) -> bool {
    run_tree::stateful_sets_listed(focus.cluster, focus.namespace())
}

/// What every variant says: who waits for what, and that it is not there.
fn start(focus: &Focus<'_>, task: &TaskNode<'_>, name: &str, cause: Cause, summary: String) -> Finding {
    let mut finding = Finding::new(cause, summary)
        .link(format!("The pod of task {} must run on the same node as the assistant {name}.", task.task))
        .evidence(focus.quote_waiting(task));
    if listed(focus) {
        finding = finding
            .link(format!("The StatefulSet {name} does not exist; Tekton creates assistants only before a run's first TaskRun, so it will not come."))
            .evidence([focus.quote(Kind::StatefulSet, name, "name", "does not exist in the complete list of the namespace")]);
    }
    for other in &focus.tree.assistants {
        if let Some(set) = other.stateful_set {
            finding = finding.evidence([focus.quote_replicas(set)]);
        }
    }
    finding
}
