//! `assistant-refused-by-scc`: OpenShift refuses the assistant's pod.

use crate::analysis::tekton::run_tree::AssistantNode;
use crate::model::Kind;

use super::focus::Focus;
use super::refused::{self, RefusedBy};
use super::scc_verdict::{self, SetVerdict};
use crate::finding::{Cause, Facts, Finding};

pub(super) const CAUSE: Cause = Cause::AssistantRefusedByScc;

/// Runs the check.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = refused::assistants(focus)
        .iter()
        .filter_map(|refused| match (&refused.by, refused.set) {
            (Some(RefusedBy::Scc), _) => Some(proven(focus, refused)),
            (None, Some(set)) => computed(focus, &refused.name, set),
            _ => None,
        })
        .collect();
    if findings.is_empty() {
        findings.extend(likely(focus));
    }
    findings
}

fn service_account(set: Option<&crate::model::workload::Workload>) -> String {
    set.map(|set| set.spec.template.spec.service_account_name.clone())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "default".to_owned())
}

fn proven(focus: &Focus<'_>, refused: &refused::RefusedAssistant<'_>) -> Finding {
    let account = service_account(refused.set);
    let text = refused.event.map(|event| refused::api_text(&event.message)).unwrap_or_default();
    let reasons = scc_verdict::reasons(text);
    let facts = Facts::Denied { account: account.clone(), reasons: scc_verdict::refusals(text) };
    let mut finding = Finding::new(CAUSE, summary(&refused.name, &account, &reasons)).facts(facts);
    finding = chain(focus, finding, &refused.name, &account);
    for evidence in waiting_evidence(focus, &refused.name) {
        finding = finding.evidence([evidence]);
    }
    finding = finding
        .evidence(refused.set.map(|set| focus.quote_replicas(set)))
        .evidence(refused.event.map(|event| focus.quote_event(event)))
        .evidence(scc_verdict::run_fields(focus, text));
    finding
}

fn computed(focus: &Focus<'_>, name: &str, set: &crate::model::workload::Workload) -> Option<Finding> {
    let account = service_account(Some(set));
    match scc_verdict::of_stateful_set(focus.cluster, set) {
        SetVerdict::Refused { reasons } => {
            let message = reasons.join("; ");
            let mut finding = Finding::new(CAUSE, summary(name, &account, &reasons));
            finding = chain(focus, finding, name, &account)
                .link("No event of the refusal was found; it was computed from the StatefulSet's pod template, the namespace's ranges and the SCCs.");
            Some(
                finding
                    .evidence(waiting_evidence(focus, name))
                    .evidence([focus.quote_replicas(set).computed()])
                    .evidence(scc_verdict::run_fields(focus, &message))
                    .cannot_tell("the API server's own words: events of the StatefulSet are gone"),
            )
        }
        SetVerdict::Admitted => None,
        SetVerdict::CannotTell(why) => {
            if scc_verdict::suspicious_fields(focus).is_empty() {
                return None;
            }
            Some(
                Finding::new(CAUSE, format!("the affinity assistant {name} has no pod; a refusal by SCC is likely, but not proven"))
                    .not_proven()
                    .evidence(waiting_evidence(focus, name))
                    .evidence([focus.quote_replicas(set)])
                    .evidence(scc_verdict::suspicious_fields(focus))
                    .cannot_tell(format!("whether SCC admission refused the pod: {why}"))
                    .cannot_tell(format!(
                        "collect events of namespace {}, the Namespace object, securitycontextconstraints and role bindings",
                        focus.namespace()
                    )),
            )
        }
    }
}

/// Without StatefulSets and events nothing is proven; that the run sets ids on a
/// version that gives them to an assistant of ServiceAccount `default` points one way.
fn likely(focus: &Focus<'_>) -> Option<Finding> {
    let namespace = focus.namespace();
    let set_known = focus.cluster.coverage.proves_absence(Kind::StatefulSet, namespace);
    if set_known || !focus.is_running() {
        return None;
    }
    let (task, name) = focus.beside_assistant().find(|(task, name)| {
        task.pod
            .and_then(super::focus::unplaced)
            .is_some_and(|pod| focus.is_past_grace(pod.metadata.creation_timestamp))
            && focus
                .tree
                .assistant(name)
                .is_none_or(|node: &AssistantNode<'_>| node.pod.is_none() && node.stateful_set.is_none())
    })?;
    let fields = scc_verdict::suspicious_fields(focus);
    let version = focus.tekton()?;
    if fields.is_empty() || !version.assistant_has_security_context() || version.assistant_has_service_account() {
        return None;
    }
    let shared = crate::analysis::tekton::assistant::shared_claims(focus.run());
    if !shared.is_empty() || !scc_verdict::is_openshift(focus.cluster) {
        return None;
    }
    Some(
        Finding::new(CAUSE,
            format!("task {} must run on the same node as the assistant {name}; whether that was refused is unknown, its securityContext makes it likely", task.task),
        )
        .not_proven()
        .link(format!("On Tekton {version} the assistant runs as ServiceAccount default and carries the run's pod securityContext."))
        .evidence(focus.quote_waiting(task))
        .evidence(fields)
        .cannot_tell(format!("whether the StatefulSet {name} exists and has a pod: StatefulSets of namespace {namespace} were not read"))
        .cannot_tell("whether SCC admission refused its pod: events, the Namespace object and SCCs are needed")
        .cannot_tell(format!(
            "collect: oc get statefulsets,events,rolebindings -n {namespace} -o yaml; oc get ns/{namespace} -o yaml; oc get scc,clusterrolebindings,clusterroles -o yaml"
        )),
    )
}

fn summary(name: &str, account: &str, reasons: &[String]) -> String {
    let why = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
    format!("OpenShift refuses the pod of the affinity assistant {name} (ServiceAccount {account}){why}")
}

fn chain(focus: &Focus<'_>, mut finding: Finding, name: &str, account: &str) -> Finding {
    for (task, _) in focus.beside_assistant().filter(|(_, wanted)| *wanted == name) {
        finding = finding.link(format!(
            "Task {} waits for a node: its pod must run on the same node as the assistant {name}, so every node that would do says \"didn't match pod affinity rules\". No node is at fault.",
            task.task
        ));
    }
    finding = finding
        .link(format!("The StatefulSet {name} exists and has no pod: the StatefulSet controller asks for one and SCC admission refuses it."));
    if let (Some(run_account), true) = (focus.run().service_account(), account == "default")
        && run_account != "default"
    {
        let version = focus.tekton().map(|v| format!("Tekton {v}")).unwrap_or_else(|| "this Tekton".to_owned());
        finding = finding.link(format!(
            "The rights of the run's ServiceAccount {run_account} do not count here: {version} gives the assistant the run's pod securityContext, but no ServiceAccount (it does from 1.9 on)."
        ));
    }
    if let Some(value) = focus.installation.assistant_flags().and_then(|flags| flags.dead_key) {
        finding = finding.link(format!(
            "disable-affinity-assistant: {value:?} in feature-flags changes nothing: Tekton has ignored this key since 1.0; coschedule decides."
        ));
    }
    finding
}

fn waiting_evidence(focus: &Focus<'_>, name: &str) -> Vec<crate::finding::Evidence> {
    focus
        .beside_assistant()
        .filter(|(_, wanted)| *wanted == name)
        .flat_map(|(task, _)| focus.quote_waiting(task))
        .collect()
}
