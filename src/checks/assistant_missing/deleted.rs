//! The StatefulSet was there and was deleted.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};

use super::{listed, start};

/// `assistant-deleted`.
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, name: &str) -> Option<Finding> {
    if !listed(focus) {
        return None;
    }
    let made: Vec<_> = focus
        .events_about("StatefulSet", name)
        .into_iter()
        .filter(|event| event.reason == "SuccessfulCreate")
        .collect();
    let earlier = focus.tree.tasks.iter().find(|node| {
        node.task_run.metadata.name != task.task_run.metadata.name
            && node.task_run.assistant() == Some(name)
            && node.task_run.is_done()
    });
    if made.is_empty() && earlier.is_none() {
        return None;
    }
    let mut finding = start(
        focus,
        task,
        name,
        Cause::AssistantDeleted,
        format!("the StatefulSet of the affinity assistant {name} was deleted while the run was under way"),
    )
    .evidence(made.into_iter().map(|event| focus.quote_event(event)));
    if let Some(earlier) = earlier {
        finding = finding
            .link(format!("Task {} ran beside it, so it did exist.", earlier.task))
            .evidence(focus.quote_task_run(earlier.task_run))
            .evidence(focus.quote_annotation(earlier.task_run));
    }
    Some(finding)
}
