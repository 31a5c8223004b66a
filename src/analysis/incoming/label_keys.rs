//! `matchLabelKeys` and `mismatchLabelKeys` merged into selectors before a pod is
//! stored; the scheduler never looks at them in affinity terms.
//!
//! Mirrors `pkg/registry/core/pod/strategy.go` (1.31 to 1.36): in pod affinity since
//! 1.31 (`MatchLabelKeysInPodAffinity`, beta), in spread constraints since 1.34
//! (`MatchLabelKeysInPodTopologySpreadSelectorMerge`, beta).

use crate::analysis::scheduler::KubernetesVersion;
use crate::model::meta::StringMap;
use crate::model::pod::{Pod, PodAffinityTerm};
use crate::model::selector::{LabelSelector, Requirement};

const IN_AFFINITY: KubernetesVersion = KubernetesVersion::new(1, 31, 0);
const IN_SPREAD: KubernetesVersion = KubernetesVersion::new(1, 34, 0);

pub(super) fn apply(pod: &mut Pod, version: KubernetesVersion) {
    let labels = &pod.metadata.labels;
    if version >= IN_AFFINITY {
        let affinity = &mut pod.spec.affinity;
        for side in [&mut affinity.pod_affinity, &mut affinity.pod_anti_affinity].into_iter().flatten() {
            let preferred = side.preferred.iter_mut().map(|weighted| &mut weighted.pod_affinity_term);
            preferred.chain(&mut side.required).for_each(|term| affinity_term(term, labels));
        }
    }
    if version >= IN_SPREAD {
        for constraint in &mut pod.spec.topology_spread_constraints {
            if let Some(selector) = &mut constraint.label_selector {
                merge(selector, &constraint.match_label_keys, "In", labels);
            }
        }
    }
}

fn affinity_term(term: &mut PodAffinityTerm, labels: &StringMap) {
    if let Some(selector) = &mut term.label_selector {
        merge(selector, &term.match_label_keys, "In", labels);
        merge(selector, &term.mismatch_label_keys, "NotIn", labels);
    }
}

/// Keys that the pod lacks are passed over. A requirement that stands there already
/// is not repeated: a pod that was read from a server has been merged once.
fn merge(selector: &mut LabelSelector, keys: &[String], operator: &str, labels: &StringMap) {
    for key in keys {
        let Some(value) = labels.get(key) else { continue };
        let requirement = Requirement { key: key.clone(), operator: operator.to_owned(), values: vec![value.clone()] };
        if !selector.match_expressions.contains(&requirement) {
            selector.match_expressions.push(requirement);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(version: &str) -> Pod {
        let mut pod: Pod = serde_json::from_value(serde_json::json!({
            "metadata": { "labels": { "rev": "7", "tenant": "a" } },
            "spec": {
                "affinity": { "podAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [
                    { "labelSelector": {}, "topologyKey": "zone", "matchLabelKeys": ["rev", "absent"],
                      "mismatchLabelKeys": ["tenant"] },
                    { "topologyKey": "zone", "matchLabelKeys": ["rev"] }] } },
                "topologySpreadConstraints": [{ "maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {}, "matchLabelKeys": ["rev"] }] } }))
        .unwrap();
        apply(&mut pod, version.parse().unwrap());
        apply(&mut pod, version.parse().unwrap());
        pod
    }

    fn texts(selector: &Option<LabelSelector>) -> Vec<String> {
        let selector = selector.iter().flat_map(|selector| &selector.match_expressions);
        selector.map(|r| format!("{} {} {}", r.key, r.operator, r.values.join(","))).collect()
    }

    #[test]
    fn labels_of_the_pod_become_requirements() {
        let spec = stored("1.34.0").spec;
        let terms = &spec.affinity.pod_affinity.as_ref().unwrap().required;
        assert_eq!(texts(&terms[0].label_selector), ["rev In 7", "tenant NotIn a"]);
        assert_eq!(terms[1].label_selector, None);
        assert_eq!(texts(&spec.topology_spread_constraints[0].label_selector), ["rev In 7"]);
    }

    #[test]
    fn older_servers_leave_them() {
        let spec = stored("1.30.4").spec;
        assert!(texts(&spec.affinity.pod_affinity.as_ref().unwrap().required[0].label_selector).is_empty());
        assert!(texts(&stored("1.33.1").spec.topology_spread_constraints[0].label_selector).is_empty());
    }
}
