//! Assistants whose pod was refused: who refused, in which words.
//!
//! Tekton looks only at the StatefulSet, so the StatefulSet controller's event
//! `FailedCreate` is the only record (kubernetes pkg/controller/statefulset
//! stateful_pod_control.go, v1.33).

use crate::model::event::Event;
use crate::model::workload::Workload;

use super::focus::Focus;

/// Which part of admission refused a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedBy {
    /// OpenShift's SecurityContextConstraints.
    Scc,
    /// Pod Security.
    PodSecurity,
    /// A ResourceQuota that is used up.
    Quota,
    /// A ResourceQuota that demands requests or limits which the pod lacks.
    QuotaNeedsRequests,
    /// A LimitRange.
    LimitRange,
    /// The ServiceAccount does not exist; holds its name.
    ServiceAccountMissing(String),
    /// The PriorityClass does not exist.
    PriorityClassMissing,
    /// The RuntimeClass does not exist.
    RuntimeClassMissing,
    /// A ValidatingAdmissionPolicy or webhook; holds its name.
    Policy(String),
    /// Something else.
    Other,
}

impl RefusedBy {
    /// Tells from the API server's text who refused.
    pub fn classify(text: &str) -> Self {
        let has = |part: &str| text.contains(part);
        if has("security context constraint") || has("unable to find annotation openshift.io/sa.scc") {
            Self::Scc
        } else if has("violates PodSecurity") {
            Self::PodSecurity
        } else if has("exceeded quota") || has("insufficient quota") || has("status unknown for quota") {
            Self::Quota
        } else if has("failed quota") {
            Self::QuotaNeedsRequests
        } else if has("ValidatingAdmissionPolicy") {
            Self::Policy(between(text, "ValidatingAdmissionPolicy '", "'").unwrap_or_default().to_owned())
        } else if has("admission webhook") {
            Self::Policy(between(text, "admission webhook \"", "\"").unwrap_or_default().to_owned())
        } else if has("usage per") || has("limit to request ratio") {
            Self::LimitRange
        } else if has("no PriorityClass with name") {
            Self::PriorityClassMissing
        } else if has("RuntimeClass") && has("not found") {
            Self::RuntimeClassMissing
        } else if has("not found") && has("erviceaccount") {
            let name = between(text, "serviceaccount \"", "\"").or_else(|| between(text, "serviceaccounts \"", "\""));
            Self::ServiceAccountMissing(name.unwrap_or_default().to_owned())
        } else {
            Self::Other
        }
    }
}

/// The text between two marks.
pub fn between<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let start = text.find(before)? + before.len();
    let rest = &text[start..];
    Some(&rest[..rest.find(after)?])
}

/// An assistant without a pod, and the controller's last word on it.
#[derive(Debug, Clone)]
pub struct RefusedAssistant<'a> {
    /// Name of the StatefulSet.
    pub name: String,
    /// The StatefulSet, while it exists.
    pub set: Option<&'a Workload>,
    /// The newest `FailedCreate`; absent when events expired or were not read.
    pub event: Option<&'a Event>,
    /// Who refused, when the event says so.
    pub by: Option<RefusedBy>,
}

/// Assistants of an unfinished run whose StatefulSet exists and has no pod.
pub fn assistants<'a>(focus: &Focus<'a>) -> Vec<RefusedAssistant<'a>> {
    if !focus.is_running() {
        return Vec::new();
    }
    focus
        .tree
        .assistants
        .iter()
        .filter_map(|node| {
            let set = node.stateful_set?;
            if node.pod.is_some() || set.status.replicas > 0 || set.metadata.deletion_timestamp.is_some() {
                return None;
            }
            let event = focus.refusals_of(&node.name).into_iter().next();
            // A StatefulSet that was only just made has no pod either.
            if event.is_none() && !focus.is_past_grace(set.metadata.creation_timestamp) {
                return None;
            }
            let by = event.map(|event| RefusedBy::classify(&event.message));
            Some(RefusedAssistant { name: node.name.clone(), set: Some(set), event, by })
        })
        .collect()
}

/// Assistants of a run that ended, of which events tell that their pod was refused.
pub fn assistants_of_ended_run<'a>(focus: &Focus<'a>) -> Vec<RefusedAssistant<'a>> {
    if focus.is_running() {
        return Vec::new();
    }
    let created = |name: &str| {
        focus
            .cluster
            .events_about("StatefulSet", focus.namespace(), name)
            .iter()
            .any(|event| event.reason == "SuccessfulCreate" && event.message.contains(" Pod "))
    };
    focus
        .assistant_names()
        .into_iter()
        .filter(|name| !created(name))
        .filter_map(|name| {
            let event = focus.refusals_of(&name).into_iter().next()?;
            let by = Some(RefusedBy::classify(&event.message));
            Some(RefusedAssistant {
                set: focus.cluster.stateful_set(focus.namespace(), &name),
                name,
                event: Some(event),
                by,
            })
        })
        .collect()
}

/// The API server's own text in an event or condition, without the wrappings of
/// the controllers.
pub fn api_text(message: &str) -> &str {
    message.split_once("failed error: ").map_or(message, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_told_by_its_words() {
        for (text, by) in [
            ("pods \"x\" is forbidden: unable to validate against any security context constraint: []", RefusedBy::Scc),
            (
                "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true",
                RefusedBy::PodSecurity,
            ),
            (
                "pods \"x\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
                RefusedBy::Quota,
            ),
            (
                "pods \"x\" is forbidden: failed quota: q: must specify requests.cpu for: prepare",
                RefusedBy::QuotaNeedsRequests,
            ),
            (
                "pods \"x\" is forbidden: minimum cpu usage per Container is 100m, but request is 50m",
                RefusedBy::LimitRange,
            ),
            (
                "pods \"x\" is forbidden: error looking up service account ns/y: serviceaccount \"y\" not found",
                RefusedBy::ServiceAccountMissing("y".to_owned()),
            ),
            (
                "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'team-label' with binding 'b' denied request: no",
                RefusedBy::Policy("team-label".to_owned()),
            ),
            (
                "admission webhook \"validate.kyverno.svc-fail\" denied the request: no",
                RefusedBy::Policy("validate.kyverno.svc-fail".to_owned()),
            ),
            ("pods \"x\" is forbidden: no PriorityClass with name p was found", RefusedBy::PriorityClassMissing),
            ("connection refused", RefusedBy::Other),
        ] {
            assert_eq!(RefusedBy::classify(text), by, "{text}");
        }
    }
}
