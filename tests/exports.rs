//! Exports as people hand them on: cut, mixed, in other encodings, without a part of what
//! was there.

#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "recorded/copy.rs"]
mod copy;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use copy::copy;
use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");
/// The run of `examples/incident`.
const RUN: &str = "private-models/mistral-24b-quantized-gx87d";

fn diagnose(from: &Path, run: &str) -> Output {
    Command::new(BINARY).args(["diagnose", run, "-o", "json", "--from"]).arg(from).output().unwrap()
}

fn report(from: &Path, run: &str) -> Value {
    let output = diagnose(from, run);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["kind"], "Diagnosis", "{document:#}");
    document["runs"][0].clone()
}

fn incident() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new("examples/incident"), folder.path());
    folder
}

/// `predicted` of each repair.
fn predictions(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let repairs = findings.flat_map(|finding| finding["repairs"].as_array().unwrap());
    repairs.map(|repair| repair["predicted"].as_str().unwrap().to_owned()).collect()
}

fn causes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["cause"].as_str().unwrap().to_owned()).collect()
}

const LOOSE: &str = "{apiVersion: tekton.dev/v1, kind: PipelineRun, metadata: {name: r, namespace: n}}";

#[test]
fn every_way_of_writing_several_documents_is_read() {
    let json = r#"{"apiVersion":"tekton.dev/v1","kind":"PipelineRun","metadata":{"name":"r","namespace":"n"}}"#;
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain(LOOSE.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let pod = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"n"}}"#;
    let texts: [(&str, Vec<u8>); 10] = [
        ("array.json", format!("[{json}]").into_bytes()),
        ("marks.json", format!("{json}\n---\n{pod}\n").into_bytes()),
        ("lines.json", format!("{pod}\n{json}\n").into_bytes()),
        ("inline.yaml", format!("--- {LOOSE}\n").into_bytes()),
        ("directive.yaml", format!("%YAML 1.2\n---\n{LOOSE}\n").into_bytes()),
        (
            "lists.yaml",
            format!("kind: List\napiVersion: v1\nitems:\n- kind: List\n  items:\n  - {LOOSE}\n").into_bytes(),
        ),
        ("bad.yaml", format!("{LOOSE}\n---\na: [\n---\nb: {{\n").into_bytes()),
        ("wide.yaml", utf16),
        ("mark.yaml", format!("\u{feff}{LOOSE}").into_bytes()),
        ("crlf.yaml", format!("---\r\n{LOOSE}\r\n...\r\n").into_bytes()),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in texts {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        assert_eq!(report(&path, "n/r")["name"], "r", "{name}");
    }
}

#[test]
fn lists_after_one_another_are_all_read() {
    let folder = tempfile::tempdir().unwrap();
    let own = Path::new("examples/incident/namespaces/private-models");
    let lists =
        ["tekton.dev/pipelineruns.yaml", "tekton.dev/taskruns.yaml", "core/pods.yaml", "apps/statefulsets.yaml"];
    let text =
        lists.map(|name| fs::read_to_string(own.join(name)).unwrap().trim_start_matches("---\n").to_owned()).concat();
    let path = folder.path().join("all.yaml");
    fs::write(&path, text).unwrap();
    let report = report(&path, RUN);
    assert_eq!(report["waiting"], json!(["fetch-model"]), "{report:#}");
    let text = report.to_string();
    assert!(!text.contains("pods were not read") && !text.contains("TaskRuns were not read"), "{report:#}");
}

#[test]
fn what_never_ends_or_multiplies_is_refused_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let scalar = format!("x: &a \"{}\"\nl:\n{}", "A".repeat(1_000_000), "- *a\n".repeat(20_000));
    let deep = "{\"a\":".repeat(1_000_000);
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let binary = write("archive", "\u{1f}\0\u{8}\0".to_owned());
    for path in [write("alias.yaml", scalar), write("deep.json", deep), "/dev/zero".into(), pipe, binary] {
        let output = diagnose(&path, "n/r");
        let error: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &error["kind"]), (Some(3), &json!("Error")), "{}: {error:#}", path.display());
    }
}

#[test]
fn a_list_is_whole_only_if_it_says_so() {
    let accounts = "namespaces/private-models/core/serviceaccounts.yaml";
    let whole = fs::read_to_string(Path::new("examples/incident").join(accounts)).unwrap();
    let cut: String = whole.lines().take(5).map(|line| format!("{line}\n")).collect();
    let page =
        "apiVersion: v1\nkind: ServiceAccountList\nmetadata: {continue: abc, remainingItemCount: 5}\nitems: []\n";
    let undecodable = whole.replace("resourceVersion: '", "resourceVersion: 5 #'");
    let foreign = "apiVersion: v1\nkind: Status\nstatus: Failure\n";
    for (what, text) in
        [("cut", cut.as_str()), ("page", page), ("undecodable", &undecodable), ("foreign", foreign), ("empty", "")]
    {
        let folder = incident();
        fs::write(folder.path().join(accounts), text).unwrap();
        let found = causes(&report(folder.path(), RUN));
        assert!(!found.iter().any(|cause| cause == "assistant-service-account-missing"), "{what}: {found:?}");
    }
    // A whole list in which it is not is proof.
    let folder = incident();
    fs::write(folder.path().join(accounts), "apiVersion: v1\nitems: []\nkind: ServiceAccountList\nmetadata: {}\n")
        .unwrap();
    let found = causes(&report(folder.path(), RUN));
    assert!(found.iter().any(|cause| cause == "assistant-service-account-missing"), "{found:?}");
}

#[test]
fn what_was_not_collected_makes_no_repair_work() {
    for gone in [
        "cluster-scoped-resources/storage.k8s.io/csinodes.yaml",
        "cluster-scoped-resources/storage.k8s.io/volumeattachments.yaml",
        "namespaces/openshift-pipelines/core/configmaps.yaml",
        "cluster-scoped-resources/security.openshift.io/securitycontextconstraints.yaml",
    ] {
        let folder = incident();
        fs::remove_file(folder.path().join(gone)).unwrap();
        let found = predictions(&report(folder.path(), RUN));
        assert!(!found.is_empty() && !found.contains(&"heals".to_owned()), "{gone}: {found:?}");
    }
}

#[test]
fn the_clock_of_an_export_is_not_older_than_what_it_holds() {
    let folder = incident();
    let gathered = folder.path().join("second");
    fs::create_dir(&gathered).unwrap();
    for (text, why) in [
        ("2026-11-22 11:00:00.0 +0000 UTC", "another collection, an hour before"),
        ("0001-01-01 00:00:00 +0000 UTC", "no time"),
        ("9999-12-31 23:59:59 +0000 UTC", "no time either"),
    ] {
        fs::write(gathered.join("timestamp"), text).unwrap();
        let report = report(folder.path(), RUN);
        assert_eq!(report["state"], "stuck", "{why}: {report:#}");
        assert!(report["ageSeconds"].as_i64().is_some_and(|age| (60..3600).contains(&age)), "{why}: {report:#}");
    }
}

#[test]
fn no_timestamp_breaks_the_program() {
    let folder = tempfile::tempdir().unwrap();
    for time in ["9999-12-30T22:00:00Z", "0000-01-01T00:00:00Z", "-009999-01-02T01:59:59Z", "2026-02-30T00:00:00Z"] {
        let path = folder.path().join("run.yaml");
        let text = format!(
            "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{name: r, namespace: n, creationTimestamp: \"{time}\"}}\nspec: {{}}\n"
        );
        fs::write(&path, text).unwrap();
        let output = diagnose(&path, "n/r");
        assert!(matches!(output.status.code(), Some(3 | 4)), "{time}: {output:?}");
    }
}

#[test]
fn values_are_those_that_the_api_server_gets() {
    let folder = tempfile::tempdir().unwrap();
    let verdict = |user: &str| {
        let text = format!(
            "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{name: x, namespace: private-models}}\nspec:\n  pipelineSpec:\n    workspaces: [{{name: w}}]\n    tasks:\n    - name: a\n      workspaces: [{{name: w, workspace: w}}]\n      taskSpec: {{workspaces: [{{name: w}}], steps: [{{name: s, image: i, script: \"true\"}}]}}\n  workspaces: [{{name: w, persistentVolumeClaim: {{claimName: models}}}}]\n  taskRunTemplate:\n    serviceAccountName: model-pipeline-sa\n    podTemplate:\n      securityContext: {user}\n"
        );
        let path = folder.path().join("run.yaml");
        fs::write(&path, text).unwrap();
        let output =
            Command::new(BINARY).args(["admission", "--from", "examples/incident", "-f"]).arg(&path).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let same = [
        "{runAsUser: 1001}",
        "{runAsUser: 01751}",
        "{runAsUser: 1_001}",
        "{runAsUser: 1001.0}",
        "{runAsUser: 0x3e9}",
        "{<<: &b {runAsUser: 1001}}",
    ];
    for user in same {
        assert_eq!(verdict(user).0, 1, "{user}");
    }
    for wrong in ["{runAsUser: \"1001\"}", "{runAsUser: yes}", "{runAsNonRoot: \"true\"}", "{runAsUser: 1.5}"] {
        let (code, said) = verdict(wrong);
        assert_eq!(code, 3, "{wrong}");
        assert!(said.contains("run.yaml:1") && said.contains("taskRunTemplate.podTemplate"), "{wrong}: {said}");
    }
}

#[test]
fn a_folder_that_cannot_be_looked_into_is_named() {
    let folder = incident();
    let own = folder.path().join("namespaces/private-models/core");
    fs::remove_file(own.join("pods.yaml")).unwrap();
    // A link out of the export is not followed, and counts as nothing.
    std::os::unix::fs::symlink(Path::new("examples/incident").canonicalize().unwrap(), own.join("elsewhere")).unwrap();
    fs::write(own.join("pods.yaml"), b"\x7fELF\x02\0\0binary").unwrap();
    let output = diagnose(folder.path(), RUN);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("pods.yaml") && said.contains("binary"), "{said}");
}

/// The forecast of one offer.
fn predicted(report: &Value, id: &str) -> String {
    let findings = report["findings"].as_array().unwrap().iter();
    let mut repairs = findings.flat_map(|finding| finding["repairs"].as_array().unwrap());
    repairs.find(|repair| repair["id"] == id).unwrap()["predicted"].as_str().unwrap().to_owned()
}

#[test]
fn less_evidence_makes_no_repair_hopeless_either() {
    let whole = report(Path::new("examples/incident"), RUN);
    for id in ["fs-group-of-namespace", "drop-security-context", "grant-scc"] {
        assert_eq!(predicted(&whole, id), "heals", "{id}");
    }
    let free = "cluster-scoped-resources/core/nodes/ip-10-0-18-204.eu-west-1.compute.internal.yaml";
    let text = fs::read_to_string(Path::new("examples/incident").join(free)).unwrap();
    // A node that was not collected, or whose file was cut off, may take the pods.
    let folder = incident();
    fs::remove_file(folder.path().join(free)).unwrap();
    assert_eq!(predicted(&report(folder.path(), RUN), "drop-security-context"), "unknown");
    fs::write(folder.path().join(free), text.split("\nspec:").next().unwrap()).unwrap();
    assert_eq!(predicted(&report(folder.path(), RUN), "drop-security-context"), "unknown");
    // Without CSINodes nothing vouches for the nodes.
    fs::remove_file(folder.path().join("cluster-scoped-resources/storage.k8s.io/csinodes.yaml")).unwrap();
    assert_eq!(predicted(&report(folder.path(), RUN), "drop-security-context"), "unknown");
    let folder = incident();
    fs::remove_file(folder.path().join("namespaces/private-models/apps/statefulsets.yaml")).unwrap();
    assert_eq!(predicted(&report(folder.path(), RUN), "grant-scc"), "unknown");
}

#[test]
fn what_stands_before_the_end_of_a_cut_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let json = r#"{"apiVersion":"tekton.dev/v1","kind":"PipelineRun","metadata":{"name":"r","namespace":"n"}}"#;
    let deep = (0..7)
        .fold(json.to_owned(), |inner, _| format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{inner}]}}"));
    let mixed = format!(
        "kind: Pod\napiVersion: v1\nmetadata: {{name: p, namespace: n}}\napiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{name: r, namespace: n}}\n{json}\n"
    );
    for (name, text) in [("cut.json", format!("{json}\n{}", &json[..40])), ("mixed.yaml", mixed)] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        assert_eq!(report(&path, "n/r")["name"], "r", "{name}");
    }
    let path = folder.path().join("deep.json");
    fs::write(&path, deep).unwrap();
    let said = String::from_utf8(diagnose(&path, "n/r").stdout).unwrap();
    assert!(said.contains("nested more than"), "{said}");
}

#[test]
fn what_tekton_adds_is_not_taken_for_nothing() {
    let folder = incident();
    fs::remove_file(folder.path().join("namespaces/openshift-pipelines/core/configmaps.yaml")).unwrap();
    let run = folder.path().join("new.yaml");
    let text = "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: x, namespace: private-models}\nspec:\n  pipelineSpec: {tasks: [{name: t, taskSpec: {steps: [{name: s, image: x, securityContext: CONTEXT}]}}]}\n";
    let admission = |from: &Path, context: &str| {
        fs::write(&run, text.replace("CONTEXT", context)).unwrap();
        let output = Command::new(BINARY).args(["admission", "--from"]).arg(from).arg("-f").arg(&run).output().unwrap();
        output.status.code().unwrap()
    };
    assert_eq!(admission(Path::new("examples/incident"), "{}"), 0);
    assert_eq!(admission(folder.path(), "{}"), 4);
    // A wrong type is refused, not left out.
    assert_eq!(admission(Path::new("examples/incident"), "{privileged: \"true\"}"), 3);
}

#[test]
fn a_list_that_was_cut_between_two_objects_is_noticed_where_its_text_shows_it() {
    let path = "cluster-scoped-resources/storage.k8s.io/csinodes.yaml";
    let text = fs::read_to_string(Path::new("examples/incident").join(path)).unwrap();
    let body = text.trim_start_matches("---\n").split("\nkind: CSINodeList").next().unwrap();
    let first = format!("kind: CSINodeList\n{body}\n");
    let with = |text: &str| {
        let folder = incident();
        fs::write(folder.path().join(path), text).unwrap();
        predictions(&report(folder.path(), RUN)).contains(&"heals".to_owned())
    };
    assert!(with(&first), "whole, with its kind first");
    assert!(!with(first.trim_end()), "cut in its last line");
    let start = first.rfind("\n  spec:").unwrap();
    assert!(!with(&first[..=start]), "its last object has no spec");
    let start = first.rfind("\n  metadata:").unwrap();
    assert!(!with(&first[..=start]), "its last object has no name");
    let padding = 4096 - first.len() % 4096;
    let padded = first.replacen("items:", &format!("metadata: {{x: {}}}\nitems:", "y".repeat(padding - 16)), 1);
    assert_eq!(padded.len() % 4096, 0);
    assert!(!with(&padded), "ends with a block");
}

#[test]
fn a_json_list_that_was_cut_off_gives_its_whole_objects_and_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.json");
    let run = r#"{"apiVersion":"tekton.dev/v1","kind":"PipelineRun","metadata":{"name":"r","namespace":"n"}}"#;
    for half in ["", ",", ",{\"apiVersion\":\"v1\",\"kind\":\"Po"] {
        fs::write(&path, format!("{{\"apiVersion\":\"v1\",\"items\":[{run}{half}")).unwrap();
        assert_eq!(report(&path, "n/r")["name"], "r", "{half}");
        let said = String::from_utf8(diagnose(&path, "n/r").stderr).unwrap();
        assert!(said.contains("cut off"), "{half}: {said}");
    }
    let path = "cluster-scoped-resources/storage.k8s.io/csinodes";
    let text = fs::read_to_string(Path::new("examples/incident").join(format!("{path}.yaml"))).unwrap();
    let (_, list) = tekton_fix::yaml::read_documents(&text).unwrap().remove(0);
    let with = |text: &str| {
        let folder = incident();
        fs::remove_file(folder.path().join(format!("{path}.yaml"))).unwrap();
        fs::write(folder.path().join(format!("{path}.json")), text).unwrap();
        predictions(&report(folder.path(), RUN)).contains(&"heals".to_owned())
    };
    for whole in [list.to_string(), serde_json::to_string_pretty(&list).unwrap()] {
        assert!(with(&whole));
        let end = whole.rfind(']').unwrap();
        assert!(!with(&whole[..end]), "cut behind its last object");
    }
}

#[test]
fn one_bad_object_of_a_json_list_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.json");
    let run = r#"{"apiVersion":"tekton.dev/v1","kind":"PipelineRun","metadata":{"name":"r","namespace":"n"}}"#;
    fs::write(&path, format!("{{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{{\"a\" \"b\"}},\n{run}]}}"))
        .unwrap();
    assert_eq!(report(&path, "n/r")["name"], "r");
    let said = String::from_utf8(diagnose(&path, "n/r").stderr).unwrap();
    assert!(said.contains("list.json: line 1: expected"), "{said}");
}
