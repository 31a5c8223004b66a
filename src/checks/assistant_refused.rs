//! Refusals of the assistant's pod other than by SCC: Pod Security, quota,
//! LimitRange, policy, missing ServiceAccount.

use crate::analysis::admission::{Plugin, Refusal};
use crate::model::Kind;

use super::finding::{Confidence, Evidence, Finding};
use super::focus::Focus;
use super::refused::{self, RefusedAssistant, RefusedBy};

/// `assistant-refused-by-pod-security`.
pub fn pod_security(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::PodSecurity),
        |refused, text| {
            let level = refused::between(text, "violates PodSecurity \"", "\"").unwrap_or("enforced");
            Finding::new(
            "TKF102",
            "assistant-refused-by-pod-security",
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

/// `assistant-refused-by-policy`.
pub fn policy(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::Policy(_)),
        |refused, _| {
            let policy = match &refused.by {
                Some(RefusedBy::Policy(name)) => name.clone(),
                _ => String::new(),
            };
            Finding::new(
            "TKF103",
            "assistant-refused-by-policy",
            format!("the admission policy {policy} refuses the pod of the affinity assistant {}", refused.name),
        )
        .link("The assistant carries the run's labels, a fixed container and no annotations: what the policy demands must come from the run's labels or from an exception.")
        },
    )
}

/// `assistant-quota`.
pub fn quota(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::Quota | RefusedBy::QuotaNeedsRequests),
        |refused, text| {
            let quota = refused::quota_name(text);
            Finding::new(
            "TKF104",
            "assistant-quota",
            format!("ResourceQuota {quota} leaves no room for the pod of the affinity assistant {}", refused.name),
        )
        .link("The assistant always asks for 50m CPU and 100Mi memory (requests and limits); no setting of the run changes that.")
        },
    )
}

/// `assistant-service-account-missing`.
pub fn service_account(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::ServiceAccountMissing(_)),
        |refused, _| {
            let account = match &refused.by {
                Some(RefusedBy::ServiceAccountMissing(name)) => name.clone(),
                _ => String::new(),
            };
            Finding::new(
                "TKF106",
                "assistant-service-account-missing",
                format!(
                    "the pod of the affinity assistant {} names ServiceAccount {account}, which does not exist",
                    refused.name
                ),
            )
        },
    )
}

/// `assistant-refused`: words that no other check knows.
pub fn other(focus: &Focus<'_>) -> Vec<Finding> {
    of(
        focus,
        |by| matches!(by, RefusedBy::Other | RefusedBy::PriorityClassMissing | RefusedBy::RuntimeClassMissing),
        |refused, text| {
            let (code, cause) = match refused.by {
                Some(RefusedBy::PriorityClassMissing) => ("TKF307", "priority-class-missing"),
                Some(RefusedBy::RuntimeClassMissing) => ("TKF308", "runtime-class-missing"),
                _ => ("TKF107", "assistant-refused"),
            };
            Finding::new(code, cause, format!("the pod of the affinity assistant {} is refused: {text}", refused.name))
        },
    )
}

/// `assistant-limitrange`.
pub fn limit_range(focus: &Focus<'_>) -> Vec<Finding> {
    of(focus, |by| matches!(by, RefusedBy::LimitRange), limit_range_finding)
}

fn limit_range_finding(refused: &RefusedAssistant<'_>, text: &str) -> Finding {
    Finding::new(
        "TKF105",
        "assistant-limitrange",
        format!("a LimitRange refuses the pod of the affinity assistant {}: {text}", refused.name),
    )
    .link("Tekton fits its own task containers to the LimitRange; the assistant's 50m CPU and 100Mi memory are fixed.")
}

/// Assistants without a pod, of which nothing that was read tells why.
pub fn unexplained(focus: &Focus<'_>) -> Vec<Finding> {
    refused::assistants(focus)
        .iter()
        .filter(|refused| refused.by.is_none() && refused.computed.is_empty())
        .map(|refused| {
            let namespace = focus.namespace();
            let mut finding = Finding::new(
                "TKF901",
                "evidence-missing",
                format!("the affinity assistant {} has no pod; what refuses it cannot be told", refused.name),
            )
            .confidence(Confidence::Likely)
            .link("Only the events of the StatefulSet say who refused; they live for hours, and none was found.")
            .evidence(waiting(focus, &refused.name))
            .evidence(refused.set.map(|set| focus.quote_replicas(set)))
            .cannot_tell(format!(
                "the API server's answer: events of StatefulSet {} in namespace {namespace}",
                refused.name
            ));
            for unread in &refused.unread {
                finding = finding.cannot_tell(format!("whether it is refused for them: {unread} were not read"));
            }
            finding
        })
        .collect()
}

fn waiting(focus: &Focus<'_>, assistant: &str) -> Vec<Evidence> {
    focus
        .beside_assistant()
        .filter(|(_, name)| *name == assistant)
        .flat_map(|(task, _)| focus.quote_waiting(task))
        .collect()
}

/// Findings for the refused assistants whose refuser is wanted, with the common
/// chain and evidence around what the check itself says. What the event does not
/// tell is computed from the objects that refuse.
fn of(
    focus: &Focus<'_>,
    wanted: impl Fn(&RefusedBy) -> bool,
    finding: impl Fn(&RefusedAssistant<'_>, &str) -> Finding,
) -> Vec<Finding> {
    refused::assistants(focus)
        .iter()
        .filter_map(|refused| {
            let proven = refused.by.as_ref().is_some_and(&wanted);
            let made = if proven {
                let text = refused.event.map(|event| refused::api_text(&event.message)).unwrap_or_default();
                let text = text.split_once(" is forbidden: ").map_or(text, |(_, rest)| rest);
                finding(refused, text)
            } else {
                let rule = refused.computed.iter().find(|refusal| wanted(&RefusedBy::classify(&refusal.text)))?;
                let computed = RefusedAssistant { by: Some(RefusedBy::classify(&rule.text)), ..refused.clone() };
                let link = match refused.by {
                    Some(_) => "Only the first refusal shows in the events; this one would be the next.",
                    None => "No event of the refusal was found; it was computed from the StatefulSet's pod template and the rule.",
                };
                finding(&computed, &rule.text).confidence(Confidence::Computed).link(link).evidence(quote_rule(focus, rule))
            };
            let mut links = vec![match refused.set {
                Some(_) => format!(
                    "The StatefulSet {} exists and has no pod: its pod is refused, and Tekton does not look at that.",
                    refused.name
                ),
                None => format!(
                    "The StatefulSet controller could not create the pod of {}, and Tekton does not look at that.",
                    refused.name
                ),
            }];
            links.extend(made.chain.clone());
            Some(
                Finding { chain: links, ..made }
                    .evidence(waiting(focus, &refused.name))
                    .evidence(refused.set.map(|set| focus.quote_replicas(set)))
                    .evidence(focus.refusals_of(&refused.name).into_iter().map(|event| focus.quote_event(event))),
            )
        })
        .collect()
}

/// Quotes the rule from which a refusal was computed.
fn quote_rule(focus: &Focus<'_>, rule: &Refusal) -> Option<Evidence> {
    let (kind, field) = match rule.plugin {
        Plugin::LimitRanger => (Kind::LimitRange, "spec.limits[Container]"),
        Plugin::ResourceQuota => (Kind::ResourceQuota, "status.used / status.hard"),
        Plugin::ServiceAccount => (Kind::ServiceAccount, "name"),
        // The check quotes the namespace's label itself.
        Plugin::PodSecurity => return None,
    };
    Some(focus.quote(kind, &rule.object, field, &rule.text))
}
