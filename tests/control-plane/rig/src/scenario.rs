//! Staging what tests need: nodes, namespaces, volumes, runs, and waiting for what
//! becomes of them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Platform, Result, Rig};

/// A node to make.
#[derive(Debug, Clone)]
pub struct Node {
    /// Name, and value of the hostname label.
    pub name: String,
    /// Role label, `worker` for example.
    pub role: &'static str,
    /// Taints as `(key, value, effect)`.
    pub taints: Vec<(&'static str, &'static str, &'static str)>,
    /// CPU, as a quantity.
    pub cpu: &'static str,
    /// Memory, as a quantity.
    pub memory: &'static str,
    /// GPUs.
    pub gpus: u32,
}

impl Node {
    /// A worker of 8 CPUs and 32 GiB.
    pub fn worker(name: &str) -> Self {
        Self { name: name.to_owned(), role: "worker", taints: Vec::new(), cpu: "8", memory: "32Gi", gpus: 0 }
    }
}

/// The nodes of the incident: one master, three workers, three GPU workers.
pub fn incident_nodes() -> Vec<Node> {
    let mut nodes = vec![Node {
        role: "master",
        taints: vec![("node-role.kubernetes.io/master", "", "NoSchedule")],
        ..Node::worker("master-0")
    }];
    nodes.extend((0..3).map(|i| Node::worker(&format!("worker-{i}"))));
    nodes.extend((0..3).map(|i| Node {
        taints: vec![("nvidia.com/gpu", "true", "NoSchedule")],
        gpus: 4,
        ..Node::worker(&format!("gpu-{i}"))
    }));
    nodes
}

/// A run on a rig.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    /// Namespace.
    pub namespace: String,
    /// Name of the PipelineRun.
    pub run: String,
}

/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(60);

impl Rig {
    /// Makes nodes, Ready and with capacity.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn nodes(&self, nodes: &[Node]) -> Result<()> {
        for node in nodes {
            let name = &node.name;
            let taints: Vec<Value> = node
                .taints
                .iter()
                .map(|(key, value, effect)| json!({ "key": key, "value": value, "effect": effect }))
                .collect();
            let role = format!("node-role.kubernetes.io/{}", node.role);
            self.api
                .apply(&json!({ "apiVersion": "v1", "kind": "Node",
                    "metadata": { "name": name, "labels": { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", role: "" } },
                    "spec": { "taints": taints } }))
                .await?;
            let mut capacity =
                json!({ "cpu": node.cpu, "memory": node.memory, "pods": "110", "ephemeral-storage": "100Gi" });
            if node.gpus > 0 {
                capacity["nvidia.com/gpu"] = Value::from(node.gpus.to_string());
            }
            let ready = json!({ "type": "Ready", "status": "True", "reason": "KubeletReady", "message": "simulated",
                "lastHeartbeatTime": jiff::Timestamp::now().to_string(), "lastTransitionTime": jiff::Timestamp::now().to_string() });
            let status = json!({ "status": { "capacity": capacity, "allocatable": capacity, "conditions": [ready],
                "addresses": [{ "type": "InternalIP", "address": "127.0.0.1" }],
                "daemonEndpoints": { "kubeletEndpoint": { "Port": self.kubelet_port() } } } });
            self.api.patch(&format!("/api/v1/nodes/{name}/status"), &status).await?;
            let taint_free = json!({ "spec": { "taints": taints } });
            self.api.patch(&format!("/api/v1/nodes/{name}"), &taint_free).await?;
        }
        Ok(())
    }

    /// Makes a namespace with the id block that starts at `block` on OpenShift, and
    /// waits for its ServiceAccounts.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn namespace(&self, name: &str, block: u64) -> Result<()> {
        let mut annotations = json!({});
        if self.platform == Platform::OpenShift {
            annotations = json!({ "openshift.io/sa.scc.uid-range": format!("{block}/10000"),
                "openshift.io/sa.scc.supplemental-groups": format!("{block}/10000"), "openshift.io/sa.scc.mcs": "s0:c26,c15" });
        }
        self.api
            .apply(&json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "annotations": annotations } }))
            .await?;
        let path = format!("/api/v1/namespaces/{name}/serviceaccounts/default");
        self.until(&format!("namespace {name} has its ServiceAccount"), async || {
            Ok(self.api.get(&path).await?.is_some())
        })
        .await?;
        if self.platform == Platform::OpenShift {
            self.service_account(name, "pipeline").await?;
            self.grant(name, "pipeline", "pipelines-scc-clusterrole").await?;
        }
        Ok(())
    }

    /// Makes a ServiceAccount.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn service_account(&self, namespace: &str, name: &str) -> Result<()> {
        let account = json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": name, "namespace": namespace } });
        self.api.apply(&account).await.map(drop)
    }

    /// Binds a ClusterRole to a ServiceAccount in its namespace.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn grant(&self, namespace: &str, account: &str, role: &str) -> Result<()> {
        let name = format!("{account}-{}", role.replace(':', "-"));
        self.api
            .apply(&json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": { "name": name, "namespace": namespace },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
                "subjects": [{ "kind": "ServiceAccount", "name": account, "namespace": namespace }] }))
            .await
            .map(drop)
    }

    /// Makes a ReadWriteOnce claim that is bound to a volume every node reaches, or
    /// only `node`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn claim(&self, namespace: &str, name: &str, node: Option<&str>) -> Result<()> {
        let volume = format!("{namespace}-{name}");
        let mut spec = json!({ "capacity": { "storage": "10Gi" }, "accessModes": ["ReadWriteOnce"], "storageClassName": "",
            "persistentVolumeReclaimPolicy": "Retain", "hostPath": { "path": format!("/data/{volume}") },
            "claimRef": { "apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name } });
        if let Some(node) = node {
            spec["nodeAffinity"] = json!({ "required": { "nodeSelectorTerms": [{ "matchExpressions": [
                { "key": "kubernetes.io/hostname", "operator": "In", "values": [node] }] }] } });
        }
        self.api
            .apply(&json!({ "apiVersion": "v1", "kind": "PersistentVolume", "metadata": { "name": volume }, "spec": spec }))
            .await?;
        self.api
            .apply(&json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": name, "namespace": namespace },
                "spec": { "accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": volume,
                    "resources": { "requests": { "storage": "10Gi" } } } }))
            .await?;
        let path = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}");
        self.until(&format!("claim {name} is bound"), async || {
            Ok(self.api.get(&path).await?.is_some_and(|claim| claim["status"]["phase"] == "Bound"))
        })
        .await
    }

    /// Submits a PipelineRun with a spec.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn submit(&self, namespace: &str, name: &str, spec: &Value) -> Result<Staged> {
        let run = json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": { "name": name, "namespace": namespace }, "spec": spec });
        self.api.create(&format!("/apis/tekton.dev/v1/namespaces/{namespace}/pipelineruns"), &run).await?;
        Ok(Staged { namespace: namespace.to_owned(), run: name.to_owned() })
    }

    /// A run as the server has it.
    ///
    /// # Errors
    /// When it does not exist.
    pub async fn pipeline_run(&self, staged: &Staged) -> Result<Value> {
        let path = format!("/apis/tekton.dev/v1/namespaces/{}/pipelineruns/{}", staged.namespace, staged.run);
        self.api.get(&path).await?.ok_or_else(|| format!("{path} does not exist"))
    }

    /// Waits until a run has succeeded.
    ///
    /// # Errors
    /// When it fails, or takes too long; the message tells how it stands.
    pub async fn wait_for_success(&self, staged: &Staged) -> Result<()> {
        self.wait_for_end(staged, "True").await
    }

    /// Waits until a run has failed.
    ///
    /// # Errors
    /// When it succeeds, or takes too long; the message tells how it stands.
    pub async fn wait_for_failure(&self, staged: &Staged) -> Result<()> {
        self.wait_for_end(staged, "False").await
    }

    async fn wait_for_end(&self, staged: &Staged, wanted: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let run = self.pipeline_run(staged).await?;
            match run.pointer("/status/conditions/0/status").and_then(Value::as_str) {
                Some(status) if status == wanted => return Ok(()),
                Some("True" | "False") => return Err(format!("{staged:?} ended: {}", run["status"]["conditions"])),
                _ if Instant::now() > deadline => {
                    return Err(format!("{staged:?} does not end:\n{}", self.describe(staged).await));
                }
                _ => tokio::time::sleep(Duration::from_millis(200)).await,
            }
        }
    }

    /// Waits until a StatefulSet of the run has been refused its pod and a task waits
    /// for a node.
    ///
    /// # Errors
    /// When that does not come about.
    pub async fn wait_for_refused_assistant(&self, staged: &Staged) -> Result<String> {
        let events = format!("/api/v1/namespaces/{}/events", staged.namespace);
        let pods = format!(
            "/api/v1/namespaces/{}/pods?labelSelector=tekton.dev/pipelineRun%3D{}",
            staged.namespace, staged.run
        );
        let sets = format!(
            "/apis/apps/v1/namespaces/{}/statefulsets?labelSelector=tekton.dev/pipelineRun%3D{}",
            staged.namespace, staged.run
        );
        let deadline = Instant::now() + PATIENCE;
        loop {
            let names: Vec<String> = self
                .api
                .list(&sets)
                .await?
                .iter()
                .filter_map(|set| Some(set["metadata"]["name"].as_str()?.to_owned()))
                .collect();
            let refusal = self.api.list(&events).await?.into_iter().find(|event| {
                event["reason"] == "FailedCreate"
                    && names.iter().any(|name| event["involvedObject"]["name"] == name.as_str())
            });
            let waits = self.api.list(&pods).await?.iter().any(|pod| {
                pod.pointer("/status/conditions/0/message")
                    .and_then(Value::as_str)
                    .is_some_and(|message| message.contains("affinity rules"))
            });
            if let (Some(refusal), true) = (refusal, waits) {
                return Ok(refusal["message"].as_str().unwrap_or_default().to_owned());
            }
            if Instant::now() > deadline {
                return Err(format!("{staged:?}: no refused assistant:\n{}", self.describe(staged).await));
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// How a run stands, for messages.
    pub async fn describe(&self, staged: &Staged) -> String {
        let run =
            self.pipeline_run(staged).await.map(|run| run["status"]["conditions"].to_string()).unwrap_or_default();
        let pods = self.api.list(&format!("/api/v1/namespaces/{}/pods", staged.namespace)).await.unwrap_or_default();
        let pods: Vec<String> = pods
            .iter()
            .map(|pod| {
                format!("{} {} {}", pod["metadata"]["name"], pod["status"]["phase"], pod["status"]["conditions"])
            })
            .collect();
        let events =
            self.api.list(&format!("/api/v1/namespaces/{}/events", staged.namespace)).await.unwrap_or_default();
        let events: Vec<String> = events
            .iter()
            .filter(|event| event["type"] == "Warning")
            .map(|event| format!("{} {}: {}", event["involvedObject"]["name"], event["reason"], event["message"]))
            .collect();
        format!("{run}\n{}\n{}\n{}", pods.join("\n"), events.join("\n"), self.logs())
    }

    /// Waits until something holds.
    ///
    /// # Errors
    /// When it does not within a minute.
    pub async fn until(&self, what: &str, holds: impl AsyncFn() -> Result<bool>) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !holds().await? {
            if Instant::now() > deadline {
                return Err(format!("waited in vain until {what}\n{}", self.logs()));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }
}

/// A pipeline of two tasks that share a workspace, the second after the first.
pub fn two_tasks() -> Value {
    let task = |name: &str, after: &[&str]| {
        json!({ "name": name, "runAfter": after, "workspaces": [{ "name": "source" }],
            "taskSpec": { "workspaces": [{ "name": "source" }],
                "steps": [{ "name": "main", "image": "example.com/step", "script": "#!/bin/sh\ntrue\n" }] } })
    };
    json!({ "workspaces": [{ "name": "source" }], "tasks": [task("fetch", &[]), task("quantize", &["fetch"])] })
}

/// The spec of a run of [`two_tasks`] on a claim.
pub fn run_spec(claim: &str) -> Value {
    json!({ "pipelineSpec": two_tasks(), "workspaces": [{ "name": "source", "persistentVolumeClaim": { "claimName": claim } }] })
}

/// The spec of the incident's run: ServiceAccount with anyuid, ids 1001.
pub fn incident_spec(claim: &str) -> Value {
    let mut spec = run_spec(claim);
    spec["taskRunTemplate"] = json!({ "serviceAccountName": "model-pipeline-sa",
        "podTemplate": { "securityContext": { "runAsUser": 1001, "fsGroup": 1001 } } });
    spec
}

/// A namespace in which the incident's run can be submitted: ranges, ServiceAccount
/// with anyuid, a shared claim `models`.
///
/// # Errors
/// When the server refuses.
pub async fn incident_namespace(rig: &Rig, namespace: &str) -> Result<()> {
    rig.namespace(namespace, 1_000_680_000).await?;
    rig.service_account(namespace, "model-pipeline-sa").await?;
    if rig.platform == Platform::OpenShift {
        rig.grant(namespace, "model-pipeline-sa", "system:openshift:scc:anyuid").await?;
    }
    rig.claim(namespace, "models", None).await
}

/// Stages the incident: nodes, namespace, run.
///
/// # Errors
/// When the server refuses.
pub async fn incident(rig: &Rig, namespace: &str) -> Result<Staged> {
    rig.nodes(&incident_nodes()).await?;
    incident_namespace(rig, namespace).await?;
    rig.submit(namespace, "mistral-24b-quantized-mvd5r", &incident_spec("models")).await
}
