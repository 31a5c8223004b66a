//! The assistant's pod against Pod Security.

use crate::checks::focus::Focus;
use crate::checks::refused::RefusedBy;
use crate::finding::{Cause, Finding};
use crate::model::Kind;

use super::of;

/// `assistant-refused-by-pod-security`.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::PodSecurity(_)),
        |refused, _| {
            let level = if let Some(RefusedBy::PodSecurity(level)) = &refused.by { level.as_str() } else { "enforced" };
            Finding::new(Cause::AssistantRefusedByPodSecurity,
            format!("Pod Security ({level}) refuses the pod of the affinity assistant {}", refused.name),
        )
        .link("Task pods may pass all the same: they are created by Tekton's controller, the assistant's pod by the StatefulSet controller.")
        .evidence(focus.cluster.namespace(focus.namespace()).and_then(|namespace| {
            let label = "pod-security.kubernetes.io/enforce";
            let value = namespace.metadata.label(label)?;
            Some(focus.quote(Kind::Namespace, focus.namespace(), format!("metadata.labels[{label}]"), value))
        }))
        },
    )
}
