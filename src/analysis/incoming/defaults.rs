//! Defaults that a pod gets while it is decoded.
//!
//! Mirrors `pkg/apis/core/v1/defaults.go` (1.33.13, 1.35.4): `SetDefaults_Pod`,
//! `SetDefaults_PodSpec`, `defaultPodRequests`.

use crate::analysis::scheduler::KubernetesVersion;
use crate::model::pod::{Pod, PodPlan, Resources};

/// The first release whose pods have requests of their own by default
/// (`PodLevelResources`, beta in 1.34).
const POD_LEVEL: KubernetesVersion = KubernetesVersion::new(1, 34, 0);

pub(super) fn apply(pod: &mut Pod, version: KubernetesVersion) {
    let spec: &mut PodPlan = &mut pod.spec;
    if spec.scheduler_name.is_empty() {
        spec.scheduler_name = "default-scheduler".to_owned();
    }
    if spec.restart_policy.is_none() {
        spec.restart_policy = Some("Always".to_owned());
    }
    for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
        fill(&mut container.resources);
        for port in &mut container.ports {
            if port.protocol.is_empty() {
                port.protocol = "TCP".to_owned();
            }
            if spec.host_network && port.host_port == 0 {
                port.host_port = port.container_port;
            }
        }
    }
    if version >= POD_LEVEL {
        pod_level(pod);
    }
}

/// A limit without a request is the request too.
fn fill(resources: &mut Resources) {
    for (name, limit) in &resources.limits {
        resources.requests.entry(name.clone()).or_insert(*limit);
    }
}

/// A pod's own limit is its request where no container asks for that resource.
/// Where one does, the containers' sum, which the scheduler takes anyway, stands.
fn pod_level(pod: &mut Pod) {
    let spec: &mut PodPlan = &mut pod.spec;
    let Some(resources) = &mut spec.resources else { return };
    for (name, limit) in &resources.limits {
        let asked = spec.containers.iter().chain(&spec.init_containers);
        let is_asked = asked.into_iter().any(|container| container.resources.requests.contains_key(name));
        if !is_asked {
            resources.requests.entry(name.clone()).or_insert(*limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(spec: serde_json::Value) -> Pod {
        serde_json::from_value(serde_json::json!({ "spec": spec })).unwrap()
    }

    #[test]
    fn limits_are_requests_where_none_are_given() {
        let mut pod = pod(serde_json::json!({ "containers": [
            { "name": "a", "resources": { "limits": { "cpu": "1", "memory": "1Gi" }, "requests": { "cpu": "100m" } } } ],
            "initContainers": [{ "name": "i", "resources": { "limits": { "cpu": "2" } } }] }));
        apply(&mut pod, KubernetesVersion::NEWEST);
        let requests = &pod.spec.containers[0].resources.requests;
        assert_eq!([requests["cpu"].to_string(), requests["memory"].to_string()], ["100m", "1Gi"]);
        assert_eq!(pod.spec.init_containers[0].resources.requests["cpu"].to_string(), "2");
        assert_eq!(pod.spec.scheduler_name, "default-scheduler");
    }

    #[test]
    fn host_network_takes_the_container_ports() {
        let mut pod = pod(serde_json::json!({ "hostNetwork": true, "containers": [
            { "name": "a", "ports": [{ "containerPort": 80 }, { "containerPort": 81, "hostPort": 8081 }] }] }));
        apply(&mut pod, KubernetesVersion::NEWEST);
        let ports: Vec<i32> = pod.spec.containers[0].ports.iter().map(|port| port.host_port).collect();
        assert_eq!(ports, [80, 8081]);
    }

    #[test]
    fn a_pods_own_limit_is_its_request_since_1_34() {
        let spec = serde_json::json!({ "containers": [{ "name": "a" }], "resources": { "limits": { "cpu": "2" } } });
        for (version, expected) in [("1.33.1", false), ("1.34.0", true)] {
            let mut pod = pod(spec.clone());
            apply(&mut pod, version.parse().unwrap());
            assert_eq!(pod.spec.resources.as_ref().unwrap().requests.contains_key("cpu"), expected, "{version}");
        }
    }
}
