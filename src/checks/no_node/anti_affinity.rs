//! Required anti-affinity forbids a pod every node.

use crate::analysis::tekton::assistant::{COMPONENT, COMPONENT_LABEL};
use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::pod::{Pod, PodAffinityTerm};

/// `anti-affinity`: a task's pod on its own.
pub fn of_task(focus: &Focus<'_>, pod: &Pod, task: &str) -> Finding {
    let summary = format!("anti-affinity rules forbid task {task} every node it may use");
    Finding::new(Cause::AntiAffinity, summary).evidence(quote_affinity(focus, pod))
}

/// `anti-affinity`: the run's own rules, which its assistant has too.
pub fn of_assistant(focus: &Focus<'_>, pod: &Pod) -> Finding {
    let name = &pod.metadata.name;
    let summary = format!("anti-affinity rules forbid the affinity assistant's pod {name} every node it may use");
    Finding::new(Cause::AntiAffinity, summary).evidence(quote_affinity(focus, pod))
}

/// What a pod requires to be kept apart from.
pub fn terms(pod: &Pod) -> &[PodAffinityTerm] {
    pod.spec.affinity.pod_anti_affinity.as_ref().map(|anti| anti.required.as_slice()).unwrap_or_default()
}

/// Whether a pod's required anti-affinity names assistants as such.
pub fn names_component(pod: &Pod) -> bool {
    terms(pod).iter().filter_map(|term| term.label_selector.as_ref()).any(|selector| {
        selector.match_labels.get(COMPONENT_LABEL).is_some_and(|value| value == COMPONENT)
            || selector
                .match_expressions
                .iter()
                .any(|r| r.key == COMPONENT_LABEL && r.values.iter().any(|v| v == COMPONENT))
    })
}

/// Quotes what a pod demands of its neighbours.
pub fn quote_affinity(focus: &Focus<'_>, pod: &Pod) -> Vec<Evidence> {
    let affinity = &pod.spec.affinity;
    let of = |field: &str, value: Option<String>| {
        let field = format!("spec.affinity.{field}.requiredDuringSchedulingIgnoredDuringExecution");
        value.map(|value| focus.quote(Kind::Pod, &pod.metadata.name, field, value))
    };
    let text =
        |terms: &[PodAffinityTerm]| (!terms.is_empty()).then(|| serde_json::to_string(terms).unwrap_or_default());
    let apart = text(terms(pod));
    let beside = affinity.pod_affinity.as_ref().and_then(|affinity| text(&affinity.required));
    of("podAntiAffinity", apart).into_iter().chain(of("podAffinity", beside)).collect()
}
