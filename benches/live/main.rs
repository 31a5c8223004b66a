//! What commands read of a large cluster, how long that takes and how much memory, beside
//! curl of the very same requests and kubectl of all pods.
//!
//! `cargo bench --bench live` measures 100, 1,000 and 5,000 nodes with 30 pods each; `NODES`
//! sets other sizes, `LATENCY` the milliseconds before each answer, `ROUNDS` how often each
//! command runs (the median counts), and `PROGRAM` another binary.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]

#[path = "../../tests/recorded/objects.rs"]
mod objects;
mod server;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

const RUN: &str = "private-models/mistral-24b-quantized-gx87d";
const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident");

/// What a command took.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    wall: Duration,
    cpu: Duration,
    memory: u64,
}

fn numbers(name: &str, usual: &str) -> Vec<usize> {
    let text = std::env::var(name).unwrap_or_else(|_| usual.to_owned());
    text.split(',').map(|number| number.trim().parse().unwrap()).collect()
}

/// The median by time of several runs; `None` where the program is not there.
fn measure(rounds: usize, command: impl Fn() -> Command) -> Option<Cost> {
    let mut costs = Vec::new();
    for _ in 0..rounds {
        let mut command = command();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let ended = command.spawn().ok()?.wait4().unwrap();
        // Findings are an answer; an error is none, and its time means nothing.
        assert!(matches!(ended.status.code(), Some(0 | 1 | 4)), "{command:?}: {:?}", ended.status);
        let used = ended.rusage;
        costs.push(Cost { wall: begin.elapsed(), cpu: used.utime + used.stime, memory: used.maxrss });
    }
    costs.sort_by_key(|cost| cost.wall);
    costs.get(costs.len() / 2).copied()
}

fn line(what: &str, requests: usize, bytes: usize, cost: Cost) {
    println!(
        "| {what} | {requests} | {:.1} MB | {:.2} s | {:.2} s | {:.0} MiB |",
        bytes as f64 / 1e6,
        cost.wall.as_secs_f64(),
        cost.cpu.as_secs_f64(),
        cost.memory as f64 / f64::from(1 << 20)
    );
}

fn main() {
    let rounds = numbers("ROUNDS", "3")[0];
    let latency = Duration::from_millis(numbers("LATENCY", "0")[0] as u64);
    let program = std::env::var("PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_kubectl-tekton_fix").to_owned());
    for nodes in numbers("NODES", "100,1000,5000") {
        let folder = tempfile::tempdir().unwrap();
        let (port, state) = server::start(Path::new(EXPORT), nodes, latency);
        let kubeconfig = folder.path().join("kubeconfig");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{port}'}}}}]\nusers: [{{name: u, user: {{token: t}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n"
        );
        std::fs::write(&kubeconfig, text).unwrap();
        println!("\n{nodes} nodes, {} pods, {} ms\n", nodes * server::PODS_ON_A_NODE, latency.as_millis());
        println!("| command | requests | read | time | CPU | memory |\n|---|---|---|---|---|---|");
        for args in [
            vec!["diagnose", "private-models/mistral-24b-quantized-sw7ss"],
            vec!["diagnose", RUN],
            vec!["admission", RUN],
            vec!["nodes", "--for-pipeline", RUN],
        ] {
            state.requests.lock().unwrap().clear();
            state.bytes.store(0, Ordering::Relaxed);
            let ours = || {
                let mut command = Command::new(&program);
                command.args(&args).env("KUBECONFIG", &kubeconfig).env("TEKTON_FIX_STATE", folder.path());
                command
            };
            let Some(cost) = measure(rounds, ours) else { continue };
            let requests = std::mem::take(&mut *state.requests.lock().unwrap());
            let bytes = state.bytes.load(Ordering::Relaxed) / rounds;
            let asked = &requests[requests.len() - requests.len() / rounds..];
            line(&args.join(" "), asked.len(), bytes, cost);
            // The very same requests, one after the other over one connection.
            let urls: Vec<String> = asked
                .iter()
                .map(|path| format!("url = \"http://127.0.0.1:{port}{path}\"\noutput = \"/dev/null\"\n"))
                .collect();
            let config = folder.path().join("curl");
            std::fs::write(&config, urls.concat()).unwrap();
            let curl = || {
                let mut command = Command::new("curl");
                command.args(["-s", "-K"]).arg(&config);
                command
            };
            if let Some(cost) = measure(rounds, curl) {
                line("– curl of the same", asked.len(), bytes, cost);
            }
        }
        state.requests.lock().unwrap().clear();
        state.bytes.store(0, Ordering::Relaxed);
        let kubectl = || {
            let mut command = Command::new("kubectl");
            command.args(["get", "pods", "-A", "-o", "json"]).env("KUBECONFIG", &kubeconfig).env("HOME", folder.path());
            command
        };
        if let Some(cost) = measure(1, kubectl) {
            let requests = state.requests.lock().unwrap().len();
            line("kubectl get pods -A -o json", requests, state.bytes.load(Ordering::Relaxed), cost);
        }
    }
}
