//! Required affinity to pods that stand on no node.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::pod::Pod;

use super::anti_affinity::quote_affinity;

/// `pod-affinity`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, pod: &Pod, task: &str) -> Finding {
    let summary = format!("no node has the pods that task {task} must run beside");
    Finding::new(Cause::PodAffinity, summary).evidence(quote_affinity(focus, pod))
}
