//! Repairs for pods that are refused because Tekton's own containers carry a seccomp profile:
//! `set-security-context` gives them one, by default since Tekton 1.16, and SCCs that list no
//! profile allow none.

use serde_json::{Value, json};

use crate::assess::run_pods::{self, RunPod};
use crate::checks::focus::Focus;
use crate::checks::scc_verdict;
use crate::model::access::SecurityContextConstraints;
use crate::model::{Cluster, Kind};
use crate::ops::{self, Grant, ObjectRef, Op};

use super::{Plan, flags, in_cluster};

/// The profile of Tekton's own containers, as SCCs write it.
const PROFILE: &str = "runtime/default";

/// The flag off, and an SCC that allows the profile; those with which every pod is admitted.
pub(super) fn plans(focus: &Focus<'_>) -> Vec<Plan> {
    if focus.installation.sets_security_context() != Some(true) || !scc_verdict::is_openshift(focus.cluster) {
        return Vec::new();
    }
    let pods = run_pods::pods(focus, focus.run());
    let refused: Vec<RunPod> = run_pods::refused(focus.cluster, &pods).into_iter().cloned().collect();
    if refused.is_empty() {
        return Vec::new();
    }
    let off = flags::security_context_off(focus).filter(|plan| admits(focus, &plan.ops));
    off.into_iter().chain(own_scc(focus, &refused)).collect()
}

/// Whether every pod of the run is admitted after operations.
fn admits(focus: &Focus<'_>, ops: &[Op]) -> bool {
    let mut cluster = focus.cluster.overlay();
    ops.iter().for_each(|op| ops::apply(op, &mut cluster));
    let after = Focus::new(&cluster, focus.run(), focus.now).like(focus);
    let pods = run_pods::pods(&after, focus.run());
    pods.iter().all(|pod| pod.judge(&cluster).is_none_or(|verdict| verdict.is_admitted()))
}

/// The most restrictive SCC that the account may use but for the profile, copied with it.
fn own_scc(focus: &Focus<'_>, refused: &[RunPod]) -> Option<Plan> {
    let first = refused.first()?.pod.as_ref().ok()?;
    let account = first.spec.service_account_name.as_str();
    let same = |pod: &RunPod| pod.pod.as_ref().is_ok_and(|pod| pod.spec.service_account_name == account);
    if !refused.iter().all(same) {
        return None;
    }
    let usable = refused.first()?.judge(focus.cluster)?.usable;
    Grant::candidates(focus.cluster, account).into_iter().find_map(|base| {
        usable.get(&base.scc)?.subject_type()?;
        let scc = focus.cluster.sccs.iter().find(|scc| scc.metadata.name == base.scc)?;
        let (object, manifest) = with_profile(focus.cluster, scc)?;
        let grant = Grant { scc: object.name.clone(), account: account.to_owned(), points: base.points };
        let create = Op::Create { object, manifest };
        let give = Op::Grant { namespace: focus.namespace().to_owned(), grant };
        let ops = vec![create, give];
        admits(focus, &ops).then(|| Plan::new("scc-with-seccomp", in_cluster(focus, ops)))
    })
}

/// A copy of an SCC that allows the profile and that nobody may use yet; `None` where it lists
/// profiles already, or the name is taken.
fn with_profile(cluster: &Cluster, scc: &SecurityContextConstraints) -> Option<(ObjectRef, Value)> {
    let name = format!("{}-seccomp", scc.metadata.name);
    if !scc.seccomp_profiles.is_empty() || cluster.sccs.iter().any(|known| known.metadata.name == name) {
        return None;
    }
    let copy = SecurityContextConstraints {
        metadata: crate::model::ObjectMeta::default(),
        users: Vec::new(),
        groups: Vec::new(),
        // A higher priority would prefer it to the platform's default.
        priority: None,
        seccomp_profiles: vec![PROFILE.to_owned()],
        ..scc.clone()
    };
    let mut manifest = serde_json::to_value(copy).ok()?;
    let fields = manifest.as_object_mut()?;
    fields.retain(|key, value| key != "userNamespaceLevel" || value.as_str() != Some(""));
    for strategy in ["seLinuxContext", "runAsUser", "supplementalGroups", "fsGroup"] {
        if let Some(strategy) = fields.get_mut(strategy).and_then(Value::as_object_mut) {
            strategy.retain(|_, value| !value.is_null() && *value != json!([]));
        }
    }
    fields.insert("apiVersion".to_owned(), json!("security.openshift.io/v1"));
    fields.insert("kind".to_owned(), json!("SecurityContextConstraints"));
    let text = format!("Copy of {} that allows seccomp profile {PROFILE}.", scc.metadata.name);
    let metadata = json!({ "name": name, "annotations": { "kubernetes.io/description": text } });
    fields.insert("metadata".to_owned(), metadata);
    Some((ObjectRef::new(Kind::SecurityContextConstraints, "", name), manifest))
}
