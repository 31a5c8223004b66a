//! Refusals of the assistant's pod other than by SCC: Pod Security, quota,
//! LimitRange, policy, missing ServiceAccount.

pub mod limit_range;
pub mod other;
pub mod pod_security;
pub mod policy;
pub mod quota;
pub mod service_account;
pub mod unexplained;

use crate::analysis::admission::{Plugin, Refusal};
use crate::model::Kind;

use super::focus::Focus;
use super::refused::{self, RefusedAssistant, RefusedBy};
use crate::finding::{Evidence, Finding};

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
                let rule = refused.computed.iter().find(|refusal| wanted(&RefusedBy::from(*refusal)))?;
                let computed = RefusedAssistant { by: Some(RefusedBy::from(rule)), ..refused.clone() };
                let link = match refused.by {
                    Some(_) => "Only the first refusal shows in the events; this one would be the next.",
                    None => "No event of the refusal was found; it was computed from the StatefulSet's pod template and the rule.",
                };
                finding(&computed, &rule.text)
                    .link(link)
                    .evidence(refused.set.map(|set| focus.quote_replicas(set).computed()))
                    .evidence(quote_rule(focus, rule))
            };
            let links = vec![match refused.set {
                Some(_) => format!(
                    "The StatefulSet {} exists and has no pod: its pod is refused, and Tekton does not look at that.",
                    refused.name
                ),
                None => format!(
                    "The StatefulSet controller could not create the pod of {}, and Tekton does not look at that.",
                    refused.name
                ),
            }];
            Some(
                made.preceded_by(links, [])
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
    Some(focus.quote(kind, &rule.object, field, &rule.text).computed())
}
