//! ResourceQuotas: what a namespace may use in sum.
//!
//! Mirrors kubernetes pkg/quota/v1/evaluator/core/pods.go (`PodUsageFunc`,
//! `Constraints`, `podMatchesScopeFunc`) and
//! staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go
//! (v1.33).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::namespace::ResourceQuota;
use crate::model::pod::{Pod, Resources};
use crate::model::quantity::{Quantity, ResourceList};
use crate::model::{Cluster, Kind};

use super::{Judgement, Plugin, Refusal};

/// Resources that, once limited, every container has to name.
const COMPUTE: [&str; 6] = ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

/// Judges a pod against all quotas of its namespace.
pub fn judge(cluster: &Cluster, pod: &Pod) -> Judgement {
    let namespace = &pod.metadata.namespace;
    let mut pod = pod.clone();
    for range in cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == *namespace) {
        super::limit_range::default_into(&mut pod, range);
    }
    let mut judgement = Judgement::default();
    let mut any = false;
    for quota in cluster.resource_quotas.iter().filter(|quota| quota.metadata.namespace == *namespace) {
        any = true;
        if let Some(text) = violation(quota, &pod) {
            let object = quota.metadata.name.clone();
            judgement.refusals.push(Refusal { plugin: Plugin::ResourceQuota, object, text });
        }
    }
    if !any && !cluster.coverage.proves_absence(Kind::ResourceQuota, namespace) {
        judgement.unread.push(format!("ResourceQuotas of namespace {namespace}"));
    }
    judgement
}

/// Why a quota refuses a pod, in the plugin's words.
pub fn violation(quota: &ResourceQuota, pod: &Pod) -> Option<String> {
    if !quota.spec.scopes.iter().all(|scope| is_in_scope(pod, scope))
        || !matches(pod, quota.spec.scope_selector.as_ref())
    {
        return None;
    }
    let name = &quota.metadata.name;
    let hard = if quota.status.hard.is_empty() { &quota.spec.hard } else { &quota.status.hard };
    if let Some(text) = unnamed(hard, pod) {
        return Some(format!("failed quota: {name}: must specify {text}"));
    }
    let usage = usage(pod);
    let mut exceeded: Vec<(&String, Quantity, Quantity, Quantity)> = Vec::new();
    for (resource, limit) in hard {
        let Some(asked) = usage.get(resource.as_str()).copied() else { continue };
        let used = quota.status.used.get(resource).copied().unwrap_or_default();
        if used.saturating_add(asked) > *limit {
            exceeded.push((resource, asked, used, *limit));
        }
    }
    if exceeded.is_empty() {
        return None;
    }
    let list = |of: fn(&(&String, Quantity, Quantity, Quantity)) -> Quantity| {
        let parts: Vec<String> = exceeded.iter().map(|entry| format!("{}={}", entry.0, of(entry))).collect();
        parts.join(",")
    };
    Some(format!(
        "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
        list(|entry| entry.1),
        list(|entry| entry.2),
        list(|entry| entry.3)
    ))
}

/// Compute resources that the quota limits and some container does not name.
fn unnamed(hard: &ResourceList, pod: &Pod) -> Option<String> {
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for resource in COMPUTE.into_iter().filter(|resource| hard.contains_key(*resource)) {
        let (in_limits, bare) = match resource.split_once('.') {
            Some(("limits", bare)) => (true, bare),
            Some((_, bare)) => (false, bare),
            None => (false, resource),
        };
        for container in pod.spec.containers.iter().chain(&pod.spec.init_containers) {
            let Resources { requests, limits } = &container.resources;
            let named = limits.contains_key(bare) || !in_limits && requests.contains_key(bare);
            if !named {
                missing.entry(resource).or_default().push(&container.name);
            }
        }
    }
    let parts: Vec<String> =
        missing.iter().map(|(resource, containers)| format!("{resource} for: {}", containers.join(","))).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What a pod counts for.
fn usage(pod: &Pod) -> BTreeMap<String, Quantity> {
    let one = Quantity::from_units(1);
    let mut usage = BTreeMap::from([("pods".to_owned(), one), ("count/pods".to_owned(), one)]);
    for prefix in ["requests", "limits"] {
        let list = |resources: &Resources| match prefix {
            "requests" => effective_requests(resources),
            _ => resources.limits.clone(),
        };
        let mut total: BTreeMap<String, Quantity> = BTreeMap::new();
        for container in &pod.spec.containers {
            for (resource, quantity) in list(&container.resources) {
                let entry = total.entry(resource).or_default();
                *entry = entry.saturating_add(quantity);
            }
        }
        for container in &pod.spec.init_containers {
            for (resource, quantity) in list(&container.resources) {
                let entry = total.entry(resource).or_default();
                *entry = (*entry).max(quantity);
            }
        }
        for (resource, quantity) in total {
            // `cpu` is the old name of `requests.cpu`.
            if prefix == "requests" && matches!(resource.as_str(), "cpu" | "memory" | "ephemeral-storage") {
                usage.insert(resource.clone(), quantity);
            }
            usage.insert(format!("{prefix}.{resource}"), quantity);
        }
    }
    usage
}

fn effective_requests(resources: &Resources) -> ResourceList {
    let mut requests = resources.requests.clone();
    for (resource, limit) in &resources.limits {
        requests.entry(resource.clone()).or_insert(*limit);
    }
    requests
}

fn is_in_scope(pod: &Pod, scope: &str) -> bool {
    let is_best_effort = || {
        pod.spec
            .containers
            .iter()
            .chain(&pod.spec.init_containers)
            .all(|c| c.resources.requests.is_empty() && c.resources.limits.is_empty())
    };
    match scope {
        "Terminating" => pod.spec.active_deadline_seconds.is_some_and(|seconds| seconds >= 0),
        "NotTerminating" => pod.spec.active_deadline_seconds.is_none_or(|seconds| seconds < 0),
        "BestEffort" => is_best_effort(),
        "NotBestEffort" => !is_best_effort(),
        "PriorityClass" => !pod.spec.priority_class_name.is_empty(),
        "CrossNamespacePodAffinity" => false,
        _ => true,
    }
}

fn matches(pod: &Pod, selector: Option<&Value>) -> bool {
    let expressions = selector.and_then(|selector| selector.get("matchExpressions")?.as_array());
    expressions.into_iter().flatten().all(|expression| {
        let text = |key: &str| expression.get(key).and_then(Value::as_str).unwrap_or_default();
        let values = expression.get("values").and_then(Value::as_array);
        let class = pod.spec.priority_class_name.as_str();
        let named = values.into_iter().flatten().any(|value| value.as_str() == Some(class));
        match (text("scopeName"), text("operator")) {
            ("PriorityClass", "In") => named,
            ("PriorityClass", "NotIn") => !named,
            ("PriorityClass", "DoesNotExist") => class.is_empty(),
            (scope, "DoesNotExist") => !is_in_scope(pod, scope),
            (scope, _) => is_in_scope(pod, scope),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn quota(spec: Value, used: Value) -> ResourceQuota {
        let status = json!({ "hard": spec["hard"], "used": used });
        serde_json::from_value(json!({ "metadata": { "name": "q" }, "spec": spec, "status": status })).unwrap()
    }

    fn pod(resources: Value) -> Pod {
        serde_json::from_value(json!({ "metadata": { "name": "p" },
            "spec": { "containers": [{ "name": "a", "resources": resources }], "initContainers": [{ "name": "prepare" }] } }))
        .unwrap()
    }

    #[test]
    fn shortages_and_missing_requests_speak_with_the_plugins_words() {
        let asks = json!({ "requests": { "memory": "100Mi" }, "limits": { "memory": "100Mi" } });
        let full = quota(json!({ "hard": { "pods": "2" } }), json!({ "pods": "2" }));
        assert_eq!(
            violation(&full, &pod(asks.clone())).as_deref(),
            Some("exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2")
        );
        let needs = quota(json!({ "hard": { "requests.memory": "1Gi" } }), json!({}));
        assert_eq!(
            violation(&needs, &pod(asks.clone())).as_deref(),
            Some("failed quota: q: must specify requests.memory for: prepare")
        );
        let roomy = quota(json!({ "hard": { "pods": "3" } }), json!({ "pods": "2" }));
        assert_eq!(violation(&roomy, &pod(asks.clone())), None);
        let scoped = quota(json!({ "hard": { "pods": "0" }, "scopes": ["Terminating"] }), json!({}));
        assert_eq!(violation(&scoped, &pod(asks)), None);
    }
}
