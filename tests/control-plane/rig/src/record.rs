//! Writes what a rig holds as an export in the layout of `oc adm inspect`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::{Result, Rig};

/// Kinds of a namespace: API root, folder of the group, plural.
const NAMESPACED: [(&str, &str, &str); 17] = [
    ("/api/v1", "core", "pods"),
    ("/api/v1", "core", "events"),
    ("/api/v1", "core", "serviceaccounts"),
    ("/api/v1", "core", "limitranges"),
    ("/api/v1", "core", "resourcequotas"),
    ("/api/v1", "core", "persistentvolumeclaims"),
    ("/api/v1", "core", "configmaps"),
    ("/apis/apps/v1", "apps", "statefulsets"),
    ("/apis/apps/v1", "apps", "deployments"),
    ("/apis/tekton.dev/v1", "tekton.dev", "pipelineruns"),
    ("/apis/tekton.dev/v1", "tekton.dev", "taskruns"),
    ("/apis/tekton.dev/v1beta1", "tekton.dev", "customruns"),
    ("/apis/tekton.dev/v1", "tekton.dev", "pipelines"),
    ("/apis/tekton.dev/v1", "tekton.dev", "tasks"),
    ("/apis/rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io", "roles"),
    ("/apis/rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io", "rolebindings"),
    ("/apis/storage.k8s.io/v1", "storage.k8s.io", "csistoragecapacities"),
];

const CLUSTER_WIDE: [(&str, &str, &str); 13] = [
    ("/api/v1", "core", "nodes"),
    ("/api/v1", "core", "namespaces"),
    ("/api/v1", "core", "persistentvolumes"),
    ("/apis/storage.k8s.io/v1", "storage.k8s.io", "storageclasses"),
    ("/apis/storage.k8s.io/v1", "storage.k8s.io", "csinodes"),
    ("/apis/storage.k8s.io/v1", "storage.k8s.io", "csidrivers"),
    ("/apis/storage.k8s.io/v1", "storage.k8s.io", "volumeattachments"),
    ("/apis/scheduling.k8s.io/v1", "scheduling.k8s.io", "priorityclasses"),
    ("/apis/node.k8s.io/v1", "node.k8s.io", "runtimeclasses"),
    ("/apis/rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io", "clusterroles"),
    ("/apis/rbac.authorization.k8s.io/v1", "rbac.authorization.k8s.io", "clusterrolebindings"),
    ("/apis/security.openshift.io/v1", "security.openshift.io", "securitycontextconstraints"),
    ("/apis/operator.tekton.dev/v1alpha1", "operator.tekton.dev", "tektonconfigs"),
];

/// Writes an export of some namespaces and everything cluster-wide. Lists are
/// written as JSON, which is YAML too.
///
/// # Errors
/// When something cannot be read or written.
pub async fn record(rig: &Rig, namespaces: &[&str], folder: &Path) -> Result<()> {
    for namespace in namespaces {
        let base = folder.join("namespaces").join(namespace);
        for (root, group, plural) in NAMESPACED {
            if let Some(list) = rig.api.get(&format!("{root}/namespaces/{namespace}/{plural}")).await? {
                write(&base.join(group).join(format!("{plural}.yaml")), &list)?;
            }
        }
        logs(rig, namespace, &base).await?;
        if let Some(object) = rig.api.get(&format!("/api/v1/namespaces/{namespace}")).await? {
            write(&base.join(format!("{namespace}.yaml")), &object)?;
        }
    }
    let base = folder.join("cluster-scoped-resources");
    for (root, group, plural) in CLUSTER_WIDE {
        let Some(list) = rig.api.get(&format!("{root}/{plural}")).await? else { continue };
        if plural == "nodes" {
            for node in list["items"].as_array().into_iter().flatten() {
                let mut node = node.clone();
                node["apiVersion"] = json!("v1");
                node["kind"] = json!("Node");
                let name = node["metadata"]["name"].as_str().unwrap_or_default().to_owned();
                write(&base.join(group).join(plural).join(format!("{name}.yaml")), &node)?;
            }
        } else {
            write(&base.join(group).join(format!("{plural}.yaml")), &list)?;
        }
    }
    let now = jiff::Timestamp::now().to_string();
    fs::write(folder.join("timestamp"), format!("{now}\n")).map_err(|error| error.to_string())
}

/// Logs of the steps that have ended, where `oc adm inspect` puts them.
async fn logs(rig: &Rig, namespace: &str, base: &Path) -> Result<()> {
    for pod in rig.api.list(&format!("/api/v1/namespaces/{namespace}/pods")).await? {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        for status in pod.pointer("/status/containerStatuses").and_then(Value::as_array).into_iter().flatten() {
            if status.pointer("/state/terminated").is_none() {
                continue;
            }
            let container = status["name"].as_str().unwrap_or_default();
            let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/log?container={container}");
            let answer = rig.api.send("GET", &path, "application/json", None).await?;
            if answer.status == 200 {
                let folder = base.join("pods").join(name).join(container).join(container).join("logs");
                fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
                fs::write(folder.join("current.log"), &answer.text).map_err(|error| error.to_string())?;
            }
        }
    }
    Ok(())
}

fn write(path: &Path, value: &Value) -> Result<()> {
    let text = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(text)?;
    }
    fs::write(path, serde_json::to_string_pretty(value).map_err(|error| error.to_string())?).map_err(text)
}
