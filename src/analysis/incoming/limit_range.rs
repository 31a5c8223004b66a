//! Requests and limits that a namespace gives to containers without any, and the
//! bounds that it sets.
//!
//! Mirrors `plugin/pkg/admission/limitranger/admission.go` (1.27 to 1.36):
//! `MutateLimit` over every LimitRange of the namespace, then `PodValidateLimitFunc`.

use std::collections::BTreeMap;

use super::Admitted;
use crate::model::namespace::{LimitRange, LimitRangeItem};
use crate::model::pod::{Container, PodPlan, Resources};
use crate::model::quantity::ResourceList;
use crate::model::{Cluster, Kind, Quantity};

const PLUGIN: &str = "LimitRanger";

pub(super) fn apply(cluster: &Cluster, admitted: &mut Admitted) {
    admitted.needs(cluster, Kind::LimitRange);
    let namespace = admitted.pod.metadata.namespace.clone();
    let ranges: Vec<&LimitRange> =
        cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == namespace).collect();
    for range in &ranges {
        let (requests, limits) = given(range);
        let spec: &mut PodPlan = &mut admitted.pod.spec;
        for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
            let resources = &mut container.resources;
            for (name, limit) in &limits {
                resources.limits.entry(name.clone()).or_insert(*limit);
            }
            for (name, request) in &requests {
                resources.requests.entry(name.clone()).or_insert(*request);
            }
        }
    }
    for range in ranges {
        let problems = problems(admitted, range);
        for problem in problems {
            admitted.refuse(PLUGIN, problem);
        }
    }
}

/// The requests and limits that a LimitRange gives; its last entry wins.
fn given(range: &LimitRange) -> (ResourceList, ResourceList) {
    let (mut requests, mut limits) = (ResourceList::new(), ResourceList::new());
    for item in range.spec.limits.iter().filter(|item| item.kind == "Container") {
        let defaulted = defaulted(item);
        requests.extend(defaulted.default_request);
        limits.extend(defaulted.default_limit);
    }
    (requests, limits)
}

/// An entry as the server stores it (`SetDefaults_LimitRangeItem`): an entry from a
/// manifest that was never stored lacks what follows from its other bounds.
fn defaulted(item: &LimitRangeItem) -> LimitRangeItem {
    let mut item = item.clone();
    for (name, max) in &item.max {
        item.default_limit.entry(name.clone()).or_insert(*max);
    }
    for (name, limit) in &item.default_limit {
        item.default_request.entry(name.clone()).or_insert(*limit);
    }
    for (name, min) in &item.min {
        item.default_request.entry(name.clone()).or_insert(*min);
    }
    item
}

fn problems(admitted: &Admitted, range: &LimitRange) -> Vec<String> {
    let spec = &admitted.pod.spec;
    let mut problems = Vec::new();
    for item in &range.spec.limits {
        match item.kind.as_str() {
            "Container" => {
                for container in spec.containers.iter().chain(&spec.init_containers) {
                    check(item, &container.resources, &mut problems);
                }
            }
            "Pod" => check(item, &whole(&spec.containers, &spec.init_containers), &mut problems),
            _ => {}
        }
    }
    problems
}

/// What a whole pod asks for, as LimitRanger adds it up: the larger of the sum of
/// the containers and the largest init container.
fn whole(containers: &[Container], init: &[Container]) -> Resources {
    let sum = |part: fn(&Resources) -> &ResourceList| {
        let mut total: ResourceList = BTreeMap::new();
        for (name, amount) in containers.iter().flat_map(|container| part(&container.resources)) {
            let known = total.entry(name.clone()).or_default();
            *known = known.saturating_add(*amount);
        }
        for (name, amount) in init.iter().flat_map(|container| part(&container.resources)) {
            let known = total.entry(name.clone()).or_default();
            *known = (*known).max(*amount);
        }
        total
    };
    Resources { requests: sum(|r| &r.requests), limits: sum(|r| &r.limits) }
}

/// The bounds of one entry (`minConstraint`, `maxConstraint`,
/// `limitRequestRatioConstraint`), in upstream's words.
fn check(item: &LimitRangeItem, resources: &Resources, problems: &mut Vec<String>) {
    let kind = &item.kind;
    for (name, min) in &item.min {
        match resources.requests.get(name) {
            None => problems.push(format!("minimum {name} usage per {kind} is {min}.  No request is specified")),
            Some(request) if request < min => {
                problems.push(format!("minimum {name} usage per {kind} is {min}, but request is {request}"));
            }
            Some(_) => {}
        }
        if let Some(limit) = resources.limits.get(name).filter(|limit| *limit < min) {
            problems.push(format!("minimum {name} usage per {kind} is {min}, but limit is {limit}"));
        }
    }
    for (name, max) in &item.max {
        match resources.limits.get(name) {
            None => problems.push(format!("maximum {name} usage per {kind} is {max}.  No limit is specified")),
            Some(limit) if limit > max => {
                problems.push(format!("maximum {name} usage per {kind} is {max}, but limit is {limit}"));
            }
            Some(_) => {}
        }
        if let Some(request) = resources.requests.get(name).filter(|request| *request > max) {
            problems.push(format!("maximum {name} usage per {kind} is {max}, but request is {request}"));
        }
    }
    for (name, ratio) in &item.max_limit_request_ratio {
        let (request, limit) = (resources.requests.get(name), resources.limits.get(name));
        let (Some(request), Some(limit)) = (request, limit) else {
            problems.push(format!(
                "{name} max limit to request ratio per {kind} is {ratio}, but no request or limit is specified"
            ));
            continue;
        };
        if exceeds(*limit, *request, *ratio) {
            problems.push(format!("{name} max limit to request ratio per {kind} is {ratio}, but it is exceeded"));
        }
    }
}

/// Whether `limit / request > ratio`, without division.
fn exceeds(limit: Quantity, request: Quantity, ratio: Quantity) -> bool {
    let wide = |quantity: Quantity| i128::from(quantity.milli_value());
    wide(limit) * 1000 > wide(request) * wide(ratio)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pod::Pod;

    fn admitted(range: serde_json::Value, resources: serde_json::Value) -> Admitted {
        let object =
            serde_json::json!({ "metadata": { "namespace": "ci", "name": "l" }, "spec": { "limits": [range] } });
        let cluster =
            Cluster { limit_ranges: vec![serde_json::from_value(object).unwrap()].into(), ..Cluster::default() };
        let pod: Pod = serde_json::from_value(serde_json::json!({ "metadata": { "namespace": "ci" },
            "spec": { "containers": [{ "name": "a", "resources": resources }], "initContainers": [{ "name": "i" }] } }))
        .unwrap();
        let mut admitted = Admitted { pod, ..Admitted::default() };
        apply(&cluster, &mut admitted);
        admitted
    }

    #[test]
    fn every_container_gets_what_it_does_not_ask_for() {
        let range = serde_json::json!({ "type": "Container", "default": { "cpu": "1", "memory": "512Mi" },
            "defaultRequest": { "cpu": "100m" } });
        let admitted = admitted(range, serde_json::json!({ "requests": { "cpu": "2" } }));
        let spec = &admitted.pod.spec;
        let texts = |list: &ResourceList| list.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>();
        assert_eq!(texts(&spec.containers[0].resources.requests), ["cpu=2", "memory=512Mi"]);
        assert_eq!(texts(&spec.init_containers[0].resources.requests), ["cpu=100m", "memory=512Mi"]);
        assert_eq!(texts(&spec.init_containers[0].resources.limits), ["cpu=1", "memory=512Mi"]);
        assert_eq!(admitted.unread, [Kind::LimitRange]);
    }

    #[test]
    fn bounds_are_told_in_the_plugins_words() {
        let range = serde_json::json!({ "type": "Container", "min": { "cpu": "100m" }, "max": { "memory": "1Gi" } });
        let asked = serde_json::json!({ "requests": { "cpu": "50m" }, "limits": { "memory": "2Gi" } });
        let messages: Vec<String> = admitted(range, asked).refused.into_iter().map(|r| r.message).collect();
        assert_eq!(
            messages,
            [
                "minimum cpu usage per Container is 100m, but request is 50m",
                "maximum memory usage per Container is 1Gi, but limit is 2Gi",
            ]
        );
    }

    #[test]
    fn a_whole_pod_is_the_larger_of_its_two_phases() {
        let range = serde_json::json!({ "type": "Pod", "max": { "cpu": "1" } });
        let refused = admitted(range, serde_json::json!({ "limits": { "cpu": "1" }, "requests": { "cpu": "1" } }));
        assert!(refused.refused.is_empty());
    }
}
