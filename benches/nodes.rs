//! How long one pod takes to be judged on a large cluster, and how much memory the
//! state needs: 5,000 nodes and 150,000 pods.
//!
//! `cargo bench --bench nodes` measures ours; with `-- --real` the filters of the
//! scheduler's own code run on the same state beside it, which needs the programs of
//! `cargo xtask control-plane` and some gigabytes of memory. `NODES` and `PODS` set
//! other sizes.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]

use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tekton_fix::analysis::scheduler::{KubernetesVersion, Options, Snapshot, judge_in};
use tekton_fix::model::{Cluster, Kind, Origin, Reading};

const VERSION: KubernetesVersion = KubernetesVersion::new(1, 33, 13);
const ROUNDS: u32 = 7;
const HOSTNAME: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn node(at: usize) -> Value {
    let taints = if at.is_multiple_of(10) {
        json!([{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}])
    } else {
        json!([])
    };
    let amounts = json!({"cpu": "32", "memory": "128Gi", "pods": "110", "ephemeral-storage": "200Gi"});
    let name = format!("node-{at:05}");
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {HOSTNAME: name, ZONE: format!("z{}", at % 3), "arch": "amd64"}},
        "spec": {"taints": taints}, "status": {"allocatable": amounts, "capacity": amounts}})
}

fn pod(at: usize, nodes: usize) -> Value {
    let app = format!("app-{}", at % 400);
    let term = json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": HOSTNAME});
    let affinity = match at % 40 {
        0 => json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}),
        1 => json!({"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
            [{"weight": 100, "podAffinityTerm": term}]}}),
        _ => json!({}),
    };
    let requests = json!({"cpu": "500m", "memory": "1Gi"});
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("pod-{at}"), "namespace": format!("ns-{}", at % 200), "uid": format!("uid-{at}"),
            "labels": {"app": app}},
        "spec": {"nodeName": format!("node-{:05}", at % nodes), "affinity": affinity, "schedulerName": "default-scheduler",
            "containers": [{"name": "c", "image": "img:1", "resources": {"requests": requests}}]},
        "status": {"phase": "Running"}})
}

/// The pods to judge: one shape each.
fn targets() -> Vec<(&'static str, Value)> {
    let target = |spec: Value| {
        let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "t", "namespace": "ns-1", "uid": "t", "labels": {"app": "app-1"}},
            "spec": {"schedulerName": "default-scheduler", "containers": [{"name": "c", "image": "img:1",
                "resources": {"requests": {"cpu": "4", "memory": "8Gi"}}}]}, "status": {"phase": "Pending"}});
        pod["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        pod
    };
    let labels = json!({"matchLabels": {"app": "app-1"}});
    let beside = json!({"matchLabels": {"app.kubernetes.io/component": "affinity-assistant",
        "app.kubernetes.io/instance": "affinity-assistant-1"}});
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    vec![
        ("plain", target(json!({}))),
        ("node selector", target(json!({"nodeSelector": {ZONE: "z1"}}))),
        (
            "beside a missing assistant",
            target(
                json!({"affinity": {"podAffinity": {required: [{"labelSelector": beside, "topologyKey": HOSTNAME}]}}}),
            ),
        ),
        (
            "away from its like",
            target(
                json!({"affinity": {"podAntiAffinity": {required: [{"labelSelector": labels, "topologyKey": HOSTNAME}]}}}),
            ),
        ),
        (
            "spread over zones",
            target(json!({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": ZONE,
                "whenUnsatisfiable": "DoNotSchedule", "labelSelector": labels}]})),
        ),
    ]
}

fn cluster(objects: impl Iterator<Item = Value>) -> Cluster {
    let mut cluster = Cluster::default();
    for object in objects {
        let kind = Kind::of(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()).unwrap();
        cluster.insert(kind, object, Origin::Server(String::new())).unwrap();
    }
    for kind in Kind::ALL {
        cluster.coverage.record(*kind, "", Reading::Listed);
    }
    cluster
}

/// The most memory that a process has had, in MiB, as Linux tells it.
fn peak_memory(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    kib / 1024
}

fn best_of(rounds: u32, mut work: impl FnMut()) -> Duration {
    (0..rounds)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// Time of the real filters, and the process's memory.
fn real(objects: &[Value]) -> (Duration, u64) {
    let program = xtask::Program::named("kubernetes-1.33").expect("a release that is built");
    let folder = program.built().expect("not built; run: cargo xtask control-plane");
    let mut child = Command::new(folder.join("bin").join(program.name))
        .arg("judge-pods")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let question =
        json!({"target": {"namespace": "ns-1", "name": "t"}, "objects": objects, "bench": ROUNDS}).to_string();
    let stdin = child.stdin.as_mut().unwrap();
    stdin.write_all(question.as_bytes()).unwrap();
    stdin.write_all(b"\n").unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let memory = peak_memory(&child.id().to_string());
    let _ = child.kill();
    let _ = child.wait();
    let answer: Value = serde_json::from_str(&line).unwrap();
    (Duration::from_micros(answer["micros"].as_u64().unwrap_or_default()), memory)
}

fn main() {
    let with_real = std::env::args().any(|arg| arg == "--real");
    let (nodes, pods) = (size("NODES", 5000), size("PODS", 150_000));
    let objects = || (0..nodes).map(node).chain((0..pods).map(|at| pod(at, nodes)));
    let before = peak_memory("self");
    let state = cluster(objects());
    println!(
        "{nodes} nodes, {pods} pods; peak memory {before} MiB before, {} MiB with the objects",
        peak_memory("self")
    );
    let prepared = best_of(3, || drop(black_box(Snapshot::new(&state, VERSION))));
    println!("state prepared in {prepared:.1?}");
    let snapshot = Snapshot::new(&state, VERSION);
    let options = Options { verdicts_only: true, ..Options::default() };
    let targets: Vec<_> =
        targets().into_iter().map(|(name, pod)| (name, pod.clone(), serde_json::from_value(pod).unwrap())).collect();
    let mut ours = Vec::new();
    for (name, _, target) in &targets {
        let mut fits = 0;
        let verdicts = best_of(ROUNDS, || fits = black_box(judge_in(&snapshot, target, options)).fitting().count());
        let whole = best_of(ROUNDS, || drop(black_box(judge_in(&snapshot, target, Options::default()))));
        println!("{name}: verdicts {verdicts:.2?}, with scores and message {whole:.2?}; {fits} nodes fit");
        ours.push(verdicts);
    }
    println!("peak memory {} MiB", peak_memory("self"));
    for ((name, target, _), ours) in targets.iter().zip(ours).filter(|_| with_real) {
        let all: Vec<Value> = objects().chain([target.clone()]).collect();
        let (real, memory) = real(&all);
        let ratio = ours.as_secs_f64() / real.as_secs_f64();
        println!(
            "{name}: the scheduler's own filters {real:.2?} (peak memory {memory} MiB); ours take {ratio:.2} of that"
        );
    }
}
