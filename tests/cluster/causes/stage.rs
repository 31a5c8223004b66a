//! What the staged incidents are made of: pipelines, pools of nodes, objects.

use rig::scenario::{self, Node, Staged};
use rig::{Result, Rig, kubelet};
use serde_json::{Value, json};

/// A task with one step, after others, on workspaces.
pub fn task(name: &str, after: &[&str], workspaces: &[&str]) -> Value {
    let bound: Vec<Value> = workspaces.iter().map(|w| json!({ "name": w, "workspace": w })).collect();
    let declared: Vec<Value> = workspaces.iter().map(|w| json!({ "name": w })).collect();
    json!({ "name": name, "runAfter": after, "workspaces": bound, "taskSpec": { "workspaces": declared,
        "steps": [{ "name": "main", "image": "example.com/step", "script": "#!/bin/sh\ntrue\n" }] } })
}

/// A run of tasks; every workspace is bound to the claim beside its name.
pub fn spec(tasks: &[Value], claims: &[(&str, &str)]) -> Value {
    let declared: Vec<Value> = claims.iter().map(|(name, _)| json!({ "name": name })).collect();
    let bound: Vec<Value> = claims
        .iter()
        .map(|(name, claim)| json!({ "name": name, "subPath": name, "persistentVolumeClaim": { "claimName": claim } }))
        .collect();
    json!({ "pipelineSpec": { "workspaces": declared, "tasks": tasks }, "workspaces": bound })
}

/// Two tasks, one after the other, on one claim.
pub fn two_tasks() -> Value {
    spec(&[task("fetch", &[], &["source"]), task("build", &["fetch"], &["source"])], &[("source", "data")])
}

/// One task without any claim: no assistant.
pub fn one_task() -> Value {
    spec(&[task("build", &[], &[])], &[])
}

/// The requests of a task's step.
pub fn requests(task: &mut Value, requests: &Value) {
    task["taskSpec"]["steps"][0]["computeResources"] = json!({ "requests": requests, "limits": requests });
}

/// Sets the run's pod template.
pub fn template(mut spec: Value, template: Value) -> Value {
    spec["taskRunTemplate"]["podTemplate"] = template;
    spec
}

/// Sets annotations of a task of the run.
pub fn annotated(spec: &mut Value, task: usize, annotations: &Value) {
    spec["pipelineSpec"]["tasks"][task]["taskSpec"]["metadata"] = json!({ "annotations": annotations });
}

/// Nodes of the namespace's own, which only its runs get to.
pub async fn pool(rig: &Rig, namespace: &str, count: usize, cpu: &'static str) -> Result<Vec<String>> {
    let nodes: Vec<Node> = (0..count)
        .map(|index| Node {
            taints: vec![("pool", "own", "NoSchedule")],
            cpu,
            ..Node::worker(&format!("{namespace}-{index}"))
        })
        .collect();
    rig.nodes(&nodes).await?;
    let names: Vec<String> = nodes.into_iter().map(|node| node.name).collect();
    for name in &names {
        rig.api
            .patch(&format!("/api/v1/nodes/{name}"), &json!({ "metadata": { "labels": { "pool": namespace } } }))
            .await?;
    }
    Ok(names)
}

/// The pod template that leads to the namespace's pool.
pub fn to_pool(namespace: &str) -> Value {
    json!({ "nodeSelector": { "pool": namespace }, "tolerations": [{ "key": "pool", "operator": "Exists" }] })
}

/// Submits a run with labels and annotations.
pub async fn submit_with(rig: &Rig, namespace: &str, metadata: Value, spec: &Value) -> Result<Staged> {
    let mut metadata = metadata;
    metadata["name"] = json!("run");
    metadata["namespace"] = json!(namespace);
    let run = json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": metadata, "spec": spec });
    rig.api.create(&format!("/apis/tekton.dev/v1/namespaces/{namespace}/pipelineruns"), &run).await?;
    Ok(Staged { namespace: namespace.to_owned(), run: "run".to_owned() })
}

/// Makes an object in the namespace.
pub async fn object(rig: &Rig, namespace: &str, mut object: Value) -> Result<()> {
    object["metadata"]["namespace"] = json!(namespace);
    rig.api.apply(&object).await.map(drop)
}

/// Makes a quota.
pub async fn quota(rig: &Rig, namespace: &str, spec: Value) -> Result<()> {
    let quota = json!({ "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "tenant" }, "spec": spec });
    object(rig, namespace, quota).await?;
    let path = format!("/api/v1/namespaces/{namespace}/resourcequotas/tenant");
    rig.until("the quota is counted", async || {
        Ok(rig.api.get(&path).await?.is_some_and(|quota| quota.pointer("/status/hard").is_some()))
    })
    .await
}

/// The path of pods of the namespace.
pub fn pods(namespace: &str) -> String {
    format!("/api/v1/namespaces/{namespace}/pods")
}

/// The pod of a task, once it has a node and runs.
pub async fn running(rig: &Rig, namespace: &str, task: &str) -> Result<String> {
    let name = format!("run-{task}-pod");
    rig.until(&format!("{namespace}: pod {name} runs"), async || {
        let pod = rig.api.get(&format!("{}/{name}", pods(namespace))).await?;
        Ok(pod.is_some_and(|pod| pod["status"]["phase"] == "Running"))
    })
    .await?;
    Ok(name)
}

/// Lets a held pod go on.
pub async fn release(rig: &Rig, namespace: &str, pod: &str) -> Result<()> {
    let free = json!({ "metadata": { "annotations": { kubelet::HOLD: null } } });
    rig.api.patch(&format!("{}/{pod}", pods(namespace)), &free).await.map(drop)
}

/// The one assistant of a namespace with its node, once it runs.
pub async fn assistant(rig: &Rig, namespace: &str) -> Result<(String, String)> {
    let selector = format!("{}?labelSelector=app.kubernetes.io/component%3Daffinity-assistant", pods(namespace));
    rig.until(&format!("{namespace}: the assistant runs"), async || {
        Ok(rig.api.list(&selector).await?.iter().any(|pod| pod["status"]["phase"] == "Running"))
    })
    .await?;
    let pods = rig.api.list(&selector).await?;
    let pod = pods.first().ok_or("no assistant")?;
    let text = |at: &str| pod.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((text("/metadata/name"), text("/spec/nodeName")))
}

/// A namespace with ServiceAccount, ranges and the claim `data`.
pub async fn namespace(rig: &Rig, namespace: &str) -> Result<()> {
    rig.namespace(namespace, 1_000_680_000).await?;
    rig.claim(namespace, "data", None).await
}

/// A bound claim of a CSI driver, which is attached to nodes.
pub async fn csi_claim(rig: &Rig, namespace: &str, name: &str, mode: &str) -> Result<()> {
    let volume = format!("{namespace}-{name}");
    rig.api
        .apply(&json!({ "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": volume },
            "spec": { "capacity": { "storage": "10Gi" }, "accessModes": [mode], "storageClassName": "",
                "persistentVolumeReclaimPolicy": "Retain", "csi": { "driver": "disk.example.com", "volumeHandle": volume },
                "claimRef": { "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name } } }))
        .await?;
    object(
        rig,
        namespace,
        json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": name },
            "spec": { "accessModes": [mode], "storageClassName": "", "volumeName": volume,
                "resources": { "requests": { "storage": "10Gi" } } } }),
    )
    .await?;
    let path = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}");
    rig.until(&format!("claim {name} is bound"), async || {
        Ok(rig.api.get(&path).await?.is_some_and(|claim| claim["status"]["phase"] == "Bound"))
    })
    .await
}

/// A pod that nobody ends, on a node, with a claim.
pub fn squatter(name: &str, node: &str, claim: Option<&str>) -> Value {
    let volumes: Vec<Value> =
        claim.iter().map(|claim| json!({ "name": "v", "persistentVolumeClaim": { "claimName": claim } })).collect();
    let mut pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name },
        "spec": { "containers": [{ "name": "main", "image": "example.com/idle" }], "volumes": volumes,
            "tolerations": [{ "operator": "Exists" }] } });
    pod["spec"]["nodeSelector"] = json!({ "kubernetes.io/hostname": node });
    pod
}

/// Submits a run that is held in its first task, waits until that runs, and gives
/// the pod's name.
pub async fn held(rig: &Rig, namespace: &str, mut spec: Value) -> Result<(Staged, String)> {
    annotated(&mut spec, 0, &json!({ kubelet::HOLD: "steps" }));
    let staged = rig.submit(namespace, "run", &spec).await?;
    let first = spec["pipelineSpec"]["tasks"][0]["name"].as_str().unwrap_or_default().to_owned();
    let pod = running(rig, namespace, &first).await?;
    Ok((staged, pod))
}

/// The nodes that all cases share.
pub async fn shared_nodes(rig: &Rig) -> Result<()> {
    rig.nodes(&scenario::incident_nodes()).await
}

/// A pool of one node that may attach one volume, which `first` is; the claim
/// `second` waits.
pub async fn limited(rig: &Rig, ns: &str) -> Result<()> {
    let nodes = pool(rig, ns, 1, "8").await?;
    let driver = json!({ "apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": { "name": "disk.example.com" },
        "spec": { "attachRequired": true } });
    rig.api.apply(&driver).await?;
    let node = rig.api.get(&format!("/api/v1/nodes/{}", nodes[0])).await?.unwrap_or_default();
    let owner = json!({ "apiVersion": "v1", "kind": "Node", "name": nodes[0], "uid": node["metadata"]["uid"] });
    rig.api
        .apply(&json!({ "apiVersion": "storage.k8s.io/v1", "kind": "CSINode",
            "metadata": { "name": nodes[0], "ownerReferences": [owner] },
            "spec": { "drivers": [{ "name": "disk.example.com", "nodeID": nodes[0], "topologyKeys": [], "allocatable": { "count": 1 } }] } }))
        .await?;
    csi_claim(rig, ns, "first", "ReadWriteOnce").await?;
    csi_claim(rig, ns, "second", "ReadWriteOnce").await?;
    object(rig, ns, squatter("squatter", &nodes[0], Some("first"))).await?;
    runs(rig, ns, "squatter").await
}

/// Waits until a pod runs.
pub async fn runs(rig: &Rig, ns: &str, pod: &str) -> Result<()> {
    let path = format!("{}/{pod}", pods(ns));
    rig.until(&format!("{ns}: {pod} runs"), async || {
        Ok(rig.api.get(&path).await?.is_some_and(|pod| pod["status"]["phase"] == "Running"))
    })
    .await
}

/// A pool whose one node is cordoned.
pub async fn cordoned(rig: &Rig, ns: &str) -> Result<()> {
    let nodes = pool(rig, ns, 1, "8").await?;
    rig.api.patch(&format!("/api/v1/nodes/{}", nodes[0]), &json!({ "spec": { "unschedulable": true } })).await.map(drop)
}

/// A policy of the namespace that refuses pods by an expression.
pub async fn policy(rig: &Rig, ns: &str, expression: &str) -> Result<()> {
    rig.api
        .apply(&json!({ "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
            "metadata": { "name": ns }, "spec": { "failurePolicy": "Fail",
                "matchConstraints": { "resourceRules": [{ "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"] }] },
                "validations": [{ "expression": expression, "message": "pods need a team" }] } }))
        .await?;
    rig.api
        .apply(&json!({ "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": { "name": ns }, "spec": { "policyName": ns, "validationActions": ["Deny"],
                "matchResources": { "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": ns } } } } }))
        .await?;
    // Policies take a moment to be in force.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    Ok(())
}

/// What a kubelet says of a pod.
pub fn warning(ns: &str, pod: &str, reason: &str, message: &str) -> Value {
    let now = jiff::Timestamp::now().to_string();
    json!({ "apiVersion": "v1", "kind": "Event", "metadata": { "name": format!("{pod}.{reason}").to_lowercase(), "namespace": ns },
        "involvedObject": { "kind": "Pod", "namespace": ns, "name": pod }, "reason": reason, "message": message, "type": "Warning",
        "source": { "component": "kubelet" }, "firstTimestamp": now, "lastTimestamp": now, "count": 1 })
}
