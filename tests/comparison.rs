//! `diff` on recorded pairs of a good and a stuck run: the true difference is named.

mod recorded;

use std::fs;
use std::process::Command;

use serde_json::Value;

use recorded::{folders, unpack};

/// Paths that must be named as what matters, by incident; none where the truth says
/// that the runs ask for the same.
const TRUE: [(&str, &[&str]); 9] = [
    ("001", &["securityContext.fsGroup", "securityContext.runAsUser"]),
    ("030", &["securityContext.fsGroup", "securityContext.runAsUser"]),
    ("031", &["securityContext.fsGroup"]),
    ("051", &["securityContext.fsGroup", "securityContext.runAsUser"]),
    ("111", &["securityContext.fsGroup", "securityContext.runAsUser"]),
    ("007", &["spec.workspaces[cache-workspace]"]),
    ("052", &["podTemplate.nodeSelector[kubernetes.io/hostname]"]),
    ("006", &[]),
    ("070", &[]),
];

#[test]
fn the_difference_that_matters_is_named() {
    let folder = unpack("incidents.tar.zst");
    let mut wrong = Vec::new();
    for path in folders(&folder.path().join("incidents")) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some((_, wanted)) = TRUE.iter().find(|(number, _)| name.starts_with(number)) else { continue };
        let truth: Value = serde_yaml::from_str(&fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
        let pair = |side: &str| truth["pair"][side].as_str().unwrap().to_owned();
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"))
            .args(["diff", &pair("good"), &pair("stuck"), "-o", "json", "--from"])
            .arg(path.join("snapshot"))
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{name}: {error} {}", String::from_utf8_lossy(&output.stderr)));
        let rows = report["differences"].as_array().unwrap();
        let matter: Vec<&str> =
            rows.iter().filter(|row| !row["matters"].is_null()).filter_map(|row| row["path"].as_str()).collect();
        let named = wanted.iter().all(|part| matter.iter().any(|path| path.contains(part)));
        let nothing_else = matter.iter().all(|path| wanted.iter().any(|part| path.contains(part)));
        if !named || !nothing_else {
            wrong.push(format!("{name}: named {matter:?}, true is {wanted:?}; {}", report["verdict"]));
        }
        let verdict = report["verdict"].as_str().unwrap();
        if wanted.is_empty() && !verdict.contains("environment") && !verdict.contains("known to explain") {
            wrong.push(format!("{name}: {}", report["verdict"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Two runs in files, one of them as v1beta1 writes it, need no cluster.
#[test]
fn runs_from_files_are_compared_whatever_their_version() {
    let folder = tempfile::tempdir().unwrap();
    let new = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: a, namespace: n, uid: x}\nspec:\n  pipelineRef: {name: p}\n  taskRunTemplate: {serviceAccountName: builder, podTemplate: {securityContext: {fsGroup: 1}}}\n";
    let old = "apiVersion: tekton.dev/v1beta1\nkind: PipelineRun\nmetadata: {name: b, namespace: n, uid: y}\nspec:\n  pipelineRef: {name: p}\n  serviceAccountName: builder\n  podTemplate: {securityContext: {fsGroup: 2}}\n";
    let (left, right) = (folder.path().join("a.yaml"), folder.path().join("b.yaml"));
    fs::write(&left, new).unwrap();
    fs::write(&right, old).unwrap();
    let diff = |a: &std::path::Path, b: &std::path::Path| {
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"))
            .arg("diff")
            .args([a, b])
            .args(["-o", "json"])
            .output();
        let output = output.unwrap();
        let report: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code(), report)
    };
    let (code, report) = diff(&left, &right);
    assert_eq!(code, Some(1));
    let paths: Vec<&str> =
        report["differences"].as_array().unwrap().iter().filter_map(|row| row["path"].as_str()).collect();
    assert_eq!(paths, ["spec.taskRunTemplate.podTemplate.securityContext.fsGroup"]);
    assert_eq!(diff(&left, &left).0, Some(0));
}

/// `diff` of a file with a run, or of two runs, of a recorded case.
fn of_case(case: &str, file: Option<Value>, names: &[&str]) -> Value {
    let cases = unpack("reports.tar.zst");
    let snapshot = folders(cases.path())
        .iter()
        .flat_map(|kind| folders(kind))
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(case))
        .unwrap()
        .join("snapshot");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.yaml");
    let mut args: Vec<&str> = Vec::new();
    if let Some(file) = &file {
        fs::write(&path, serde_yaml::to_string(file).unwrap()).unwrap();
        args.push(path.to_str().unwrap());
    }
    args.extend(names);
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"))
        .arg("diff")
        .args(args)
        .args(["-o", "json", "--from"])
        .arg(snapshot)
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

fn manifest(spec: Value) -> Value {
    let mut spec = spec;
    spec["workspaces"] = serde_json::json!([{ "name": "source-workspace" }]);
    serde_json::json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
        "metadata": { "generateName": "hello-pack-upload-pipeline-run-", "namespace": "func" }, "spec": spec })
}

fn row<'r>(report: &'r Value, part: &str) -> Option<&'r Value> {
    report["differences"].as_array().unwrap().iter().find(|row| row["path"].as_str().unwrap().contains(part))
}

const RUN: &str = "func/hello-pack-upload-pipeline-run-5tv8x";

#[test]
fn a_field_that_the_server_dropped_is_named_with_its_place() {
    let group = serde_json::json!({ "securityContext": { "fsGroup": 1001 } });
    let report = of_case("21-pod-template", Some(manifest(serde_json::json!({ "podTemplate": group }))), &[RUN]);
    let matters = &row(&report, "spec.podTemplate.securityContext.fsGroup").unwrap()["matters"];
    let sentence = matters["consequence"].as_str().unwrap();
    assert!(sentence.contains("the API server drops it; it belongs in spec.taskRunTemplate.podTemplate"), "{sentence}");
    assert!(sentence.contains("lacks fsGroup 1001"), "{sentence}");
    // A file has no outcome, and what the server fills in is no difference.
    assert!(report["differences"].as_array().unwrap().iter().all(|row| row["level"] == "spec"), "{report:#}");
    assert!(row(&report, "spec.taskRunTemplate.serviceAccountName").is_none(), "{report:#}");
    assert!(!report["verdict"].as_str().unwrap().contains("environment"));
}

#[test]
fn other_fields_of_older_versions_are_dropped_too() {
    for (spec, place) in [
        (serde_json::json!({ "serviceAccountName": "builder" }), "spec.taskRunTemplate.serviceAccountName"),
        (serde_json::json!({ "timeout": "2h" }), "spec.timeouts.pipeline"),
        (
            serde_json::json!({ "taskRunSpecs": [{ "pipelineTaskName": "build", "taskPodTemplate": { "nodeSelector": { "a": "b" } } }] }),
            "podTemplate of the entry in spec.taskRunSpecs",
        ),
    ] {
        let report = of_case("21-pod-template", Some(manifest(spec)), &[RUN]);
        let found = report["differences"].as_array().unwrap().iter().find_map(|row| {
            row["matters"]["consequence"].as_str().filter(|sentence| sentence.contains("has no field"))
        });
        assert!(found.is_some_and(|sentence| sentence.ends_with(place)), "{place}: {report:#}");
    }
}

#[test]
fn a_group_in_its_place_is_the_difference_that_matters() {
    let template = serde_json::json!({ "podTemplate": { "securityContext": { "fsGroup": 1001 } } });
    let report = of_case("21-pod-template", Some(manifest(serde_json::json!({ "taskRunTemplate": template }))), &[RUN]);
    let matters = &row(&report, "taskRunTemplate.podTemplate.securityContext.fsGroup").unwrap()["matters"];
    assert!(matters["consequence"].as_str().unwrap().contains("permission denied"), "{report:#}");
}

#[test]
fn another_claim_is_what_sets_a_run_with_two_volumes_apart() {
    let report = of_case("09-", None, &["atlas/merge-1", "atlas/merge-2"]);
    assert!(!row(&report, "spec.workspaces[cache]").unwrap()["matters"].is_null(), "{report:#}");
}
