//! No node carries the labels that a pod asks for.

use std::collections::BTreeSet;

use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

const CAUSE: Cause = Cause::NodeSelectorMismatch;
/// Values of a label that are named, at most.
const VALUES: usize = 8;

/// `node-selector-mismatch`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, pod: &Pod, task: &str) -> Finding {
    finding(focus, pod, format!("no node has the labels that task {task} demands"))
}

/// `node-selector-mismatch`: the assistant's pod takes over the run's node selector.
pub fn of_assistant(focus: &Focus<'_>, pod: &Pod) -> Finding {
    let name = &pod.metadata.name;
    finding(
        focus,
        pod,
        format!("no node has the labels that the run demands, so the affinity assistant's pod {name} finds none"),
    )
}

/// With what is demanded, and what nodes have of it.
fn finding(focus: &Focus<'_>, pod: &Pod, summary: String) -> Finding {
    let finding = Finding::new(CAUSE, summary).evidence(quote_selection(focus, pod));
    let by_default: Vec<(&str, Evidence)> =
        keys(pod).into_iter().filter_map(|key| Some((key, focus.quote_default_selector(key)?))).collect();
    let finding = by_default.into_iter().fold(finding, |finding, (key, evidence)| {
        finding
            .link(format!("The run does not ask for {key}: default-pod-template in ConfigMap config-defaults of Tekton does, for every run without a nodeSelector."))
            .evidence([evidence])
    });
    keys(pod).into_iter().fold(finding, |finding, key| match values(focus, key) {
        Some(values) if values.is_empty() => finding.link(format!("No node has the label {key}.")),
        Some(values) => finding.link(format!("Nodes have the label {key} with {values}.")),
        None => finding,
    })
}

/// Labels that the pod's node selection names.
fn keys(pod: &Pod) -> BTreeSet<&str> {
    let terms = pod.spec.affinity.node_affinity.iter().filter_map(|affinity| affinity.required.as_ref());
    let expressions = terms.flat_map(|selector| &selector.node_selector_terms).flat_map(|term| &term.match_expressions);
    pod.spec.node_selector.keys().chain(expressions.map(|requirement| &requirement.key)).map(String::as_str).collect()
}

/// The values that nodes have for a label; `None` where nodes were not read.
fn values(focus: &Focus<'_>, key: &str) -> Option<String> {
    if focus.cluster.nodes.is_empty() {
        return None;
    }
    let found: BTreeSet<&str> = focus.cluster.nodes.iter().filter_map(|node| node.metadata.label(key)).collect();
    let more = found.len().saturating_sub(VALUES);
    let mut shown: Vec<String> = found.into_iter().take(VALUES).map(|value| format!("{value:?}")).collect();
    if more > 0 {
        shown.push(format!("{more} more values"));
    }
    Some(shown.join(", "))
}

/// Quotes a pod's node selection.
fn quote_selection(focus: &Focus<'_>, pod: &Pod) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    if !pod.spec.node_selector.is_empty() {
        let text = serde_json::to_string(&pod.spec.node_selector).unwrap_or_default();
        evidence.push(focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeSelector", text));
    }
    let affinity = pod.spec.affinity.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    if let Some(required) = affinity {
        let text = serde_json::to_string(required).unwrap_or_default();
        let field = "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution";
        evidence.push(focus.quote(Kind::Pod, &pod.metadata.name, field, text));
    }
    evidence
}
