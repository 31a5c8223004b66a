//! Every JSON document of every command, over all recorded clusters, against the published
//! schema of its kind (docs/schema/v1).

mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jsonschema::Validator;
use recorded::{folders, unpack};
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");

/// The published schemas by kind.
fn schemas() -> BTreeMap<String, Validator> {
    let files = fs::read_dir("docs/schema/v1").unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let schema: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
            let kind = path.file_stem().unwrap().to_str().unwrap().to_owned();
            assert_eq!(schema["properties"]["kind"]["const"], json!(kind));
            (kind, jsonschema::draft202012::new(&schema).unwrap())
        })
        .collect()
}

/// A recorded cluster and the run in it that is not well.
struct Recorded {
    export: PathBuf,
    run: String,
}

fn recorded(causes: &Path, incidents: &Path) -> Vec<Recorded> {
    let first_line = |path: PathBuf| fs::read_to_string(path).unwrap().lines().next().unwrap().to_owned();
    let causes = folders(causes).into_iter().flat_map(|platform| folders(&platform));
    let causes = causes.map(|export| Recorded { run: first_line(export.join("causes")), export });
    let incidents = folders(&incidents.join("incidents")).into_iter().map(|path| {
        let truth: Value = serde_yaml::from_str(&fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
        Recorded { export: path.join("snapshot"), run: truth["run"].as_str().unwrap().to_owned() }
    });
    causes.chain(incidents).collect()
}

/// What the program prints; nothing where it cannot answer.
fn document(args: &[&str], output: &str) -> Option<(String, i32)> {
    let output = Command::new(BINARY).args(args).args(["-o", output]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (!text.is_empty()).then(|| (text, output.status.code().unwrap()))
}

/// What is wrong with a document, and its kind.
fn judge(schemas: &BTreeMap<String, Validator>, text: &str, code: i32) -> (String, Vec<String>) {
    let document: Value = serde_json::from_str(text).unwrap();
    let kind = document["kind"].as_str().unwrap_or_default().to_owned();
    let Some(schema) = schemas.get(&kind) else { return (kind.clone(), vec![format!("kind {kind:?} has no schema")]) };
    let mut wrong: Vec<String> =
        schema.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if document["exitCode"] != json!(code) {
        wrong.push(format!("exitCode {} of {code}", document["exitCode"]));
    }
    (kind, wrong)
}

#[test]
fn every_document_is_as_its_schema_says() {
    let (causes, incidents) = (unpack("causes.tar.zst"), unpack("incidents.tar.zst"));
    let (schemas, recorded) = (schemas(), recorded(causes.path(), incidents.path()));
    assert!(recorded.len() > 200, "{} recorded clusters", recorded.len());
    let (next, seen, wrong) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    let judge_all = || {
        while let Some(Recorded { export, run }) = recorded.get(next.fetch_add(1, Ordering::Relaxed)) {
            let from = export.to_str().unwrap();
            for args in [
                &["diagnose", run, "--why-not"][..],
                &["check"],
                &["diff", run],
                &["nodes", run],
                &["nodes", run, "--for-pipeline"],
                &["admission", run],
            ] {
                let Some((text, code)) = document(&[args, &["--from", from]].concat(), "json") else { continue };
                let (kind, errors) = judge(&schemas, &text, code);
                *seen.lock().unwrap().entry(kind).or_insert(0) += 1;
                wrong.lock().unwrap().extend(errors.into_iter().map(|error| format!("{args:?} {from}: {error}")));
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(judge_all))));
    let (seen, wrong) = (seen.into_inner().unwrap(), wrong.into_inner().unwrap());
    assert!(wrong.is_empty(), "{} wrong, of {seen:?}:\n{}", wrong.len(), wrong.join("\n"));
    for kind in ["Diagnosis", "Preflight", "Comparison", "NodeVerdicts", "PipelineNodes", "Admission"] {
        assert!(seen[kind] > 10, "{seen:?}");
    }
    assert!(seen["Diagnosis"] >= recorded.len(), "{seen:?}");
}

/// What workflows and repairs come to is told in the shapes that are published.
#[test]
fn workflows_and_plans_are_as_their_schemas_say() {
    let incidents = unpack("incidents.tar.zst");
    let schemas = schemas();
    let (mut seen, mut wrong) = (BTreeMap::new(), Vec::new());
    for path in folders(&incidents.path().join("incidents")).into_iter().take(12) {
        let truth: Value = serde_yaml::from_str(&fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
        let (run, export) = (truth["run"].as_str().unwrap(), path.join("snapshot"));
        for args in [
            &["workflow", "list", run][..],
            &["workflow", "test", "apply-plan", run],
            &["workflow", "run", "pin-node", run, "--dry-run=client", "--yes"],
            &["repair", run, "--dry-run=client"],
        ] {
            let args = [args, &["--from", export.to_str().unwrap()]].concat();
            let Some((text, code)) = document(&args, "json") else { continue };
            let (kind, errors) = judge(&schemas, &text, code);
            *seen.entry(kind).or_insert(0) += 1;
            wrong.extend(errors.into_iter().map(|error| format!("{args:?}: {error}")));
        }
    }
    let broken = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    fs::write(broken.path(), "kind: Workflow\n").unwrap();
    let (text, code) = document(&["workflow", "lint", broken.path().to_str().unwrap()], "json").unwrap();
    let (kind, errors) = judge(&schemas, &text, code);
    assert_eq!((kind.as_str(), code, errors), ("WorkflowLint", 1, Vec::new()), "{text}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for kind in ["WorkflowList", "WorkflowPlan", "RepairPlans"] {
        assert!(seen.get(kind).is_some_and(|count| *count > 2), "{seen:?}");
    }
}

/// A name and a message of a cluster that try to act on the terminal.
const HOSTILE: &str = "\u{1b}[2Jx\u{202e}y\u{200b}z\u{9b}31m\u{2028}q";

/// A cluster whose run, pod and node carry hidden characters.
fn hostile() -> tempfile::NamedTempFile {
    let metadata = |name: &str| json!({ "name": format!("{name}{HOSTILE}"), "namespace": "ns" });
    let container = json!({ "name": "step-a", "image": "i" });
    let waits = json!({ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": HOSTILE });
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": [
        { "apiVersion": "v1", "kind": "Node", "metadata": { "name": format!("n{HOSTILE}") },
          "spec": { "taints": [{ "key": HOSTILE, "effect": "NoSchedule" }] },
          "status": { "allocatable": { "cpu": "1", "memory": "1Gi", "pods": "10" } } },
        { "apiVersion": "v1", "kind": "Pod", "metadata": metadata("p"),
          "spec": { "containers": [container], "serviceAccountName": HOSTILE },
          "status": { "phase": "Pending", "conditions": [waits] } },
        { "apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": metadata("r"),
          "spec": { "pipelineSpec": { "tasks": [{ "name": "t", "taskSpec": { "steps": [{ "name": "a", "image": "i" }] } }] } },
          "status": { "conditions": [{ "type": "Succeeded", "status": "False", "reason": HOSTILE, "message": HOSTILE }] } },
    ]});
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    fs::write(file.path(), list.to_string()).unwrap();
    file
}

/// Nothing that a cluster says acts on a terminal, whichever way it goes out; to programs
/// it is still told exactly.
#[test]
fn hidden_characters_of_a_cluster_stay_there() {
    let file = hostile();
    let from = file.path().to_str().unwrap();
    let (run, pod) = (format!("ns/r{HOSTILE}"), format!("ns/p{HOSTILE}"));
    let is_hidden = |c: &char| {
        (c.is_control() && *c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = BTreeSet::new();
    for args in [
        &["diagnose", &run][..],
        &["diagnose", "-A"],
        &["diagnose", "nothing\u{1b}[2J"],
        &["check", "-A"],
        &["nodes", "--pod", &pod],
        &["nodes", &run, "--for-pipeline"],
        &["admission", "--pod", &pod],
        &["admission", &run],
        &["rerun", &run, "--dry-run=client"],
        &["diff", &run, "nothing"],
        &["explain", "\u{1b}[2J"],
        &["diagnose", "a", "b\u{1b}[2J"],
    ] {
        for output in ["", "wide", "name", "json", "yaml"] {
            let more: &[&str] = if output.is_empty() || args[0] == "rerun" { &[] } else { &["-o", output] };
            let output = Command::new(BINARY).args(args).args(["--from", from]).args(more).output().unwrap();
            for stream in [output.stdout, output.stderr] {
                let text = String::from_utf8(stream).unwrap();
                assert_eq!(text.chars().find(is_hidden), None, "{args:?} {more:?}: {text:?}");
                if text.contains("[2Jx") {
                    shown.insert(args[0]);
                }
            }
        }
    }
    assert_eq!(Vec::from_iter(shown), ["admission", "diagnose", "nodes", "rerun"]);
    let (text, _) = document(&["diagnose", &run, "--from", from], "json").unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["runs"][0]["name"], json!(format!("r{HOSTILE}")));
}

#[test]
fn several_runs_are_told_in_the_same_shape_and_in_yaml_as_in_json() {
    let (root, schemas) = (unpack("incidents.tar.zst"), schemas());
    for path in folders(&root.path().join("incidents")) {
        let from = path.join("snapshot");
        let args = ["diagnose", "-A", "--from", from.to_str().unwrap()];
        let (text, code) = document(&args, "json").unwrap();
        assert_eq!(judge(&schemas, &text, code), ("Diagnosis".to_owned(), Vec::new()), "{}", path.display());
        let json: Value = serde_json::from_str(&text).unwrap();
        let yaml: Value = serde_yaml::from_str(&document(&args, "yaml").unwrap().0).unwrap();
        assert_eq!(json, yaml, "{}", path.display());
    }
}

#[test]
fn the_journal_is_told_as_its_schema_says() {
    let folder = tempfile::tempdir().unwrap();
    let entry = |state: &str, more: &str| {
        format!(
            r#"{{"time":"2026-01-02T03:04:05Z","id":"m","server":"https://s","namespace":"n","action":"create","object":"pipelinerun/r","undo":"kubectl delete pipelinerun/r -n n","state":"{state}"{more}}}"#
        )
    };
    let lines = [entry("sent", ""), entry("failed", r#","reason":"refused""#).replace("\"m\"", "\"k\"")];
    fs::write(folder.path().join("journal.jsonl"), lines.join("\n")).unwrap();
    let output =
        Command::new(BINARY).args(["history", "-o", "json"]).env("TEKTON_FIX_STATE", folder.path()).output().unwrap();
    let (kind, wrong) = judge(&schemas(), &String::from_utf8(output.stdout).unwrap(), 0);
    assert_eq!((kind.as_str(), wrong), ("History", Vec::new()));
}

/// The schemas refuse what is no document of their kind.
#[test]
fn schemas_say_something() {
    let schemas = schemas();
    let good = json!({ "schemaVersion": "v1", "kind": "Diagnosis", "exitCode": 0, "runs": [] });
    assert!(schemas["Diagnosis"].is_valid(&good));
    for (field, value) in
        [("schemaVersion", json!("v2")), ("kind", json!("Admission")), ("runs", json!([{}])), ("exitCode", json!("0"))]
    {
        let mut bad = good.clone();
        bad[field] = value;
        assert!(!schemas["Diagnosis"].is_valid(&bad), "{field}");
        bad.as_object_mut().unwrap().remove(field);
        assert!(!schemas["Diagnosis"].is_valid(&bad), "without {field}");
    }
}

#[test]
fn an_error_is_a_document_too() {
    let schemas = schemas();
    let from = ["--from", "examples/incident"];
    let lines: [(&[&str], i32); 6] = [
        (&["diagnose", "private-models/nope"], 4),
        (&["nodes", "private-models/nope"], 4),
        (&["rerun", "private-models/nope", "--dry-run"], 4),
        (&["repair", "private-models/nope", "--dry-run"], 4),
        (&["diagnose", "--no-such-flag"], 2),
        (&["check", "-n", "nowhere"], 4),
    ];
    for (line, code) in lines {
        let args: Vec<&str> = line.iter().chain(&from).copied().collect();
        let (text, exit) = document(&args, "json").unwrap();
        let (kind, wrong) = judge(&schemas, &text, exit);
        assert_eq!((kind.as_str(), exit), ("Error", code), "{line:?}: {text}");
        assert!(wrong.is_empty(), "{line:?}: {wrong:?}");
        let (yaml, _) = document(&args, "YAML").unwrap();
        assert!(yaml.contains("kind: Error"), "{yaml}");
    }
    // Nothing that could be taken for an answer where nobody asked for a document.
    let plain = Command::new(BINARY).args(["diagnose", "private-models/nope"]).args(from).output().unwrap();
    assert_eq!((plain.stdout.as_slice(), plain.status.code()), (&b""[..], Some(4)));
}
