//! A task's pod against an admission policy or webhook.

use crate::checks::webhooks;
use crate::finding::{Cause, Facts, Finding};

const CAUSE: Cause = Cause::TaskPodRefusedByPolicy;

/// `task-pod-refused-by-policy`: a policy or webhook refuses, or a webhook is silent.
pub fn finding(task: &str, text: &str) -> Option<Finding> {
    let said = webhooks::said(&format!("the pod of task {task}"), text)?;
    let facts = Facts::Refused { by: said.by, words: text.to_owned() };
    Some(said.links.into_iter().fold(Finding::new(CAUSE, said.summary).facts(facts), Finding::link))
}
