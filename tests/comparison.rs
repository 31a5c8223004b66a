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
        if wanted.is_empty() && !report["verdict"].as_str().unwrap().contains("environment") {
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
