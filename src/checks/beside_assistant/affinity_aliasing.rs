//! Tekton's own anti-affinity, copied into the task's pod.

use crate::analysis::tekton::assistant::COMPONENT;
use crate::checks::focus::Focus;
use crate::checks::no_node::anti_affinity::{names_component, quote_affinity};
use crate::finding::{Cause, Finding};

use super::Joining;

/// `isolate-affinity-aliasing`: the pod shuns all assistants, and the run asks for no
/// such thing. Flags may have changed since; what the run itself asks for has not.
pub(super) fn finding(joining: &Joining<'_, '_>) -> Option<Finding> {
    (names_component(joining.pod) && !asks_for_it(joining.focus)).then(|| {
        Finding::new(Cause::IsolateAffinityAliasing,
            format!(
                "pod {} must run on its assistant's node and, at the same time, apart from every assistant: Tekton copied the assistant's own anti-affinity into it",
                joining.pod.metadata.name
            ),
        )
        .evidence(quote_affinity(joining.focus, joining.pod))
    })
}

/// Whether the run's own pod templates name assistants in an anti-affinity.
fn asks_for_it(focus: &Focus<'_>) -> bool {
    let of_run = focus.run().spec_at("/taskRunTemplate/podTemplate");
    let of_tasks = focus.run().spec_at("/taskRunSpecs").and_then(|specs| specs.as_array());
    let templates = of_run.into_iter().chain(of_tasks.into_iter().flatten().filter_map(|spec| spec.get("podTemplate")));
    templates
        .filter_map(|template| template.pointer("/affinity/podAntiAffinity"))
        .any(|anti| anti.to_string().contains(COMPONENT))
}
