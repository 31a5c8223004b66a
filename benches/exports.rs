//! How long a diagnosis of a large export takes, and how much memory: one list of pods as
//! `kubectl get -o json` writes it, one as `oc adm inspect` does, beside the recorded incident.
//!
//! `cargo bench --bench exports` writes lists of 300 MB of JSON and 60 MB of YAML into a temporary
//! folder and runs this program on each as a child process. `MEGABYTES=300,60` chooses other
//! sizes, `PROGRAM` another build of the program.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement")]

#[path = "../tests/recorded/copy.rs"]
mod copy;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use copy::copy;
use serde_json::{Value, json};
use tekton_fix::yaml;
use wait4::Wait4 as _;

const INCIDENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident");
const RUN: &str = "private-models/mistral-24b-quantized-gx87d";
const NAMESPACE: &str = "web-shop";

fn main() {
    let program = std::env::var("PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_kubectl-tekton_fix").to_owned());
    let sizes = std::env::var("MEGABYTES").unwrap_or_else(|_| "300,60".to_owned());
    let sizes: Vec<usize> = sizes.split(',').map(|size| size.trim().parse().unwrap()).collect();
    println!("| export | size | pods | time | CPU | memory |\n|---|---|---|---|---|---|");
    for (format, megabytes) in ["json", "yaml"].into_iter().zip(sizes) {
        let folder = tempfile::tempdir().unwrap();
        copy(Path::new(INCIDENT), folder.path());
        let core = folder.path().join("namespaces").join(NAMESPACE).join("core");
        fs::create_dir_all(&core).unwrap();
        let path = core.join(format!("pods.{format}"));
        let pods = write(&path, format, megabytes * 1_000_000);
        let mut command = Command::new(&program);
        command.args(["diagnose", RUN, "--from"]).arg(folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let begin = Instant::now();
        let ended = command.spawn().unwrap().wait4().unwrap();
        // What is wrong with the run has to be found all the same.
        assert_eq!(ended.status.code(), Some(1), "{command:?}");
        println!(
            "| {format} | {:.0} MB | {pods} | {:.1} s | {:.1} s | {:.0} MiB |",
            fs::metadata(&path).unwrap().len() as f64 / 1e6,
            begin.elapsed().as_secs_f64(),
            (ended.rusage.utime + ended.rusage.stime).as_secs_f64(),
            ended.rusage.maxrss as f64 / f64::from(1 << 20)
        );
    }
}

/// Writes a list of pods of so many bytes; gives their number.
fn write(path: &Path, format: &str, bytes: usize) -> usize {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let is_json = format == "json";
    let begin =
        if is_json { "{\n    \"apiVersion\": \"v1\",\n    \"items\": [\n" } else { "---\napiVersion: v1\nitems:\n" };
    file.write_all(begin.as_bytes()).unwrap();
    let (mut written, mut count) = (0, 0);
    while written < bytes {
        let pod = pod(count);
        let text = if is_json {
            let text = serde_json::to_string_pretty(&pod).unwrap().replace('\n', "\n        ");
            format!("{}        {text}", if count > 0 { ",\n" } else { "" })
        } else {
            let text = yaml::write(&pod).unwrap();
            format!("- {}\n", text.trim_end().replace('\n', "\n  "))
        };
        file.write_all(text.as_bytes()).unwrap();
        written += text.len();
        count += 1;
    }
    let end = if is_json {
        "\n    ],\n    \"kind\": \"PodList\",\n    \"metadata\": {}\n}\n"
    } else {
        "kind: PodList\nmetadata: {}\n"
    };
    file.write_all(end.as_bytes()).unwrap();
    count
}

/// A pod as servers keep it, with its managed fields.
fn pod(at: usize) -> Value {
    let (app, node) = (at % 400, at % 500);
    let field = json!({ "manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1",
        "time": "2026-11-25T08:00:00Z", "fieldsType": "FieldsV1",
        "fieldsV1": { "f:metadata": { "f:labels": { ".": {}, "f:app": {} } }, "f:spec": { "f:containers": {
            "k:{\"name\":\"c\"}": { ".": {}, "f:image": {}, "f:name": {} } } } } });
    json!({ "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": format!("app-{app}-{at:06}"), "namespace": NAMESPACE, "uid": format!("{at:032x}"),
            "resourceVersion": at.to_string(), "creationTimestamp": "2026-11-20T09:14:31Z",
            "labels": { "app": format!("app-{app}"), "pod-template-hash": format!("{app:08x}") },
            "managedFields": vec![field; 12] },
        "spec": { "nodeName": format!("node-{node:05}"), "schedulerName": "default-scheduler", "priority": 0,
            "containers": [{ "name": "c", "image": format!("registry.example/team/app:{app}"),
                "resources": { "requests": { "cpu": "900m", "memory": "3Gi" } },
                "volumeMounts": [{ "name": format!("kube-api-access-{at:05}"), "mountPath": "/var/run/secrets" }] }],
            "volumes": [{ "name": format!("kube-api-access-{at:05}"),
                "projected": { "sources": [{ "serviceAccountToken": { "path": "token" } }] } }] },
        "status": { "phase": "Running", "startTime": "2026-11-20T09:14:31Z",
            "containerStatuses": [{ "name": "c", "ready": true, "image": "i", "imageID": format!("sha256:{at:064x}"),
                "state": { "running": { "startedAt": "2026-11-25T08:00:00Z" } } }] } })
}
