//! The assistant's pod refused in words that no other check knows.

use crate::checks::finding::Finding;
use crate::checks::focus::Focus;
use crate::checks::refused::RefusedBy;

use super::of;

/// `assistant-refused`: words that no other check knows.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::Other | RefusedBy::PriorityClassMissing | RefusedBy::RuntimeClassMissing),
        |refused, text| {
            let (code, cause) = match refused.by {
                Some(RefusedBy::PriorityClassMissing) => ("TKF307", "priority-class-missing"),
                Some(RefusedBy::RuntimeClassMissing) => ("TKF308", "runtime-class-missing"),
                _ => ("TKF107", "assistant-refused"),
            };
            Finding::new(code, cause, format!("the pod of the affinity assistant {} is refused: {text}", refused.name))
        },
    )
}
