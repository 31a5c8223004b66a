//! Workflows without a cluster: those of the program and those of docs/workflows.md against
//! exports, and what `lint` says of broken ones.

mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use recorded::{folders, unpack};
use serde_json::Value;

const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident");
const RUN: &str = "private-models/mistral-24b-quantized-gx87d";

fn plugin(config: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(args).env("TEKTON_FIX_CONFIG", config).env("COLUMNS", "80").env_remove("KUBECTL_PATH");
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs on the bundled incident.
fn on_incident(args: &[&str]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = plugin(folder.path(), &[args, &["--from", EXPORT]].concat());
    (output.status.code(), text(&output))
}

#[test]
fn the_four_options_of_the_first_incident_are_forecast() {
    for (name, code, prediction) in [
        ("drop-security-context", 0, "works, because"),
        ("fs-group-only", 0, "works, because"),
        ("coschedule-disabled", 4, "unknown: whether tasks that share"),
        ("pin-node", 1, "does not help: SCC admission refuses"),
    ] {
        let (exit, shown) = on_incident(&["workflow", "test", name, RUN]);
        assert_eq!(exit, Some(code), "{name}: {shown}");
        assert!(shown.contains(&format!("Prediction: {prediction}")), "{name}: {shown}");
        let (exit, shown) = on_incident(&["workflow", "run", name, RUN, "--dry-run=client", "--yes"]);
        assert_eq!(exit, Some(code), "{name}: {shown}");
    }
}

#[test]
fn workflows_are_listed_by_whether_they_are_for_a_run() {
    let (exit, shown) = on_incident(&["workflow", "list", RUN]);
    assert_eq!(exit, Some(0), "{shown}");
    let answer = |name: &str| {
        let line = shown.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {shown}"));
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(
        (answer("fs-group-only"), answer("pin-node"), answer("create-claim")),
        ("yes".into(), "yes".into(), "no".into())
    );
    let (exit, shown) = on_incident(&["workflow", "test", "create-claim", RUN]);
    assert_eq!(exit, Some(4), "{shown}");
    let words: Vec<&str> = shown.split_whitespace().collect();
    assert!(words.join(" ").contains("it is for pvc-missing"), "{shown}");
}

#[test]
fn inputs_are_given_proposed_or_missing() {
    let test = |set: &[&str]| on_incident(&[&["workflow", "test", "pin-node", RUN], set].concat());
    let (_, shown) = test(&[]);
    assert!(shown.contains("pin the run to ip-10-0-"), "{shown}");
    for (set, code, words) in [
        (["--set", "node=nowhere"], 4, "Error: there is no node \"nowhere\"\nHint: nodes: ip-"),
        (["--set", "node=ip-10-0-18-204"], 4, "did you mean ip-10-0-18-204.eu-west-1.compute.internal?"),
        (["--set", "node="], 4, "Error: there is no node \"\""),
        (["--set", "place=x"], 2, "no input \"place\"\nHint: inputs: node"),
        (["--set", "node"], 2, "expected NAME=VALUE"),
        (["--set", "node=$(reboot)"], 4, "there is no node"),
    ] {
        let (exit, shown) = test(&set);
        assert_eq!(exit, Some(code), "{set:?}: {shown}");
        assert!(shown.contains(words), "{set:?}: {shown}");
    }
}

/// The examples of docs/workflows.md are valid, and come to what the text says of them.
#[test]
fn the_examples_of_the_documentation_work() {
    let text = fs::read_to_string("docs/workflows.md").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("workflows");
    fs::create_dir(&own).unwrap();
    let examples: Vec<&str> = text.split("```yaml\n").skip(1).map(|part| part.split("```").next().unwrap()).collect();
    assert_eq!(examples.len(), 2);
    for (at, example) in examples.iter().enumerate() {
        fs::write(own.join(format!("{at}.yaml")), example).unwrap();
    }
    let linted = plugin(folder.path(), &["workflow", "lint"]);
    assert_eq!(linted.status.code(), Some(0), "{}", self::text(&linted));
    let tested = |name: &str| {
        let output = plugin(folder.path(), &["workflow", "test", name, RUN, "--from", EXPORT]);
        (output.status.code(), self::text(&output))
    };
    let (exit, shown) = tested("models-again");
    assert_eq!(exit, Some(0), "{shown}");
    for words in ["pipeline: 2h", "kubernetes.io/hostname: ip-10-0-", "at most 10800 s", "Prediction: works"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let (exit, shown) = tested("pin-anyway");
    assert_eq!(exit, Some(1), "{shown}");
    assert!(shown.contains("may be carried out all the same"), "{shown}");
    // The variables that are documented are those that there are.
    for variable in ["run", "findings", "plans", "namespace", "cluster", "inputs", "bestNode"] {
        assert!(text.contains(&format!("| `{variable}` |")), "{variable}");
    }
}

#[test]
fn a_workflow_of_ones_own_takes_the_place_of_a_built_in_one() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("workflows");
    fs::create_dir(&own).unwrap();
    let shown = text(&plugin(folder.path(), &["workflow", "show", "pin-node"]));
    fs::write(own.join("mine.yaml"), shown.replace("Resubmit the run with all", "Mine, all")).unwrap();
    fs::write(own.join("broken.yaml"), "kind: nothing\n").unwrap();
    let listed = text(&plugin(folder.path(), &["workflow", "list"]));
    let lines: Vec<&str> = listed.lines().filter(|line| line.starts_with("pin-node")).collect();
    assert_eq!(lines.len(), 1, "{listed}");
    assert!(lines[0].contains("your own"), "{listed}");
    assert!(listed.contains("valid: see `workflow lint`"), "{listed}");
    let broken = plugin(folder.path(), &["workflow", "test", "broken", RUN, "--from", EXPORT]);
    assert_eq!(broken.status.code(), Some(2), "{}", text(&broken));
}

#[test]
fn what_is_wrong_is_shown_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("w.yaml");
    let head =
        "apiVersion: tekton-fix.dev/v1\nkind: RepairWorkflow\nmetadata: {name: w}\nspec:\n  description: W\n  steps:\n";
    fs::write(&file, format!("{head}  - rerun:\n      pinNode: ${{{{ inputs.node }}}}\n      timeout: soon\n"))
        .unwrap();
    let output = plugin(folder.path(), &["workflow", "lint", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let shown = text(&output).replace(folder.path().to_str().unwrap(), "FOLDER");
    let expected = "error: there is no input \"node\" before this; known: none
  --> FOLDER/w.yaml:8:16
   |
8  |       pinNode: ${{ inputs.node }}
   |                ^
error: \"soon\": expected 30m or 2h30m for example
  --> FOLDER/w.yaml:9:16
   |
9  |       timeout: soon
   |                ^
";
    assert_eq!(shown, expected);
    let schema: Value =
        serde_json::from_slice(&plugin(folder.path(), &["workflow", "show", "--schema"]).stdout).unwrap();
    assert_eq!(schema["properties"]["kind"]["const"], "RepairWorkflow");
}

/// Whatever plan a finding offers, a workflow carries it out; it forecasts what the
/// diagnosis forecasts, and refuses what only a person can do.
#[test]
fn every_plan_that_findings_offer_has_a_workflow() {
    let root = unpack("causes.tar.zst");
    let config = tempfile::tempdir().unwrap();
    let (mut seen, mut automatic) = (BTreeSet::new(), 0);
    for path in folders(root.path()).into_iter().flat_map(|platform| folders(&platform)) {
        let run = fs::read_to_string(path.join("causes")).unwrap().lines().next().unwrap().to_owned();
        let from = path.to_str().unwrap();
        let diagnosed = plugin(config.path(), &["diagnose", &run, "--from", from, "-o", "json"]);
        let document: Value = serde_json::from_slice(&diagnosed.stdout).unwrap();
        let findings = document["runs"][0]["findings"].as_array().cloned().unwrap_or_default();
        // Several findings may offer plans of one id: the first is meant.
        let mut here = BTreeSet::new();
        for plan in findings.iter().flat_map(|finding| finding["repairs"].as_array().unwrap()) {
            let id = plan["id"].as_str().unwrap();
            if !here.insert(id.to_owned()) || !seen.insert(id.to_owned()) {
                continue;
            }
            let args = ["workflow", "test", "apply-plan", &run, "--from", from, "--set", &format!("plan={id}")];
            let tested = plugin(config.path(), &args);
            let is_manual = plan["ops"].as_array().unwrap().iter().any(|op| op["op"] == "manual");
            let expected = match plan["predicted"].as_str().unwrap() {
                // Refused by the condition where no plan is automatic, else as no option.
                _ if is_manual => &[2, 4][..],
                "heals" => &[0],
                "doesNotHeal" => &[1],
                _ => &[4],
            };
            assert!(expected.contains(&tested.status.code().unwrap()), "{run} {id}: {}", text(&tested));
            automatic += usize::from(!is_manual);
        }
    }
    assert!(automatic > 25, "{automatic} of {}", seen.len());
}
