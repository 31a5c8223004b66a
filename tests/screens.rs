//! What people and programs see, whole: the answer of `diagnose` to each cause, as text at
//! 80 columns and as JSON, and the first screen of each recorded incident.
//!
//! After a wanted change: `INSTA_UPDATE=always cargo test --test screens`, and read the diff.

mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use recorded::{folders, unpack};

/// Runs the program on an export at 80 columns; stdout, and the exit code behind it.
fn screen(export: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"))
        .args(args)
        .args(["--from", export.to_str().unwrap()])
        .env("COLUMNS", "80")
        .env_remove("KUBECTL_PATH")
        .output()
        .unwrap();
    let code = output.status.code().unwrap();
    format!("{}(exit {code})\n", String::from_utf8(output.stdout).unwrap())
}

/// Compares with what was frozen; a difference is collected, so that one run shows all.
fn compare(folder: &str, name: &str, text: &str, wrong: &mut Vec<String>) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(format!("snapshots/{folder}"));
    let compared = settings.bind(|| catch_unwind(AssertUnwindSafe(|| insta::assert_snapshot!(name, text))));
    if compared.is_err() {
        wrong.push(format!("{folder}/{name}"));
    }
}

#[test]
fn every_cause_looks_as_frozen() {
    let root = unpack("causes.tar.zst");
    let (mut seen, mut wrong) = (BTreeSet::new(), Vec::new());
    for platform in folders(root.path()) {
        for path in folders(&platform) {
            let text = fs::read_to_string(path.join("causes")).unwrap();
            let mut lines = text.lines().filter(|line| !line.is_empty());
            let run = lines.next().unwrap().to_owned();
            let causes: Vec<&str> = lines.collect();
            let name = causes.first().copied().unwrap_or("healthy").to_owned();
            if !seen.insert(name.clone()) {
                continue;
            }
            compare("causes", &name, &screen(&path, &["diagnose", &run]), &mut wrong);
            compare("json", &name, &screen(&path, &["diagnose", &run, "-o", "json"]), &mut wrong);
        }
    }
    assert!(seen.len() > 60, "{} causes", seen.len());
    assert!(wrong.is_empty(), "{} differ: {}", wrong.len(), wrong.join(", "));
}

#[test]
fn every_incident_looks_as_frozen() {
    let root = unpack("incidents.tar.zst");
    let mut wrong = Vec::new();
    for path in folders(&root.path().join("incidents")) {
        let truth: serde_json::Value =
            serde_yaml::from_str(&fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
        let run = truth["run"].as_str().unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        compare("incidents", &name, &screen(&path.join("snapshot"), &["diagnose", run]), &mut wrong);
    }
    assert!(wrong.is_empty(), "{} differ: {}", wrong.len(), wrong.join(", "));
}
