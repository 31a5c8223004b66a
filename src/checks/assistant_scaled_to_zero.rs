//! The assistant's StatefulSet wants no pod.

use crate::model::Kind;

use super::focus::{Focus, unplaced};
use crate::finding::{Cause, Facts, Finding};

/// `assistant-scaled-to-zero`: Tekton makes the StatefulSet with one replica and never
/// changes the number (tektoncd/pipeline pkg/reconciler/pipelinerun/affinity_assistant.go,
/// v1.15.0).
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    if !focus.is_running() {
        return Vec::new();
    }
    let scaled = focus.tree.assistants.iter().filter(|node| node.pod.is_none()).filter_map(|node| {
        let set = node.stateful_set.filter(|set| set.spec.replicas == Some(0))?;
        Some((node, set))
    });
    scaled
        .map(|(node, set)| {
            let waiting = focus.beside_assistant().filter(|(task, name)| {
                *name == node.name && task.pod.and_then(unplaced).is_some()
            });
            let mut finding = Finding::new(
                Cause::AssistantScaledToZero,
                format!("the StatefulSet of the affinity assistant {} is scaled to 0: it wants no pod", node.name),
            )
            .facts(Facts::Set(node.name.clone()))
            .link("Tekton makes it with one replica and never scales it: somebody did, for example a job that scales StatefulSets down at night.");
            for (task, _) in waiting {
                finding = finding
                    .link(format!("The pod of task {} must run on the same node as the assistant.", task.task))
                    .evidence(focus.quote_waiting(task));
            }
            finding
                .evidence([focus.quote(Kind::StatefulSet, &node.name, "spec.replicas", "0"), focus.quote_replicas(set)])
                .evidence(focus.quote_run())
        })
        .collect()
}
