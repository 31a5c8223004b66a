//! Tolerations that a pod gets without asking.
//!
//! Mirrors `plugin/pkg/admission/defaulttolerationseconds`, `podtolerationrestriction`
//! and `pkg/util/tolerations/tolerations.go` (1.27 to 1.36).

use super::Admitted;
use crate::model::pod::{Pod, Toleration};
use crate::model::{Cluster, Kind};

/// Conditions of a node that a pod bears for five minutes unless it says otherwise.
const BORNE: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
/// Annotations of a namespace (`podtolerationrestriction`).
const DEFAULT: &str = "scheduler.alpha.kubernetes.io/defaultTolerations";
const ALLOWED: &str = "scheduler.alpha.kubernetes.io/tolerationsWhitelist";

pub(super) fn default_seconds(pod: &mut Pod) {
    for key in BORNE {
        let known = pod.spec.tolerations.iter().any(|toleration| {
            (toleration.key == key || toleration.key.is_empty())
                && matches!(toleration.effect.as_str(), "NoExecute" | "")
        });
        if !known {
            pod.spec.tolerations.push(Toleration {
                key: key.to_owned(),
                operator: "Exists".to_owned(),
                effect: "NoExecute".to_owned(),
                toleration_seconds: Some(300),
                ..Toleration::default()
            });
        }
    }
}

/// The namespace's tolerations, and that of memory pressure for pods that ask for
/// anything at all.
pub(super) fn restriction(cluster: &Cluster, admitted: &mut Admitted) {
    let namespace = cluster.namespace(&admitted.pod.metadata.namespace);
    if namespace.is_none() {
        admitted.needs(cluster, Kind::Namespace);
    }
    let listed = |annotation: &str| -> Vec<Toleration> {
        let text = namespace.and_then(|namespace| namespace.metadata.annotation(annotation)).unwrap_or_default();
        serde_json::from_str(text).unwrap_or_default()
    };
    let mut more = listed(DEFAULT);
    if !is_best_effort(&admitted.pod) {
        more.push(Toleration {
            key: "node.kubernetes.io/memory-pressure".to_owned(),
            operator: "Exists".to_owned(),
            effect: "NoSchedule".to_owned(),
            ..Toleration::default()
        });
    }
    if !more.is_empty() {
        let own = std::mem::take(&mut admitted.pod.spec.tolerations);
        admitted.pod.spec.tolerations = merge(own, &more);
    }
    let allowed = listed(ALLOWED);
    let tolerations = &admitted.pod.spec.tolerations;
    let is_allowed = |toleration: &Toleration| allowed.iter().any(|wider| is_superset(wider, toleration));
    if !allowed.is_empty() && !tolerations.iter().all(is_allowed) {
        let text = "pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist";
        admitted.refuse("PodTolerationRestriction", text);
    }
}

/// No container asks for or limits cpu or memory (`qos.ComputePodQOS`).
fn is_best_effort(pod: &Pod) -> bool {
    let containers = pod.spec.containers.iter().chain(&pod.spec.init_containers).map(|container| &container.resources);
    containers
        .chain(&pod.spec.resources)
        .flat_map(|resources| resources.requests.iter().chain(&resources.limits))
        .all(|(name, amount)| !matches!(name.as_str(), "cpu" | "memory") || amount.is_zero())
}

/// Both lists without what another toleration covers (`MergeTolerations`).
pub(super) fn merge(first: Vec<Toleration>, second: &[Toleration]) -> Vec<Toleration> {
    let all: Vec<Toleration> = first.into_iter().chain(second.iter().cloned()).collect();
    let mut merged: Vec<Toleration> = Vec::with_capacity(all.len());
    for (at, toleration) in all.iter().enumerate() {
        let covered = merged.iter().any(|known| is_superset(known, toleration))
            || all[at + 1..].iter().any(|later| later != toleration && is_superset(later, toleration));
        if !covered {
            merged.push(toleration.clone());
        }
    }
    merged
}

/// Whether `wide` tolerates all that `narrow` does.
fn is_superset(wide: &Toleration, narrow: &Toleration) -> bool {
    if wide == narrow {
        return true;
    }
    if narrow.key != wide.key && !(wide.key.is_empty() && wide.operator == "Exists") {
        return false;
    }
    if narrow.effect != wide.effect && !wide.effect.is_empty() {
        return false;
    }
    if wide.effect == "NoExecute"
        && let Some(seconds) = wide.toleration_seconds
        && narrow.toleration_seconds.is_none_or(|shorter| shorter > seconds)
    {
        return false;
    }
    match wide.operator.as_str() {
        "" | "Equal" => narrow.operator == "Equal" && narrow.value == wide.value,
        "Exists" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toleration(key: &str, operator: &str, effect: &str) -> Toleration {
        Toleration { key: key.into(), operator: operator.into(), effect: effect.into(), ..Toleration::default() }
    }

    #[test]
    fn node_trouble_is_borne_for_five_minutes_unless_said_otherwise() {
        let mut pod = Pod::default();
        default_seconds(&mut pod);
        let borne: Vec<(&str, Option<i64>)> =
            pod.spec.tolerations.iter().map(|t| (t.key.as_str(), t.toleration_seconds)).collect();
        assert_eq!(borne, [(BORNE[0], Some(300)), (BORNE[1], Some(300))]);
        let mut all = Pod::default();
        all.spec.tolerations = vec![toleration("", "Exists", "")];
        default_seconds(&mut all);
        assert_eq!(all.spec.tolerations.len(), 1);
    }

    #[test]
    fn covered_tolerations_fall_away() {
        let own = vec![toleration("gpu", "Equal", "NoSchedule"), toleration("a", "Exists", "")];
        let merged = merge(own, &[toleration("gpu", "Exists", "NoSchedule"), toleration("a", "Exists", "NoExecute")]);
        let keys: Vec<(&str, &str)> = merged.iter().map(|t| (t.key.as_str(), t.operator.as_str())).collect();
        assert_eq!(keys, [("a", "Exists"), ("gpu", "Exists")]);
    }

    #[test]
    fn namespaces_give_and_forbid_tolerations() {
        let mut cluster = Cluster::default();
        let object = serde_json::json!({ "metadata": { "name": "ci", "annotations": {
            DEFAULT: r#"[{"key":"team","operator":"Exists"}]"#, ALLOWED: r#"[{"key":"team","operator":"Exists"}]"# } } });
        cluster.namespaces.push(serde_json::from_value(object).unwrap());
        let mut admitted = Admitted::default();
        admitted.pod.metadata.namespace = "ci".to_owned();
        restriction(&cluster, &mut admitted);
        assert_eq!((admitted.pod.spec.tolerations.len(), admitted.refused.len()), (1, 0));
        admitted.pod.spec.tolerations.push(toleration("gpu", "Exists", ""));
        restriction(&cluster, &mut admitted);
        assert_eq!(admitted.refused.len(), 1);
    }
}
