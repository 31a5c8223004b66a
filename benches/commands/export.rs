//! The export of a large cluster, in the layout of `oc adm inspect`.
//!
//! The Tekton runs are those of `examples/incident` under other names, and one that asks
//! for more than any node has left. The nodes are copies of the incident's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tekton_fix::analysis::tekton::assistant;
use tekton_fix::yaml;

const INCIDENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident");
pub const NAMESPACE: &str = "private-models";
/// The run whose assistant is refused.
pub const REFUSED: &str = "mistral-24b-quantized-gx87d";
/// A good run of the same pipeline.
pub const GOOD: &str = "mistral-24b-quantized-sw7ss";
/// The run for whose pod no node has room, and what its step asks for: cores and GiB.
pub const NO_ROOM: &str = "llama-8b-tuned-x7k2p";
const CPU_WANTED: u64 = 12;
const MEMORY_WANTED: u64 = 40;
const PODS_PER_NODE: usize = 30;
const PODS_PER_NAMESPACE: usize = 750;
const FURTHER_RUNS: usize = 500;
const RUNS_PER_NAMESPACE: usize = 50;

/// An export that is being written.
struct Export<'a> {
    root: &'a Path,
    bytes: usize,
    files: usize,
}

impl Export<'_> {
    fn write(&mut self, path: &str, text: &str) {
        let path = self.root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self.bytes += text.len();
        self.files += 1;
    }

    /// A list as `oc adm inspect` writes it.
    fn list(&mut self, folder: &str, plural: &str, (api_version, kind): (&str, &str), items: &[String]) {
        let items = if items.is_empty() { "items: []\n".to_owned() } else { format!("items:\n{}", items.concat()) };
        let tail = format!("kind: {kind}List\nmetadata:\n  resourceVersion: '5389'\n");
        self.write(&format!("{folder}/{plural}.yaml"), &format!("---\napiVersion: {api_version}\n{items}{tail}"));
    }
}

/// What the scheduler sees of a node.
struct Node {
    name: String,
    zone: String,
    is_tainted: bool,
    cpu: u64,
    memory: u64,
}

/// Writes the export of a cluster with so many nodes.
pub fn write(root: &Path, count: usize) {
    let mut export = Export { root, bytes: 0, files: 0 };
    let mut files = BTreeMap::new();
    collect(Path::new(INCIDENT), &mut files);
    let (runs, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        files.into_iter().partition(|(path, _)| path.starts_with(&format!("namespaces/{NAMESPACE}/")));
    let nodes = write_nodes(&mut export, &others, count);
    let [words_of_refused, words_of_no_room] = scheduler_words(&nodes);
    let models = Models::new(&runs, &words_of_refused, &words_of_no_room);

    let mut volumes = Vec::new();
    let of_incident = items(&others["cluster-scoped-resources/core/persistentvolumes.yaml"]);
    let volume = of_incident.iter().find(|volume| volume.contains("phase: Bound")).unwrap();
    let named = [(REFUSED, REFUSED.to_owned()), (GOOD, GOOD.to_owned()), (NO_ROOM, NO_ROOM.to_owned())];
    volumes.push(models.write(&mut export, NAMESPACE, 0, &named, volume));
    for team in 0..FURTHER_RUNS / RUNS_PER_NAMESPACE {
        let named: Vec<(&str, String)> = (0..RUNS_PER_NAMESPACE)
            .map(|at| (team * RUNS_PER_NAMESPACE + at, [GOOD, GOOD, GOOD, REFUSED, NO_ROOM][at % 5]))
            .map(|(at, model)| (model, format!("{}-{at:05}", model.rsplit_once('-').unwrap().0)))
            .collect();
        volumes.push(models.write(&mut export, &format!("team-{team:02}"), team + 1, &named, volume));
    }
    write_applications(&mut export, &nodes, &mut volumes);
    export.list("cluster-scoped-resources/core", "persistentvolumes", ("v1", "PersistentVolume"), &volumes);

    // Of two kinds the cluster has no object. The list of all pods, empty because they
    // stand in their namespaces, tells that no namespace was left out.
    export.list("cluster-scoped-resources/node.k8s.io", "runtimeclasses", ("node.k8s.io/v1", "RuntimeClass"), &[]);
    export.list(
        "cluster-scoped-resources/config.openshift.io",
        "schedulers",
        ("config.openshift.io/v1", "Scheduler"),
        &[],
    );
    export.list("cluster-scoped-resources/core", "pods", ("v1", "Pod"), &[]);
    for (path, text) in &others {
        if !path.ends_with("core/persistentvolumes.yaml") && !path.ends_with("csinodes.yaml") {
            export.write(path, text);
        }
    }
    println!(
        "\n{count} nodes, {} pods of applications, {} runs: {} bytes in {} files\n",
        count * PODS_PER_NODE,
        FURTHER_RUNS + 3,
        export.bytes,
        export.files
    );
}

/// All files of the incident, by their paths below it.
fn collect(folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            let name = path.strip_prefix(INCIDENT).unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

/// The entries of a list, each as it is written.
fn items(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in text.lines().skip_while(|line| *line != "items:").skip(1) {
        if line.starts_with("- ") {
            found.push(String::new());
        } else if !line.starts_with(' ') {
            break;
        }
        writeln!(found.last_mut().unwrap(), "{line}").unwrap();
    }
    found
}

/// An object once more: other names, and other uids that refer to each other as before.
fn renamed(text: &str, at: usize, names: &[(&str, &str)]) -> String {
    let mut copy = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        match line.split_once("uid: ").or_else(|| line.split_once("UID: ")) {
            Some((before, uid)) if uid.len() == 36 => {
                let key = &line[before.len()..before.len() + 5];
                writeln!(copy, "{before}{key}{at:08x}{}", &uid[8..]).unwrap();
            }
            _ => writeln!(copy, "{line}").unwrap(),
        }
    }
    for (old, new) in names {
        copy = copy.replace(old, new);
    }
    copy
}

/// Writes the nodes of the incident, and as many copies of its workers as are wanted; one
/// in ten has a GPU and a taint.
fn write_nodes(export: &mut Export<'_>, files: &BTreeMap<String, String>, count: usize) -> Vec<Node> {
    let mut csi_nodes = items(&files["cluster-scoped-resources/storage.k8s.io/csinodes.yaml"]);
    let models: Vec<&String> =
        files.iter().filter(|(path, _)| path.contains("/core/nodes/")).map(|(_, text)| text).collect();
    let mut nodes: Vec<Node> = models.iter().map(|text| node(text)).collect();
    let (tainted, free): (Vec<&String>, Vec<&String>) = models
        .into_iter()
        .filter(|text| text.contains("node-role.kubernetes.io/worker"))
        .partition(|text| text.contains("taints:"));
    for at in nodes.len()..count {
        let like = if at % 10 == 0 { &tainted } else { &free };
        let like = like[at % like.len()];
        let old = node(like).name;
        let name = format!("ip-10-{}-{}-{}.eu-west-1.compute.internal", 1 + at / 62_500, at / 250 % 250, at % 250);
        let memory = if at % 4 == 0 { "memory: 32Gi" } else { "memory: 64Gi" };
        let text = renamed(like, at, &[(&old, &name), ("cpu: '8'", "cpu: '16'"), ("memory: 32Gi", memory)]);
        nodes.push(node(&text));
        export.write(&format!("cluster-scoped-resources/core/nodes/{name}.yaml"), &text);
        let csi_node = csi_nodes.iter().find(|text| text.contains(&old)).unwrap();
        csi_nodes.push(renamed(csi_node, at, &[(&old, &name), ("nodeID: i-", &format!("nodeID: i-{at:04x}"))]));
    }
    export.list("cluster-scoped-resources/storage.k8s.io", "csinodes", ("storage.k8s.io/v1", "CSINode"), &csi_nodes);
    nodes
}

fn node(text: &str) -> Node {
    let (_, object) = yaml::read_documents(text).unwrap().remove(0);
    let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    Node {
        name: text("/metadata/name"),
        zone: text("/metadata/labels/topology.kubernetes.io~1zone"),
        is_tainted: object.pointer("/spec/taints").is_some(),
        cpu: text("/status/allocatable/cpu").parse().unwrap(),
        memory: text("/status/allocatable/memory").trim_end_matches("Gi").parse().unwrap(),
    }
}

/// What the scheduler says of the refused run's pod, which has to stand beside its
/// assistant, and of the pod that asks for much: by the first filter that refuses a node.
fn scheduler_words(nodes: &[Node]) -> [String; 2] {
    let [mut refused, mut no_room, mut preemption] = [(); 3].map(|()| BTreeMap::new());
    for node in nodes {
        let count = |of: &mut BTreeMap<_, usize>, reason: &'static str| *of.entry(reason).or_default() += 1;
        count(
            &mut refused,
            match node {
                Node { is_tainted: true, .. } => "node(s) had untolerated taint(s)",
                Node { zone, .. } if zone != "eu-west-1a" => "node(s) didn't match PersistentVolume's node affinity",
                _ => "node(s) didn't match pod affinity rules",
            },
        );
        if node.is_tainted {
            count(&mut no_room, "node(s) had untolerated taint(s)");
        } else {
            count(&mut no_room, "Insufficient cpu");
            if node.memory < MEMORY_WANTED {
                count(&mut no_room, "Insufficient memory");
            }
        }
        // More than the whole node has is not to be had by evicting others.
        let is_large = node.cpu >= CPU_WANTED && node.memory >= MEMORY_WANTED;
        let outcome = if is_large && !node.is_tainted {
            "No preemption victims found for incoming pod"
        } else {
            "Preemption is not helpful for scheduling"
        };
        count(&mut preemption, outcome);
    }
    let all = nodes.len();
    let told = |reasons: &BTreeMap<&str, usize>| {
        let mut texts: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        texts.sort();
        format!("0/{all} nodes are available: {}.", texts.join(", "))
    };
    let of_refused = BTreeMap::from([("Preemption is not helpful for scheduling", all)]);
    [(refused, of_refused), (no_room, preemption)].map(|(reasons, preemption)| {
        format!("{} no new claims to deallocate, preemption: {}", told(&reasons), told(&preemption))
    })
}

/// The namespace of the incident: what its runs consist of, and all else.
struct Models {
    namespace: String,
    /// Files with their `apiVersion` and kind.
    files: BTreeMap<String, (String, String)>,
    /// Objects by run, the empty name for those of no run, and by file.
    objects: BTreeMap<(&'static str, String), Vec<String>>,
}

impl Models {
    fn new(files: &BTreeMap<String, String>, words_of_refused: &str, words_of_no_room: &str) -> Self {
        let mut models = Self { namespace: String::new(), files: BTreeMap::new(), objects: BTreeMap::new() };
        for (path, text) in files {
            let path = path.splitn(3, '/').nth(2).unwrap().to_owned();
            if !path.contains('/') {
                models.namespace.clone_from(text);
                continue;
            }
            let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            let kind = field("kind: ").trim_end_matches("List").to_owned();
            models.files.insert(path.clone(), (field("apiVersion: ").to_owned(), kind));
            for item in items(text) {
                let is_of = |run: &&str| item.contains(run) || item.contains(&assistant::name("source", run));
                let run = [REFUSED, GOOD].into_iter().find(is_of).unwrap_or_default();
                let item = told_anew(&item, words_of_refused);
                models.objects.entry((run, path.clone())).or_default().push(item);
            }
        }
        for (path, object) in no_room(words_of_no_room) {
            models.objects.entry((NO_ROOM, path.to_owned())).or_default().push(entry(&object));
        }
        models
    }

    /// Writes a namespace with runs, each the copy of a run of the incident under its own
    /// name; returns the namespace's volume, a copy too.
    fn write(
        &self,
        export: &mut Export<'_>,
        namespace: &str,
        at: usize,
        runs: &[(&str, String)],
        volume: &str,
    ) -> String {
        let handle = format!("vol-{at:04x}");
        let claimed = format!("pvc-{at:08x}");
        let names: [(&str, &str); 3] = [(NAMESPACE, namespace), ("vol-d32b", &handle), ("pvc-bc7a6a51", &claimed)];
        let folder = format!("namespaces/{namespace}");
        export.write(&format!("{folder}/{namespace}.yaml"), &renamed(&self.namespace, at, &names));
        let volume = renamed(volume, at, &names);
        let nothing = Vec::new();
        for (path, (api_version, kind)) in &self.files {
            let of = |run| self.objects.get(&(run, path.clone())).unwrap_or(&nothing);
            let mut objects: Vec<String> = of("").iter().map(|text| renamed(text, at, &names)).collect();
            for (number, (model, run)) in runs.iter().enumerate() {
                let [old, new] = [*model, run].map(|run| assistant::name("source", run));
                let names = [&names[..], &[(*model, run), (&old, &new)]].concat();
                let number = 1000 * (at + 1) + number;
                objects.extend(of(model).iter().map(|text| renamed(text, number, &names)));
            }
            let (folder, plural) = path.trim_end_matches(".yaml").rsplit_once('/').unwrap();
            export.list(&format!("namespaces/{namespace}/{folder}"), plural, (api_version, kind), &objects);
        }
        export.list(&format!("{folder}/tekton.dev"), "customruns", ("tekton.dev/v1beta1", "CustomRun"), &[]);
        let capacities = ("storage.k8s.io/v1", "CSIStorageCapacity");
        export.list(&format!("{folder}/storage.k8s.io"), "csistoragecapacities", capacities, &[]);
        volume
    }
}

/// An object of the incident, with the scheduler's words for another cluster.
fn told_anew(item: &str, words: &str) -> String {
    const BEGIN: &str = "0/7 nodes are available: ";
    const END: &str = "7 Preemption is not helpful for scheduling.";
    let mut rest = item;
    let mut told = String::new();
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let (_, after) = after.split_once(END).unwrap();
        told.push_str(before);
        told.push_str(&words.replace('\'', "''"));
        rest = after;
    }
    told + rest
}

/// The objects of a run whose one task asks for more than any node has left, by file.
fn no_room(words: &str) -> Vec<(&'static str, Value)> {
    let (task_run, pod) = (format!("{NO_ROOM}-train"), format!("{NO_ROOM}-train-pod"));
    let uid = |of: u8| format!("7f3a9c10-5b0d-4e7e-9d52-c4f1a8e6b20{of}");
    let owner = |kind: &str, name: &str, of| {
        json!([{"apiVersion": "tekton.dev/v1", "kind": kind, "name": name, "uid": uid(of),
            "controller": true, "blockOwnerDeletion": true}])
    };
    let created = "2026-11-22T12:17:50Z";
    let meta = |name: &str, of: u8| {
        json!({"name": name, "namespace": NAMESPACE, "uid": uid(of), "resourceVersion": format!("520{of}"),
            "creationTimestamp": created, "labels": {"tekton.dev/pipeline": "llama-tune",
            "tekton.dev/pipelineRun": NO_ROOM, "tekton.dev/pipelineTask": "train", "tekton.dev/memberOf": "tasks",
            "app.kubernetes.io/managed-by": "tekton-pipelines"}})
    };
    let requests = json!({"cpu": CPU_WANTED.to_string(), "memory": format!("{MEMORY_WANTED}Gi")});
    let image = "quay.io/acme-ml/trainer:1.4";
    let task = json!({"steps": [{"name": "train", "image": image, "script": "#!/bin/sh\nset -e\n./train.sh\n",
        "computeResources": {"requests": requests}}]});
    let pipeline = json!({"tasks": [{"name": "train", "taskSpec": task},
        {"name": "publish", "runAfter": ["train"], "taskSpec": {"steps": [{"name": "push", "image": image}]}}]});
    let waits = |reason: &str, message: String| {
        json!([{"type": "Succeeded", "status": "Unknown", "reason": reason, "message": message,
            "lastTransitionTime": created}])
    };
    let provenance = json!({"featureFlags": {"coschedule": "workspaces", "enableAPIFields": "beta"}});
    let mut run = json!({"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": meta(NO_ROOM, 1),
        "spec": {"pipelineSpec": pipeline, "taskRunTemplate": {"serviceAccountName": "model-pipeline-sa"}},
        "status": {"startTime": created, "pipelineSpec": pipeline, "provenance": provenance,
            "childReferences": [{"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "name": task_run,
                "pipelineTaskName": "train"}],
            "conditions": waits("Running",
                "Tasks Completed: 0 (Failed: 0, Cancelled 0), Incomplete: 2, Skipped: 0".to_owned())}});
    run["metadata"]["labels"].as_object_mut().unwrap().remove("tekton.dev/pipelineTask");
    let mut task_run = json!({"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "metadata": meta(&task_run, 2),
        "spec": {"serviceAccountName": "model-pipeline-sa", "taskSpec": task},
        "status": {"startTime": created, "podName": pod, "taskSpec": task, "provenance": provenance,
            "conditions": waits("Pending", format!("pod status \"PodScheduled\":\"False\"; message: \"{words}\""))}});
    task_run["metadata"]["ownerReferences"] = owner("PipelineRun", NO_ROOM, 1);
    let scripts = json!([{"name": "tekton-internal-scripts", "mountPath": "/tekton/scripts"}]);
    let mut task_pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": meta(&pod, 3),
        "spec": {"serviceAccountName": "model-pipeline-sa", "schedulerName": "default-scheduler",
            "restartPolicy": "Never", "priority": 0, "preemptionPolicy": "PreemptLowerPriority",
            "securityContext": {"seLinuxOptions": {"level": "s0:c29,c13"}},
            "volumes": [{"name": "tekton-internal-scripts", "emptyDir": {}}],
            "containers": [{"name": "step-train", "image": image, "command": ["/tekton/bin/entrypoint"],
                "resources": {"requests": requests}, "volumeMounts": scripts}]},
        "status": {"phase": "Pending", "qosClass": "Burstable", "conditions": [{"type": "PodScheduled",
            "status": "False", "reason": "Unschedulable", "message": words, "lastTransitionTime": created}]}});
    task_pod["metadata"]["annotations"] = json!({"openshift.io/scc": "anyuid"});
    task_pod["metadata"]["ownerReferences"] = owner("TaskRun", &format!("{NO_ROOM}-train"), 2);
    let event = json!({"apiVersion": "v1", "kind": "Event", "metadata": meta(&format!("{pod}.18ea5d35e39eb6a0"), 4),
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": NAMESPACE, "name": pod, "uid": uid(3)},
        "type": "Warning", "reason": "FailedScheduling", "message": words, "eventTime": "2026-11-22T12:18:07.494039Z",
        "action": "Scheduling", "reportingComponent": "default-scheduler"});
    vec![
        ("tekton.dev/pipelineruns.yaml", run),
        ("tekton.dev/taskruns.yaml", task_run),
        ("core/pods.yaml", task_pod),
        ("core/events.yaml", event),
    ]
}

/// Writes the namespaces of applications, whose pods fill the nodes.
fn write_applications(export: &mut Export<'_>, nodes: &[Node], volumes: &mut Vec<String>) {
    let all = nodes.len() * PODS_PER_NODE;
    for (number, first) in (0..all).step_by(PODS_PER_NAMESPACE).enumerate() {
        let namespace = format!("app-{number:03}");
        let mut lists: [Vec<String>; 3] = [const { Vec::new() }; 3];
        let [pods, events, claims] = &mut lists;
        for at in first..all.min(first + PODS_PER_NAMESPACE) {
            let node = &nodes[at % nodes.len()];
            pods.push(pod(at, &namespace, node, at / nodes.len()));
            if at % 10 == 0 {
                events.push(event(at, &namespace, &node.name));
            }
            if has_claim(at) {
                let [claim, volume] = claim(at, &namespace, &node.zone);
                claims.push(claim);
                volumes.push(volume);
            }
        }
        let folder = format!("namespaces/{namespace}");
        let document = format!(
            "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}\n  labels:\n    \
             kubernetes.io/metadata.name: {namespace}\n  annotations:\n    \
             openshift.io/sa.scc.uid-range: 10{number:05}0000/10000\nstatus:\n  phase: Active\n"
        );
        export.write(&format!("{folder}/{namespace}.yaml"), &document);
        let kinds = [("pods", "Pod"), ("events", "Event"), ("persistentvolumeclaims", "PersistentVolumeClaim")];
        for ((plural, kind), items) in kinds.into_iter().zip(&lists) {
            export.list(&format!("{folder}/core"), plural, ("v1", kind), items);
        }
    }
}

fn has_claim(at: usize) -> bool {
    at % 47 == 7
}

/// A pod of an application: ten of one application stand on neighbouring nodes; the
/// first two of a node are those of DaemonSets.
fn pod(at: usize, namespace: &str, node: &Node, layer: usize) -> String {
    let app = format!("service-{}", at % PODS_PER_NAMESPACE / 10);
    let hash = format!("{:08x}", (at / 10) ^ 0x5d1e_7a3c);
    let (cpu, memory) = [("100m", "256Mi"), ("200m", "512Mi"), ("250m", "768Mi"), ("300m", "1Gi")][layer % 4];
    let is_daemon = layer < 2;
    let owner = if is_daemon { "DaemonSet" } else { "ReplicaSet" };
    let term = json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"});
    let affinity = match at / 10 % 20 {
        3 => json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}),
        4..9 => json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
            [{"weight": 100, "podAffinityTerm": term}]}}),
        _ => json!({}),
    };
    let seconds =
        |key: &str| json!({"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
    let mut tolerations = vec![seconds("node.kubernetes.io/not-ready"), seconds("node.kubernetes.io/unreachable")];
    if is_daemon || node.is_tainted {
        tolerations.push(json!({"operator": "Exists"}));
    }
    let data = match has_claim(at) {
        true => json!({"name": "data", "persistentVolumeClaim": {"claimName": format!("data-{at}")}}),
        false => json!({"name": "data", "emptyDir": {}}),
    };
    let token = format!("kube-api-access-{:05x}", at * 7919 % 0xf_ffff);
    let image = format!("registry.example.com/shop/{app}:1.{}", at / 10 % 9);
    let since = "2026-11-20T08:14:32Z";
    let conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
        .map(|name| json!({"type": name, "status": "True", "lastProbeTime": null, "lastTransitionTime": since}));
    let ip = format!("10.{}.{}.{}", 128 + at / 62_500, at / 250 % 250, at % 250);
    entry(&json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": format!("{app}-{hash}-{at:05x}"), "generateName": format!("{app}-{hash}-"),
            "namespace": namespace, "uid": format!("{at:08x}-6a1d-4c7e-8b52-93f0d2a4c617"),
            "resourceVersion": (2000 + at % 3000).to_string(), "creationTimestamp": since,
            "labels": {"app": app, "app.kubernetes.io/part-of": "shop", "pod-template-hash": hash},
            "annotations": {"openshift.io/scc": "restricted-v2", "seccomp.security.alpha.kubernetes.io/pod": "runtime/default"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": owner, "name": format!("{app}-{hash}"),
                "uid": format!("{:08x}-1f3b-4d20-9c81-7be5a0d46f39", at / 10), "controller": true, "blockOwnerDeletion": true}]},
        "spec": {"nodeName": node.name, "affinity": affinity, "tolerations": tolerations,
            "priority": if is_daemon { 2_000_001_000 } else { 0 }, "preemptionPolicy": "PreemptLowerPriority",
            "serviceAccountName": "default", "serviceAccount": "default", "schedulerName": "default-scheduler",
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "enableServiceLinks": true, "securityContext": {"fsGroup": 1_000_700_000, "seccompProfile": {"type": "RuntimeDefault"}},
            "volumes": [data, {"name": token, "projected": {"defaultMode": 420, "sources": [
                {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
                {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}]}}],
            "containers": [{"name": "app", "image": image, "imagePullPolicy": "IfNotPresent",
                "ports": [{"containerPort": 8080, "protocol": "TCP"}],
                "env": [{"name": "LOG_LEVEL", "value": "info"}, {"name": "SERVICE", "value": app}],
                "resources": {"requests": {"cpu": cpu, "memory": memory}, "limits": {"memory": memory}},
                "volumeMounts": [{"name": "data", "mountPath": "/data"},
                    {"name": token, "readOnly": true, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
                "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
                    "runAsNonRoot": true, "runAsUser": 1_000_700_000}}]},
        "status": {"phase": "Running", "conditions": conditions, "hostIP": "10.0.35.215", "podIP": ip,
            "podIPs": [{"ip": ip}], "startTime": since, "qosClass": "Burstable",
            "containerStatuses": [{"name": "app", "state": {"running": {"startedAt": since}}, "lastState": {},
                "ready": true, "restartCount": at % 3, "image": image, "imageID": "sha256:0", "started": true}]},
    }))
}

fn event(at: usize, namespace: &str, node: &str) -> String {
    let app = format!("service-{}", at % PODS_PER_NAMESPACE / 10);
    let pod = format!("{app}-{:08x}-{at:05x}", (at / 10) ^ 0x5d1e_7a3c);
    let seen = "2026-11-22T12:02:11Z";
    entry(&json!({"apiVersion": "v1", "kind": "Event",
        "metadata": {"name": format!("{pod}.18ea{at:012x}"), "namespace": namespace, "resourceVersion": "4400",
            "uid": format!("{at:08x}-c02e-4a6f-b1d7-58e39f7a04d1"), "creationTimestamp": seen},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": pod,
            "uid": format!("{at:08x}-6a1d-4c7e-8b52-93f0d2a4c617"), "fieldPath": "spec.containers{app}"},
        "reason": "Unhealthy", "type": "Warning", "message": "Readiness probe failed: HTTP probe failed with statuscode: 503",
        "source": {"component": "kubelet", "host": node}, "firstTimestamp": seen, "lastTimestamp": seen, "count": 1 + at % 5,
        "reportingComponent": "kubelet", "reportingInstance": node}))
}

/// A claim of a pod and its volume, which lies in the zone of the pod's node.
fn claim(at: usize, namespace: &str, zone: &str) -> [String; 2] {
    let (name, volume) = (format!("data-{at}"), format!("pvc-{at:08x}-2b7d-4f19-a3c6-e80d5b91f742"));
    let uid = format!("{at:08x}-2b7d-4f19-a3c6-e80d5b91f742");
    let (modes, capacity) = (json!(["ReadWriteOnce"]), json!({"storage": "20Gi"}));
    let created = "2026-11-20T08:14:30Z";
    [
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": namespace, "uid": uid, "resourceVersion": "1200",
                "creationTimestamp": created, "annotations": {"pv.kubernetes.io/bind-completed": "yes"}},
            "spec": {"accessModes": modes, "resources": {"requests": capacity}, "volumeName": volume,
                "storageClassName": "gp3-csi", "volumeMode": "Filesystem"},
            "status": {"phase": "Bound", "accessModes": modes, "capacity": capacity}}),
        json!({"apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": {"name": volume, "uid": format!("{at:08x}-9e44-4b02-8d1a-0c7f36e5ab68"),
                "resourceVersion": "1201", "creationTimestamp": created},
            "spec": {"accessModes": modes, "capacity": capacity, "storageClassName": "gp3-csi", "volumeMode": "Filesystem",
                "persistentVolumeReclaimPolicy": "Delete",
                "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": format!("vol-{at:017x}"), "fsType": "ext4"},
                "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespace, "name": name, "uid": uid},
                "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions":
                    [{"key": "topology.ebs.csi.aws.com/zone", "operator": "In", "values": [zone]}]}]}}},
            "status": {"phase": "Bound"}}),
    ]
    .map(|object| entry(&object))
}

/// An object as the entry of a list.
fn entry(object: &Value) -> String {
    format!("- {}\n", yaml::write(object).unwrap().trim_end().replace('\n', "\n  "))
}
