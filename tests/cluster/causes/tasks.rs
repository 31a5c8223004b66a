//! Incidents of tasks: placement, volumes, containers, admission.

use rig::scenario::Staged;
use rig::{Result, Rig, kubelet};
use serde_json::{Value, json};

use super::stage::*;

/// A run whose task mounts a claim that is no workspace, so that there is no
/// assistant.
fn beside_workspaces(claim: &str, mut template_: Value) -> Value {
    template_["volumes"] = json!([{ "name": "extra", "persistentVolumeClaim": { "claimName": claim } }]);
    template(one_task(), template_)
}

/// Stages a case of this family.
pub async fn stage(rig: &Rig, ns: &str, case: &str) -> Result<Option<Staged>> {
    let submit = async |spec: &Value| rig.submit(ns, "run", spec).await;
    namespace(rig, ns).await?;
    let staged = match case {
        "untolerated-taint" => {
            let mut task = task("train", &[], &[]);
            requests(&mut task, &json!({ "nvidia.com/gpu": "1" }));
            submit(&spec(&[task], &[])).await?
        }
        "node-selector-mismatch" => {
            submit(&template(one_task(), json!({ "nodeSelector": { "disktype": "nvme" } }))).await?
        }
        "node-selector-mismatch-by-task" => {
            let mut spec = one_task();
            spec["taskRunSpecs"] = json!([{ "pipelineTaskName": "build", "podTemplate": { "affinity": { "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": [{ "matchExpressions": [
                    { "key": "disktype", "operator": "In", "values": ["nvme"] }] }] } } } } }]);
            submit(&spec).await?
        }
        "insufficient-resources" => {
            let mut task = task("train", &[], &[]);
            requests(&mut task, &json!({ "cpu": "64" }));
            submit(&spec(&[task], &[])).await?
        }
        "volume-node-affinity" => {
            rig.claim(ns, "pinned", Some("worker-0")).await?;
            submit(&beside_workspaces("pinned", json!({ "nodeSelector": { "kubernetes.io/hostname": "worker-1" } })))
                .await?
        }
        "hostport-conflict" => {
            let nodes = pool(rig, ns, 1, "8").await?;
            let mut other = squatter("squatter", &nodes[0], None);
            other["spec"]["containers"][0]["ports"] = json!([{ "containerPort": 80, "hostPort": 18080 }]);
            object(rig, ns, other).await?;
            let mut task = task("serve", &[], &[]);
            task["taskSpec"]["sidecars"] = json!([{ "name": "web", "image": "example.com/web", "ports": [{ "containerPort": 80, "hostPort": 18080 }] }]);
            submit(&template(spec(&[task], &[]), to_pool(ns))).await?
        }
        "volume-limit" => {
            limited(rig, ns).await?;
            submit(&beside_workspaces("second", to_pool(ns))).await?
        }
        "anti-affinity" => {
            let nodes = pool(rig, ns, 1, "8").await?;
            let mut other = squatter("squatter", &nodes[0], None);
            other["metadata"]["labels"] = json!({ "app": "lonely" });
            object(rig, ns, other).await?;
            runs(rig, ns, "squatter").await?;
            let mut own = to_pool(ns);
            own["affinity"] = json!({ "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [
                { "labelSelector": { "matchLabels": { "app": "lonely" } }, "topologyKey": "kubernetes.io/hostname" }] } });
            submit(&template(one_task(), own)).await?
        }
        "pod-affinity" => {
            let beside = json!({ "podAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [
                { "labelSelector": { "matchLabels": { "app": "cache" } }, "topologyKey": "kubernetes.io/hostname" }] } });
            submit(&template(one_task(), json!({ "affinity": beside }))).await?
        }
        "nodes-cordoned" => {
            cordoned(rig, ns).await?;
            submit(&template(one_task(), to_pool(ns))).await?
        }
        "task-pod-refused-by-policy" => {
            policy(rig, ns, "has(object.metadata.labels) && 'team' in object.metadata.labels").await?;
            submit(&one_task()).await?
        }
        "container-not-created" => {
            let mut spec = one_task();
            annotated(&mut spec, 0, &json!({ kubelet::HOLD: "start" }));
            let staged = submit(&spec).await?;
            let pod = format!("{}/run-build-pod", pods(ns));
            rig.until("the pod is bound", async || {
                Ok(rig.api.get(&pod).await?.is_some_and(|pod| pod.pointer("/spec/nodeName").is_some()))
            })
            .await?;
            let waiting = json!({ "waiting": { "reason": "CreateContainerConfigError", "message": "configmap \"settings\" not found" } });
            let status = json!([{ "name": "step-main", "image": "example.com/step", "imageID": "", "ready": false, "restartCount": 0, "state": waiting }]);
            rig.api
                .patch(
                    &format!("{pod}/status"),
                    &json!({ "status": { "phase": "Pending", "containerStatuses": status } }),
                )
                .await?;
            staged
        }
        "node-not-ready" => {
            let nodes = pool(rig, ns, 1, "8").await?;
            let mut spec = template(one_task(), to_pool(ns));
            annotated(&mut spec, 0, &json!({ kubelet::HOLD: "start" }));
            let staged = submit(&spec).await?;
            rig.until("the pod is bound", async || {
                Ok(rig.api.list(&pods(ns)).await?.iter().any(|pod| pod["spec"]["nodeName"] == nodes[0].as_str()))
            })
            .await?;
            rig.api
                .patch(
                    &format!("/api/v1/nodes/{}", nodes[0]),
                    &json!({ "metadata": { "annotations": { kubelet::HOLD: "lease" } } }),
                )
                .await?;
            let unknown = json!({ "type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status.",
                "lastTransitionTime": jiff::Timestamp::now().to_string() });
            rig.api
                .patch(&format!("/api/v1/nodes/{}/status", nodes[0]), &json!({ "status": { "conditions": [unknown] } }))
                .await?;
            staged
        }
        "scheduler-not-running" => submit(&template(one_task(), json!({ "schedulerName": "volcano" }))).await?,
        "pvc-unbound" => {
            object(rig, ns, json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": "never" },
                "spec": { "accessModes": ["ReadWriteOnce"], "storageClassName": "no-such-class", "resources": { "requests": { "storage": "1Gi" } } } })).await?;
            submit(&spec(&[task("fetch", &[], &["source"])], &[("source", "never")])).await?
        }
        "pvc-unbound-by-template" => {
            let mut spec = spec(&[task("fetch", &[], &["source"])], &[("source", "x")]);
            spec["workspaces"] = json!([{ "name": "source", "volumeClaimTemplate": { "spec": { "accessModes": ["ReadWriteOnce"],
                "storageClassName": "no-such-class", "resources": { "requests": { "storage": "1Gi" } } } } }]);
            submit(&spec).await?
        }
        "pvc-missing" => submit(&spec(&[task("fetch", &[], &["source"])], &[("source", "nowhere")])).await?,
        "pvc-missing-beside-workspaces" => submit(&beside_workspaces("nowhere", json!({}))).await?,
        "volume-multi-attach" => {
            let nodes = pool(rig, ns, 2, "8").await?;
            for node in &nodes {
                // Else the kubelet attaches by itself, and nobody sees the conflict.
                let managed = json!({ "metadata": { "annotations": { "volumes.kubernetes.io/controller-managed-attach-detach": "true" } } });
                rig.api.patch(&format!("/api/v1/nodes/{node}"), &managed).await?;
            }
            csi_claim(rig, ns, "disk", "ReadWriteOnce").await?;
            object(rig, ns, squatter("squatter", &nodes[0], Some("disk"))).await?;
            rig.until("the disk is attached", async || {
                for attachment in rig.api.list("/apis/storage.k8s.io/v1/volumeattachments").await? {
                    if attachment["spec"]["nodeName"] == nodes[0].as_str() {
                        let name = attachment["metadata"]["name"].as_str().unwrap_or_default();
                        let path = format!("/apis/storage.k8s.io/v1/volumeattachments/{name}/status");
                        rig.api.patch(&path, &json!({ "status": { "attached": true } })).await?;
                        return Ok(true);
                    }
                }
                Ok(false)
            })
            .await?;
            let mut template_ = to_pool(ns);
            template_["nodeSelector"]["kubernetes.io/hostname"] = json!(nodes[1]);
            let mut spec = beside_workspaces("disk", template_);
            annotated(&mut spec, 0, &json!({ kubelet::HOLD: "start" }));
            submit(&spec).await?
        }
        "volume-source-missing" => {
            let mut spec = template(
                one_task(),
                json!({ "volumes": [{ "name": "token", "secret": { "secretName": "registry-token" } }] }),
            );
            annotated(&mut spec, 0, &json!({ kubelet::HOLD: "start" }));
            let staged = submit(&spec).await?;
            let text = "MountVolume.SetUp failed for volume \"token\" : secret \"registry-token\" not found";
            rig.api
                .create(&format!("/api/v1/namespaces/{ns}/events"), &warning(ns, "run-build-pod", "FailedMount", text))
                .await?;
            staged
        }
        "image-pull" => {
            let mut spec = one_task();
            annotated(&mut spec, 0, &json!({ kubelet::IMAGE_FAILS: "true" }));
            submit(&spec).await?
        }
        "workspace-permission-denied" => {
            let mut spec = spec(&[task("fetch", &[], &["source"])], &[("source", "data")]);
            annotated(
                &mut spec,
                0,
                &json!({ kubelet::EXIT_CODE: "1", kubelet::LOG: "tar: /workspace/source/x: Cannot open: Permission denied\n" }),
            );
            submit(&spec).await?
        }
        "step-failed" => {
            let mut spec = one_task();
            annotated(&mut spec, 0, &json!({ kubelet::EXIT_CODE: "2", kubelet::LOG: "main.go:7: undefined: x\n" }));
            submit(&spec).await?
        }
        "pod-evicted" => {
            let (staged, pod) = held(rig, ns, one_task()).await?;
            let now = jiff::Timestamp::now().to_string();
            let message = "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available: 9Gi.";
            let ended = json!([{ "name": "step-main", "image": "example.com/step", "imageID": "", "ready": false, "restartCount": 0,
                "state": { "terminated": { "exitCode": 137, "reason": "Error", "startedAt": now, "finishedAt": now } } }]);
            rig.api
                .patch(
                    &format!("{}/{pod}/status", pods(ns)),
                    &json!({ "status": { "phase": "Failed", "reason": "Evicted", "message": message,
                "containerStatuses": ended } }),
                )
                .await?;
            staged
        }
        "task-pod-refused-by-scc" => {
            let mut task = task("image", &[], &[]);
            task["taskSpec"]["steps"][0]["securityContext"] = json!({ "privileged": true });
            submit(&spec(&[task], &[])).await?
        }
        "task-pod-refused-by-pod-security" => {
            rig.api
                .patch(
                    &format!("/api/v1/namespaces/{ns}"),
                    &json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "restricted" } } }),
                )
                .await?;
            submit(&one_task()).await?
        }
        "quota-exceeded" => {
            quota(rig, ns, json!({ "hard": { "pods": "0" }, "scopes": ["Terminating"] })).await?;
            submit(&one_task()).await?
        }
        "quota-needs-requests" => {
            quota(rig, ns, json!({ "hard": { "requests.cpu": "10" } })).await?;
            submit(&one_task()).await?
        }
        "service-account-missing" => {
            let mut spec = one_task();
            spec["taskRunTemplate"] = json!({ "serviceAccountName": "nobody" });
            submit(&spec).await?
        }
        "priority-class-missing" => submit(&template(one_task(), json!({ "priorityClassName": "urgent" }))).await?,
        "runtime-class-missing" => submit(&template(one_task(), json!({ "runtimeClassName": "kata" }))).await?,
        "task-pod-limitrange" => {
            object(
                rig,
                ns,
                json!({ "apiVersion": "v1", "kind": "LimitRange", "metadata": { "name": "ceiling" },
                "spec": { "limits": [{ "type": "Container", "max": { "cpu": "1" } }] } }),
            )
            .await?;
            let mut task = task("train", &[], &[]);
            requests(&mut task, &json!({ "cpu": "4" }));
            submit(&spec(&[task], &[])).await?
        }
        _ => return Ok(None),
    };
    Ok(Some(staged))
}
