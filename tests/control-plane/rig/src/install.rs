//! Installs OpenShift's constraints and Tekton into a fresh API server.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::api::Api;
use crate::{Platform, Result, TektonVersion};

/// Name of the Service behind Tekton's webhooks.
const WEBHOOK: &str = "tekton-pipelines-webhook";

/// Manifests that run in the cluster, or scale what runs there.
const LEFT_OUT: [&str; 6] = [
    "controller.yaml",
    "webhook.yaml",
    "events.yaml",
    "webhook-hpa.yaml",
    "resolvers-deployment.yaml",
    "resolvers-service.yaml",
];

/// Installs everything that a first boot needs.
///
/// # Errors
/// When the server refuses an object.
pub async fn install(
    api: &Api,
    kubernetes: &Path,
    tekton: &Path,
    version: TektonVersion,
    platform: Platform,
) -> Result<()> {
    if platform == Platform::OpenShift {
        openshift(api, kubernetes).await?;
    }
    let namespace = platform.tekton_namespace();
    let mut objects = manifests(&tekton.join("files"))?;
    for object in &mut objects {
        adapt(object, namespace, version, platform);
    }
    objects.sort_by_key(order);
    for object in &objects {
        api.apply(object).await?;
    }
    api.apply(&json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": WEBHOOK, "namespace": namespace },
        "spec": { "type": "ExternalName", "externalName": "localhost" } }))
        .await?;
    api.apply(&controller(namespace, version)).await?;
    if platform == Platform::OpenShift {
        api.apply(&json!({ "apiVersion": "operator.tekton.dev/v1alpha1", "kind": "TektonConfig",
            "metadata": { "name": "config" },
            "spec": { "targetNamespace": namespace, "profile": "all",
                "pipeline": { "coschedule": "workspaces", "disable-affinity-assistant": true, "default-service-account": "pipeline" } } }))
        .await?;
    }
    Ok(())
}

async fn openshift(api: &Api, kubernetes: &Path) -> Result<()> {
    for object in manifests(&kubernetes.join("files"))? {
        api.apply(&object).await?;
    }
    api.apply(&tekton_config_crd()).await?;
    for _ in 0..100 {
        // Not found at first, then "storage is (re)initializing" for a moment.
        if matches!(api.get("/apis/security.openshift.io/v1/securitycontextconstraints").await, Ok(Some(_))) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let facts: Value = serde_json::from_str(include_str!("../openshift.json")).map_err(|error| error.to_string())?;
    for object in facts["items"].as_array().into_iter().flatten() {
        // Not applied: the schema requires fields whose value is null.
        api.create(&crate::api::collection_path(object)?, object).await?;
    }
    Ok(())
}

/// The operator's CRD, as far as anything reads it.
fn tekton_config_crd() -> Value {
    json!({ "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": { "name": "tektonconfigs.operator.tekton.dev" },
        "spec": { "group": "operator.tekton.dev", "scope": "Cluster",
            "names": { "kind": "TektonConfig", "listKind": "TektonConfigList", "plural": "tektonconfigs", "singular": "tektonconfig" },
            "versions": [{ "name": "v1alpha1", "served": true, "storage": true,
                "schema": { "openAPIV3Schema": { "type": "object", "x-kubernetes-preserve-unknown-fields": true } } }] } })
}

/// The controller's Deployment: the process runs outside, the object tells the
/// version.
fn controller(namespace: &str, version: TektonVersion) -> Value {
    let name = "tekton-pipelines-controller";
    let tag = format!("v{}", version.as_str());
    json!({ "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": name, "namespace": namespace, "labels": {
            "app.kubernetes.io/name": "controller", "app.kubernetes.io/component": "controller",
            "app.kubernetes.io/part-of": "tekton-pipelines", "app.kubernetes.io/version": tag,
            "pipeline.tekton.dev/release": tag, "version": tag } },
        "spec": { "replicas": 0, "selector": { "matchLabels": { "app": name } },
            "template": { "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{ "name": name, "image": "example.com/controller:rig" }] } } } })
}

fn manifests(folder: &Path) -> Result<Vec<Value>> {
    let mut files: Vec<PathBuf> = Vec::new();
    walk(folder, &mut files).map_err(|error| format!("{}: {error}", folder.display()))?;
    files.sort();
    let mut objects = Vec::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.ends_with(".yaml") || LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
        for part in text.split("\n---") {
            let object: Value = serde_yaml::from_str(part).map_err(|error| format!("{name}: {error}"))?;
            if object.get("kind").is_some_and(|kind| kind != "Deployment") {
                objects.push(object);
            }
        }
    }
    Ok(objects)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { walk(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

fn order(object: &Value) -> usize {
    const KINDS: [&str; 9] = [
        "Namespace",
        "CustomResourceDefinition",
        "ServiceAccount",
        "ClusterRole",
        "Role",
        "ClusterRoleBinding",
        "RoleBinding",
        "ConfigMap",
        "Secret",
    ];
    let kind = object["kind"].as_str().unwrap_or_default();
    KINDS.iter().position(|known| *known == kind).unwrap_or(KINDS.len())
}

/// Puts an object into the platform's namespace and gives it the version.
fn adapt(object: &mut Value, namespace: &str, version: TektonVersion, platform: Platform) {
    let upstream = "tekton-pipelines";
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    rename(object, "/metadata/namespace", upstream, namespace);
    if kind == "Namespace" {
        rename(object, "/metadata/name", upstream, namespace);
    }
    for subject in object.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
        rename(subject, "/namespace", upstream, namespace);
    }
    // The webhook may read its own namespace only, which its role names.
    for rule in object.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten() {
        if rule["resources"].to_string().contains("\"namespaces") {
            rename(rule, "/resourceNames/0", upstream, namespace);
        }
    }
    for webhook in object.get_mut("webhooks").and_then(Value::as_array_mut).into_iter().flatten() {
        rename(webhook, "/clientConfig/service/namespace", upstream, namespace);
    }
    rename(object, "/spec/conversion/webhook/clientConfig/service/namespace", upstream, namespace);
    let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    match (kind.as_str(), name.as_str()) {
        ("ConfigMap", "pipelines-info") => object["data"]["version"] = Value::from(format!("v{}", version.as_str())),
        ("ConfigMap", "feature-flags") if platform == Platform::OpenShift => {
            object["data"]["disable-affinity-assistant"] = Value::from("true");
            object["data"]["coschedule"] = Value::from("workspaces");
        }
        ("ConfigMap", "config-defaults") if platform == Platform::OpenShift => {
            object["data"]["default-service-account"] = Value::from("pipeline");
        }
        _ => {}
    }
    if let Some(data) = object.get_mut("data").and_then(Value::as_object_mut) {
        data.remove("_example");
    }
}

fn rename(object: &mut Value, at: &str, from: &str, to: &str) {
    if let Some(value) = object.pointer_mut(at)
        && value == from
    {
        *value = Value::from(to);
    }
}

/// Points webhooks and conversions at the port on which this rig's webhook serves.
///
/// # Errors
/// When the server refuses.
pub async fn point_webhooks(api: &Api, port: u16) -> Result<()> {
    for plural in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
        let path = format!("/apis/admissionregistration.k8s.io/v1/{plural}");
        for object in api.list(&path).await? {
            let name = object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            let mut webhooks = object["webhooks"].clone();
            for webhook in webhooks.as_array_mut().into_iter().flatten() {
                if webhook.pointer("/clientConfig/service/name").is_some_and(|service| service == WEBHOOK) {
                    webhook["clientConfig"]["service"]["port"] = Value::from(port);
                }
            }
            api.patch(&format!("{path}/{name}"), &json!({ "webhooks": webhooks })).await?;
        }
    }
    let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    for crd in api.list(path).await? {
        let service = crd.pointer("/spec/conversion/webhook/clientConfig/service/name");
        if service.is_some_and(|service| service == WEBHOOK) {
            let name = crd.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            let patch =
                json!({ "spec": { "conversion": { "webhook": { "clientConfig": { "service": { "port": port } } } } } });
            api.patch(&format!("{path}/{name}"), &patch).await?;
        }
    }
    Ok(())
}

/// Whether Tekton's webhook has entered itself everywhere: what it should be asked
/// about, and the certificate by which it is trusted. Before that, the API server
/// admits everything without asking.
///
/// # Errors
/// When the server cannot be asked.
pub async fn webhooks_are_entered(api: &Api) -> Result<bool> {
    let trusted = |config: &Value| config["caBundle"].as_str().is_some_and(|bundle| !bundle.is_empty());
    for plural in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
        for object in api.list(&format!("/apis/admissionregistration.k8s.io/v1/{plural}")).await? {
            for webhook in object["webhooks"].as_array().into_iter().flatten() {
                let ours = webhook.pointer("/clientConfig/service/name").is_some_and(|service| service == WEBHOOK);
                let asked = webhook["rules"].as_array().is_some_and(|rules| !rules.is_empty());
                if ours && !(asked && trusted(&webhook["clientConfig"])) {
                    return Ok(false);
                }
            }
        }
    }
    Ok(api.list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions").await?.iter().all(|crd| {
        crd.pointer("/spec/conversion/webhook/clientConfig")
            .is_none_or(|config| config.pointer("/service/name").is_none_or(|name| name != WEBHOOK) || trusted(config))
    }))
}
