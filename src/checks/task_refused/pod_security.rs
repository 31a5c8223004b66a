//! A task's pod against Pod Security.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;

/// Label of a namespace that sets the level.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

/// `task-pod-refused-by-pod-security`.
pub fn finding(focus: &Focus<'_>, task: &str, level: &str, message: &str) -> Finding {
    let namespace = focus.namespace();
    let finding = Finding::new(
        Cause::TaskPodRefusedByPodSecurity,
        format!("Pod Security {level} of namespace {namespace} refuses the pod of task {task}"),
    );
    let fields = message.split_once("\": ").and_then(|_| message.split_once(&format!("PodSecurity \"{level}\": ")));
    let finding = match fields {
        Some((_, fields)) => finding.link(format!("It asks for: {}", fields.trim())),
        None => finding,
    };
    let finding = if ["\"prepare\"", "\"place-scripts\""].iter().any(|own| message.contains(own)) {
        finding.link("The containers prepare and place-scripts are Tekton's own: only the flag set-security-context gives them these fields.")
    } else {
        finding
    };
    let label = focus.cluster.namespace(namespace).and_then(|known| known.metadata.label(ENFORCE));
    finding.evidence(
        label.map(|level| focus.quote(Kind::Namespace, namespace, format!("metadata.labels[{ENFORCE}]"), level)),
    )
}
