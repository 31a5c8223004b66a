//! What the containers of a task's pod ask for.
//!
//! Mirrors tektoncd/pipeline `pkg/apis/pipeline/v1/merge.go`,
//! `pkg/internal/computeresources` and `pkg/internal/defaultresourcerequirements`
//! (v0.68.1 to v1.15.0): Kubernetes adds up what a pod's containers ask for, but
//! steps run one after the other, so a LimitRange's default is divided among them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Quantity;
use crate::model::namespace::{LimitRange, LimitRangeItem};
use crate::model::pod::{Container, Pod, PodPlan, Resources};
use crate::model::quantity::ResourceList;

/// The resources that Tekton handles; others it leaves alone.
const HANDLED: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Lays an object over a template, deep down; lists of mounts and ports by their key.
pub(super) fn merged(template: &Value, own: &Value) -> Value {
    match (template, own) {
        (Value::Object(template), Value::Object(own)) => {
            let mut fields = template.clone();
            for (name, value) in own {
                let below = fields.get(name).cloned().unwrap_or_default();
                let value = match (name.as_str(), &below, value) {
                    ("volumeMounts", Value::Array(below), Value::Array(own)) => by_key("mountPath", below, own),
                    ("env", Value::Array(below), Value::Array(own)) => by_key("name", below, own),
                    _ => merged(&below, value),
                };
                fields.insert(name.clone(), value);
            }
            Value::Object(fields)
        }
        (template, Value::Null) => template.clone(),
        (_, own) => own.clone(),
    }
}

fn by_key(key: &str, below: &[Value], own: &[Value]) -> Value {
    let replaced = |item: &&Value| !own.iter().any(|new| new.get(key) == item.get(key));
    own.iter().chain(below.iter().filter(replaced)).cloned().collect()
}

/// `taskRunSpecs[].computeResources`: the whole of a task, divided among its steps
/// (`ApplyTaskLevelComputeResources`).
pub(super) fn task_level(steps: &mut [Container], whole: Option<&Resources>) {
    let Some(whole) = whole.filter(|whole| !whole.requests.is_empty() || !whole.limits.is_empty()) else { return };
    let count = steps.len();
    for step in steps {
        let of = if step.resources.requests.is_empty() && whole.requests.is_empty() {
            &whole.limits
        } else {
            &whole.requests
        };
        step.resources.requests = average(of, count);
        step.resources.limits.clone_from(&whole.limits);
    }
}

fn average(list: &ResourceList, count: usize) -> ResourceList {
    list.iter().map(|(name, amount)| (name.clone(), divided(name, *amount, count))).collect()
}

/// A share in whole units of memory and storage, in thousandths of everything else.
fn divided(name: &str, amount: Quantity, by: usize) -> Quantity {
    let by = i64::try_from(by).unwrap_or(i64::MAX).max(1);
    if matches!(name, "memory" | "ephemeral-storage") {
        Quantity::from_units(amount.value() / by)
    } else {
        Quantity::from_milli(amount.milli_value() / by)
    }
}

/// `default-container-resource-requirements`: containers that ask for nothing, by
/// name, then by `prefix-`, then `default` (`updateResourceRequirements`).
pub(super) fn container_defaults(pod: &mut Pod, given: &BTreeMap<String, Resources>) {
    let is_empty = |resources: &Resources| resources.requests.is_empty() && resources.limits.is_empty();
    let spec: &mut PodPlan = &mut pod.spec;
    for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        if !is_empty(&container.resources) {
            continue;
        }
        let by_prefix = || {
            given.iter().find_map(|(key, resources)| {
                let prefix = key.strip_prefix("prefix-")?;
                container.name.strip_prefix(prefix)?.starts_with('-').then_some(resources)
            })
        };
        let found = given.get(&container.name).or_else(by_prefix).or_else(|| given.get("default"));
        if let Some(resources) = found.filter(|resources| !is_empty(resources)) {
            container.resources = resources.clone();
        }
    }
}

/// What the namespace's LimitRanges make of steps that ask for nothing
/// (`transformPodBasedOnLimitRange`); init containers and sidecars are left to
/// admission.
pub(super) fn limit_ranges(pod: &mut Pod, ranges: &[&LimitRange]) {
    let is_step = |container: &Container| container.name.starts_with("step-");
    let steps = pod.spec.containers.iter().filter(|container| is_step(container)).count();
    let mut defaults = ResourceList::new();
    for item in virtual_items(ranges) {
        for name in HANDLED {
            let part = |list: &ResourceList| list.get(name).copied().unwrap_or_default();
            let share = divided(name, part(&item.default_request), steps);
            let amount = part(&defaults).max(share).max(part(&item.min));
            if !amount.is_zero() {
                defaults.insert(name.to_owned(), amount);
            }
        }
    }
    for container in pod.spec.containers.iter_mut().filter(|container| is_step(container)) {
        for (name, amount) in &defaults {
            let own = container.resources.requests.entry(name.clone()).or_default();
            if own.is_zero() {
                *own = *amount;
            }
        }
    }
}

/// One LimitRange as it is; several as one that tries to satisfy all
/// (`GetVirtualLimitRange`).
fn virtual_items(ranges: &[&LimitRange]) -> Vec<LimitRangeItem> {
    let items = || ranges.iter().flat_map(|range| &range.spec.limits).filter(|item| item.kind == "Container");
    if ranges.len() < 2 {
        return items().cloned().collect();
    }
    let mut joined = LimitRangeItem { kind: "Container".to_owned(), ..LimitRangeItem::default() };
    for item in items() {
        for name in HANDLED {
            let part = |list: &ResourceList| list.get(name).copied().unwrap_or_default();
            let min = part(&joined.min).max(part(&item.min));
            joined.min.insert(name.to_owned(), min);
            // The smaller default counts, and a LimitRange without one as zero.
            let (known, new) = (part(&joined.default_request), part(&item.default_request));
            let request = if known.is_zero() || known > new { new } else { known };
            joined.default_request.insert(name.to_owned(), request);
        }
    }
    vec![joined]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(containers: Value) -> Pod {
        serde_json::from_value(json!({ "spec": { "containers": containers } })).unwrap()
    }

    fn range(limits: Value) -> LimitRange {
        serde_json::from_value(json!({ "spec": { "limits": limits } })).unwrap()
    }

    fn requests(container: &Container) -> Vec<String> {
        container.resources.requests.iter().map(|(name, amount)| format!("{name}={amount}")).collect()
    }

    #[test]
    fn a_default_request_is_divided_among_steps_but_not_below_the_minimum() {
        let mut pod =
            pod(json!([{ "name": "step-a" }, { "name": "step-b", "resources": { "requests": { "cpu": "1" } } },
            { "name": "step-c" }, { "name": "sidecar-x" }]));
        let range = range(json!([{ "type": "Container", "defaultRequest": { "cpu": "300m", "memory": "300Mi" },
            "min": { "memory": "200Mi" } }]));
        limit_ranges(&mut pod, &[&range]);
        assert_eq!(requests(&pod.spec.containers[0]), ["cpu=100m", "memory=200Mi"]);
        assert_eq!(requests(&pod.spec.containers[1]), ["cpu=1", "memory=200Mi"]);
        assert!(requests(&pod.spec.containers[3]).is_empty());
    }

    #[test]
    fn several_limit_ranges_are_one() {
        let (a, b) = (
            range(json!([{ "type": "Container", "defaultRequest": { "cpu": "400m" }, "min": { "cpu": "10m" } }])),
            range(json!([{ "type": "Container", "defaultRequest": { "cpu": "200m" }, "min": { "cpu": "50m" } }])),
        );
        let mut pod = pod(json!([{ "name": "step-a" }, { "name": "step-b" }]));
        limit_ranges(&mut pod, &[&a, &b]);
        assert_eq!(requests(&pod.spec.containers[0]), ["cpu=100m"]);
    }

    #[test]
    fn a_tasks_whole_is_shared_by_its_steps() {
        let mut steps =
            pod(json!([{ "name": "step-a", "resources": { "requests": { "cpu": "9" } } }, { "name": "step-b" }]));
        let whole: Resources = serde_json::from_value(json!({ "requests": { "cpu": "1", "memory": "1Gi" },
            "limits": { "cpu": "2" } }))
        .unwrap();
        task_level(&mut steps.spec.containers, Some(&whole));
        assert_eq!(requests(&steps.spec.containers[0]), ["cpu=500m", "memory=512Mi"]);
        assert_eq!(steps.spec.containers[1].resources.limits["cpu"].to_string(), "2");
    }

    #[test]
    fn configured_requests_go_by_name_prefix_and_default() {
        let given: BTreeMap<String, Resources> = serde_json::from_value(json!({
            "prepare": { "requests": { "cpu": "1m" } }, "prefix-step": { "requests": { "cpu": "2m" } },
            "default": { "requests": { "cpu": "3m" } } }))
        .unwrap();
        let mut pod = pod(json!([{ "name": "step-a" }, { "name": "sidecar-x" },
            { "name": "step-b", "resources": { "limits": { "cpu": "1" } } }]));
        pod.spec.init_containers = vec![Container { name: "prepare".to_owned(), ..Container::default() }];
        container_defaults(&mut pod, &given);
        assert_eq!(requests(&pod.spec.init_containers[0]), ["cpu=1m"]);
        let all: Vec<Vec<String>> = pod.spec.containers.iter().map(requests).collect();
        assert_eq!(all, [vec!["cpu=2m".to_owned()], vec!["cpu=3m".to_owned()], vec![]]);
    }

    #[test]
    fn templates_lie_below_steps() {
        let template = json!({ "computeResources": { "requests": { "cpu": "1", "memory": "1Gi" } },
            "volumeMounts": [{ "mountPath": "/a", "name": "x" }] });
        let step = json!({ "name": "s", "computeResources": { "requests": { "cpu": "2" } },
            "volumeMounts": [{ "mountPath": "/a", "name": "y" }, { "mountPath": "/b", "name": "z" }] });
        assert_eq!(
            merged(&template, &step),
            json!({ "name": "s", "computeResources": { "requests": { "cpu": "2", "memory": "1Gi" } },
                "volumeMounts": [{ "mountPath": "/a", "name": "y" }, { "mountPath": "/b", "name": "z" }] })
        );
    }
}
