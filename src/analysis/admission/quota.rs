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
    judge_beside(cluster, pod, &[], &[])
}

/// Judges a pod that is created once the pods of `gone` are no longer there and those of
/// `beside` have been created.
pub fn judge_beside(cluster: &Cluster, pod: &Pod, gone: &[&Pod], beside: &[&Pod]) -> Judgement {
    let namespace = &pod.metadata.namespace;
    let pod = defaulted(cluster, pod);
    let beside: Vec<Pod> = beside.iter().map(|other| defaulted(cluster, other)).collect();
    let mut judgement = Judgement::default();
    let mut any = false;
    for quota in cluster.resource_quotas.iter().filter(|quota| quota.metadata.namespace == *namespace) {
        any = true;
        let mut quota = std::borrow::Cow::Borrowed(quota);
        if !gone.is_empty() || !beside.is_empty() {
            count(quota.to_mut(), gone, &beside);
        }
        if let Some(text) = violation(&quota, &pod) {
            let object = quota.metadata.name.clone();
            judgement.refusals.push(Refusal { plugin: Plugin::ResourceQuota, object, text });
        }
    }
    if !any && !cluster.coverage.proves_absence(Kind::ResourceQuota, namespace) {
        judgement.unread.push(format!("ResourceQuotas of namespace {namespace}"));
    }
    judgement
}

/// The pod with what LimitRanges give it.
fn defaulted(cluster: &Cluster, pod: &Pod) -> Pod {
    let mut pod = pod.clone();
    let namespace = pod.metadata.namespace.clone();
    for range in cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == namespace) {
        super::limit_range::default_into(&mut pod, range);
    }
    pod
}

/// Takes pods out of what a quota counts as used, and adds others. Pods that have ended do
/// not count (`QuotaV1Pod`).
fn count(quota: &mut ResourceQuota, gone: &[&Pod], beside: &[Pod]) {
    let counts = |pod: &&Pod| is_counted(quota, pod) && !pod.is_terminal();
    let sum = |pods: Vec<&Pod>| {
        let mut total: BTreeMap<String, Quantity> = BTreeMap::new();
        for (resource, quantity) in pods.into_iter().flat_map(usage) {
            let entry = total.entry(resource).or_default();
            *entry = entry.saturating_add(quantity);
        }
        total
    };
    let less = sum(gone.iter().copied().filter(counts).collect());
    let more = sum(beside.iter().filter(counts).collect());
    for (resource, used) in &mut quota.status.used {
        let taken = less.get(resource.as_str()).copied().unwrap_or_default();
        let added = more.get(resource.as_str()).copied().unwrap_or_default();
        *used = used.saturating_sub(taken).max(Quantity::default()).saturating_add(added);
    }
}

/// Whether a quota counts a pod.
fn is_counted(quota: &ResourceQuota, pod: &Pod) -> bool {
    quota.spec.scopes.iter().all(|scope| is_in_scope(pod, scope)) && matches(pod, quota.spec.scope_selector.as_ref())
}

/// Limits that let these pods be created at one time beside what is used already; those
/// that are high enough are left out.
pub fn needed(
    cluster: &Cluster,
    quota: &ResourceQuota,
    gone: &[&Pod],
    pods: &[&Pod],
) -> Vec<(String, Quantity, Quantity)> {
    let mut counted = quota.clone();
    let pods: Vec<Pod> = pods.iter().map(|pod| defaulted(cluster, pod)).collect();
    count(&mut counted, gone, &pods);
    let hard = hard(quota).iter();
    hard.filter_map(|(resource, limit)| {
        let used = counted.status.used.get(resource)?;
        (used > limit).then(|| (resource.clone(), *limit, *used))
    })
    .collect()
}

/// The limits in force.
pub(super) fn hard(quota: &ResourceQuota) -> &ResourceList {
    if quota.status.hard.is_empty() { &quota.spec.hard } else { &quota.status.hard }
}

/// Why a quota refuses a pod, in the plugin's words.
pub fn violation(quota: &ResourceQuota, pod: &Pod) -> Option<String> {
    if !is_counted(quota, pod) {
        return None;
    }
    if let Some(text) = unnamed(hard(quota), pod) {
        return Some(format!("failed quota: {}: must specify {text}", quota.metadata.name));
    }
    exceeded(quota, &usage(pod))
}

/// The plugin's words where an object that counts for so much is too much.
pub(super) fn exceeded(quota: &ResourceQuota, usage: &BTreeMap<String, Quantity>) -> Option<String> {
    let name = &quota.metadata.name;
    let hard = hard(quota);
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

/// Whether no container of a pod asks for anything.
pub fn is_best_effort(pod: &Pod) -> bool {
    let mut containers = pod.spec.containers.iter().chain(&pod.spec.init_containers);
    containers.all(|c| c.resources.requests.is_empty() && c.resources.limits.is_empty())
}

/// Whether a quota counts only pods that ask for nothing.
pub fn counts_best_effort_only(quota: &ResourceQuota) -> bool {
    const SCOPE: &str = "BestEffort";
    let expressions =
        quota.spec.scope_selector.as_ref().and_then(|selector| selector.get("matchExpressions")?.as_array());
    let is_of_scope = |expression: &Value| {
        expression["scopeName"].as_str() == Some(SCOPE) && expression["operator"].as_str() != Some("DoesNotExist")
    };
    quota.spec.scopes.iter().any(|scope| scope == SCOPE) || expressions.into_iter().flatten().any(is_of_scope)
}

fn is_in_scope(pod: &Pod, scope: &str) -> bool {
    let is_best_effort = || is_best_effort(pod);
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
