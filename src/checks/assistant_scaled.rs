//! The assistant's StatefulSet is scaled to zero.

use crate::model::Kind;

use super::focus::Focus;
use crate::finding::{Cause, Facts, Finding};

/// `assistant-scaled-to-zero`: nothing refuses its pod, none is asked for; Tekton does not
/// look at that.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    if !focus.is_running() {
        return Vec::new();
    }
    let scaled = focus.tree.assistants.iter().filter_map(|node| {
        node.stateful_set.filter(|set| set.spec.replicas == Some(0) && set.metadata.deletion_timestamp.is_none())
    });
    let finding = |set: &crate::model::workload::Workload| {
        let name = &set.metadata.name;
        let mut finding = Finding::new(
            Cause::AssistantScaledToZero,
            format!("the StatefulSet of the affinity assistant {name} is scaled to zero"),
        )
        .facts(Facts::Set(name.clone()))
        .link("Tekton creates it with one replica; somebody, a downscaler for example, has scaled it, so the tasks that must run on its node wait.")
        .evidence([focus.quote(Kind::StatefulSet, name, "spec.replicas", "0")])
        .evidence([focus.quote_replicas(set)]);
        for (task, _) in focus.beside_assistant().filter(|(_, wanted)| wanted == name) {
            finding = finding.evidence(focus.quote_waiting(task));
        }
        finding
    };
    scaled.map(finding).collect()
}
