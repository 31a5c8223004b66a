//! What people type, and what they get for it: one answer for one change, wrong values and
//! names that are answered, secrets that stay where they are, parts of a run.

mod recorded;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use recorded::{folders, unpack};
use serde_json::Value;

const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident");
const RUN: &str = "private-models/mistral-24b-quantized-gx87d";

fn plugin(args: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(args).env("TEKTON_FIX_CONFIG", folder.path()).env("TEKTON_FIX_STATE", folder.path());
    command.env("COLUMNS", "400").env_remove("KUBECTL_PATH").output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn on(export: &Path, args: &[&str]) -> (i32, String) {
    let output = plugin(&[args, &["--from", export.to_str().unwrap()]].concat());
    (output.status.code().unwrap(), text(&output))
}

fn on_incident(args: &[&str]) -> (i32, String) {
    on(Path::new(EXPORT), args)
}

/// A recorded incident by its number, with its run.
fn incident(folder: &Path, number: &str) -> (PathBuf, String) {
    let is_it = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(number);
    let path = folders(&folder.join("incidents")).into_iter().find(is_it).unwrap();
    let truth: Value = serde_yaml::from_str(&fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
    (path.join("snapshot"), truth["run"].as_str().unwrap().to_owned())
}

/// The change is the same, and so is the forecast, whichever command makes it: on every node
/// of runs that wait, are refused, have ended, and of which nodes were not read.
#[test]
fn a_pin_is_forecast_alike_by_workflow_and_by_rerun() {
    let incidents = unpack("incidents.tar.zst");
    let mut answers = Vec::new();
    for number in ["001", "045", "052", "062", "090"] {
        let (export, run) = incident(incidents.path(), number);
        let nodes = tekton_fix::sources::export::read(export.to_str().unwrap()).unwrap();
        let mut names: Vec<String> = nodes.nodes.iter().map(|node| node.metadata.name.clone()).collect();
        names.push("no-such-node".to_owned());
        for node in &names {
            let (set, pin) = (format!("node={node}"), format!("--pin-node={node}"));
            let (code, shown) = on(&export, &["workflow", "test", "pin-node", &run, "--set", &set]);
            let (same, other) = on(&export, &["rerun", &run, &pin, "--cancel-old", "--dry-run=client"]);
            assert_eq!(code, same, "{number} {node}: {shown}\n{other}");
            answers.push(code);
        }
        // None is named: the best one, or none for the same reason.
        let (code, shown) = on(&export, &["workflow", "test", "pin-node", &run]);
        let (same, other) = on(&export, &["rerun", &run, "--pin-node", "--cancel-old", "--dry-run=client"]);
        // A person may take the best one as far as was read; rerun wants it named.
        let is_guess = other.contains("as far as was read it fits on");
        assert!(code == same || is_guess, "{number}: {shown}\n{other}");
        assert!(!shown.contains("bestNode"), "{number}: {shown}");
    }
    for code in [0, 1, 4] {
        assert!(answers.contains(&code), "no answer {code}: {answers:?}");
    }
}

#[test]
fn wrong_values_are_invalid_usage_and_missing_names_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("w.yaml");
    let head = "apiVersion: tekton-fix.dev/v1\nkind: RepairWorkflow\nmetadata: {name: mine}\nspec:\n  description: Mine\n  inputs:\n  - {name: it, type: text}\n  steps:\n";
    for (step, value, code, words) in [
        ("rerun: {timeout: \"${{ inputs.it }}\"}", "soon", 2, "timeout \"soon\": expected 30m"),
        ("rerun: {runAsUser: \"${{ inputs.it }}\"}", "root", 2, "\"root\" is not a whole number"),
        ("rerun: {pinNode: \"${{ inputs.it }}\"}", "ip-10-0-12-37", 4, "there is no node \"ip-10-0-12-37\""),
        ("rerun: {params: {modell: \"${{ inputs.it }}\"}}", "x", 4, "there is no parameter \"modell\""),
        ("plan: ${{ inputs.it }}", "drop-security", 4, "Hint: did you mean drop-security-context?"),
        ("raiseQuota: {quota: \"${{ inputs.it }}\", hard: {pods: 3}}", "q", 4, "ResourceQuota"),
        (
            "rerun: {drop: [fs-group], fsGroup: \"${{ inputs.it }}\"}",
            "0",
            2,
            "--drop fs-group and --fs-group 0 contradict",
        ),
    ] {
        fs::write(&file, format!("{head}  - {step}\n")).unwrap();
        let set = format!("it={value}");
        let (exit, shown) = on_incident(&["workflow", "test", "-f", file.to_str().unwrap(), RUN, "--set", &set]);
        assert_eq!(exit, code, "{step}: {shown}");
        assert!(shown.contains(words), "{step}: {shown}");
    }
}

#[test]
fn flags_that_contradict_each_other_are_refused() {
    let template = tempfile::NamedTempFile::new().unwrap();
    fs::write(template.path(), "securityContext: {fsGroup: 5}\n").unwrap();
    let file = template.path().to_str().unwrap();
    for flags in [
        ["--fs-group", "0", "--drop", "fs-group"],
        ["--run-as-user", "5", "--drop", "run-as-user"],
        ["--fs-group", "6", "--pod-template", file],
        ["--node-selector", "a=b", "--node-selector", "a=c"],
        ["--node-selector", "kubernetes.io/hostname=x", "--pin-node=ip-10-0-12-37.eu-west-1.compute.internal", "--yes"],
        ["--workspace", "source=emptyDir", "--workspace", "name=source,claimName=c"],
    ] {
        let (exit, shown) = on_incident(&[&["rerun", RUN, "--dry-run=client"], &flags[..]].concat());
        assert_eq!(exit, 2, "{flags:?}: {shown}");
        assert!(shown.contains("contradict each other"), "{flags:?}: {shown}");
    }
    let (exit, shown) =
        on_incident(&["rerun", RUN, "--dry-run=client", "--fs-group", "namespace", "--drop", "run-as-user"]);
    assert_eq!(exit, 0, "{shown}");
}

#[test]
fn a_parameter_that_nothing_looks_at_is_named() {
    let export = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    let run = |spec: &str| {
        format!("apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{name: r, namespace: n}}\nspec:\n{spec}")
    };
    let inline = run(
        "  params: [{name: image, value: a}]\n  pipelineSpec:\n    params: [{name: registry}]\n    tasks:\n    - name: t\n      taskSpec: {steps: [{name: s, image: x, script: 'echo $(params.extra)'}]}\n",
    );
    fs::write(export.path(), inline).unwrap();
    for (param, words) in [("imgae=b", "did you mean image?"), ("nosuch=1", "parameters: ")] {
        let (exit, shown) = on(export.path(), &["rerun", "n/r", "-p", param, "--dry-run=client"]);
        assert_eq!(exit, 4, "{shown}");
        assert!(shown.contains("the pipeline has no parameter") && shown.contains(words), "{shown}");
    }
    for param in ["image=b", "registry=c", "extra=d"] {
        let (_, shown) = on(export.path(), &["rerun", "n/r", "-p", param, "--dry-run=client"]);
        assert!(!shown.contains("Error") && shown.contains("kind: PipelineRun"), "{param}: {shown}");
    }
    fs::write(export.path(), run("  pipelineRef: {resolver: git}\n")).unwrap();
    let (_, shown) = on(export.path(), &["rerun", "n/r", "-p", "a=b", "--dry-run=client"]);
    assert!(shown.contains("whether the pipeline has a parameter a is unknown"), "{shown}");
}

const SECRET: &str = "hunter2secret";

#[test]
fn secrets_of_files_and_inputs_are_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let workflow = folder.path().join("w.yaml");
    let own = |inputs: &str, steps: &str| {
        let text = format!(
            "apiVersion: tekton-fix.dev/v1\nkind: RepairWorkflow\nmetadata: {{name: mine}}\nspec:\n  description: Mine\n  forecast: {{ifBlocked: warn, ifUnknown: warn}}\n  inputs:\n{inputs}  steps:\n{steps}"
        );
        fs::write(&workflow, text).unwrap();
        workflow.to_str().unwrap().to_owned()
    };
    let asks = "  - confirm: {question: \"Use ${{ inputs.token }} and ${{ inputs.plain }}?\"}\n  - diagnose: {}\n";
    let file = own("  - {name: token, type: text}\n  - {name: plain, type: text, default: seen}\n", asks);
    let set = format!("token={SECRET}");
    for format in [&[][..], &["-o", "json"], &["-o", "yaml"]] {
        let (_, shown) = on_incident(&[&["workflow", "test", "-f", &file, RUN, "--set", &set], format].concat());
        assert!(!shown.contains(SECRET) && shown.contains("and seen?"), "{shown}");
    }
    let file = own("  - {name: password, type: quantity}\n", "  - diagnose: {}\n");
    let (exit, shown) = on_incident(&["workflow", "test", "-f", &file, RUN, "--set", &format!("password={SECRET}")]);
    assert_eq!(exit, 2, "{shown}");
    assert!(!shown.contains(SECRET) && shown.contains("expected a quantity"), "{shown}");
    let file = own(&format!("  - {{name: token, default: {SECRET}, kind: text}}\n"), "  - diagnose: {}\n");
    for format in [&[][..], &["-o", "json"]] {
        let output = plugin(&[&["workflow", "lint", &file], format].concat());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(!text(&output).contains(SECRET), "{}", text(&output));
    }
    let run = folder.path().join("run.yaml");
    let manifest = format!(
        "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{name: r}}\nspec:\n  pipelineRef: {{name: p}}\n  params:\n  - name: api-token\n    valeu: {SECRET}\n  - {{name: password, vlaue: {SECRET}}}\n"
    );
    fs::write(&run, manifest).unwrap();
    for format in [&[][..], &["-o", "github"], &["-o", "json"], &["--fix", "--diff"]] {
        let output = plugin(&[&["lint", run.to_str().unwrap()], format].concat());
        assert!(!text(&output).contains(SECRET) && text(&output).contains("TKF7"), "{format:?}: {}", text(&output));
    }
    let shown = text(&plugin(&["lint", run.to_str().unwrap(), "--show-secrets"]));
    assert!(shown.contains(SECRET), "{shown}");
}

/// A run by a Task, and the Task of today.
fn by_task(today: &str) -> tempfile::NamedTempFile {
    let text = format!(
        "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {{name: r, namespace: n, uid: u}}\nspec: {{pipelineSpec: {{tasks: [{{name: t, taskRef: {{name: build}}}}]}}}}\n---\napiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {{name: r-t, namespace: n, labels: {{tekton.dev/pipelineRun: r, tekton.dev/pipelineTask: t}}}}\nspec: {{taskRef: {{name: build}}}}\nstatus: {{taskSpec: {{params: [{{name: p, type: string}}], steps: [{{name: s, image: quay.io/a:1, script: echo 1}}]}}}}\n{today}"
    );
    let file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn a_task_that_has_changed_since_is_told() {
    let task = |script: &str| {
        format!(
            "---\napiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: build, namespace: n}}\nspec: {{params: [{{name: p}}], steps: [{{name: s, image: 'quay.io/a:1', script: '{script}'}}]}}\n"
        )
    };
    for (today, words) in [
        (task("echo $(params.p)"), None),
        (task("echo 1"), None),
        (task("echo 2"), Some("Task build has changed since the old run:")),
        (String::new(), Some("Whether Task build has changed since the old run is unknown: not read.")),
    ] {
        let file = by_task(&today);
        let (_, shown) = on(file.path(), &["rerun", "n/r", "--dry-run=client"]);
        match words {
            Some(words) => assert!(shown.contains(words), "{today}: {shown}"),
            None => assert!(!shown.contains("since the old run"), "{today}: {shown}"),
        }
    }
}

#[test]
fn a_run_that_only_the_old_one_holds_up_is_told_to_cancel_it() {
    let incidents = unpack("incidents.tar.zst");
    let (export, run) = incident(incidents.path(), "045");
    let pin = "--pin-node=prd-ocp-worker-2.cluster.nordbank.example";
    let (exit, shown) = on(&export, &["rerun", &run, pin, "--dry-run=client"]);
    assert_eq!(exit, 1, "{shown}");
    assert!(shown.contains("the old run is cancelled: it holds what the new one needs"), "{shown}");
    assert!(shown.contains(&format!("{pin} --cancel-old")), "{shown}");
}

#[test]
fn what_has_succeeded_is_left_out_where_the_rest_can_run_alone() {
    let incidents = unpack("incidents.tar.zst");
    let (export, run) = incident(incidents.path(), "064");
    let output = plugin(&["rerun", &run, "--only-failed", "--dry-run=client", "--from", export.to_str().unwrap()]);
    // Whether a step that failed by its own error ends better the next time nobody can tell.
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    let new: Value = serde_yaml::from_slice(&output.stdout).unwrap();
    let names: Vec<&str> = new["spec"]["pipelineSpec"]["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["name"].as_str().unwrap())
        .collect();
    assert_eq!((names, &new["spec"]["pipelineRef"]), (vec!["compile", "publish"], &Value::Null));
    assert_eq!(new["spec"]["pipelineSpec"]["tasks"][0]["runAfter"], Value::Null);
    assert!(text(&output).contains("Left out, because they have succeeded: checkout."), "{}", text(&output));
    for (number, words) in [("001", "still under way"), ("033", "all tasks of the run have succeeded")] {
        let (export, run) = incident(incidents.path(), number);
        let (exit, shown) = on(&export, &["rerun", &run, "--only-failed", "--dry-run=client"]);
        assert_eq!(exit, 4, "{number}: {shown}");
        assert!(shown.contains(words), "{number}: {shown}");
    }
}

#[test]
fn a_workflow_is_saved_with_its_schema_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let save = format!("--save={}", folder.path().display());
    let output = plugin(&["workflow", "show", "pin-node", &save]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let saved = fs::read_to_string(folder.path().join("pin-node.yaml")).unwrap();
    let first = saved.lines().next().unwrap();
    let schema = first.strip_prefix("# yaml-language-server: $schema=").unwrap();
    let schema: Value = serde_json::from_str(&fs::read_to_string(folder.path().join(schema)).unwrap()).unwrap();
    assert!(schema["properties"]["spec"].is_object());
    assert_eq!(saved, String::from_utf8(plugin(&["workflow", "show", "pin-node"]).stdout).unwrap());
    let linted = plugin(&["workflow", "lint", folder.path().join("pin-node.yaml").to_str().unwrap()]);
    assert_eq!(linted.status.code(), Some(0), "{}", text(&linted));
    let again = plugin(&["workflow", "show", "pin-node", &save]);
    assert_eq!(again.status.code(), Some(3), "{}", text(&again));
    assert!(text(&again).contains("not overwritten"), "{}", text(&again));
}

#[test]
fn names_that_do_not_exist_are_answered_alike() {
    for args in [
        &["workflow", "show", "pin-nod"][..],
        &["workflow", "test", "pin-nod", RUN, "--from", EXPORT],
        &["explain", "TKF10"],
        &["rerun", RUN, "--request", "quantise:cpu=1", "--dry-run=client", "--from", EXPORT],
        &["rerun", RUN, "-w", "sources=emptyDir", "--dry-run=client", "--from", EXPORT],
        &["repair", RUN, "--plan", "drop-security", "--dry-run=client", "--from", EXPORT],
        &["rerun", RUN, "--pin-node=ip-10-0-12-37", "--dry-run=client", "--from", EXPORT],
    ] {
        let output = plugin(args);
        assert_eq!(output.status.code(), Some(4), "{args:?}: {}", text(&output));
        assert!(text(&output).contains("did you mean "), "{args:?}: {}", text(&output));
    }
}

#[test]
fn errors_keep_to_the_width_of_the_terminal() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(["workflow", "show", "nosuch"]).env("COLUMNS", "60");
    let shown = text(&command.output().unwrap());
    assert!(shown.lines().count() > 3 && shown.lines().all(|line| line.chars().count() <= 60), "{shown}");
}

/// A kind before the slash is kubectl's habit; a namespace before it is ours.
#[test]
fn another_kind_than_a_run_is_named_as_such() {
    for (typed, words) in [
        ("pod/x", "pod/x names a Pod, and a PipelineRun is expected"),
        ("deployment/x", "names a Deployment"),
        ("Deployment/x", "names a Deployment"),
        ("deployments.apps/x", "names a Deployment"),
        ("tr/x", "kubectl get tr x -L tekton.dev/pipelineRun"),
        ("taskrun.tekton.dev/x", "names a TaskRun"),
        ("pipelines/x", "for a namespace that is called pipelines: -n pipelines x"),
        ("nothing.example/x", "is not a valid run name"),
    ] {
        for command in ["diagnose", "nodes", "admission"] {
            let (exit, shown) = on_incident(&[command, typed]);
            assert_eq!(exit, 2, "{command} {typed}: {shown}");
            assert!(shown.contains(words), "{command} {typed}: {shown}");
        }
    }
    let (exit, shown) = on_incident(&["diagnose", "pod/x", "-n", "private-models"]);
    assert!(exit == 2 && shown.contains("kubectl get pod x -L tekton.dev/pipelineRun -n private-models"), "{shown}");
    let name = RUN.split_once('/').unwrap().1;
    for typed in [format!("pr/{name}"), format!("PipelineRun/{name}"), format!("pipelineruns.tekton.dev/{name}")] {
        assert_eq!(on_incident(&["diagnose", &typed]).0, 1, "{typed}");
    }
    for (typed, exit) in [("deployment/x", 2), ("a/b/c", 2), ("pods/x", 4), ("x", 4)] {
        for command in ["nodes", "admission"] {
            let (code, shown) = on_incident(&[command, "--pod", typed]);
            assert_eq!(code, exit, "{command} {typed}: {shown}");
        }
    }
    // A namespace may be called as a kind is.
    let export = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    fs::write(export.path(), "apiVersion: tekton.dev/v1\nkind: PipelineRun\nmetadata: {name: r, namespace: pipelines}\nspec: {pipelineSpec: {tasks: [{name: t, taskRef: {name: build}}]}}\n").unwrap();
    let (exit, shown) = on(export.path(), &["diagnose", "pipelines/r"]);
    assert!(exit != 2 && shown.contains("pipelines/r"), "{shown}");
}

#[test]
fn formats_of_the_caller_are_filled_in_as_by_kubectl() {
    let name = RUN.split_once('/').unwrap().1;
    for (format, expected) in [
        ("jsonpath={.runs[0].name}", name.to_owned()),
        ("JSONPath={.runs[*].findings[*].code}{\"\\n\"}", "TKF101\n".to_owned()),
        ("jsonpath={range .runs[?(@.state==\"stuck\")]}{.namespace}/{.name}{\"\\n\"}{end}", format!("{RUN}\n")),
        (
            "custom-columns=RUN:.name,CODE:.findings[*].code",
            format!("RUN{}CODE\n{name}   TKF101\n", " ".repeat(name.len())),
        ),
    ] {
        let output = plugin(&["diagnose", RUN, "--from", EXPORT, "-o", format]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{format}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "RUN NOTHING\n.name .nothing\n").unwrap();
    let format = format!("custom-columns-file={}", file.path().display());
    let output = plugin(&["diagnose", RUN, "--from", EXPORT, "-o", &format, "--no-headers"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{name}   <none>\n"));
    for (format, words) in [
        ("go-template={{.runs}}", "jsonpath=TEMPLATE, custom-columns=SPEC, or -o json with jq"),
        ("jsonpath={.runs", "is not closed"),
        ("custom-columns=A", "HEADER:PATH is expected"),
        ("jsonpath", "takes its template after a ="),
        ("jsn", "did you mean json?"),
    ] {
        let (exit, shown) = on_incident(&["diagnose", RUN, "-o", format]);
        assert!(exit == 2 && shown.contains(words), "{format}: {shown}");
    }
}

#[test]
fn rows_alone_are_whole() {
    let output = plugin(&["nodes", RUN, "--from", EXPORT, "--no-headers"]);
    let shown = String::from_utf8_lossy(&output.stdout);
    let export = tekton_fix::sources::export::read(EXPORT).unwrap();
    assert_eq!(shown.lines().count(), export.nodes.len(), "{shown}");
    for node in export.nodes.iter() {
        assert!(shown.contains(&node.metadata.name), "{shown}");
    }
    let output = plugin(&["diagnose", "-A", "--from", EXPORT, "--no-headers"]);
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.lines().all(|line| line.starts_with("TKF")) && shown.contains(RUN), "{shown}");
    let output = plugin(&["diagnose", "-A", "--from", EXPORT, "-o", "name"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{RUN}\n"));
}

/// Flags are accepted where they mean something, help is no failure, and what is wrong is said
/// in the same words by the parser and by the commands.
#[test]
fn the_command_line_is_that_of_kubectl() {
    for command in ["rerun", "nodes", "admission", "repair", "history", "explain"] {
        let output = plugin(&[command, "-A"]);
        assert!(output.status.code() == Some(2) && text(&output).contains("unexpected argument '-A'"), "{command}");
    }
    for args in [&[][..], &["workflow"], &["help"], &["diagnose", "--help"], &["--version"]] {
        let output = plugin(args);
        assert!(output.status.success() && output.stderr.is_empty(), "{args:?}: {}", text(&output));
        assert!(!output.stdout.is_empty(), "{args:?}");
    }
    let shown = text(&plugin(&["diagnose", "--nonsense"]));
    assert!(shown.starts_with("Error: ") && shown.contains("\nHint: usage: "), "{shown}");
    let shown = text(&plugin(&["diagnose", "--nonsense", "-o", "json"]));
    assert!(shown.contains("\"kind\": \"Error\"") && shown.contains("\"exitCode\": 2"), "{shown}");
    let oc = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
        let output = command.args(["diagnose", "-h"]).env("KUBECTL_PATH", "/usr/bin/oc").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(oc().contains("oc tekton-fix diagnose NAMESPACE/RUN") && !oc().contains("kubectl tekton-fix"), "{}", oc());
}

#[test]
fn kubeconfigs_that_are_not_there_are_said_and_not_needed() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken");
    fs::write(&broken, format!("users: [{{name: a, user: {{token: {SECRET}\n")).unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "apiVersion: v1\nkind: Config\n").unwrap();
    let with = |kubeconfig: &str, args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
        command.args(["diagnose", "-n", "a", "r"]).args(args).env("KUBECONFIG", kubeconfig);
        command.env_remove("KUBERNETES_SERVICE_HOST").env_remove("KUBECTL_PATH");
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{args:?}: {}", text(&output));
        text(&output)
    };
    let shown = with("/nonexistent/config", &[]);
    assert!(shown.contains("there is no kubeconfig (/nonexistent/config)"), "{shown}");
    let shown = with(broken.to_str().unwrap(), &[]);
    assert!(shown.contains("not a kubeconfig") && shown.contains("line") && !shown.contains(SECRET), "{shown}");
    let both = format!("/nonexistent/config:{}", empty.display());
    assert!(with(&both, &["--context", "x"]).contains("the kubeconfig has no context \"x\""));
    let shown = with(&both, &["-s", "ftp://nonsense"]);
    assert!(shown.contains("\"ftp://nonsense\" is not the address of a server"), "{shown}");
    let shown = with(&both, &["-s", "127.0.0.1:1"]);
    assert!(shown.contains("cannot reach the API server http://127.0.0.1:1"), "{shown}");
    // A server is all that is needed; nobody listens on this one.
    for kubeconfig in ["/nonexistent/config", &both] {
        let shown = with(kubeconfig, &["-s", "http://127.0.0.1:1", "--token", SECRET, "-v=6"]);
        assert!(shown.contains("cannot reach the API server http://127.0.0.1:1"), "{shown}");
        assert!(shown.contains("GET http://127.0.0.1:1/") && shown.contains("no answer in"), "{shown}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn what_is_to_be_collected_is_a_command_that_runs() {
    let export = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    for text in ["hello\n", "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"] {
        fs::write(export.path(), text).unwrap();
        let (exit, shown) = on(export.path(), &["diagnose"]);
        assert!(exit == 3 || exit == 4, "{shown}");
        assert!(!shown.contains("NAMESPACE") && shown.contains("kubectl get pipelineruns,"), "{shown}");
    }
}
