//! One question has one answer: all commands over all recorded clusters.
//!
//! What `diagnose` offers is what its printed command does, what `rerun` forecasts, and what
//! `admission` shows; a run whose pods are refused fits no node; a pod that waits fits none
//! either.

mod recorded;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tekton_fix::sources::export;

use recorded::{folders, unpack};

/// An export with a run to look at.
struct Case {
    name: String,
    export: PathBuf,
    run: String,
}

/// The recorded clusters; the folder lives as long as they are used.
fn cases() -> (Vec<tempfile::TempDir>, Vec<Case>) {
    let (incidents, causes) = (unpack("incidents.tar.zst"), unpack("causes.tar.zst"));
    let mut cases = Vec::new();
    for path in folders(&incidents.path().join("incidents")) {
        let truth: Value = serde_yaml::from_str(&fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        cases.push(Case { name, export: path.join("snapshot"), run: truth["run"].as_str().unwrap().to_owned() });
    }
    for platform in folders(causes.path()) {
        for path in folders(&platform) {
            let text = fs::read_to_string(path.join("causes")).unwrap();
            let name = path.strip_prefix(causes.path()).unwrap().to_str().unwrap().to_owned();
            cases.push(Case { name, export: path.clone(), run: text.lines().next().unwrap().to_owned() });
        }
    }
    assert!(cases.len() > 140, "{}", cases.len());
    (vec![incidents, causes], cases)
}

fn run(export: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(args).args(["--from", export.to_str().unwrap()]).env("COLUMNS", "4000").env_remove("KUBECTL_PATH");
    command.output().unwrap()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_default()
}

fn offers(diagnosis: &Value) -> Vec<Value> {
    let findings = diagnosis["runs"][0]["findings"].as_array().cloned().unwrap_or_default();
    findings.iter().flat_map(|finding| finding["repairs"].as_array().cloned().unwrap_or_default()).collect()
}

/// The words of the printed `rerun`, if one is printed.
fn rerun(offer: &Value) -> Option<Vec<String>> {
    let lines = offer["command"].as_str()?.lines();
    let words =
        lines.map(|line| shlex::split(line).unwrap()).find(|words| words.get(2).is_some_and(|w| w == "rerun"))?;
    assert_eq!(words[..2], ["kubectl", "tekton-fix"]);
    Some(words[2..].to_vec())
}

fn is_submission(op: &Value) -> bool {
    op["op"] == "submit"
}

/// What `rerun` says that it forecasts, in the words of JSON.
fn forecast(stderr: &[u8]) -> &'static str {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().find(|line| line.starts_with("Prediction: ")).unwrap_or_default();
    match line.trim_start_matches("Prediction: ") {
        line if line.starts_with("the new run will go on") => "heals",
        line if line.starts_with("the new run will stay stuck") => "doesNotHeal",
        line if line.starts_with("unknown") => "unknown",
        _ => "nothing",
    }
}

#[test]
fn a_printed_rerun_is_the_operation_and_has_its_forecast() {
    let (_folders, cases) = cases();
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for case in &cases {
        let diagnosis = document(&run(&case.export, &["diagnose", &case.run, "-o", "json"]));
        for offer in offers(&diagnosis) {
            let ops = offer["ops"].as_array().unwrap();
            let (Some(words), Some(op)) = (rerun(&offer), ops.iter().find(|op| is_submission(op))) else { continue };
            tried += 1;
            let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
            args.push("--dry-run=client");
            let output = run(&case.export, &args);
            let what = format!("{}: {}: {}", case.name, offer["id"], words.join(" "));
            let submitted: Value = serde_yaml::from_slice(&output.stdout).unwrap_or_default();
            if submitted["kind"] != "PipelineRun" {
                wrong.push(format!("{what}: {}", String::from_utf8_lossy(&output.stderr)));
                continue;
            }
            if submitted["spec"] != edited(case, op) {
                wrong.push(format!("{what}: another run than that of the operation"));
            }
            // With operations on the cluster before it, rerun alone forecasts less.
            let said = forecast(&output.stderr);
            if ops.len() == 1 && said != offer["predicted"] {
                wrong.push(format!("{what}: rerun says {said}, diagnose says {}", offer["predicted"]));
            }
        }
    }
    assert!(tried > 150, "{tried}");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The spec that the operation submits, made by the library from its JSON alone.
fn edited(case: &Case, op: &Value) -> Value {
    let cluster = export::read(case.export.to_str().unwrap()).unwrap();
    let (namespace, name) = case.run.split_once('/').unwrap();
    let run = cluster.pipeline_run(namespace, name).unwrap();
    let focus = tekton_fix::checks::focus::Focus::new(&cluster, run, cluster.taken_at.unwrap());
    let mut report = tekton_fix::checks::diagnose(&cluster, run, focus.now);
    tekton_fix::repairs::attach(&cluster, &mut report, focus.now);
    let all = report.findings.iter().flat_map(|finding| &finding.offers).flat_map(|offer| &offer.ops);
    let same = |known: &&tekton_fix::ops::Op| json!(known) == *op;
    let edits = all.into_iter().find(same).and_then(tekton_fix::ops::Op::edits).unwrap();
    tekton_fix::ops::edit::edited(run, edits).unwrap()["spec"].clone()
}

#[test]
fn commands_agree_about_pods_and_nodes() {
    let (_folders, cases) = cases();
    let mut wrong = Vec::new();
    let (mut refused_runs, mut waiting_runs) = (0, 0);
    for case in &cases {
        let diagnosis = document(&run(&case.export, &["diagnose", &case.run, "-o", "json"]));
        let findings = diagnosis["runs"][0]["findings"].as_array().cloned().unwrap_or_default();
        let admission = run(&case.export, &["admission", &case.run, "-o", "json"]);
        let pods = document(&admission)["pods"].as_array().cloned().unwrap_or_default();
        let whole = run(&case.export, &["nodes", &case.run, "--for-pipeline", "-o", "json"]);
        let refused = pods.iter().filter(|pod| pod["admitted"] == false).count();
        if refused > 0 {
            refused_runs += 1;
            if whole.status.code() == Some(0) {
                wrong.push(format!("{}: {refused} pods are refused, and the whole pipeline fits", case.name));
            }
        }
        // Resubmitting unchanged is what `nodes --for-pipeline` judges, without a pin.
        let unchanged = offers(&diagnosis)
            .into_iter()
            .find(|offer| offer["ops"].as_array().is_some_and(|ops| ops.len() == 1 && ops[0]["edits"] == json!([])));
        let goes_on = unchanged.is_some_and(|offer| offer["predicted"] == "heals");
        if goes_on && refused > 0 {
            wrong.push(format!("{}: resubmitting unchanged works although pods are refused", case.name));
        }
        let waits = findings.iter().any(|finding| {
            let code = finding["code"].as_str().unwrap();
            (code.starts_with("TKF12") || code.starts_with("TKF20")) && finding["confidence"] != "likely"
        });
        let is_running = diagnosis["runs"][0]["state"] == "stuck";
        if waits && is_running {
            waiting_runs += 1;
            let nodes = run(&case.export, &["nodes", &case.run, "-o", "json"]);
            if nodes.status.code() == Some(0) {
                wrong.push(format!("{}: no node takes a pod, and `nodes` finds one", case.name));
            }
        }
        let changes = document(&admission)["changes"].as_array().cloned().unwrap_or_default();
        let of_refusal =
            findings.iter().find(|finding| matches!(finding["code"].as_str(), Some("TKF101" | "TKF301" | "TKF504")));
        if let (Some(finding), false) = (of_refusal, changes.is_empty()) {
            let texts = |list: &[Value]| -> Vec<(Value, Value)> {
                list.iter().map(|item| (item["summary"].clone(), item["predicted"].clone())).collect()
            };
            if texts(&changes) != texts(finding["repairs"].as_array().unwrap()) {
                wrong.push(format!("{}: admission and diagnose offer different repairs", case.name));
            }
        }
    }
    assert!(refused_runs > 10 && waiting_runs > 10, "{refused_runs} {waiting_runs}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_finding_has_evidence_and_a_likely_one_says_what_is_open() {
    let (_folders, cases) = cases();
    let mut wrong = Vec::new();
    for case in &cases {
        let diagnosis = document(&run(&case.export, &["diagnose", &case.run, "-o", "json"]));
        for finding in diagnosis["runs"][0]["findings"].as_array().into_iter().flatten() {
            let is_empty = |field: &str| finding[field].as_array().is_none_or(Vec::is_empty);
            if is_empty("evidence") {
                wrong.push(format!("{}: {} has no evidence", case.name, finding["cause"]));
            }
            if finding["confidence"] == "likely" && is_empty("cannotTell") {
                wrong.push(format!("{}: {} is likely, and nothing is open", case.name, finding["cause"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_finding_about_an_installation_or_a_namespace_has_evidence() {
    let (_folders, cases) = cases();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for case in &cases {
        let preflight = document(&run(&case.export, &["check", "-A", "-o", "json"]));
        let places = preflight["namespaces"].as_array().cloned().unwrap_or_default();
        let all = std::iter::once(&preflight).chain(&places).filter_map(|place| place["notes"].as_array()).flatten();
        for note in all {
            seen += 1;
            let evidence = note["evidence"].as_array().cloned().unwrap_or_default();
            let is_read = |item: &Value| item["source"].as_str().is_some_and(|source| !source.is_empty());
            if evidence.is_empty() || !evidence.iter().all(is_read) || note["confidence"] == "likely" {
                wrong.push(format!("{}: {} of {}", case.name, note["cause"], note["text"]));
            }
        }
    }
    assert!(seen > 200, "{seen}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}
