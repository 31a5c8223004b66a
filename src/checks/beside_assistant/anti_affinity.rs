//! A pod that must run on the same node as its assistant, and whom an anti-affinity keeps apart
//! from it.

use crate::analysis::scheduler::message::Detail;
use crate::checks::no_node::anti_affinity::{names_component, quote_affinity, terms};
use crate::finding::{Cause, Finding};
use crate::model::Kind;

use super::Joining;

const CAUSE: Cause = Cause::AntiAffinityAgainstAssistant;

/// `anti-affinity-against-assistant`: the pod's own required anti-affinity.
pub(super) fn of_run(joining: &Joining<'_, '_>) -> Option<Finding> {
    let pod = joining.pod;
    if names_component(pod) {
        let summary = format!(
            "the run's own anti-affinity names affinity assistants: pod {} may not share a node with the one that it must join",
            pod.metadata.name
        );
        return Some(Finding::new(CAUSE, summary).evidence(quote_affinity(joining.focus, pod)));
    }
    let assistant = joining.focus.tree.assistants.iter().find_map(|assistant| assistant.pod)?;
    let hit = terms(pod).iter().any(|term| {
        term.label_selector.as_ref().is_some_and(|selector| selector.matches(&assistant.metadata.labels))
            && (term.namespaces.is_empty() && term.namespace_selector.is_none()
                || term.namespaces.contains(&assistant.metadata.namespace))
    });
    hit.then(|| {
        let summary = format!(
            "the run's own anti-affinity hits its assistant: the assistant carries the run's labels, and pod {} may not share a node with them",
            pod.metadata.name
        );
        let labels = serde_json::to_string(&assistant.metadata.labels).unwrap_or_default();
        Finding::new(CAUSE, summary)
            .evidence(quote_affinity(joining.focus, pod))
            .evidence([joining.focus.quote(Kind::Pod, &assistant.metadata.name, "metadata.labels", labels)])
    })
}

/// `anti-affinity-against-assistant`: a rule of another pod on that node.
pub(super) fn of_others(joining: &Joining<'_, '_>) -> Option<Finding> {
    let hit = joining.here.is_some_and(|verdict| verdict.says(&Detail::AntiAffinity));
    hit.then(|| {
        let summary = format!("an anti-affinity rule forbids task {} the node of its assistant", joining.task);
        Finding::new(CAUSE, summary)
    })
}
