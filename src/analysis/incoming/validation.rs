//! Requests that the API server does not store.
//!
//! Mirrors `ValidateContainerResourceRequirements` of
//! `pkg/apis/core/validation/validation.go` (1.27 to 1.36).

use super::Admitted;
use crate::model::pod::Container;

pub(super) fn apply(admitted: &mut Admitted) {
    let spec = &admitted.pod.spec;
    let containers = spec.containers.iter().enumerate().map(|(at, container)| ("containers", at, container));
    let init = spec.init_containers.iter().enumerate().map(|(at, container)| ("initContainers", at, container));
    let problems: Vec<String> =
        containers.chain(init).flat_map(|(field, at, container)| problems(field, at, container)).collect();
    for problem in problems {
        admitted.refuse("validation", problem);
    }
}

fn problems(field: &str, at: usize, container: &Container) -> Vec<String> {
    let limits = &container.resources.limits;
    let requests = container.resources.requests.iter();
    let problem = requests.filter_map(|(name, request)| {
        let path = format!("spec.{field}[{at}].resources");
        match limits.get(name) {
            None if !may_be_overcommitted(name) => Some(format!(
                "{path}.limits[{name}]: Required value: Limit must be set for non overcommitable resources"
            )),
            Some(limit) if request != limit && !may_be_overcommitted(name) => {
                Some(format!("{path}.requests: Invalid value: \"{request}\": must be equal to {name} limit of {limit}"))
            }
            Some(limit) if request > limit => Some(format!(
                "{path}.requests: Invalid value: \"{request}\": must be less than or equal to {name} limit of {limit}"
            )),
            _ => None,
        }
    });
    problem.collect()
}

/// Native resources but huge pages (`helper.IsOvercommitAllowed`).
fn may_be_overcommitted(name: &str) -> bool {
    (!name.contains('/') || name.contains("kubernetes.io/")) && !name.starts_with("hugepages-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pod::Pod;

    fn refused(resources: serde_json::Value) -> Vec<String> {
        let object = serde_json::json!({ "spec": { "containers": [{ "name": "c", "resources": resources }] } });
        let pod: Pod = serde_json::from_value(object).unwrap();
        let mut admitted = Admitted { pod, ..Admitted::default() };
        apply(&mut admitted);
        admitted.refused.into_iter().map(|refused| refused.message).collect()
    }

    #[test]
    fn devices_need_an_equal_limit() {
        let gpu = "spec.containers[0].resources.limits[nvidia.com/gpu]: Required value: Limit must be set for non overcommitable resources";
        assert_eq!(refused(serde_json::json!({ "requests": { "nvidia.com/gpu": "1" } })), [gpu]);
        let both = |limit: &str| serde_json::json!({ "requests": { "nvidia.com/gpu": "1" }, "limits": { "nvidia.com/gpu": limit } });
        assert!(refused(both("1")).is_empty());
        assert!(refused(both("2"))[0].ends_with("must be equal to nvidia.com/gpu limit of 2"));
    }

    #[test]
    fn a_request_is_at_most_its_limit() {
        let asked = serde_json::json!({ "requests": { "cpu": "2", "memory": "1Gi" }, "limits": { "cpu": "1" } });
        let text =
            "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1";
        assert_eq!(refused(asked), [text]);
    }
}
