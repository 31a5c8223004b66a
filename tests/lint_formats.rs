//! What `lint` prints for programs, each held against its schema.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

mod recorded;

const BINARY: &str = env!("CARGO_BIN_EXE_kubectl-tekton_fix");

const MANIFEST: &str = "\
apiVersion: tekton.dev/v1
kind: PipelineRun
metadata:
  generateName: build-
spec:
  # ä comment
  podTemplate:
    nodeSelector: {disk: ssd}
  pipelineRef:
    name: build
  params:
    - name: version
      value: 1.20
    - name: deploy-token
      value: 12345678901234567890123
";

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(BINARY).args(args).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A repository with a manifest in a folder whose name needs care.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".git")).unwrap();
    fs::create_dir_all(folder.path().join("ci files")).unwrap();
    fs::write(folder.path().join("ci files/run.yaml"), MANIFEST).unwrap();
    folder
}

fn sarif_schema() -> jsonschema::Validator {
    let file = fs::File::open("tests/fixtures/sarif-2.1.0.json.zst").unwrap();
    let schema: Value = serde_json::from_reader(zstd::Decoder::new(file).unwrap()).unwrap();
    jsonschema::options().with_draft(jsonschema::Draft::Draft7).build(&schema).unwrap()
}

#[test]
fn sarif_is_valid_and_its_fix_is_the_one_that_is_made() {
    let folder = repository();
    let below = folder.path().join("ci files");
    let output = run(&below, &["lint", "run.yaml", "-o", "sarif"]);
    assert_eq!(output.status.code(), Some(1));
    let sarif: Value = serde_json::from_str(&text(&output)).unwrap();
    let errors: Vec<String> = sarif_schema().iter_errors(&sarif).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let moved = results.iter().find(|result| result["ruleId"] == "TKF701").unwrap();
    let place = &moved["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "ci%20files/run.yaml");
    assert_eq!(place["region"], json!({"startLine": 7, "startColumn": 3, "endLine": 7, "endColumn": 14}));
    assert_eq!(moved["level"], "error");
    let rule = moved["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(sarif["runs"][0]["tool"]["driver"]["rules"][rule]["id"], "TKF701");
    // The replacement makes of the file what --fix makes of it.
    let replacement = &moved["fixes"][0]["artifactChanges"][0]["replacements"][0];
    let line = |key: &str| replacement["deletedRegion"][key].as_u64().unwrap() as usize - 1;
    let lines: Vec<&str> = MANIFEST.split_inclusive('\n').collect();
    let inserted = replacement["insertedContent"]["text"].as_str().unwrap();
    let replaced = [&lines[..line("startLine")].concat(), inserted, &lines[line("endLine")..].concat()].concat();
    assert!(run(&below, &["lint", "run.yaml", "--fix", "--yes"]).status.code().is_some());
    assert_eq!(fs::read_to_string(below.join("run.yaml")).unwrap(), replaced);
    // A value that has to be chosen has no fix.
    let lossy = results.iter().find(|result| result["ruleId"] == "TKF707").unwrap();
    assert!(lossy.get("fixes").is_none() && lossy["level"] == "warning");
}

#[test]
fn an_empty_sarif_is_valid_too() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &["lint", "-o", "sarif"]);
    let sarif: Value = serde_json::from_str(&text(&output)).unwrap();
    assert!(sarif_schema().is_valid(&sarif));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn gitlab_gets_stable_fingerprints() {
    let folder = repository();
    let issues = |text: &str| -> Vec<Value> { serde_json::from_str(text).unwrap() };
    let args = ["lint", "-o", "gitlab"];
    let before = issues(&text(&run(folder.path(), &args)));
    let schema = json!({
        "type": "array", "minItems": 3,
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "additionalProperties": false,
            "properties": {
                "description": {"type": "string"}, "check_name": {"type": "string"},
                "fingerprint": {"type": "string", "minLength": 8},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object", "required": ["path", "lines"],
                    "properties": {
                        "path": {"const": "ci files/run.yaml"},
                        "lines": {"type": "object", "required": ["begin"],
                            "properties": {"begin": {"type": "integer", "minimum": 1}}},
                    },
                },
            },
        },
    });
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(validator.is_valid(&json!(before)), "{before:?}");
    let prints =
        |issues: &[Value]| -> Vec<String> { issues.iter().map(|issue| issue["fingerprint"].to_string()).collect() };
    let all: std::collections::BTreeSet<String> = prints(&before).into_iter().collect();
    assert_eq!(all.len(), before.len());
    // Lines that come above move nothing but the line.
    fs::write(folder.path().join("ci files/run.yaml"), format!("# one\n# two\n{MANIFEST}")).unwrap();
    let after = issues(&text(&run(folder.path(), &args)));
    assert_eq!(prints(&before), prints(&after));
    assert_ne!(before[0]["location"], after[0]["location"]);
}

#[test]
fn github_gets_annotations_with_paths_of_the_repository() {
    let folder = repository();
    let printed = text(&run(&folder.path().join("ci files"), &["lint", "-o", "github"]));
    let first = printed.lines().next().unwrap();
    assert!(first.starts_with("::error file=ci files/run.yaml,line=7,col=3,title=TKF701::podTemplate"), "{first}");
    assert!(printed.lines().any(|line| line.starts_with("::warning file=")), "{printed}");
}

#[test]
fn values_of_secrets_are_not_shown() {
    let folder = repository();
    for format in [&[][..], &["-o", "json"], &["-o", "sarif"], &["-o", "gitlab"], &["-o", "github"]] {
        let printed = text(&run(folder.path(), &[&["lint"], format].concat()));
        assert!(!printed.contains("123456789012") && !printed.contains("1.23456"), "{format:?}: {printed}");
        assert!(printed.contains("1.2"), "{printed}");
    }
}

#[test]
fn the_severity_decides_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let only_warning = MANIFEST.replace("podTemplate:\n    nodeSelector: {disk: ssd}", "timeouts: {pipeline: 1h}");
    fs::write(folder.path().join("run.yaml"), only_warning).unwrap();
    let code = |args: &[&str]| run(folder.path(), &[&["lint"], args].concat()).status.code();
    assert_eq!(code(&[]), Some(1));
    assert_eq!(code(&["--fail-on", "warning"]), Some(1));
    assert_eq!(code(&["--fail-on", "error"]), Some(0));
    fs::write(folder.path().join("run.yaml"), MANIFEST).unwrap();
    assert_eq!(code(&["--fail-on", "error"]), Some(1));
    assert_eq!(code(&["--fail-on", "never"]), Some(0));
    fs::write(folder.path().join("broken.yaml"), "apiVersion: tekton.dev/v1\nkind: [").unwrap();
    assert_eq!(code(&["--fail-on", "never"]), Some(3));
}

#[test]
fn versions_that_are_not_known_are_told() {
    let folder = repository();
    let old = run(folder.path(), &["lint", "--tekton-version", "0.44"]);
    assert_eq!(old.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&old.stderr).contains("the oldest version that is known is 0.68.1"));
    let new = run(folder.path(), &["lint", "--tekton-version", "9.9"]);
    assert_eq!(new.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&new.stderr).contains("Tekton 9.9 is judged by the fields of 1.15.1"));
    assert_eq!(run(folder.path(), &["lint", "--tekton-version", "nine"]).status.code(), Some(2));
}

#[test]
fn schemas_for_editors_take_what_is_right_and_refuse_what_is_not() {
    let here = Path::new(".");
    let schema = |args: &[&str]| -> Value { serde_json::from_str(&text(&run(here, args))).unwrap() };
    let all = jsonschema::draft7::new(&schema(&["lint", "--print-schema"])).unwrap();
    let run_of_v1 = jsonschema::draft7::new(&schema(&["lint", "--print-schema=PipelineRun"])).unwrap();
    let old = jsonschema::draft7::new(&schema(&["lint", "--print-schema=v1beta1/PipelineRun"])).unwrap();
    let manifest = |spec: Value, version: &str| {
        json!({"apiVersion": version, "kind": "PipelineRun",
        "metadata": {"generateName": "a-"}, "spec": spec})
    };
    let right = manifest(json!({"taskRunTemplate": {"podTemplate": {"nodeSelector": {"a": "b"}}}}), "tekton.dev/v1");
    let wrong = manifest(json!({"podTemplate": {"nodeSelector": {"a": "b"}}}), "tekton.dev/v1");
    let beta = manifest(json!({"podTemplate": {"nodeSelector": {"a": "b"}}}), "tekton.dev/v1beta1");
    assert!(run_of_v1.is_valid(&right) && all.is_valid(&right) && !old.is_valid(&right));
    assert!(!run_of_v1.is_valid(&wrong) && !all.is_valid(&wrong));
    assert!(old.is_valid(&beta) && all.is_valid(&beta));
    assert_eq!(run(here, &["lint", "--print-schema=Pod"]).status.code(), Some(2));
    // Every correct manifest of the corpus is valid.
    let folder = recorded::unpack("manifests.tar.zst");
    let mut count = 0;
    for case in recorded::folders(folder.path()) {
        let truth: Value = serde_yaml::from_str(&fs::read_to_string(case.join("truth.yaml")).unwrap()).unwrap();
        let Ok(manifest) = fs::read_to_string(case.join("input.yaml")) else { continue };
        if truth["class"] != "correct" {
            continue;
        }
        for document in serde_yaml::Deserializer::from_str(&manifest) {
            let value: Value = serde::Deserialize::deserialize(document).unwrap();
            let is_ours = value["apiVersion"].as_str().is_some_and(|version| version.starts_with("tekton.dev/"));
            if is_ours {
                let errors: Vec<String> = all.iter_errors(&value).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{}: {errors:?}", case.display());
                count += 1;
            }
        }
    }
    assert!(count > 1, "{count}");
}
