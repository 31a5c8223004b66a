//! The assistant's pod refused in words that no other check knows.

use crate::checks::focus::Focus;
use crate::checks::refused::RefusedBy;
use crate::checks::task_refused::{priority_class, runtime_class};
use crate::finding::{Cause, Finding};

use super::of;

const CAUSE: Cause = Cause::AssistantRefused;

/// `assistant-refused`: words that no other check knows.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::Other | RefusedBy::PriorityClassMissing(_) | RefusedBy::RuntimeClassMissing(_)),
        |refused, text| match refused.by {
            Some(RefusedBy::PriorityClassMissing(_)) => priority_class::of_assistant(&refused.name, text),
            Some(RefusedBy::RuntimeClassMissing(_)) => runtime_class::of_assistant(&refused.name, text),
            _ => {
                let summary = format!("the pod of the affinity assistant {} is refused: {text}", refused.name);
                Finding::new(CAUSE, summary)
            }
        },
    )
}
