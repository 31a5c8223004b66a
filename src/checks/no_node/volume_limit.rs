//! Nodes that may attach no further volume.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;

const CAUSE: Cause = Cause::VolumeLimit;

/// `volume-limit`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, task: &str, nodes: &[String]) -> Finding {
    Finding::new(CAUSE, format!("no node that task {task} may use may attach one more volume"))
        .evidence(quote_limits(focus, nodes))
}

/// `volume-limit`: a task that must join its assistant.
pub fn beside_assistant(focus: &Focus<'_>, task: &str, node: &str) -> Finding {
    let summary = format!("{node}, where the assistant runs, may attach no further volume for task {task}");
    Finding::new(CAUSE, summary).evidence(quote_limits(focus, &[node.to_owned()]))
}

/// Quotes how many volumes each driver may attach to nodes.
pub fn quote_limits(focus: &Focus<'_>, nodes: &[String]) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    for csi in focus.cluster.csi_nodes.iter().filter(|csi| nodes.contains(&csi.metadata.name)) {
        for driver in &csi.spec.drivers {
            let Some(count) = driver.allocatable.as_ref().and_then(|limit| limit.count) else { continue };
            let field = format!("spec.drivers[{}].allocatable.count", driver.name);
            evidence.push(focus.quote(Kind::CsiNode, &csi.metadata.name, field, count.to_string()));
        }
    }
    evidence
}
