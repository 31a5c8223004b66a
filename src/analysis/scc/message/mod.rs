//! Reads the texts with which the API server refuses pods, in events and in
//! conditions of TaskRuns. Never fails: what is not understood is kept whole.
//!
//! Sources: openshift/apiserver-library-go `sccadmission/admission.go` (releases 4.7
//! to 5.0), kubernetes v1.33 `plugin/pkg/admission/*`, `staging/src/k8s.io/apiserver`,
//! `staging/src/k8s.io/pod-security-admission`.

mod others;
mod problems;
mod refusals;

pub use others::{ExceededQuota, LimitViolation, MissingRequest, PodSecurityViolation};
pub use problems::SccProblem;
pub use refusals::read_list;

use super::refusal::Refusal;

/// Who passed the text on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Wrapping {
    /// Nobody: the API server's text itself.
    #[default]
    None,
    /// Event `FailedCreate` of the StatefulSet controller (kubernetes
    /// `pkg/controller/statefulset/stateful_pod_control.go`).
    StatefulSet {
        /// The StatefulSet.
        set: String,
    },
    /// Event `FailedCreate` of another controller (`Error creating: …`).
    Controller,
    /// Condition of a TaskRun (tektoncd/pipeline `pkg/reconciler/taskrun/taskrun.go`
    /// `handlePodCreationError`).
    TaskRun {
        /// The TaskRun.
        task_run: String,
    },
    /// Condition of a TaskRun that waits for quota.
    TaskRunQuota,
}

/// A refusal as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who passed it on.
    pub wrapping: Wrapping,
    /// Name or generateName of the refused pod.
    pub pod: Option<String>,
    /// Who refused, and why.
    pub denial: Denial,
}

/// Who refused a pod, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// No SCC takes the pod: the reasons, in the order of evaluation.
    Scc(Vec<Refusal>),
    /// SCC admission could not judge at all.
    SccProblem(Vec<SccProblem>),
    /// Pod Security.
    PodSecurity {
        /// `baseline` or `restricted`.
        level: String,
        /// `latest` or a version.
        version: String,
        /// What is forbidden.
        violations: Vec<PodSecurityViolation>,
    },
    /// Quotas that are used up.
    QuotaExceeded(Vec<ExceededQuota>),
    /// A quota that demands requests or limits which the pod lacks.
    QuotaNeeds {
        /// The ResourceQuota.
        quota: String,
        /// What is missing.
        missing: Vec<MissingRequest>,
    },
    /// A quota that has no status yet.
    QuotaUnknown {
        /// The ResourceQuota.
        quota: String,
    },
    /// Resources or scopes that only a quota could allow, and none does.
    QuotaInsufficient(String),
    /// A LimitRange.
    LimitRange(Vec<LimitViolation>),
    /// The ServiceAccount does not exist.
    ServiceAccountNotFound {
        /// Namespace; empty when the text does not tell.
        namespace: String,
        /// Name.
        name: String,
    },
    /// The PriorityClass does not exist.
    PriorityClassNotFound(String),
    /// The RuntimeClass does not exist.
    RuntimeClassNotFound(String),
    /// A ValidatingAdmissionPolicy.
    Policy {
        /// Policy.
        policy: String,
        /// Binding; empty when the text does not tell.
        binding: String,
        /// Its message.
        message: String,
    },
    /// A webhook that refused.
    Webhook {
        /// Name of the webhook.
        webhook: String,
        /// Its message; empty without explanation.
        message: String,
    },
    /// A webhook that could not be asked.
    WebhookFailed {
        /// Name of the webhook.
        webhook: String,
        /// What went wrong.
        error: String,
    },
    /// A webhook that converts between versions of a kind could not be asked.
    ConversionFailed {
        /// The version and kind.
        object: String,
        /// What went wrong.
        error: String,
    },
    /// Tolerations that the namespace does not allow.
    Tolerations,
    /// Something else.
    Other(String),
}

/// Reads a refusal.
pub fn parse(text: &str) -> Message {
    let (wrapping, pod, text) = peel(text.trim());
    let (named, body) = match forbidden(text) {
        Some((name, body)) => (Some(name), body),
        None => (None, text),
    };
    Message { wrapping, pod: named.or(pod), denial: denial(body) }
}

/// The API server's own text, without what controllers put around it.
pub fn api_text(text: &str) -> &str {
    peel(text.trim()).2
}

/// Whether something is refused because its namespace is being deleted, whatever was to be
/// created (kubernetes plugin/pkg/admission/namespace/lifecycle, v1.33).
pub fn is_namespace_terminating(text: &str) -> bool {
    text.contains("because it is being terminated")
}

fn peel(text: &str) -> (Wrapping, Option<String>, &str) {
    if let Some((pod, set, rest)) = stateful_set(text) {
        return (Wrapping::StatefulSet { set }, Some(pod), rest);
    }
    if let Some(rest) = text.strip_prefix("Error creating: ") {
        return (Wrapping::Controller, None, rest);
    }
    if let Some(rest) = text.strip_prefix("TaskRun Pod exceeded available resources: ") {
        return (Wrapping::TaskRunQuota, None, rest);
    }
    if let Some((task_run, rest)) =
        text.strip_prefix("failed to create task run pod \"").and_then(|rest| rest.split_once("\": "))
    {
        let end = [". Maybe missing or invalid Task ", ". Maybe invalid TaskSpec"]
            .iter()
            .filter_map(|end| rest.rfind(end))
            .max()
            .unwrap_or(rest.len());
        return (Wrapping::TaskRun { task_run: task_run.to_owned() }, None, &rest[..end]);
    }
    (Wrapping::None, None, text)
}

fn stateful_set(text: &str) -> Option<(String, String, &str)> {
    let (pod, rest) = text.strip_prefix("create Pod ")?.split_once(" in StatefulSet ")?;
    let (set, rest) = rest.split_once(" failed error: ")?;
    Some((pod.to_owned(), set.to_owned(), rest))
}

/// `pods "NAME" is forbidden: BODY`.
fn forbidden(text: &str) -> Option<(String, &str)> {
    let (_, rest) = text.split_once("pods \"")?;
    let (name, body) = rest.split_once("\" is forbidden: ")?;
    Some((name.to_owned(), body))
}

fn denial(body: &str) -> Denial {
    if let Some((_, list)) = body.split_once("unable to validate against any security context constraint") {
        return Denial::Scc(list.strip_prefix(": ").map(read_list).unwrap_or_default());
    }
    problems::read(body)
        .map(Denial::SccProblem)
        .or_else(|| others::read(body))
        .unwrap_or_else(|| Denial::Other(body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrappings_are_peeled_off() {
        let message = parse(
            "create Pod affinity-assistant-1-0 in StatefulSet affinity-assistant-1 failed error: pods \"affinity-assistant-1-0\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2",
        );
        assert_eq!(message.wrapping, Wrapping::StatefulSet { set: "affinity-assistant-1".to_owned() });
        assert_eq!(message.pod.as_deref(), Some("affinity-assistant-1-0"));
        assert!(matches!(message.denial, Denial::QuotaExceeded(quotas) if quotas[0].quota == "q"));
        let message = parse(
            "failed to create task run pod \"b-fetch\": pods \"b-fetch-pod\" is forbidden: error looking up service account ci/x: serviceaccount \"x\" not found. Maybe missing or invalid Task ci/fetch",
        );
        assert_eq!(message.wrapping, Wrapping::TaskRun { task_run: "b-fetch".to_owned() });
        assert_eq!(message.denial, Denial::ServiceAccountNotFound { namespace: "ci".to_owned(), name: "x".to_owned() });
    }

    #[test]
    fn other_plugins_are_told_apart() {
        let denial = |text: &str| parse(text).denial;
        assert!(matches!(
            denial("pods \"x\" is forbidden: ValidatingAdmissionPolicy 'team' with binding 'b' denied request: no team"),
            Denial::Policy { policy, message, .. } if policy == "team" && message == "no team"
        ));
        assert!(matches!(
            denial("admission webhook \"v.kyverno.svc\" denied the request: no"),
            Denial::Webhook { webhook, message } if webhook == "v.kyverno.svc" && message == "no"
        ));
        assert!(matches!(
            denial("Internal error occurred: failed calling webhook \"w.example\": dial tcp: refused"),
            Denial::WebhookFailed { webhook, .. } if webhook == "w.example"
        ));
        assert_eq!(
            denial("pods \"x\" is forbidden: no PriorityClass with name high was found"),
            Denial::PriorityClassNotFound("high".to_owned())
        );
        assert_eq!(
            denial("pods \"x\" is forbidden: pod rejected: RuntimeClass \"kata\" not found"),
            Denial::RuntimeClassNotFound("kata".to_owned())
        );
        assert_eq!(denial("connection refused"), Denial::Other("connection refused".to_owned()));
    }

    #[test]
    fn garbage_is_kept_and_never_fatal() {
        for text in [
            "",
            "pods \"",
            "pods \"x\" is forbidden: unable to validate against any security context constraint: [",
            "pods \"x\" is forbidden: unable to validate against any security context constraint: [provider r: .spec: Invalid value: \"",
            "pods \"x\" is forbidden: unable to validate against any security context constraint: é, provider ",
            "violates PodSecurity \"",
            "exceeded quota: , requested: =, used",
        ] {
            let _ = parse(text);
        }
    }
}
