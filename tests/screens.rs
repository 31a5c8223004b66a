//! What people and programs see, whole, at 80 columns: the answer of `diagnose` to each
//! cause, as text and as JSON, the first screen of each recorded incident, and the other
//! commands on a few of them.
//!
//! After a wanted change: `INSTA_UPDATE=always cargo test --test screens`, and read the diff.

mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
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

/// The commands beside `diagnose RUN`, each on incidents in which it has something to say.
#[test]
fn every_command_looks_as_frozen() {
    const SHOWN: [(&str, &[&str], &[&str]); 9] = [
        ("admission", &["admission", "RUN"], &["001", "011", "033", "084", "090"]),
        ("admission-wide", &["admission", "RUN", "-o", "wide"], &["001"]),
        ("nodes", &["nodes", "RUN"], &["001", "026", "062", "082", "090"]),
        ("nodes-wide", &["nodes", "RUN", "-o", "wide"], &["001"]),
        ("nodes-for-pipeline", &["nodes", "RUN", "--for-pipeline"], &["001", "013", "062", "095"]),
        ("check", &["check"], &["001", "024", "050", "090"]),
        ("diff", &["diff", "RUN"], &["001", "070", "111"]),
        ("diagnose-all", &["diagnose", "-A"], &["001", "033", "111"]),
        ("why-not", &["diagnose", "RUN", "--why-not"], &["001"]),
    ];
    let root = unpack("incidents.tar.zst");
    let incidents = folders(&root.path().join("incidents"));
    let mut wrong = Vec::new();
    for (folder, args, numbers) in SHOWN {
        for number in numbers {
            let name = |path: &&PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(number);
            let path = incidents.iter().find(name).unwrap();
            let truth: serde_json::Value =
                serde_yaml::from_str(&fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
            let run = truth["run"].as_str().unwrap();
            let args: Vec<&str> = args.iter().map(|arg| if *arg == "RUN" { run } else { arg }).collect();
            let shown = screen(&path.join("snapshot"), &args);
            compare("commands", &format!("{folder}-{number}"), &shown, &mut wrong);
        }
    }
    let explain = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix")).args(args).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    compare("commands", "explain", &explain(&["explain"]), &mut wrong);
    compare("commands", "explain-TKF101", &explain(&["explain", "TKF101"]), &mut wrong);
    assert!(wrong.is_empty(), "{} differ: {}", wrong.len(), wrong.join(", "));
}
