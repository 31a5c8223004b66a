//! A simulated kubelet: nodes that stay Ready, and pods that go from Pending over
//! Running to their end, step by step as annotations say.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::{JoinHandle, JoinSet};

use crate::api::Api;
use crate::log_server::{self, Logs};
use crate::pki::Pki;

/// Holds a pod back: `start` (bound, never started) or `steps` (running, never done).
pub const HOLD: &str = "sim.tekton-fix.dev/hold";
/// Exit code of the first step.
pub const EXIT_CODE: &str = "sim.tekton-fix.dev/exit-code";
/// Termination message of the first step: Tekton's results.
pub const RESULTS: &str = "sim.tekton-fix.dev/results";
/// What the first step logs.
pub const LOG: &str = "sim.tekton-fix.dev/log";
/// The image of the first step cannot be pulled.
pub const IMAGE_FAILS: &str = "sim.tekton-fix.dev/image-pull-fails";

/// How often pods are looked at.
const BEAT: Duration = Duration::from_millis(150);
/// How often leases are renewed; the node controller gives a node up after 40 s.
const LEASE_EVERY: Duration = Duration::from_secs(8);

/// The kubelet of all nodes of a rig.
pub struct Kubelet {
    tasks: Vec<JoinHandle<()>>,
    logs: Logs,
}

impl Kubelet {
    pub(crate) fn new() -> Self {
        Self { tasks: Vec::new(), logs: Logs::default() }
    }

    pub(crate) async fn start(&mut self, api: Api, pki: &Pki, port: u16) -> crate::Result<()> {
        self.tasks.push(log_server::serve(pki, port, Arc::clone(&self.logs)).await?);
        let logs = Arc::clone(&self.logs);
        let leases = api.clone();
        // Many pods on a slow machine must not keep nodes from being Ready.
        self.tasks.push(tokio::spawn(async move {
            loop {
                renew_leases(&leases).await;
                tokio::time::sleep(LEASE_EVERY).await;
            }
        }));
        self.tasks.push(tokio::spawn(async move {
            loop {
                for pod in api.list("/api/v1/pods").await.unwrap_or_default() {
                    // A conflict or a pod that went away is met again at the next beat.
                    let _ = play(&api, &pod, &logs).await;
                }
                tokio::time::sleep(BEAT).await;
            }
        }));
        Ok(())
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        for task in self.tasks.drain(..) {
            task.abort();
        }
    }
}

fn now() -> String {
    format!("{:.0}", Timestamp::now())
}

async fn renew_leases(api: &Api) {
    let mut renewals = JoinSet::new();
    for node in api.list("/api/v1/nodes").await.unwrap_or_default() {
        let annotations = node.pointer("/metadata/annotations").cloned().unwrap_or_default();
        if annotations.get(HOLD).is_some() {
            continue;
        }
        let name = text(&node, "/metadata/name");
        let lease = json!({ "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": { "name": name, "namespace": "kube-node-lease" },
            "spec": { "holderIdentity": name, "leaseDurationSeconds": 40, "renewTime": format!("{:.6}", Timestamp::now()) } });
        let api = api.clone();
        renewals.spawn(async move { api.apply(&lease).await });
    }
    // One that failed is renewed at the next turn.
    renewals.join_all().await;
}

fn text(object: &Value, at: &str) -> String {
    object.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Plays one pod one step on.
async fn play(api: &Api, pod: &Value, logs: &Logs) -> crate::Result<()> {
    let (namespace, name) = (text(pod, "/metadata/namespace"), text(pod, "/metadata/name"));
    let path = format!("/api/v1/namespaces/{namespace}/pods/{name}");
    if pod.pointer("/metadata/deletionTimestamp").is_some() {
        let now = json!({ "gracePeriodSeconds": 0 });
        api.send("DELETE", &path, "application/json", Some(&now)).await?;
        return Ok(());
    }
    if text(pod, "/spec/nodeName").is_empty() {
        return Ok(());
    }
    let annotation = |key: &str| {
        pod.pointer("/metadata/annotations").and_then(|all| all.get(key)).and_then(Value::as_str).map(str::to_owned)
    };
    let hold = annotation(HOLD).unwrap_or_default();
    let is_task = pod.pointer("/metadata/labels/tekton.dev~1taskRun").is_some();
    let status = match text(pod, "/status/phase").as_str() {
        "Pending" if annotation(IMAGE_FAILS).is_some() => image_fails(pod),
        "Pending" if hold != "start" => {
            write_logs(pod, &format!("{namespace}/{name}"), &annotation(LOG).unwrap_or_default(), logs);
            running(pod)
        }
        "Running" if is_task && hold != "steps" && annotation("tekton.dev/ready").as_deref() == Some("READY") => {
            let code: i64 = annotation(EXIT_CODE).and_then(|code| code.parse().ok()).unwrap_or(0);
            finished(pod, code, &annotation(RESULTS).unwrap_or_default())
        }
        _ => return Ok(()),
    };
    api.patch(&format!("{path}/status"), &json!({ "status": status })).await?;
    Ok(())
}

/// The first step logs what is asked for, the others nothing.
fn write_logs(pod: &Value, key: &str, log: &str, logs: &Logs) {
    let Ok(mut logs) = logs.lock() else { return };
    for (index, container) in containers(pod, "containers").enumerate() {
        let log = if index == 0 { log } else { "" };
        logs.insert(format!("{key}/{}", text(container, "/name")), log.to_owned());
    }
}

fn containers<'p>(pod: &'p Value, field: &str) -> impl Iterator<Item = &'p Value> {
    pod.pointer(&format!("/spec/{field}")).and_then(Value::as_array).into_iter().flatten()
}

fn state(container: &Value, state: Value, ready: bool) -> Value {
    json!({ "name": container["name"], "image": container["image"], "imageID": "", "ready": ready, "started": ready,
        "restartCount": 0, "containerID": "sim://1", "state": state })
}

fn init_done(pod: &Value) -> Vec<Value> {
    containers(pod, "initContainers")
        .map(|c| state(c, json!({ "terminated": { "exitCode": 0, "reason": "Completed", "startedAt": now(), "finishedAt": now() } }), true))
        .collect()
}

fn conditions(ready: &str) -> Value {
    let condition = |kind: &str, status: &str| json!({ "type": kind, "status": status, "lastTransitionTime": now() });
    json!([
        condition("PodScheduled", "True"),
        condition("Initialized", "True"),
        condition("ContainersReady", ready),
        condition("Ready", ready)
    ])
}

fn running(pod: &Value) -> Value {
    let statuses: Vec<Value> =
        containers(pod, "containers").map(|c| state(c, json!({ "running": { "startedAt": now() } }), true)).collect();
    json!({ "phase": "Running", "startTime": now(), "conditions": conditions("True"), "hostIP": "127.0.0.1", "podIP": "127.0.0.1",
        "initContainerStatuses": init_done(pod), "containerStatuses": statuses })
}

fn finished(pod: &Value, code: i64, message: &str) -> Value {
    let statuses: Vec<Value> = containers(pod, "containers")
        .enumerate()
        .map(|(index, c)| {
            // Once a step has failed, the entrypoint skips those after it.
            let (code, message) = if index == 0 { (code, message) } else { (i64::from(code != 0), "") };
            let reason = if code == 0 { "Completed" } else { "Error" };
            let ended = json!({ "exitCode": code, "reason": reason, "message": message, "startedAt": now(), "finishedAt": now() });
            state(c, json!({ "terminated": ended }), false)
        })
        .collect();
    let phase = if code == 0 { "Succeeded" } else { "Failed" };
    json!({ "phase": phase, "conditions": conditions("False"), "containerStatuses": statuses })
}

fn image_fails(pod: &Value) -> Value {
    let statuses: Vec<Value> = containers(pod, "containers")
        .map(|c| {
            let image = c["image"].as_str().unwrap_or_default();
            state(c, json!({ "waiting": { "reason": "ImagePullBackOff", "message": format!("Back-off pulling image \"{image}\"") } }), false)
        })
        .collect();
    json!({ "phase": "Pending", "startTime": now(), "initContainerStatuses": init_done(pod), "containerStatuses": statuses })
}
