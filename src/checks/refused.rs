//! Assistants whose pod was refused: who refused, in which words.
//!
//! Tekton looks only at the StatefulSet, so the StatefulSet controller's event
//! `FailedCreate` is the only record (kubernetes pkg/controller/statefulset
//! stateful_pod_control.go, v1.33).

use crate::analysis::admission::{self, Plugin, Refusal};
use crate::analysis::scc::message::{self, Denial};
use crate::analysis::tekton::assistant_pod;
use crate::analysis::tekton::run_tree::{AssistantNode, stateful_sets_listed};
use crate::model::event::Event;
use crate::model::workload::Workload;

use super::focus::Focus;
use super::scc_verdict::is_openshift;

/// Who refused a pod or another object, sorted by what a finding says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedBy {
    /// OpenShift's SecurityContextConstraints.
    Scc,
    /// Pod Security; holds its level and version, `restricted:latest`.
    PodSecurity(String),
    /// A ResourceQuota that is used up; holds its name, empty where no quota allows it.
    Quota(String),
    /// A ResourceQuota that demands requests or limits which the pod lacks; holds its name.
    QuotaNeedsRequests(String),
    /// A LimitRange.
    LimitRange,
    /// The ServiceAccount does not exist; holds its name.
    ServiceAccountMissing(String),
    /// The PriorityClass does not exist; holds its name.
    PriorityClassMissing(String),
    /// The RuntimeClass does not exist; holds its name.
    RuntimeClassMissing(String),
    /// A ValidatingAdmissionPolicy or webhook; holds its name.
    Policy(String),
    /// A webhook that must be asked and does not answer; holds its name.
    WebhookSilent(String),
    /// Tekton's own webhook finds the object invalid; holds its name.
    Invalid(String),
    /// Something else.
    Other,
}

impl RefusedBy {
    /// Who refused, by the API server's text.
    pub fn read(text: &str) -> Self {
        match message::parse(text).denial {
            Denial::Scc(_) | Denial::SccProblem(_) => Self::Scc,
            Denial::PodSecurity { level, version, .. } => Self::PodSecurity(format!("{level}:{version}")),
            Denial::QuotaExceeded(quotas) => {
                Self::Quota(quotas.into_iter().next().map(|quota| quota.quota).unwrap_or_default())
            }
            Denial::QuotaUnknown { quota } => Self::Quota(quota),
            Denial::QuotaInsufficient(_) => Self::Quota(String::new()),
            Denial::QuotaNeeds { quota, .. } => Self::QuotaNeedsRequests(quota),
            Denial::LimitRange(_) => Self::LimitRange,
            Denial::ServiceAccountNotFound { name, .. } => Self::ServiceAccountMissing(name),
            Denial::PriorityClassNotFound(name) => Self::PriorityClassMissing(name),
            Denial::RuntimeClassNotFound(name) => Self::RuntimeClassMissing(name),
            Denial::Policy { policy, .. } => Self::Policy(policy),
            Denial::Webhook { webhook, .. } if webhook.ends_with(TEKTON_WEBHOOKS) => Self::Invalid(webhook),
            Denial::Webhook { webhook, .. } => Self::Policy(webhook),
            Denial::WebhookFailed { webhook, .. } => Self::WebhookSilent(webhook),
            Denial::ConversionFailed { object, .. } => Self::WebhookSilent(format!("that converts {object}")),
            Denial::Tolerations | Denial::Other(_) => Self::Other,
        }
    }

    /// The quota that refuses; empty where none does.
    pub fn quota(&self) -> &str {
        match self {
            Self::Quota(name) | Self::QuotaNeedsRequests(name) => name,
            _ => "",
        }
    }
}

impl From<&Refusal> for RefusedBy {
    /// Who would refuse, by a computed refusal.
    fn from(refusal: &Refusal) -> Self {
        let object = || refusal.object.clone();
        match refusal.plugin {
            Plugin::ServiceAccount => Self::ServiceAccountMissing(object()),
            Plugin::LimitRanger => Self::LimitRange,
            Plugin::ResourceQuota => Self::Quota(object()),
            // The level stands in the plugin's words alone.
            Plugin::PodSecurity => Self::read(&refusal.text),
        }
    }
}

/// How Tekton's own webhooks end (tektoncd/pipeline config/500-webhooks.yaml, v1.15.0).
const TEKTON_WEBHOOKS: &str = ".webhook.pipeline.tekton.dev";

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
    /// The StatefulSet, while it exists and could be read.
    pub set: Option<&'a Workload>,
    /// The newest `FailedCreate`; absent when events expired or were not read.
    pub event: Option<&'a Event>,
    /// Who refused, when the event says so.
    pub by: Option<RefusedBy>,
    /// Who would refuse by the objects that were read, SCCs aside. Admission stops at
    /// the first refusal, so these may stand behind the one that the event tells of.
    pub computed: Vec<Refusal>,
    /// What was not read, so that further refusals cannot be ruled out.
    pub unread: Vec<String>,
}

/// Assistants of an unfinished run whose pod is refused: the StatefulSet exists and
/// has none, or was not read and its events say so.
pub fn assistants<'a>(focus: &Focus<'a>) -> Vec<RefusedAssistant<'a>> {
    if !focus.is_running() {
        return Vec::new();
    }
    let mut refused: Vec<RefusedAssistant<'a>> =
        focus.tree.assistants.iter().filter_map(|node| without_pod(focus, node)).collect();
    if !stateful_sets_listed(focus.cluster, focus.namespace()) {
        let mut names: Vec<&str> = focus.beside_assistant().map(|(_, name)| name).collect();
        names.sort_unstable();
        names.dedup();
        names.retain(|name| focus.tree.assistant(name).is_none());
        refused.extend(names.into_iter().filter_map(|name| by_event_alone(focus, name)));
    }
    refused
}

fn without_pod<'a>(focus: &Focus<'a>, node: &AssistantNode<'a>) -> Option<RefusedAssistant<'a>> {
    let set = node.stateful_set?;
    // A StatefulSet that wants no pod is refused nothing.
    if node.pod.is_some()
        || set.status.replicas > 0
        || set.spec.replicas == Some(0)
        || set.metadata.deletion_timestamp.is_some()
    {
        return None;
    }
    let event = last_refusal(focus, &node.name);
    // A StatefulSet that was only just made has no pod either.
    if event.is_none() && !focus.is_past_grace(set.metadata.creation_timestamp) {
        return None;
    }
    let judgement = admission::judge(focus.cluster, &assistant_pod::of_stateful_set(set));
    // SCCs fill in what Pod Security asks for, so its verdict on the template counts
    // only where there are none.
    let is_openshift = is_openshift(focus.cluster);
    let counts = |refusal: &Refusal| !(is_openshift && refusal.plugin == Plugin::PodSecurity);
    Some(RefusedAssistant {
        name: node.name.clone(),
        set: Some(set),
        by: event.map(|event| RefusedBy::read(&event.message)),
        event,
        computed: judgement.refusals.into_iter().filter(counts).collect(),
        unread: judgement.unread,
    })
}

fn by_event_alone<'a>(focus: &Focus<'a>, name: &str) -> Option<RefusedAssistant<'a>> {
    let event = last_refusal(focus, name)?;
    Some(RefusedAssistant {
        name: name.to_owned(),
        set: None,
        event: Some(event),
        by: Some(RefusedBy::read(&event.message)),
        computed: Vec::new(),
        unread: vec![format!("StatefulSets of namespace {}", focus.namespace())],
    })
}

/// The last refusal, unless a pod was created after it.
fn last_refusal<'a>(focus: &Focus<'a>, name: &str) -> Option<&'a Event> {
    let refusal = focus.refusals_of(name).into_iter().find(|event| !is_of_claim(event))?;
    let events = focus.events_about("StatefulSet", name);
    let is_over = events.into_iter().any(|event| is_of_new_pod(event) && event.last_seen() > refusal.last_seen());
    (!is_over).then_some(refusal)
}

/// Whether the StatefulSet controller created a pod (kubernetes
/// pkg/controller/statefulset/stateful_pod_control.go, v1.33).
fn is_of_new_pod(event: &Event) -> bool {
    event.reason == "SuccessfulCreate" && event.message.contains(" Pod ")
}

/// Whether the StatefulSet controller could not create a claim, and so not the pod: it
/// says so of both (kubernetes pkg/controller/statefulset/stateful_pod_control.go, v1.33).
pub fn is_of_claim(event: &Event) -> bool {
    event.message.to_lowercase().starts_with("create claim ") || event.message.contains("failed to create PVC ")
}

/// Assistants of a run that ended, of which events tell that their pod was refused.
pub fn assistants_of_ended_run<'a>(focus: &Focus<'a>) -> Vec<RefusedAssistant<'a>> {
    if focus.is_running() {
        return Vec::new();
    }
    let created = |name: &str| focus.events_about("StatefulSet", name).into_iter().any(is_of_new_pod);
    focus
        .assistant_names()
        .into_iter()
        .filter(|name| !created(name))
        .filter_map(|name| {
            let event = focus.refusals_of(&name).into_iter().next()?;
            let by = Some(RefusedBy::read(&event.message));
            Some(RefusedAssistant {
                set: focus.cluster.stateful_set(focus.namespace(), &name),
                name,
                event: Some(event),
                by,
                computed: Vec::new(),
                unread: Vec::new(),
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
    fn every_refusal_is_recognised_by_its_words() {
        for (text, by) in [
            ("pods \"x\" is forbidden: unable to validate against any security context constraint: []", RefusedBy::Scc),
            (
                "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true",
                RefusedBy::PodSecurity("restricted:latest".to_owned()),
            ),
            (
                "pods \"x\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
                RefusedBy::Quota("q".to_owned()),
            ),
            (
                "pods \"x\" is forbidden: failed quota: q: must specify requests.cpu for: prepare",
                RefusedBy::QuotaNeedsRequests("q".to_owned()),
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
            (
                "Internal error occurred: failed calling webhook \"validate.kyverno.svc-fail\": failed to call webhook: Post \"https://kyverno-svc.kyverno.svc:443/validate/fail?timeout=10s\": dial tcp 10.0.0.12:443: connect: connection refused",
                RefusedBy::WebhookSilent("validate.kyverno.svc-fail".to_owned()),
            ),
            (
                "pods \"x\" is forbidden: no PriorityClass with name p was found",
                RefusedBy::PriorityClassMissing("p".to_owned()),
            ),
            (
                "conversion webhook for tekton.dev/v1beta1, Kind=TaskRun failed: Post \"https://w\": EOF",
                RefusedBy::WebhookSilent("that converts tekton.dev/v1beta1".to_owned()),
            ),
            ("pods \"x\" is forbidden: exceeded quota: q", RefusedBy::Quota("q".to_owned())),
            ("connection refused", RefusedBy::Other),
        ] {
            assert_eq!(RefusedBy::read(text), by, "{text}");
        }
    }
}
