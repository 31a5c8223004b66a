//! Workflows that are carried out, and probes: through the engine, in the journal, and
//! cleaned up.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::server::{Fault, Server};
use crate::{EXPORT, RUN, plugin, text};

const OLD: &str = "mistral-24b-quantized-gx87d";
const NAMESPACE: &str = "private-models";

async fn start(fault: Fault) -> Server {
    Server::start(Path::new(EXPORT), fault).await
}

fn is_cancelled(server: &Server) -> bool {
    server.run(OLD).unwrap()["spec"]["status"] == "Cancelled"
}

/// The runs that were made.
fn made(server: &Server) -> Vec<Value> {
    let runs = server.all("pipelineruns").into_iter();
    runs.filter(|run| run["metadata"]["annotations"]["tekton-fix.dev/submission"].is_string()).collect()
}

fn level(server: &Server) -> Value {
    let namespaces = server.all("namespaces");
    let namespace = namespaces.iter().find(|one| one["metadata"]["name"] == NAMESPACE).unwrap();
    namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"].clone()
}

fn probes(server: &Server) -> usize {
    let all = server.all("taskruns");
    all.iter().filter(|one| one["metadata"]["name"].as_str().unwrap().starts_with("tekton-fix-probe")).count()
}

/// A workflow in a file, with these steps.
fn file(server: &Server, steps: &str) -> String {
    let path = server.kubeconfig.parent().unwrap().join("workflow.yaml");
    let head = "apiVersion: tekton-fix.dev/v1\nkind: RepairWorkflow\nmetadata: {name: mine}\nspec:\n  description: Mine\n  forecast: {ifBlocked: warn, ifUnknown: warn}\n  steps:\n";
    std::fs::write(&path, format!("{head}{steps}")).unwrap();
    path.to_str().unwrap().to_owned()
}

async fn run_file(server: &Server, steps: &str, more: &[&str]) -> std::process::Output {
    let file = file(server, steps);
    plugin(server, &[&["workflow", "run", "-f", &file, RUN, "--yes"], more].concat()).await
}

#[tokio::test]
async fn a_workflow_is_carried_out_once_and_taken_back() {
    for fault in [Fault::None, Fault::CreateStoredThenBroken, Fault::PatchStoredThenStatus(500)] {
        let server = start(fault).await;
        let args = ["workflow", "run", "drop-security-context", RUN, "--yes", "--wait", "0"];
        let output = plugin(&server, &args).await;
        assert_eq!(output.status.code(), Some(0), "{fault:?}: {}", text(&output));
        assert_eq!((server.creates(), server.changes()), (1, 1), "{fault:?}: {}", text(&output));
        let run = &made(&server)[0];
        assert_eq!(run["spec"]["taskRunTemplate"]["podTemplate"], Value::Null, "{run:#}");
        assert!(is_cancelled(&server));
        let history: Value = serde_json::from_slice(&plugin(&server, &["history", "-o", "json"]).await.stdout).unwrap();
        assert_eq!(history["entries"].as_array().unwrap().len(), 2, "{history:#}");
        let undone = plugin(&server, &["undo", "--yes"]).await;
        assert_eq!((undone.status.code(), made(&server).len()), (Some(0), 0), "{fault:?}: {}", text(&undone));
    }
}

#[tokio::test]
async fn what_is_not_predicted_to_help_is_refused() {
    let server = start(Fault::None).await;
    let args = ["workflow", "run", "pin-node", RUN, "--yes", "--wait", "0"];
    let output = plugin(&server, &args).await;
    assert_eq!((output.status.code(), server.creates()), (Some(1), 0), "{}", text(&output));
    assert!(text(&output).contains("Prediction: does not help"), "{}", text(&output));
    let args =
        ["repair", RUN, "--plan", "pin-node", "--set", "node=ip-10-0-18-204.eu-west-1.compute.internal", "--yes"];
    let output = plugin(&server, &args).await;
    assert_eq!((output.status.code(), server.creates()), (Some(1), 0), "{}", text(&output));
    // Its author may want it all the same; that is said.
    let output = run_file(&server, "  - rerun: {drop: [task-placement], keepOld: true}\n", &["--wait", "0"]).await;
    assert_eq!((output.status.code(), server.creates(), server.changes()), (Some(0), 1, 0), "{}", text(&output));
    assert!(text(&output).contains("does not help"), "{}", text(&output));
}

#[tokio::test]
async fn a_plan_with_inputs_is_repaired_by_name() {
    let server = start(Fault::None).await;
    let args = ["repair", RUN, "--plan", "apply-plan", "--set", "plan=drop-security-context", "--yes", "--wait", "0"];
    let output = plugin(&server, &args).await;
    assert_eq!((output.status.code(), made(&server).len()), (Some(0), 1), "{}", text(&output));
    let output = plugin(&server, &[&args[..], &["--max-risk", "low"]].concat()).await;
    assert_eq!((output.status.code(), made(&server).len()), (Some(4), 1), "{}", text(&output));
}

#[tokio::test]
async fn a_stop_point_stops_who_is_not_asked_and_undo_takes_the_rest_back() {
    let server = start(Fault::None).await;
    let before = level(&server);
    let steps =
        "  - enforcePodSecurity: {level: baseline}\n  - confirm: {question: Go on?, always: true}\n  - retry: {}\n";
    let output = run_file(&server, steps, &["--wait", "0"]).await;
    assert_eq!(output.status.code(), Some(6), "{}", text(&output));
    assert!(text(&output).contains("there is no terminal") && text(&output).contains(" resume "), "{}", text(&output));
    assert_eq!((level(&server), server.changes()), (json!("baseline"), 1));
    // The gate is in the journal: it holds again.
    let resumed = plugin(&server, &["resume", "--yes", "--wait", "0"]).await;
    assert_eq!((resumed.status.code(), server.changes()), (Some(6), 1), "{}", text(&resumed));
    let undone = plugin(&server, &["undo", "--yes"]).await;
    assert_eq!((undone.status.code(), level(&server)), (Some(0), before), "{}", text(&undone));
}

#[tokio::test]
async fn what_is_not_as_it_has_to_be_is_taken_back() {
    for (that, code) in [("run.state == 'healthy'", 1), ("run.state == 'stuck'", 0), ("run.nothing == 1", 1)] {
        let server = start(Fault::None).await;
        let before = level(&server);
        let steps = format!(
            "  - enforcePodSecurity: {{level: baseline}}\n  - verify: {{that: \"{that}\"}}\n    onFailure: undo\n"
        );
        let output = run_file(&server, &steps, &["--wait", "0"]).await;
        assert_eq!(output.status.code(), Some(code), "{that}: {}", text(&output));
        let expected = if code == 0 { json!("baseline") } else { before };
        assert_eq!(level(&server), expected, "{that}: {}", text(&output));
    }
    let server = start(Fault::None).await;
    let steps = "  - enforcePodSecurity: {level: baseline}\n  - verify: {that: run.done}\n    onFailure: continue\n  - retry: {}\n";
    let output = run_file(&server, steps, &["--wait", "0"]).await;
    assert_eq!((output.status.code(), server.changes()), (Some(0), 2), "{}", text(&output));
}

#[tokio::test]
async fn a_probe_is_recorded_and_always_deleted() {
    for fault in [Fault::None, Fault::CreateStoredThenBroken, Fault::CreateStoredThenStatus(504)] {
        let server = start(fault).await;
        let output = plugin(&server, &["probe", RUN, "--yes", "--wait", "2s"]).await;
        assert_eq!((output.status.code(), server.creates()), (Some(1), 1), "{fault:?}: {}", text(&output));
        assert_eq!(probes(&server), 0, "{fault:?}: {}", text(&output));
        assert!(text(&output).contains("Deleted TaskRun"), "{fault:?}: {}", text(&output));
        let history: Value = serde_json::from_slice(&plugin(&server, &["history", "-o", "json"]).await.stdout).unwrap();
        assert_eq!(history["entries"][0]["state"], "undone", "{fault:?}: {history:#}");
    }
}

#[tokio::test]
async fn a_probe_that_does_not_run_stops_a_workflow_before_it_begins() {
    let server = start(Fault::None).await;
    let output = run_file(&server, "  - probe: {}\n  - rerun: {drop: [security-context]}\n", &["--wait", "2s"]).await;
    assert_eq!((output.status.code(), server.creates(), probes(&server)), (Some(1), 1, 0), "{}", text(&output));
    assert!(made(&server).is_empty() && !is_cancelled(&server), "{}", text(&output));
    assert!(text(&output).contains("the probe did not run"), "{}", text(&output));
    let resumed = plugin(&server, &["resume", "--yes"]).await;
    assert_eq!(resumed.status.code(), Some(4), "nothing is left: {}", text(&resumed));
}

const WORKFLOW: [&str; 9] = ["workflow", "run", "drop-security-context", RUN, "--yes", "--wait", "0", "-o", "json"];

/// Kills the program once it has told so many events; whether it was still running.
fn killed_after(server: &Server, events: usize) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(WORKFLOW).env("KUBECONFIG", &server.kubeconfig);
    command.env("TEKTON_FIX_STATE", server.kubeconfig.parent().unwrap());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let told = BufReader::new(child.stdout.take().unwrap()).lines().take(events).count();
    let is_running = child.try_wait().unwrap().is_none();
    let _ = child.kill();
    child.wait().unwrap();
    told == events && is_running
}

/// Whether the state is that of an undisturbed workflow, or of none.
fn is_whole(server: &Server) -> bool {
    matches!((made(server).len(), is_cancelled(server)), (1, true) | (0, false))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workflow_that_is_killed_after_any_event_goes_on_or_ends() {
    let mut events = 1;
    loop {
        let server = start(Fault::None).await;
        let was_running = tokio::task::block_in_place(|| killed_after(&server, events));
        let resumed = plugin(&server, &["resume", "--yes", "--wait", "0"]).await;
        assert!(is_whole(&server), "after {events}: {}", text(&resumed));
        assert!(server.creates() <= 1, "after {events}: {}", text(&resumed));
        if !was_running {
            break;
        }
        let server = start(Fault::None).await;
        tokio::task::block_in_place(|| killed_after(&server, events));
        plugin(&server, &["resume", "--wait", "0"]).await;
        let undone = plugin(&server, &["undo", "--yes"]).await;
        assert!(made(&server).is_empty(), "after {events}: {}", text(&undone));
        let resumed = plugin(&server, &["resume", "--yes", "--wait", "0"]).await;
        assert!(made(&server).is_empty(), "after {events}: {}", text(&resumed));
        events += 1;
    }
    assert!(events > 3, "only {events} events were told");
}
