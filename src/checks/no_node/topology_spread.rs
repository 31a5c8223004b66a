//! A spread constraint excludes all allowed nodes.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

const CAUSE: Cause = Cause::TopologySpread;

/// `topology-spread`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, pod: &Pod, task: &str) -> Finding {
    let summary = format!("a spread constraint forbids task {task} every node");
    Finding::new(CAUSE, summary).evidence([quote_constraints(focus, pod)])
}

/// `topology-spread`: a task that must join its assistant.
pub fn beside_assistant(focus: &Focus<'_>, pod: &Pod, task: &str, node: &str) -> Finding {
    let summary = format!("a spread constraint of task {task} forbids {node}, the one node that the assistant allows");
    Finding::new(CAUSE, summary).evidence([quote_constraints(focus, pod)])
}

fn quote_constraints(focus: &Focus<'_>, pod: &Pod) -> Evidence {
    let text = serde_json::to_string(&pod.spec.topology_spread_constraints).unwrap_or_default();
    focus.quote(Kind::Pod, &pod.metadata.name, "spec.topologySpreadConstraints", text)
}
