//! The assistant's pod keeps away from other assistants, and each node has one.

use crate::checks::focus::Focus;
use crate::checks::no_node::anti_affinity::quote_affinity;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

/// `anti-affinity-isolate`: in the mode isolate-pipelinerun that anti-affinity is
/// required (tektoncd/pipeline pkg/reconciler/pipelinerun/affinity_assistant.go).
pub fn finding(focus: &Focus<'_>, pod: &Pod) -> Finding {
    let name = &pod.metadata.name;
    let summary = format!(
        "the affinity assistant's pod {name} finds no node without another run's assistant (coschedule: isolate-pipelinerun)"
    );
    Finding::new(Cause::AntiAffinityIsolate, summary)
        .evidence(quote_affinity(focus, pod))
        .evidence(focus.other_assistants().map(|other| quote_place(focus, other)))
}

/// Where another run's assistant stands.
fn quote_place(focus: &Focus<'_>, other: &Pod) -> Evidence {
    let meta = &other.metadata;
    let run = meta.label("tekton.dev/pipelineRun").unwrap_or("an unknown run");
    let value = format!("{} (assistant of {}/{run})", other.spec.node_name, meta.namespace);
    focus.quote_in(&meta.namespace, Kind::Pod, &meta.name, "spec.nodeName", value)
}
