//! Node selectors that a project gives to its pods.
//!
//! Mirrors `openshift-kube-apiserver/admission/scheduler/nodeenv/admission.go` of
//! openshift/kubernetes, and `plugin/pkg/admission/podnodeselector/admission.go` of
//! Kubernetes (1.27 to 1.36), which OpenShift has switched on.

use super::Admitted;
use crate::model::meta::StringMap;
use crate::model::{Cluster, Kind};

/// Annotation of a project (`project.ProjectNodeSelector`).
const OPENSHIFT: &str = "openshift.io/node-selector";
/// Annotation of a namespace (`podnodeselector.NamespaceNodeSelectors`).
const KUBERNETES: &str = "scheduler.alpha.kubernetes.io/node-selector";

pub(super) fn apply(cluster: &Cluster, admitted: &mut Admitted, is_openshift: bool) {
    if !is_openshift {
        return;
    }
    let Some(namespace) = cluster.namespace(&admitted.pod.metadata.namespace) else {
        admitted.needs(cluster, Kind::Namespace);
        return;
    };
    if let Some(kubernetes) = namespace.metadata.annotation(KUBERNETES) {
        // OpenShift's plugin leaves such a namespace to that of Kubernetes.
        merge(admitted, &selector(kubernetes), "PodNodeSelector", "namespace");
        return;
    }
    // An empty annotation overrides the default too. Where the configuration was not
    // read the default is taken for empty, which it is unless an administrator set it.
    let default = cluster
        .scheduler_configs
        .iter()
        .find(|config| config.metadata.name == "cluster")
        .and_then(|config| config.spec.get("defaultNodeSelector")?.as_str());
    let project = namespace.metadata.annotation(OPENSHIFT).or(default).unwrap_or_default();
    merge(admitted, &selector(project), "scheduling.openshift.io/OriginPodNodeEnvironment", "project");
}

fn merge(admitted: &mut Admitted, selector: &StringMap, plugin: &'static str, of: &str) {
    let own = &mut admitted.pod.spec.node_selector;
    let conflicts = selector.iter().any(|(key, value)| own.get(key).is_some_and(|known| known != value));
    if conflicts {
        let text = format!("pod node label selector conflicts with its {of} node label selector");
        admitted.refuse(plugin, text);
        return;
    }
    own.extend(selector.iter().map(|(key, value)| (key.clone(), value.clone())));
}

/// `a=b,c=d` (`labels.ConvertSelectorToLabelsMap`).
fn selector(text: &str) -> StringMap {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.trim().to_owned(), value.trim().trim_start_matches('=').to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(annotation: &str, own: &[(&str, &str)], is_openshift: bool) -> Admitted {
        let mut cluster = Cluster::default();
        let object = serde_json::json!({ "metadata": { "name": "ci", "annotations": { OPENSHIFT: annotation } } });
        cluster.namespaces.push(serde_json::from_value(object).unwrap());
        let mut admitted = Admitted::default();
        admitted.pod.metadata.namespace = "ci".to_owned();
        admitted.pod.spec.node_selector =
            own.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        apply(&cluster, &mut admitted, is_openshift);
        admitted
    }

    #[test]
    fn a_project_adds_its_selector() {
        let pod = admitted("env=ci, zone=a", &[("disk", "ssd")], true).pod;
        let keys: Vec<&str> = pod.spec.node_selector.keys().map(String::as_str).collect();
        assert_eq!(keys, ["disk", "env", "zone"]);
        assert!(admitted("env=ci", &[], false).pod.spec.node_selector.is_empty());
        assert!(admitted("", &[], true).pod.spec.node_selector.is_empty());
    }

    /// The selector that a namespace with these annotations gives beside a default.
    fn given(annotations: serde_json::Value) -> StringMap {
        let mut cluster = Cluster::default();
        let object = serde_json::json!({ "metadata": { "name": "ci", "annotations": annotations } });
        cluster.namespaces.push(serde_json::from_value(object).unwrap());
        let config =
            serde_json::json!({ "metadata": { "name": "cluster" }, "spec": { "defaultNodeSelector": "type=user" } });
        cluster.scheduler_configs.push(serde_json::from_value(config).unwrap());
        let mut admitted = Admitted::default();
        admitted.pod.metadata.namespace = "ci".to_owned();
        apply(&cluster, &mut admitted, true);
        admitted.pod.spec.node_selector.clone()
    }

    #[test]
    fn the_clusters_default_holds_where_the_namespace_says_nothing() {
        let keys = |annotations| given(annotations).into_keys().collect::<Vec<String>>();
        assert_eq!(keys(serde_json::json!({})), ["type"]);
        assert_eq!(keys(serde_json::json!({ OPENSHIFT: "env=ci" })), ["env"]);
        assert!(keys(serde_json::json!({ OPENSHIFT: "" })).is_empty());
        assert_eq!(keys(serde_json::json!({ OPENSHIFT: "env=ci", KUBERNETES: "disk=ssd" })), ["disk"]);
        assert!(keys(serde_json::json!({ KUBERNETES: "" })).is_empty());
    }

    #[test]
    fn a_pod_against_its_project_is_refused() {
        let refused = admitted("env=ci", &[("env", "prod")], true).refused;
        assert_eq!(refused[0].message, "pod node label selector conflicts with its project node label selector");
    }
}
