//! LimitRanges: what a container or pod may ask for.
//!
//! Mirrors kubernetes plugin/pkg/admission/limitranger/admission.go (v1.33):
//! `mergePodResourceRequirements`, `minConstraint`, `maxConstraint`,
//! `limitRequestRatioConstraint`.

use std::collections::BTreeMap;

use crate::model::namespace::{LimitRange, LimitRangeItem};
use crate::model::pod::{Pod, PodPlan, Resources};
use crate::model::quantity::{Quantity, ResourceList};
use crate::model::{Cluster, Kind};

use super::{Judgement, Plugin, Refusal};

/// Judges a pod against all LimitRanges of its namespace.
pub fn judge(cluster: &Cluster, pod: &Pod) -> Judgement {
    let namespace = &pod.metadata.namespace;
    let mut judgement = Judgement::default();
    let ranges: Vec<&LimitRange> =
        cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == *namespace).collect();
    let mut pod = pod.clone();
    for range in &ranges {
        default_into(&mut pod, range);
    }
    for range in &ranges {
        judgement.refusals.extend(violations(range, &pod).into_iter().map(|text| Refusal {
            plugin: Plugin::LimitRanger,
            object: range.metadata.name.clone(),
            text,
        }));
    }
    if ranges.is_empty() && !cluster.coverage.proves_absence(Kind::LimitRange, namespace) {
        judgement.unread.push(format!("LimitRanges of namespace {namespace}"));
    }
    judgement
}

/// Gives containers the requests and limits that they lack.
pub fn default_into(pod: &mut Pod, range: &LimitRange) {
    for item in range.spec.limits.iter().filter(|item| item.kind == "Container") {
        let spec: &mut PodPlan = &mut pod.spec;
        for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
            for (resource, limit) in &item.default_limit {
                container.resources.limits.entry(resource.clone()).or_insert(*limit);
            }
            for (resource, request) in &item.default_request {
                container.resources.requests.entry(resource.clone()).or_insert(*request);
            }
        }
    }
}

/// The rules of a LimitRange that a pod breaks, in the plugin's words.
pub fn violations(range: &LimitRange, pod: &Pod) -> Vec<String> {
    let mut texts = Vec::new();
    for item in &range.spec.limits {
        match item.kind.as_str() {
            "Container" => {
                for container in pod.spec.init_containers.iter().chain(&pod.spec.containers) {
                    constrain(item, &container.resources, &mut texts);
                }
            }
            "Pod" => constrain(item, &sum(pod), &mut texts),
            _ => {}
        }
    }
    texts.dedup();
    texts
}

/// A container's request as the API server stores it: a limit without a request is
/// one.
fn request(resources: &Resources, resource: &str) -> Option<Quantity> {
    resources.requests.get(resource).or_else(|| resources.limits.get(resource)).copied()
}

fn constrain(item: &LimitRangeItem, resources: &Resources, texts: &mut Vec<String>) {
    let kind = &item.kind;
    for (resource, min) in &item.min {
        let limit = resources.limits.get(resource).copied();
        match request(resources, resource) {
            None => texts.push(format!("minimum {resource} usage per {kind} is {min}.  No request is specified")),
            Some(asked) if asked < *min => {
                texts.push(format!("minimum {resource} usage per {kind} is {min}, but request is {asked}"));
            }
            Some(_) => {}
        }
        if let Some(limit) = limit.filter(|limit| limit < min) {
            let text = format!("minimum {resource} usage per {kind} is {min}, but limit is {limit}");
            if !texts.iter().any(|known| known.starts_with(&format!("minimum {resource} usage per {kind} is"))) {
                texts.push(text);
            }
        }
    }
    for (resource, max) in &item.max {
        match resources.limits.get(resource) {
            None => texts.push(format!("maximum {resource} usage per {kind} is {max}.  No limit is specified")),
            Some(limit) if limit > max => {
                texts.push(format!("maximum {resource} usage per {kind} is {max}, but limit is {limit}"));
            }
            Some(_) => {}
        }
    }
    for (resource, ratio) in &item.max_limit_request_ratio {
        let (Some(asked), Some(limit)) = (request(resources, resource), resources.limits.get(resource)) else {
            texts.push(format!(
                "{resource} max limit to request ratio per {kind} is {ratio}, but no request is specified or request is 0"
            ));
            continue;
        };
        let (asked, limit, allowed) = (asked.milli_value(), limit.milli_value(), ratio.milli_value());
        if asked == 0 || limit.saturating_mul(1000) > asked.saturating_mul(allowed) {
            texts.push(format!("{resource} max limit to request ratio per {kind} is {ratio}"));
        }
    }
}

/// What the whole pod asks for: all containers together, or its largest init
/// container.
fn sum(pod: &Pod) -> Resources {
    let of = |list: fn(&Resources) -> &ResourceList| {
        let mut total: BTreeMap<String, Quantity> = BTreeMap::new();
        for container in &pod.spec.containers {
            for (resource, quantity) in list(&container.resources) {
                let entry = total.entry(resource.clone()).or_default();
                *entry = entry.saturating_add(*quantity);
            }
        }
        for container in &pod.spec.init_containers {
            for (resource, quantity) in list(&container.resources) {
                let entry = total.entry(resource.clone()).or_default();
                *entry = (*entry).max(*quantity);
            }
        }
        total.into_iter().collect::<ResourceList>()
    };
    Resources { requests: of(|resources| &resources.requests), limits: of(|resources| &resources.limits) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn violated(limits: serde_json::Value) -> Vec<String> {
        let range: LimitRange =
            serde_json::from_value(json!({ "metadata": { "name": "r" }, "spec": { "limits": limits } })).unwrap();
        let fixed = json!({ "cpu": "50m", "memory": "100Mi" });
        let mut pod: Pod = serde_json::from_value(json!({ "metadata": { "name": "p" },
            "spec": { "containers": [{ "name": "a", "resources": { "requests": fixed, "limits": fixed } }] } }))
        .unwrap();
        default_into(&mut pod, &range);
        violations(&range, &pod)
    }

    #[test]
    fn each_rule_speaks_with_the_plugins_words() {
        let container = |rule: serde_json::Value| {
            let mut item = rule;
            item["type"] = json!("Container");
            violated(json!([item]))
        };
        assert_eq!(
            container(json!({ "min": { "cpu": "100m" } })),
            ["minimum cpu usage per Container is 100m, but request is 50m"]
        );
        assert_eq!(
            container(json!({ "max": { "memory": "64Mi" } })),
            ["maximum memory usage per Container is 64Mi, but limit is 100Mi"]
        );
        assert_eq!(
            violated(json!([{ "type": "Pod", "min": { "memory": "128Mi" } }])),
            ["minimum memory usage per Pod is 128Mi, but request is 100Mi"]
        );
        assert_eq!(
            container(json!({ "max": { "ephemeral-storage": "1Gi" } })),
            ["maximum ephemeral-storage usage per Container is 1Gi.  No limit is specified"]
        );
        assert!(
            container(json!({ "max": { "ephemeral-storage": "1Gi" }, "default": { "ephemeral-storage": "1Gi" } }))
                .is_empty()
        );
        assert!(container(json!({ "maxLimitRequestRatio": { "cpu": "2" } })).is_empty());
        assert!(container(json!({ "min": { "cpu": "50m" }, "max": { "cpu": "50m" } })).is_empty());
    }
}
