//! What a namespace would say to the pod of an affinity assistant that carries no
//! setting of a run.

use crate::analysis::admission::{self, Plugin};
use crate::analysis::scc::ranges;
use crate::analysis::tekton::{Coschedule, Installation, assistant};
use crate::checks::scc_verdict::{self, SetVerdict};
use crate::finding::{Cause, Evidence, Finding, Severity};
use crate::model::Kind;
use crate::model::pod::{Container, Pod, Resources};
use crate::model::quantity::{Quantity, ResourceList};

use super::{Ground, Place};

/// Looks into a namespace.
pub(super) fn judge(ground: &Ground<'_>, mode: Option<Coschedule>, name: &str) -> Place {
    let (cluster, installation) = (ground.cluster, &ground.installation);
    let mut place = Place { name: name.to_owned(), ..Place::default() };
    match cluster.namespace(name) {
        Some(namespace) => {
            let meta = &namespace.metadata;
            place.uid_range = meta.annotation(ranges::UID_RANGE).map(str::to_owned);
            place.fs_group = ranges::fs_group(meta).ok().map(|range| range.min);
            place.pod_security = meta.label(admission::pod_security::ENFORCE).map(str::to_owned);
        }
        None => place.cannot_tell.push(format!("ranges and labels of namespace {name}: it needs get on namespaces")),
    }
    let accounts = cluster.service_accounts.iter().filter(|account| account.metadata.namespace == name);
    place.service_accounts = accounts.map(|account| account.metadata.name.clone()).collect();
    if place.service_accounts.is_empty() && !cluster.coverage.proves_absence(Kind::ServiceAccount, name) {
        place.cannot_tell.push(format!("ServiceAccounts of namespace {name}: it needs list on serviceaccounts"));
    }
    if mode == Some(Coschedule::Disabled) {
        return place;
    }
    let pod = bare_assistant(installation, &place);
    let is_openshift = scc_verdict::is_openshift(cluster);
    let judgement = admission::judge(cluster, &pod);
    for refusal in &judgement.refusals {
        let (cause, kind, what) = match refusal.plugin {
            Plugin::LimitRanger => {
                (Cause::AssistantLimitrange, Kind::LimitRange, format!("LimitRange {}", refusal.object))
            }
            Plugin::ResourceQuota => {
                (Cause::AssistantQuota, Kind::ResourceQuota, format!("ResourceQuota {}", refusal.object))
            }
            Plugin::ServiceAccount => (
                Cause::AssistantServiceAccountMissing,
                Kind::ServiceAccount,
                format!("ServiceAccount {}", refusal.object),
            ),
            // SCC admission fills in what Pod Security asks for.
            Plugin::PodSecurity if is_openshift => continue,
            Plugin::PodSecurity => (Cause::AssistantRefusedByPodSecurity, Kind::Namespace, "Pod Security".to_owned()),
        };
        let text = format!("{what} refuses every affinity assistant in {name}: {}", refusal.text);
        let namespace = if kind.is_namespaced() { name } else { "" };
        let verdict = Evidence::read(cluster, (kind, namespace, &refusal.object), "verdict", &refusal.text).computed();
        place.findings.push(Finding::new(cause, text).severity(Severity::Warning).evidence([verdict]));
    }
    for unread in judgement.unread {
        place.cannot_tell.push(format!("whether an assistant would be refused: {unread} were not read"));
    }
    if is_openshift {
        match scc_verdict::of_assistant(cluster, name, &pod) {
            SetVerdict::Admitted => {}
            SetVerdict::Refused { reasons } => {
                let text = format!("no SCC admits an affinity assistant in {name}: {}", reasons.join("; "));
                let account = (Kind::ServiceAccount, name, pod.spec.service_account_name.as_str());
                let said = reasons.iter().map(|reason| Evidence::read(cluster, account, "verdict", reason).computed());
                let refused = Finding::new(Cause::AssistantRefusedByScc, text).severity(Severity::Warning);
                place.findings.push(refused.evidence(said));
            }
            SetVerdict::CannotTell(why) => {
                place.cannot_tell.push(format!("whether SCC admission accepts an assistant: {why}"));
            }
        }
    }
    place
}

/// The assistant's pod of a run that sets nothing. On OpenShift runs get the
/// ServiceAccount `pipeline` where nothing else is said.
fn bare_assistant(installation: &Installation<'_>, place: &Place) -> Pod {
    let fixed: ResourceList = [
        ("cpu".to_owned(), Quantity::from_milli(assistant::CPU_MILLI)),
        ("memory".to_owned(), Quantity::from_units(assistant::MEMORY_BYTES)),
    ]
    .into();
    let mut pod = Pod::default();
    pod.metadata.name = "affinity-assistant-0".to_owned();
    pod.metadata.namespace = place.name.clone();
    pod.metadata.labels.insert(assistant::COMPONENT_LABEL.to_owned(), assistant::COMPONENT.to_owned());
    pod.spec.containers = vec![Container {
        name: "affinity-assistant".to_owned(),
        resources: Resources { requests: fixed.clone(), limits: fixed },
        ..Container::default()
    }];
    let has_account = installation.tekton().is_some_and(|version| version.assistant_has_service_account());
    let account = installation.defaults.and_then(|defaults| defaults.data.get("default-service-account").cloned());
    let account = account.filter(|account| has_account && place.service_accounts.contains(account));
    pod.spec.service_account_name = account.unwrap_or_else(|| "default".to_owned());
    if installation.sets_security_context() == Some(true) {
        // pkg/pod/pod.go `SecurityContextConfig`, v0.64.
        let context = serde_json::json!({ "allowPrivilegeEscalation": false, "capabilities": { "drop": ["ALL"] },
            "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } });
        pod.spec.containers[0].security_context = serde_json::from_value(context).ok();
    }
    pod
}
