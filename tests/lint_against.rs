//! `lint --against`: what becomes of runs before they are submitted, by recorded clusters.

mod recorded;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");

fn run(args: &[&str]) -> Output {
    Command::new(BINARY).args(args).stdin(Stdio::null()).output().unwrap()
}

/// The export of an incident whose name begins so.
fn export(folder: &Path, start: &str) -> PathBuf {
    let cases = recorded::folders(&folder.join("incidents"));
    let case = cases.iter().find(|case| case.file_name().unwrap().to_str().unwrap().starts_with(start)).unwrap();
    case.join("snapshot")
}

fn forecasts(manifest: &Path, against: &Path, more: &[&str]) -> (i32, Value) {
    let (manifest, against) = (manifest.to_str().unwrap(), against.to_str().unwrap());
    let output = run(&[&["lint", manifest, "--against", against, "-o", "json"], more].concat());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code().unwrap(), json)
}

#[test]
fn a_run_meets_before_it_is_submitted_what_it_would_meet_when_it_is_submitted_again() {
    let folder = recorded::unpack("incidents.tar.zst");
    let manifest = folder.path().join("run.yaml");
    // Refused by SCC, no node, one claim in two workspaces, quota, no room.
    for (start, code) in [("001", Some("TKF101")), ("005", None), ("007", Some("TKF111")), ("053", None), ("062", None)]
    {
        let export = export(folder.path(), start);
        let from = export.to_str().unwrap();
        let output = run(&["rerun", "--from", from, "--dry-run=client", "--generate-name", "-o", "yaml"]);
        assert_eq!(output.status.code(), Some(1), "{start}");
        fs::write(&manifest, &output.stdout).unwrap();
        let (exit, json) = forecasts(&manifest, &export, &[]);
        let told = &json["forecasts"][0];
        assert_eq!((exit, &told["outcome"]), (1, &Value::from("blocked")), "{start}: {told}");
        let causes: Vec<&str> = told["causes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(code.is_none_or(|code| causes.contains(&code)), "{start}: {causes:?}");
        // Both commands say the same of it.
        let because = told["because"][0].as_str().unwrap();
        let prediction = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        let words = because.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
        assert!(prediction.contains(&words), "{start}: {words} / {prediction}");
        // The version of the cluster decides the table of fields.
        assert_ne!(json["tektonVersion"], Value::Null);
    }
}

const RUNS: &str = "\
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {generateName: fine-}
spec:
  taskSpec:
    steps: [{name: a, image: alpine, script: 'true'}]
---
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: fetched-}
spec:
  pipelineRef: {resolver: git, params: [{name: url, value: x}]}
---
apiVersion: tekton.dev/v1beta1
kind: PipelineRun
metadata: {generateName: old-}
spec:
  podTemplate: {securityContext: {fsGroup: 1001}}
  pipelineRef: {name: beside}
  workspaces: [{name: w, volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}]
---
apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: beside}
spec:
  workspaces: [{name: w}]
  tasks: [{name: one, workspaces: [{name: w}], taskSpec: {workspaces: [{name: w}], steps: [{image: x}]}}]
---
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata: {generateName: refused-}
spec: {}
---
apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {generateName: open-}
spec:
  serviceAccountName: '{{ account }}'
  taskRef: {name: x}
";

#[test]
fn runs_of_every_kind_are_forecast_or_it_is_said_why_not() {
    let folder = recorded::unpack("incidents.tar.zst");
    let export = export(folder.path(), "001");
    let manifest = folder.path().join("runs.yaml");
    fs::write(&manifest, RUNS).unwrap();
    let (exit, json) = forecasts(&manifest, &export, &["-n", "private-models"]);
    assert_eq!(exit, 1);
    let told: Vec<(&str, &str)> = json["forecasts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|told| (told["name"].as_str().unwrap(), told["outcome"].as_str().unwrap()))
        .collect();
    let wanted = [
        ("fine-", "goesOn"),
        ("fetched-", "unknown"),
        ("old-", "blocked"),
        ("refused-", "blocked"),
        ("open-", "unknown"),
    ];
    assert_eq!(told, wanted, "{:#}", json["forecasts"]);
}

#[test]
fn without_evidence_nothing_is_foretold_and_the_exit_code_is_that_of_the_findings() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("run.yaml");
    fs::write(&manifest, RUNS.split("---").next().unwrap()).unwrap();
    let namespace = folder.path().join("namespace.yaml");
    fs::write(&namespace, "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n").unwrap();
    let (exit, json) = forecasts(&manifest, &namespace, &[]);
    assert_eq!((exit, &json["forecasts"][0]["outcome"]), (0, &Value::from("unknown")));
    assert_eq!(json["forecasts"][0]["namespace"], "team");
    // Which namespace is meant among several, nobody knows.
    fs::write(
        &namespace,
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n",
    )
    .unwrap();
    let (_, json) = forecasts(&manifest, &namespace, &[]);
    assert_eq!(json["forecasts"][0]["namespace"], "");
    assert_eq!(run(&["lint", "-n", "team", manifest.to_str().unwrap()]).status.code(), Some(2));
}
