//! A step ended with an error of its own.

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding, Severity};
use crate::model::run::StepState;

use super::log::Words;

/// Lines of a log that are shown without being asked for.
const LINES: usize = 3;

/// Why the runtime, or Tekton's entrypoint, could not start the step at all (kubernetes
/// pkg/kubelet/kuberuntime/kuberuntime_container.go, v1.33; tektoncd/pipeline
/// cmd/entrypoint/main.go, v1.6).
fn not_started(words: &Words<'_>) -> Option<String> {
    let reason = words.end_reason();
    let by_runtime = matches!(reason, "StartError" | "ContainerCannotRun" | "RunContainerError");
    if by_runtime {
        return Some(if words.termination.is_empty() { reason.to_owned() } else { words.termination.to_owned() });
    }
    // Tekton's own words: a program of the step may fail to start others and say so.
    let line = words.line(&["error executing command: "])?;
    Some(line.to_owned())
}

/// `step-failed`.
pub fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, step: &StepState, words: &Words<'_>) -> Finding {
    let code = step.state.terminated.as_ref().map(|end| end.exit_code).unwrap_or_default();
    if let Some(why) = not_started(words) {
        let summary = format!("step {} of task {} could not be started: {why}", step.name, task.task);
        let finding = Finding::new(Cause::StepFailed, summary).facts(Facts::ExitCode(code));
        let finding = finding.severity(Severity::Warning).link("No line of the step was executed.");
        return words.quoted(focus, finding);
    }
    let mut finding = Finding::new(
        Cause::StepFailed,
        format!("step {} of task {} ended with exit code {code}", step.name, task.task),
    )
    .facts(Facts::ExitCode(code))
    .severity(Severity::Warning)
    .link("The pod was admitted, got a node and started; the program in the step ended with the error.");
    for line in words.last_lines(LINES) {
        finding = finding.link(format!("Its log ends: {line}"));
    }
    let finding = words.quoted(focus, finding);
    if words.log.is_some() {
        return finding;
    }
    let run = focus.run();
    let binds_claim =
        run.task(task.task).is_some_and(|definition| !assistant::task_claim_workspaces(run, definition).is_empty());
    if binds_claim || task.task_run.assistant().is_some() {
        // On a shared volume it may have been denied a file; only the log tells.
        return finding.not_proven();
    }
    finding
}
