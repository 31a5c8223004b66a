//! A pod that must stand beside its assistant and apart from it.

use crate::analysis::tekton::assistant::{COMPONENT, COMPONENT_LABEL};
use crate::checks::focus::Focus;
use crate::model::pod::{Pod, PodAffinityTerm};

/// Whether the run's own pod templates name assistants in an anti-affinity.
fn asks_for_it(focus: &Focus<'_>) -> bool {
    let of_run = focus.run().spec_at("/taskRunTemplate/podTemplate");
    let of_tasks = focus.run().spec_at("/taskRunSpecs").and_then(|specs| specs.as_array());
    let templates = of_run.into_iter().chain(of_tasks.into_iter().flatten().filter_map(|spec| spec.get("podTemplate")));
    templates
        .filter_map(|template| template.pointer("/affinity/podAntiAffinity"))
        .any(|anti| anti.to_string().contains(COMPONENT))
}

/// Required anti-affinity of the pod that hits the assistant itself.
pub(super) fn anti_affinity(focus: &Focus<'_>, pod: &Pod) -> Option<(&'static str, &'static str, String)> {
    let terms = pod.spec.affinity.pod_anti_affinity.as_ref().map(|anti| anti.required.as_slice()).unwrap_or_default();
    let names_component = |term: &PodAffinityTerm| {
        term.label_selector.as_ref().is_some_and(|selector| {
            selector.match_labels.get(COMPONENT_LABEL).is_some_and(|value| value == COMPONENT)
                || selector
                    .match_expressions
                    .iter()
                    .any(|r| r.key == COMPONENT_LABEL && r.values.iter().any(|v| v == COMPONENT))
        })
    };
    if terms.iter().any(names_component) {
        // Flags may have changed since; what the run itself asks for has not.
        let isolate = !asks_for_it(focus);
        return Some((
            if isolate { "TKF135" } else { "TKF134" },
            if isolate { "isolate-affinity-aliasing" } else { "anti-affinity-against-assistant" },
            format!(
                "pod {} demands to stand beside its assistant and apart from every assistant: Tekton copied the assistant's own anti-affinity into it",
                pod.metadata.name
            ),
        ));
    }
    let assistant = focus.tree.assistants.iter().find_map(|assistant| assistant.pod)?;
    let hit = terms.iter().any(|term| {
        term.label_selector.as_ref().is_some_and(|selector| selector.matches(&assistant.metadata.labels))
            && (term.namespaces.is_empty() && term.namespace_selector.is_none()
                || term.namespaces.contains(&assistant.metadata.namespace))
    });
    hit.then(|| {
        (
            "TKF134",
            "anti-affinity-against-assistant",
            format!("the run's own anti-affinity hits its assistant: the assistant carries the run's labels, and pod {} may not stand beside them", pod.metadata.name),
        )
    })
}
