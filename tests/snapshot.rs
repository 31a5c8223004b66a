//! A snapshot says what its source says, and holds no secret.

#![allow(clippy::unwrap_used, reason = "a test")]

mod recorded;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use recorded::{folders, unpack};
use serde_json::Value;

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");
const INCIDENT: &str = "examples/incident";
const RUN: &str = "private-models/mistral-24b-quantized-gx87d";

fn run(words: &[&str], from: &Path) -> Output {
    Command::new(BINARY).args(words).arg("--from").arg(from).output().unwrap()
}

fn take(from: &Path, to: &Path, words: &[&str]) -> Output {
    let output = Command::new(BINARY).arg("snapshot").args(words).arg("--from").arg(from).arg("-o").arg(to).output();
    output.unwrap()
}

/// A document without the places of its evidence, which differ by nature, and the hashes that
/// stand for secrets.
fn comparable(output: &Output) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for place in ["source", "file", "line"] {
                    fields.remove(place);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    strip(&mut document);
    document
}

fn is_export(path: &Path) -> bool {
    path.join("namespaces").is_dir()
}

/// Every recorded export.
fn exports(root: &Path) -> Vec<PathBuf> {
    if is_export(root) {
        return vec![root.to_owned()];
    }
    folders(root).iter().flat_map(|folder| exports(folder)).collect()
}

/// What a snapshot of everything says, and of one run each, compared with its source.
fn compare(archive: &str, each: usize) {
    let root = unpack(archive);
    let found: Vec<PathBuf> = exports(root.path()).into_iter().step_by(each).collect();
    assert!(found.len() > 5, "{archive}");
    let mut wrong = Vec::new();
    for (at, export) in found.iter().enumerate() {
        let name = export.strip_prefix(root.path()).unwrap().display().to_string();
        let wanted = run(&["diagnose", "-A", "-o", "json"], export);
        let target = root.path().join(format!("taken-{at}{}", ["", ".tar.gz", ".zip"][at % 3]));
        let taken = take(export, &target, &["-A"]);
        if !taken.status.success() {
            // Nothing to take is the same answer as nothing to diagnose.
            assert_eq!(taken.status.code(), wanted.status.code(), "{name}: {}", String::from_utf8_lossy(&taken.stderr));
            continue;
        }
        let again = run(&["diagnose", "-A", "-o", "json"], &target);
        if comparable(&again) != comparable(&wanted) {
            wrong.push(format!("{name}: all runs"));
        }
        let runs = comparable(&wanted)["runs"].as_array().cloned().unwrap_or_default();
        let Some(one) = runs.iter().find(|run| run["state"] != "healthy") else { continue };
        let one = format!("{}/{}", one["namespace"].as_str().unwrap(), one["name"].as_str().unwrap());
        let target = root.path().join(format!("one-{at}"));
        let taken = take(export, &target, &[&one]);
        assert!(taken.status.success(), "{name}: {}", String::from_utf8_lossy(&taken.stderr));
        for words in
            [["diagnose", &one, "-o", "json"], ["nodes", &one, "-o", "json"], ["admission", &one, "-o", "json"]]
        {
            let (before, after) = (run(&words, export), run(&words, &target));
            if comparable(&before) != comparable(&after) {
                wrong.push(format!("{name}: {} {one}", words[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), found.len(), wrong.join("\n"));
}

#[test]
fn snapshots_of_incidents_say_what_their_sources_say() {
    compare("incidents.tar.zst", 1);
}

#[test]
fn snapshots_of_causes_say_what_their_sources_say() {
    // Each cause was recorded on several releases, which differ little in what is read.
    compare("causes.tar.zst", 6);
}

#[test]
fn snapshots_of_reports_say_what_their_sources_say() {
    compare("reports.tar.zst", 1);
}

/// The incident with secrets in it, where people leave them.
fn with_secrets() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("namespaces/private-models/core");
    fs::create_dir_all(&own).unwrap();
    let runs =
        fs::read_to_string(Path::new(INCIDENT).join("namespaces/private-models/tekton.dev/pipelineruns.yaml")).unwrap();
    let runs = runs.replacen(
        "    labels:\n",
        "    annotations:\n      kubectl.kubernetes.io/last-applied-configuration: '{\"spec\":{\"params\":[{\"name\":\"hf-token\",\"value\":\"hunter1\"}]}}'\n      note: 'clone https://ci:hunter2@git.example/x'\n    labels:\n",
        1,
    );
    assert!(runs.contains("hunter1"));
    fs::create_dir_all(folder.path().join("namespaces/private-models/tekton.dev")).unwrap();
    fs::write(folder.path().join("namespaces/private-models/tekton.dev/pipelineruns.yaml"), runs).unwrap();
    for (name, text) in [
        (
            "pods",
            "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: p, namespace: private-models}\n  spec: {containers: [{name: c, image: i, env: [{name: PLAIN, value: hunter3}]}]}\nkind: PodList\nmetadata: {}\n",
        ),
        (
            "configmaps",
            "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: m, namespace: private-models}\n  data: {key: hunter4}\nkind: ConfigMapList\nmetadata: {}\n",
        ),
        (
            "secrets",
            "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: s, namespace: private-models}\n  data: {key: hunter5}\nkind: SecretList\nmetadata: {}\n",
        ),
    ] {
        fs::write(own.join(format!("{name}.yaml")), text).unwrap();
    }
    let elsewhere = folder.path().join("namespaces/other/core");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::write(elsewhere.join("pods.yaml"), "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: q, namespace: other, annotations: {a: hunter6}}\n  spec: {nodeName: n, containers: [{name: c, image: hunter7, args: [hunter8], resources: {requests: {cpu: 3}}}]}\nkind: PodList\nmetadata: {}\n").unwrap();
    let log = folder.path().join("namespaces/openshift-pipelines/pods/tekton-pipelines-controller-1/c/c/logs");
    fs::create_dir_all(&log).unwrap();
    fs::write(log.join("current.log"), "{\"msg\":\"Authorization: Bearer hunter9\"}\n").unwrap();
    folder
}

fn texts(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &texts(&path);
        } else {
            text += &format!("{}\n{}", path.display(), fs::read_to_string(&path).unwrap());
        }
    }
    text
}

#[test]
fn nothing_secret_is_in_it() {
    let source = with_secrets();
    let target = source.path().join("taken");
    let taken = take(source.path(), &target, &[RUN]);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let text = texts(&target);
    let left: Vec<u32> = (1..10).filter(|at| text.contains(&format!("hunter{at}"))).collect();
    assert_eq!(left, Vec::<u32>::new());
    for kept in ["hf-token", "PLAIN", "https://ci:***@git.example/x", "kind: ConfigMapList", "cpu: 3"] {
        assert!(text.contains(kept), "{kept}");
    }
    let manifest: Value = serde_yaml::from_str(&fs::read_to_string(target.join("manifest.yaml")).unwrap()).unwrap();
    let redacted = &manifest["redacted"];
    assert_eq!(
        (&redacted["environment"], &redacted["secrets"], &redacted["configMaps"], &redacted["texts"]),
        (&1.into(), &1.into(), &1.into(), &2.into()),
        "{manifest:#}"
    );
    assert_eq!(manifest["run"], RUN);
}

#[test]
fn what_may_be_seen_on_the_own_screen_is_not_handed_on() {
    let source = with_secrets();
    let target = source.path().join("taken");
    let taken = take(source.path(), &target, &[RUN, "--show-secrets"]);
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let text = texts(&target);
    let left: Vec<u32> = (1..10).filter(|at| text.contains(&format!("hunter{at}"))).collect();
    assert_eq!(left, Vec::<u32>::new());
}

#[test]
fn own_patterns_leave_the_diagnosis_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("taken.zip");
    let taken = take(Path::new(INCIDENT), &target, &[RUN, "--redact", "private-models", "--redact", r"ip-10-0-[\d-]+"]);
    let said = String::from_utf8(taken.stdout).unwrap();
    assert!(taken.status.success() && said.contains("redacted-"), "{said}");
    let unpacked = folder.path().join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    let bytes = fs::read(&target).unwrap();
    zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap().extract(&unpacked).unwrap();
    let text = texts(&unpacked);
    assert!(!text.contains("private-models") && !text.contains("ip-10-0-"));
    let verdict = |output: &Output| {
        let report = comparable(output)["runs"][0].clone();
        let causes =
            report["findings"].as_array().unwrap().iter().map(|finding| finding["code"].clone()).collect::<Vec<_>>();
        let predicted = report["findings"][0]["repairs"].as_array().unwrap().iter();
        (report["state"].clone(), causes, predicted.map(|fix| fix["predicted"].clone()).collect::<Vec<_>>())
    };
    let run_after = said.lines().find_map(|line| line.split_once("taken.zip ")).unwrap().1.to_owned();
    let (before, after) = (
        run(&["diagnose", RUN, "-o", "json"], Path::new(INCIDENT)),
        run(&["diagnose", &run_after, "-o", "json"], &target),
    );
    assert_eq!(verdict(&before), verdict(&after));
}

#[test]
fn a_snapshot_that_lost_something_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("taken");
    assert!(take(Path::new(INCIDENT), &target, &[RUN]).status.success());
    let works = |from: &Path| {
        let report = comparable(&run(&["diagnose", RUN, "-o", "json"], from))["runs"][0].clone();
        let findings = report["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .flat_map(|finding| finding["repairs"].as_array().unwrap())
            .filter(|fix| fix["predicted"] == "heals")
            .count()
    };
    assert!(works(&target) > 0);
    // A file that is gone, and a list that lost an item although it is whole.
    let attachments = target.join("cluster-scoped-resources/storage.k8s.io/csinodes.yaml");
    let kept = fs::read(&attachments).unwrap();
    fs::remove_file(&attachments).unwrap();
    assert_eq!(works(&target), 0);
    fs::write(&attachments, "apiVersion: storage.k8s.io/v1\nitems: []\nkind: CSINodeList\nmetadata: {}\n").unwrap();
    assert_eq!(works(&target), 0);
    fs::write(&attachments, kept).unwrap();
    assert!(works(&target) > 0);
}

#[test]
fn it_is_written_whole_for_its_owner_and_over_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let incident = Path::new(INCIDENT);
    for name in ["a", "a.tar.gz", "a.tgz", "a.zip"] {
        let target = folder.path().join(name);
        assert!(take(incident, &target, &[RUN]).status.success(), "{name}");
        let mode = fs::metadata(&target).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, if target.is_dir() { 0o700 } else { 0o600 }, "{name}");
        let again = take(incident, &target, &[RUN]);
        assert_eq!(again.status.code(), Some(2), "{name}");
        assert!(String::from_utf8_lossy(&again.stderr).contains("--force"), "{name}");
        assert!(take(incident, &target, &[RUN, "--force"]).status.success(), "{name}");
    }
    let file = fs::metadata(folder.path().join("a/manifest.yaml")).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    // What is no snapshot is not replaced, whatever is asked for.
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("precious"), "x").unwrap();
    for target in [other.clone(), folder.path().join("missing/a.zip")] {
        assert_eq!(take(incident, &target, &[RUN, "--force"]).status.code(), Some(2), "{}", target.display());
    }
    assert!(other.join("precious").exists());
    // A run that does not exist leaves nothing behind.
    let target = folder.path().join("none");
    assert_eq!(take(incident, &target, &["private-models/none"]).status.code(), Some(4));
    let left: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.') || name == "none")
        .collect();
    assert_eq!(left, Vec::<String>::new());
    for pattern in ["(", "x*"] {
        assert_eq!(take(incident, &target, &[RUN, "--redact", pattern]).status.code(), Some(2), "{pattern}");
    }
}

#[test]
fn names_of_an_export_lead_out_of_no_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.json");
    let object = |kind: &str, api: &str, namespace: &str, name: &str| serde_json::json!({ "apiVersion": api, "kind": kind, "metadata": { "namespace": namespace, "name": name } });
    let mut items = vec![object("PipelineRun", "tekton.dev/v1", "n", "r")];
    for namespace in ["../../../../out", "..", ".", "a/../../../out", "/out", "..\\out", "n/../../out"] {
        items.push(object("Pod", "v1", namespace, "p"));
        items.push(object("Namespace", "v1", "", namespace));
    }
    let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": items });
    fs::write(&source, list.to_string()).unwrap();
    fs::create_dir_all(folder.path().join("a/b/c")).unwrap();
    for target in ["a/b/c/snapshot", "a/b/c/snapshot.zip", "a/b/c/snapshot.tar.gz"] {
        let target = folder.path().join(target);
        for words in [&["-A"][..], &["n/r"]] {
            let output = take(&source, &target, &[words, &["--force"]].concat());
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
            assert!(said.contains("Left out: ") || words == ["n/r"], "{said}");
        }
    }
    let mut there: Vec<String> = Vec::new();
    let mut open = vec![folder.path().to_owned()];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            there.push(path.strip_prefix(folder.path()).unwrap().to_str().unwrap().to_owned());
            if path.is_dir() {
                open.push(path);
            }
        }
    }
    assert!(there.iter().all(|path| !path.contains("out") && !path.contains("pods.yaml")), "{there:?}");
}
