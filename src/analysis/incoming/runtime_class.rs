//! Overhead, node selection and tolerations of a RuntimeClass.
//!
//! Mirrors `plugin/pkg/admission/runtimeclass/admission.go` (1.27 to 1.36).

use super::{Admitted, tolerations};
use crate::model::cluster::find;
use crate::model::{Cluster, Kind};

const PLUGIN: &str = "RuntimeClass";

pub(super) fn apply(cluster: &Cluster, admitted: &mut Admitted) {
    let Some(name) = admitted.pod.spec.runtime_class_name.clone().filter(|name| !name.is_empty()) else { return };
    let Some(class) = find(&cluster.runtime_classes, "", &name) else {
        if cluster.coverage.proves_absence(Kind::RuntimeClass, "") {
            admitted.refuse(PLUGIN, format!("pod rejected: RuntimeClass {name:?} not found"));
        }
        admitted.needs(cluster, Kind::RuntimeClass);
        return;
    };
    if let Some(overhead) = &class.overhead {
        let own = &mut admitted.pod.spec.overhead;
        if !own.is_empty() && *own != overhead.pod_fixed {
            let text = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
            admitted.refuse(PLUGIN, text);
            return;
        }
        own.clone_from(&overhead.pod_fixed);
    }
    let Some(scheduling) = &class.scheduling else { return };
    for (key, value) in &scheduling.node_selector {
        let own = &mut admitted.pod.spec.node_selector;
        match own.get(key).filter(|known| *known != value) {
            Some(known) => {
                let text = format!(
                    "conflict: runtimeClass.scheduling.nodeSelector[{key}] = {value}; pod.spec.nodeSelector[{key}] = {known}"
                );
                admitted.refuse(PLUGIN, text);
                return;
            }
            None => {
                own.insert(key.clone(), value.clone());
            }
        }
    }
    let own = std::mem::take(&mut admitted.pod.spec.tolerations);
    admitted.pod.spec.tolerations = tolerations::merge(own, &scheduling.tolerations);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reading;
    use crate::model::pod::Pod;

    fn admitted(spec: serde_json::Value) -> Admitted {
        let mut cluster = Cluster::default();
        cluster.coverage.record(Kind::RuntimeClass, "", Reading::Listed);
        let object = serde_json::json!({ "metadata": { "name": "kata" }, "handler": "kata",
            "overhead": { "podFixed": { "cpu": "250m", "memory": "350Mi" } },
            "scheduling": { "nodeSelector": { "kata": "true" },
                "tolerations": [{ "key": "kata", "operator": "Exists" }] } });
        cluster.runtime_classes.push(serde_json::from_value(object).unwrap());
        let pod: Pod = serde_json::from_value(serde_json::json!({ "spec": spec })).unwrap();
        let mut admitted = Admitted { pod, ..Admitted::default() };
        apply(&cluster, &mut admitted);
        admitted
    }

    #[test]
    fn a_class_adds_overhead_selector_and_tolerations() {
        let spec = admitted(serde_json::json!({ "runtimeClassName": "kata" })).pod.spec;
        assert_eq!(spec.overhead["cpu"].to_string(), "250m");
        assert_eq!(spec.node_selector.get("kata").map(String::as_str), Some("true"));
        assert_eq!(spec.tolerations[0].key, "kata");
    }

    #[test]
    fn conflicts_and_missing_classes_are_refused() {
        let conflict = admitted(serde_json::json!({ "runtimeClassName": "kata", "nodeSelector": { "kata": "no" } }));
        assert!(conflict.refused[0].message.starts_with("conflict: runtimeClass.scheduling.nodeSelector[kata] = true"));
        let missing = admitted(serde_json::json!({ "runtimeClassName": "gvisor" }));
        assert_eq!(missing.refused[0].message, "pod rejected: RuntimeClass \"gvisor\" not found");
    }
}
