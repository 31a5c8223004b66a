//! Whether a pin does what is said of it: stuck runs are pinned to every node in turn,
//! and the real scheduler must agree with what was told of each.

use std::collections::BTreeMap;

use rig::scenario::{Node, Staged};
use rig::{Platform, Rig, TektonVersion, kubelet};
use serde_json::{Value, json};

use crate::plugin::{self, plugin, text};

/// Runs at a time that leave each other room.
const AT_ONCE: usize = 4;

/// A run that waits for a node that does not exist.
struct Stuck {
    name: &'static str,
    spec: Value,
    /// Node to which the claim's volume is tied.
    volume_on: Option<&'static str>,
    /// LimitRange of the namespace.
    limits: Option<Value>,
    /// Tasks keep running, so that what runs at one time can be seen.
    is_held: bool,
}

fn task(name: &str, after: &[&str], resources: &Value) -> Value {
    // Devices need a limit of the same number.
    let limits = if resources.get("nvidia.com/gpu").is_some() { resources.clone() } else { json!({}) };
    json!({"name": name, "runAfter": after, "workspaces": [{"name": "source"}],
        "taskSpec": {"workspaces": [{"name": "source"}], "steps": [{"name": "main", "image": "example.com/step",
            "script": "#!/bin/sh\ntrue\n", "computeResources": {"requests": resources, "limits": limits}}]}})
}

/// Two tasks one after the other that ask for this, with this in the pod template.
fn stuck(name: &'static str, resources: &Value, template: &Value) -> Stuck {
    let tasks = [task("fetch", &[], resources), task("quantize", &["fetch"], resources)];
    let mut spec = json!({"pipelineSpec": {"workspaces": [{"name": "source"}], "tasks": tasks},
        "workspaces": [{"name": "source", "persistentVolumeClaim": {"claimName": "models"}}],
        "taskRunTemplate": {"podTemplate": template}});
    spec["taskRunTemplate"]["podTemplate"]["nodeSelector"]["kubernetes.io/hostname"] = json!("gone");
    Stuck { name, spec, volume_on: None, limits: None, is_held: false }
}

fn tolerating(key: &str) -> Value {
    json!({"tolerations": [{"key": key, "operator": "Exists"}]})
}

/// Runs that ask for little and can be pinned side by side.
fn modest() -> Vec<Stuck> {
    let none = json!({});
    let node_affinity = |operator: &str| {
        json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "disk", "operator": operator, "values": ["ssd"]}]}]}}}})
    };
    let away = json!({"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{
        "labelSelector": {"matchLabels": {"app": "ballast"}}, "namespaces": ["ballast"],
        "topologyKey": "kubernetes.io/hostname"}]}}});
    let mut without_volume = stuck("no-volume", &none, &none);
    without_volume.spec["workspaces"] = json!([{"name": "source", "emptyDir": {}}]);
    let mut second_does_not = stuck("second-does-not-bear", &none, &tolerating("nvidia.com/gpu"));
    second_does_not.spec["taskRunSpecs"] =
        json!([{"pipelineTaskName": "quantize", "podTemplate": tolerating("something-else")}]);
    let mut own_selector = stuck("second-chooses", &none, &none);
    own_selector.spec["taskRunSpecs"] =
        json!([{"pipelineTaskName": "quantize", "podTemplate": {"nodeSelector": {"disk": "ssd"}}}]);
    let spread = json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone",
        "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "nobody"}}}]});
    vec![
        stuck("plain", &none, &none),
        stuck("little-memory", &json!({"memory": "900Mi"}), &none),
        stuck("bears-gpu", &none, &tolerating("nvidia.com/gpu")),
        stuck("bears-maintenance", &none, &tolerating("maintenance")),
        stuck("bears-all", &none, &json!({"tolerations": [{"operator": "Exists"}]})),
        stuck("wants-ssd", &none, &json!({"nodeSelector": {"disk": "ssd"}})),
        stuck("ssd-by-affinity", &none, &node_affinity("In")),
        stuck("not-ssd", &none, &node_affinity("NotIn")),
        stuck("away-from-ballast", &none, &away),
        stuck("only-in-a-zone", &none, &spread),
        Stuck { volume_on: Some("plain-0"), ..stuck("volume-on-plain", &none, &none) },
        Stuck { volume_on: Some("small"), ..stuck("volume-on-small", &none, &none) },
        stuck("wants-a-gpu", &json!({"nvidia.com/gpu": "1"}), &tolerating("nvidia.com/gpu")),
        without_volume,
        second_does_not,
        own_selector,
    ]
}

/// Runs that fill a node; one at a time.
fn large() -> Vec<Stuck> {
    let none = json!({});
    let mut alone = stuck("whole-node-alone", &json!({"cpu": "7960m"}), &none);
    alone.spec["workspaces"] = json!([{"name": "source", "emptyDir": {}}]);
    let mut sidecar = stuck("sidecar-too-many", &json!({"cpu": "3"}), &none);
    sidecar.spec["pipelineSpec"]["tasks"][1]["taskSpec"]["sidecars"] = json!([{"name": "db", "image": "example.com/db",
        "computeResources": {"requests": {"cpu": "6"}}}]);
    let mut together = stuck("two-at-once", &json!({"cpu": "3"}), &none);
    together.spec["pipelineSpec"]["tasks"][1]["runAfter"] = json!([]);
    let mut too_many = stuck("two-at-once-too-many", &json!({"cpu": "5"}), &none);
    too_many.spec["pipelineSpec"]["tasks"][1]["runAfter"] = json!([]);
    vec![
        stuck("quarter", &json!({"cpu": "2"}), &none),
        stuck("beside-the-assistant", &json!({"cpu": "7900m"}), &none),
        stuck("not-beside-the-assistant", &json!({"cpu": "7960m"}), &none),
        Stuck { limits: Some(json!({"defaultRequest": {"cpu": "2"}})), ..stuck("by-limit-range", &none, &none) },
        Stuck { is_held: true, ..together },
        Stuck { is_held: true, ..too_many },
        alone,
        sidecar,
    ]
}

/// Seven nodes that differ in what they refuse.
async fn nodes(rig: &Rig) {
    let gpu = ("nvidia.com/gpu", "true", "NoSchedule");
    let all = [
        Node::worker("plain-0"),
        Node::worker("plain-1"),
        Node { cpu: "1", memory: "1Gi", ..Node::worker("small") },
        Node { taints: vec![gpu], gpus: 2, ..Node::worker("gpu") },
        Node::worker("cordoned"),
        Node::worker("full"),
        Node { taints: vec![("maintenance", "", "NoExecute")], ..Node::worker("maintained") },
    ];
    rig.nodes(&all).await.unwrap();
    let patch = async |node: &str, patch: Value| rig.api.patch(&format!("/api/v1/nodes/{node}"), &patch).await.unwrap();
    patch("plain-1", json!({"metadata": {"labels": {"disk": "ssd", "zone": "a"}}})).await;
    patch("plain-0", json!({"metadata": {"labels": {"zone": "b"}}})).await;
    patch("cordoned", json!({"spec": {"unschedulable": true}})).await;
    rig.namespace("ballast", 1_000_900_000).await.unwrap();
    let ballast = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ballast", "namespace": "ballast",
        "labels": {"app": "ballast"}, "annotations": {kubelet::HOLD: "steps"}},
        "spec": {"nodeName": "full", "containers": [{"name": "c", "image": "example.com/ballast",
            "resources": {"requests": {"cpu": "7900m"}}}]}});
    rig.api.apply(&ballast).await.unwrap();
}

impl Stuck {
    async fn stage(&self, rig: &Rig) -> Staged {
        let namespace = self.name;
        rig.namespace(namespace, 1_000_910_000).await.unwrap();
        rig.claim(namespace, "models", self.volume_on).await.unwrap();
        if let Some(limits) = &self.limits {
            let mut item = limits.clone();
            item["type"] = json!("Container");
            let range = json!({"apiVersion": "v1", "kind": "LimitRange",
                "metadata": {"name": "limits", "namespace": namespace}, "spec": {"limits": [item]}});
            rig.api.apply(&range).await.unwrap();
        }
        let annotations = if self.is_held { json!({kubelet::HOLD: "steps"}) } else { json!({}) };
        let run = json!({"apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
            "metadata": {"name": "run", "namespace": namespace, "annotations": annotations}, "spec": self.spec});
        rig.api.create(&format!("/apis/tekton.dev/v1/namespaces/{namespace}/pipelineruns"), &run).await.unwrap();
        let staged = Staged { namespace: namespace.to_owned(), run: "run".to_owned() };
        rig.until("its pods wait", async || Ok(pods(rig, &staged).await.iter().any(is_refused))).await.unwrap();
        staged
    }

    /// Pins the run to every node and compares; returns what was wrong.
    async fn compare(&self, rig: &Rig) -> Vec<String> {
        let staged = self.stage(rig).await;
        let run = format!("{}/{}", staged.namespace, staged.run);
        let judged = plugin::json(&plugin(&rig.kubeconfig(), &["nodes", &run, "--for-pipeline", "-o", "json"]));
        let told: BTreeMap<String, bool> = judged["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| {
                assert_ne!(node["verdict"], "unknown", "{}: {judged:#}", self.name);
                (node["name"].as_str().unwrap().to_owned(), node["verdict"] == "fits")
            })
            .collect();
        assert_eq!(told.len(), 7, "{judged:#}");
        cancel(rig, &staged).await;
        let pinned: Vec<(String, bool, Staged)> = told
            .into_iter()
            .map(|(node, fits)| {
                let pin = format!("--pin-node={node}");
                let output = plugin(&rig.kubeconfig(), &["rerun", &run, &pin, "--yes", "--wait", "0"]);
                let shown = text(&output);
                let created = shown.lines().find_map(|line| {
                    line.strip_prefix("pipelinerun.tekton.dev/")?.strip_suffix(" created").map(str::to_owned)
                });
                let run = created.unwrap_or_else(|| panic!("{shown}"));
                (node, fits, Staged { namespace: staged.namespace.clone(), run })
            })
            .collect();
        let mut wrong = Vec::new();
        for (node, fits, pinned) in &pinned {
            let is_as_told = async || {
                let pods = pods(rig, pinned).await;
                Ok(if *fits { self.is_placed(rig, pinned, &pods).await } else { pods.iter().any(is_refused) })
            };
            if let Err(error) = rig.until(&format!("{}: {node} is as told ({fits})", self.name), is_as_told).await {
                let first = error.lines().next().unwrap_or_default().to_owned();
                wrong.push(format!(
                    "{first}: {}",
                    rig.describe(pinned).await.lines().take(6).collect::<Vec<_>>().join("; ")
                ));
            }
        }
        for (node, _, pinned) in pinned.iter().filter(|(_, fits, _)| !fits) {
            // Told to be refused: still refused after the others had their time. A pod that
            // Tekton has just made again has not been judged yet.
            let refused = async || Ok(pods(rig, pinned).await.iter().any(is_refused));
            if rig.until("it is refused", refused).await.is_err() {
                wrong.push(format!("{}: {node} took in the end what it was told to refuse", self.name));
            }
        }
        for (_, _, pinned) in &pinned {
            cancel(rig, pinned).await;
        }
        wrong
    }

    /// Whether all pods that run at one time have their node.
    async fn is_placed(&self, rig: &Rig, pinned: &Staged, pods: &[Value]) -> bool {
        if self.is_held {
            let tasks = |pod: &&Value| pod["metadata"]["labels"]["tekton.dev/pipelineTask"].is_string();
            let placed = |pod: &Value| pod["spec"]["nodeName"].is_string();
            return pods.iter().filter(tasks).count() == 2 && pods.iter().all(placed);
        }
        let run = rig.pipeline_run(pinned).await.unwrap();
        run.pointer("/status/conditions/0/status").and_then(Value::as_str) == Some("True")
    }
}

async fn pods(rig: &Rig, staged: &Staged) -> Vec<Value> {
    let label = format!("tekton.dev/pipelineRun%3D{}", staged.run);
    rig.api.list(&format!("/api/v1/namespaces/{}/pods?labelSelector={label}", staged.namespace)).await.unwrap()
}

/// The scheduler has tried and found no node.
fn is_refused(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| condition["reason"] == "Unschedulable")
}

/// Ends a run and everything of it, so that the next one finds the nodes free.
async fn cancel(rig: &Rig, staged: &Staged) {
    let path = format!("/apis/tekton.dev/v1/namespaces/{}/pipelineruns/{}", staged.namespace, staged.run);
    rig.until("the run is over", async || {
        let run = rig.pipeline_run(staged).await?;
        if !matches!(run.pointer("/status/conditions/0/status").and_then(Value::as_str), Some("True" | "False")) {
            // Refused where the run has ended in between: the next look tells.
            let _ = rig.api.patch(&path, &json!({"spec": {"status": "Cancelled"}})).await;
            return Ok(false);
        }
        let mut over = true;
        for pod in pods(rig, staged).await {
            if matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed")) {
                continue;
            }
            // Tekton forgets a pod that it made while the cancellation was on its way.
            over = false;
            let name = pod["metadata"]["name"].as_str().unwrap_or_default();
            let _ = rig.api.delete(&format!("/api/v1/namespaces/{}/pods/{name}", staged.namespace)).await;
        }
        Ok(over)
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_pin_does_what_was_told_of_its_node() {
    let rig = Rig::start(TektonVersion::V1_6_6, Platform::Kubernetes).await.unwrap();
    nodes(&rig).await;
    let (modest, large) = (modest(), large());
    assert!(modest.len() + large.len() >= 20);
    let mut wrong = Vec::new();
    for chunk in modest.chunks(AT_ONCE) {
        // As many futures as AT_ONCE; the last chunk is filled up with none.
        let compare = async |at: usize| match chunk.get(at) {
            Some(stuck) => stuck.compare(&rig).await,
            None => Vec::new(),
        };
        let (a, b, c, d) = tokio::join!(compare(0), compare(1), compare(2), compare(3));
        wrong.extend([a, b, c, d].into_iter().flatten());
    }
    for stuck in &large {
        wrong.extend(stuck.compare(&rig).await);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
