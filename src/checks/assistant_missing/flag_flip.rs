//! The assistant was switched on while the run was under way.

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;
use crate::model::run::ASSISTANT_ANNOTATION;

use super::{listed, start};

/// `assistant-missing-flag-flip`: an earlier TaskRun of the run used a claim and was not
/// tied to an assistant, so assistants were off when the run began.
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, name: &str) -> Option<Finding> {
    if !listed(focus) {
        return None;
    }
    let run = focus.run();
    let per_run_name = assistant::name("", &run.metadata.name);
    let uses_claim = |node: &TaskNode<'_>| {
        name == per_run_name
            || run.task(node.task).is_some_and(|t| !assistant::task_claim_workspaces(run, t).is_empty())
    };
    let earlier = |node: &&TaskNode<'_>| {
        node.task_run.metadata.creation_timestamp <= task.task_run.metadata.creation_timestamp
            && node.task_run.metadata.name != task.task_run.metadata.name
    };
    let before = focus.tree.tasks.iter().filter(earlier).find(|node| {
        uses_claim(node)
            && node.task_run.assistant() != Some(name)
            && (node.task_run.assistant().is_none() || name == per_run_name)
    });
    let switched_mode =
        focus.tree.assistants.iter().any(|other| (name == per_run_name) != (other.name == per_run_name));
    if before.is_none() && !switched_mode {
        return None;
    }
    let earlier_assistant = before.and_then(|before| before.task_run.assistant());
    let change = if switched_mode || earlier_assistant.is_some() {
        "coschedule was changed to another mode"
    } else {
        "the affinity assistant was switched on"
    };
    let mut finding = start(
        focus,
        task,
        name,
        Cause::AssistantMissingFlagFlip,
        format!("{change} while the run was under way: task {} waits for {name}, which was never created", task.task),
    );
    if let Some(before) = before {
        let (old, new) = (&before.task_run.metadata.name, &task.task_run.metadata.name);
        finding = finding
            .link(match earlier_assistant {
                Some(other) => format!(
                    "TaskRun {old} of the same run is tied to assistant {other}, TaskRun {new} to {name}: the mode changed between them."
                ),
                None => format!(
                    "TaskRun {old} of the same run has no assistant, TaskRun {new} has one: the flag changed between them."
                ),
            })
            .evidence([focus.quote(
                Kind::TaskRun,
                &before.task_run.metadata.name,
                format!("metadata.annotations[{ASSISTANT_ANNOTATION}]"),
                before.task_run.assistant().unwrap_or("absent"),
            )])
            .evidence(focus.quote_task_run(before.task_run));
    }
    Some(finding.link("Setting the flag back does not help this run: the annotation stays on the TaskRun."))
}
