//! Refusals of the assistant's pod other than by SCC: Pod Security, quota,
//! LimitRange, policy, missing ServiceAccount.

use crate::analysis::tekton::assistant::{CPU_MILLI, MEMORY_BYTES};
use crate::model::Quantity;
use crate::model::namespace::LimitRange;

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
            Some(focus.quote(crate::model::Kind::Namespace, focus.namespace(), format!("metadata.labels[{label}]"), value))
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
            let quota = refused::between(text, "quota: ", ",").unwrap_or_default();
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

/// `assistant-limitrange`: by the event, or computed where another refusal hides it,
/// because admission stops at the first.
pub fn limit_range(focus: &Focus<'_>) -> Vec<Finding> {
    let proven = of(focus, |by| matches!(by, RefusedBy::LimitRange), limit_range_finding);
    if !proven.is_empty() {
        return proven;
    }
    refused::assistants(focus)
        .iter()
        .filter(|refused| refused.by.is_some())
        .filter_map(|refused| {
            let (range, text) = violated(focus)?;
            Some(
                limit_range_finding(refused, &text)
                    .confidence(Confidence::Computed)
                    .link("Only the first refusal shows in the events; this one would be the next.")
                    .evidence([focus.quote(
                        crate::model::Kind::LimitRange,
                        &range.metadata.name,
                        "spec.limits[Container]",
                        text,
                    )])
                    .evidence(refused.set.map(|set| focus.quote_replicas(set))),
            )
        })
        .collect()
}

fn limit_range_finding(refused: &RefusedAssistant<'_>, text: &str) -> Finding {
    Finding::new(
        "TKF105",
        "assistant-limitrange",
        format!("a LimitRange refuses the pod of the affinity assistant {}: {text}", refused.name),
    )
    .link("Tekton fits its own task containers to the LimitRange; the assistant's 50m CPU and 100Mi memory are fixed.")
}

/// The first LimitRange rule that the assistant's container breaks.
pub fn violated<'a>(focus: &Focus<'a>) -> Option<(&'a LimitRange, String)> {
    let asks = |resource: &str| match resource {
        "cpu" => Some(Quantity::from_milli(CPU_MILLI)),
        "memory" => Some(Quantity::from_units(MEMORY_BYTES)),
        _ => None,
    };
    focus.cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == focus.namespace()).find_map(|range| {
        range.spec.limits.iter().filter(|item| matches!(item.kind.as_str(), "Container" | "Pod")).find_map(|item| {
            let below = item.min.iter().find(|(resource, min)| asks(resource).is_some_and(|asked| asked < **min));
            let above = item.max.iter().find(|(resource, max)| asks(resource).is_some_and(|asked| asked > **max));
            let text = match (below, above) {
                (Some((resource, min)), _) => {
                    let asked = asks(resource)?;
                    format!("minimum {resource} usage per {} is {min}, but request is {asked}", item.kind)
                }
                (None, Some((resource, max))) => {
                    let asked = asks(resource)?;
                    format!("maximum {resource} usage per {} is {max}, but limit is {asked}", item.kind)
                }
                (None, None) => return None,
            };
            Some((range, text))
        })
    })
}

/// Findings for the refused assistants whose refuser is wanted, with the common
/// chain and evidence around what the check itself says.
fn of(
    focus: &Focus<'_>,
    wanted: impl Fn(&RefusedBy) -> bool,
    finding: impl Fn(&RefusedAssistant<'_>, &str) -> Finding,
) -> Vec<Finding> {
    refused::assistants(focus)
        .iter()
        .filter(|refused| refused.by.as_ref().is_some_and(&wanted))
        .map(|refused| {
            let text = refused.event.map(|event| refused::api_text(&event.message)).unwrap_or_default();
            let text = text.split_once(" is forbidden: ").map_or(text, |(_, rest)| rest);
            let mut evidence: Vec<Evidence> = focus
                .beside_assistant()
                .filter(|(_, name)| *name == refused.name)
                .flat_map(|(task, _)| focus.quote_waiting(task))
                .collect();
            evidence.extend(refused.set.map(|set| focus.quote_replicas(set)));
            evidence.extend(focus.refusals_of(&refused.name).into_iter().map(|event| focus.quote_event(event)));
            let made = finding(refused, text);
            let mut links = vec![format!(
                "The StatefulSet {} exists and has no pod: its pod is refused, and Tekton does not look at that.",
                refused.name
            )];
            links.extend(made.chain.clone());
            Finding { chain: links, ..made }.evidence(evidence)
        })
        .collect()
}
