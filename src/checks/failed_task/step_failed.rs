//! A step ended with an error of its own.

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::workspace_access::container_of;
use crate::finding::{Cause, Confidence, Finding, Severity};
use crate::model::run::StepState;

/// `step-failed`.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, step: &StepState) -> Finding {
    let code = step.state.terminated.as_ref().map(|end| end.exit_code).unwrap_or_default();
    let finding = Finding::new(
        Cause::StepFailed,
        format!("step {} of task {} ended with exit code {code}", step.name, task.task),
    )
    .severity(Severity::Warning);
    let log = task.pod.and_then(|pod| {
        let key = format!("{}/{}/{}", pod.metadata.namespace, pod.metadata.name, container_of(step));
        focus.cluster.logs.get(&key)
    });
    if log.is_some() {
        return finding;
    }
    let finding = finding.cannot_tell("what the step wrote: its log was not read");
    let run = focus.run();
    let binds_claim =
        run.task(task.task).is_some_and(|definition| !assistant::task_claim_workspaces(run, definition).is_empty());
    if binds_claim || task.task_run.assistant().is_some() {
        // On a shared volume it may have been denied a file; only the log tells.
        return finding.confidence(Confidence::Likely);
    }
    finding
}
