//! Incidents of nodes and provisioners: lost contact, pressure, cordons beside room,
//! claims that nobody provisions.

use rig::scenario::Staged;
use rig::{Result, Rig, kubelet};
use serde_json::{Value, json};

use super::stage::*;

/// A node that no longer renews its lease, once the node controller has tainted it.
async fn lose(rig: &Rig, node: &str) -> Result<()> {
    let path = format!("/api/v1/nodes/{node}");
    let silent = json!({ "metadata": { "annotations": { kubelet::HOLD: "start" } } });
    rig.api.patch(&path, &silent).await?;
    tainted(rig, node, "node.kubernetes.io/unreachable").await
}

async fn tainted(rig: &Rig, node: &str, key: &str) -> Result<()> {
    let path = format!("/api/v1/nodes/{node}");
    rig.until(&format!("{node} has the taint {key}"), async || {
        let node = rig.api.get(&path).await?.unwrap_or_default();
        let taints = node.pointer("/spec/taints").and_then(Value::as_array).cloned().unwrap_or_default();
        Ok(taints.iter().any(|taint| taint["key"] == key))
    })
    .await
}

/// A node that runs short of disk, as the node controller marks it.
async fn under_pressure(rig: &Rig, node: &str) -> Result<()> {
    let path = format!("/api/v1/nodes/{node}");
    let found = rig.api.get(&path).await?.unwrap_or_default();
    let mut conditions = found.pointer("/status/conditions").cloned().unwrap_or_else(|| json!([]));
    let now = jiff::Timestamp::now().to_string();
    if let Some(list) = conditions.as_array_mut() {
        list.push(json!({ "type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure",
            "message": "kubelet has disk pressure", "lastHeartbeatTime": now, "lastTransitionTime": now }));
    }
    rig.api.patch(&format!("{path}/status"), &json!({ "status": { "conditions": conditions } })).await?;
    tainted(rig, node, "node.kubernetes.io/disk-pressure").await
}

/// A storage class that waits for the first pod, and whose provisioner is not there.
async fn late_class(rig: &Rig) -> Result<()> {
    let class = json!({ "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": { "name": "late" },
        "provisioner": "disk.example.com", "volumeBindingMode": "WaitForFirstConsumer" });
    rig.api.apply(&class).await.map(drop)
}

async fn late_claim(rig: &Rig, ns: &str, name: &str, annotations: Value) -> Result<()> {
    late_class(rig).await?;
    object(
        rig,
        ns,
        json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": name, "annotations": annotations },
            "spec": { "accessModes": ["ReadWriteOnce"], "storageClassName": "late", "resources": { "requests": { "storage": "1Gi" } } } }),
    )
    .await
}

/// Stages a case of this family.
pub async fn stage(rig: &Rig, ns: &str, case: &str) -> Result<Option<Staged>> {
    namespace(rig, ns).await?;
    let staged = match case {
        "assistant-node-lost" => {
            pool(rig, ns, 2, "8").await?;
            let (staged, pod) = held(rig, ns, template(two_tasks(), to_pool(ns))).await?;
            let (_, node) = assistant(rig, ns).await?;
            lose(rig, &node).await?;
            release(rig, ns, &pod).await?;
            staged
        }
        "assistant-terminating" => {
            pool(rig, ns, 2, "8").await?;
            let (staged, pod) = held(rig, ns, template(two_tasks(), to_pool(ns))).await?;
            let (name, _) = assistant(rig, ns).await?;
            let path = format!("{}/{name}", pods(ns));
            // Stands in for a node that does not say that the pod is gone: the scheduler
            // still counts it.
            rig.api.patch(&path, &json!({ "metadata": { "finalizers": ["example.com/hold"] } })).await?;
            rig.api.delete(&path).await?;
            release(rig, ns, &pod).await?;
            rig.wait_for_success(&staged).await?;
            staged
        }
        "assistant-terminating-on-lost-node" => {
            pool(rig, ns, 2, "8").await?;
            let (staged, pod) = held(rig, ns, template(two_tasks(), to_pool(ns))).await?;
            let (name, node) = assistant(rig, ns).await?;
            lose(rig, &node).await?;
            let path = format!("{}/{name}", pods(ns));
            rig.api.patch(&path, &json!({ "metadata": { "finalizers": ["example.com/hold"] } })).await?;
            rig.api.delete(&path).await?;
            release(rig, ns, &pod).await?;
            staged
        }
        "node-lost" => {
            let nodes = pool(rig, ns, 1, "8").await?;
            lose(rig, &nodes[0]).await?;
            rig.submit(ns, "run", &template(one_task(), to_pool(ns))).await?
        }
        "node-under-pressure" => {
            let nodes = pool(rig, ns, 1, "8").await?;
            under_pressure(rig, &nodes[0]).await?;
            rig.submit(ns, "run", &template(one_task(), to_pool(ns))).await?
        }
        "insufficient-beside-cordoned" => {
            // One node without a taint that may be used and is too small, a large one
            // that is cordoned.
            for (name, cpu) in [("small", "1"), ("large", "8")] {
                let name = format!("{ns}-{name}");
                rig.nodes(&[rig::scenario::Node { cpu, ..rig::scenario::Node::worker(&name) }]).await?;
                let label = json!({ "metadata": { "labels": { "pool": ns } } });
                rig.api.patch(&format!("/api/v1/nodes/{name}"), &label).await?;
            }
            let large = format!("/api/v1/nodes/{ns}-large");
            rig.api.patch(&large, &json!({ "spec": { "unschedulable": true } })).await?;
            let mut task = task("train", &[], &[]);
            requests(&mut task, &json!({ "cpu": "4" }));
            rig.submit(ns, "run", &template(spec(&[task], &[]), json!({ "nodeSelector": { "pool": ns } }))).await?
        }
        "pvc-unbound-late" => {
            late_claim(rig, ns, "late", json!({})).await?;
            rig.submit(ns, "run", &spec(&[task("fetch", &[], &["source"])], &[("source", "late")])).await?
        }
        "pvc-unbound-stale-node" => {
            let gone = json!({ "volume.kubernetes.io/selected-node": "a-node-of-last-year" });
            late_claim(rig, ns, "late", gone).await?;
            rig.submit(ns, "run", &spec(&[task("fetch", &[], &["source"])], &[("source", "late")])).await?
        }
        "pod-not-started" => {
            let mut spec = one_task();
            annotated(&mut spec, 0, &json!({ kubelet::HOLD: "start" }));
            let staged = rig.submit(ns, "run", &spec).await?;
            complains(rig, ns, "FailedCreatePodSandBox", "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox: plugin type=\"multus\" failed (add)").await?;
            staged
        }
        "volume-not-mounted" => {
            let spec = spec(&[task("fetch", &[], &["source"])], &[("source", "data")]);
            let mut spec = spec;
            annotated(&mut spec, 0, &json!({ kubelet::HOLD: "start" }));
            let staged = rig.submit(ns, "run", &spec).await?;
            let message = "MountVolume.SetUp failed for volume \"data\" : rpc error: code = Internal desc = mount.nfs: Connection timed out";
            let pod = waits(rig, ns, "run-fetch-pod").await?;
            object(rig, ns, warning(ns, &pod, "FailedMount", message)).await?;
            staged
        }
        _ => return Ok(None),
    };
    Ok(Some(staged))
}

/// The pod once it has a node.
async fn waits(rig: &Rig, ns: &str, pod: &str) -> Result<String> {
    let path = format!("{}/{pod}", pods(ns));
    rig.until(&format!("{ns}: {pod} has a node"), async || {
        Ok(rig.api.get(&path).await?.is_some_and(|pod| pod.pointer("/spec/nodeName").is_some()))
    })
    .await?;
    Ok(pod.to_owned())
}

async fn complains(rig: &Rig, ns: &str, reason: &str, message: &str) -> Result<()> {
    let pod = waits(rig, ns, "run-build-pod").await?;
    object(rig, ns, warning(ns, &pod, reason, message)).await
}
