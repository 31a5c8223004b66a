//! Repairs that are disturbed: each change takes place once, the journal and the cluster
//! tell together what happened, and an interrupted repair goes on or ends.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Fault, Server};
use crate::{EXPORT, RUN, plugin, text};

const OLD: &str = "mistral-24b-quantized-gx87d";
const REPAIR: [&str; 5] = ["repair", RUN, "--yes", "--wait", "0"];

async fn start(fault: Fault) -> Server {
    Server::start(Path::new(EXPORT), fault).await
}

fn is_cancelled(server: &Server) -> bool {
    server.run(OLD).unwrap()["spec"]["status"] == "Cancelled"
}

/// The run that was created.
fn new_run(server: &Server) -> Option<Value> {
    let name = server.runs().into_iter().rev().find(|name| name.starts_with("mistral-24b-quantized-"))?;
    let run = server.run(&name)?;
    run["metadata"]["annotations"]["tekton-fix.dev/submission"].is_string().then_some(run)
}

#[tokio::test]
async fn each_change_takes_place_once() {
    for fault in [
        Fault::None,
        Fault::CreateStoredThenBroken,
        Fault::CreateStoredThenStatus(504),
        Fault::PatchStoredThenBroken,
        Fault::PatchStoredThenStatus(500),
    ] {
        let server = start(fault).await;
        let output = plugin(&server, &REPAIR).await;
        assert_eq!(output.status.code(), Some(0), "{fault:?}: {}", text(&output));
        assert_eq!((server.creates(), server.changes()), (1, 1), "{fault:?}: {}", text(&output));
        assert!(is_cancelled(&server), "{fault:?}");
        let security = &new_run(&server).unwrap()["spec"]["taskRunTemplate"]["podTemplate"]["securityContext"];
        assert_eq!(security, &json!({ "fsGroup": 1_001_030_000 }), "{fault:?}");
        let history = text(&plugin(&server, &["history"]).await);
        assert_eq!(history.matches(": done").count(), 2, "{fault:?}: {history}");
    }
}

#[tokio::test]
async fn what_was_done_is_taken_back_once() {
    let server = start(Fault::None).await;
    plugin(&server, &REPAIR).await;
    let looked = plugin(&server, &["undo", "--dry-run=server"]).await;
    assert!(text(&looked).contains("delete PipelineRun private-models/mistral-24b-quantized-"), "{}", text(&looked));
    assert!(new_run(&server).is_some());
    let asked = plugin(&server, &["undo"]).await;
    assert_eq!(asked.status.code(), Some(6), "{}", text(&asked));
    let undone = plugin(&server, &["undo", "--yes"]).await;
    assert_eq!((undone.status.code(), new_run(&server)), (Some(0), None), "{}", text(&undone));
    assert_eq!(server.changes(), 2);
    let again = plugin(&server, &["undo", "--yes"]).await;
    assert_eq!(again.status.code(), Some(4), "{}", text(&again));
    assert_eq!(server.changes(), 2, "{}", text(&again));
    let history: Value = serde_json::from_slice(&plugin(&server, &["history", "-o", "json"]).await.stdout).unwrap();
    assert_eq!(history["entries"][0]["state"], "undone", "{history:#}");
}

#[tokio::test]
async fn another_object_of_the_name_is_not_deleted() {
    let server = start(Fault::None).await;
    plugin(&server, &REPAIR).await;
    let name = new_run(&server).unwrap()["metadata"]["name"].as_str().unwrap().to_owned();
    server.edit(&name, |run| run["metadata"]["uid"] = json!("somebody-else"));
    let undone = plugin(&server, &["undo", "--yes"]).await;
    assert!(server.run(&name).is_some(), "{}", text(&undone));
}

/// Starts a repair, and kills it while its create waits for an answer.
async fn killed(server: &Server) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(REPAIR).env("KUBECONFIG", &server.kubeconfig);
    command.env("TEKTON_FIX_STATE", server.kubeconfig.parent().unwrap());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while server.creates() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn a_killed_repair_goes_on_where_it_was() {
    let server = start(Fault::CreateSlow).await;
    killed(&server).await;
    // The server stores it later.
    while new_run(&server).is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!is_cancelled(&server));
    let resumed = plugin(&server, &["resume", "--yes", "--wait", "0"]).await;
    assert_eq!(resumed.status.code(), Some(0), "{}", text(&resumed));
    assert!(text(&resumed).contains("took place"), "{}", text(&resumed));
    assert_eq!((server.creates(), is_cancelled(&server)), (1, true), "{}", text(&resumed));
    let again = plugin(&server, &["resume", "--yes"]).await;
    assert_eq!((again.status.code(), server.changes()), (Some(4), 1), "{}", text(&again));
}

#[tokio::test]
async fn a_killed_repair_whose_run_never_came_is_ended() {
    let server = start(Fault::CreateHangs).await;
    killed(&server).await;
    let resumed = plugin(&server, &["resume", "--yes", "--wait", "0"]).await;
    assert_eq!(resumed.status.code(), Some(1), "{}", text(&resumed));
    assert!(text(&resumed).contains("did not take place"), "{}", text(&resumed));
    assert!(text(&resumed).contains(&format!("repair {RUN}")), "{}", text(&resumed));
    assert_eq!((server.creates(), server.changes(), is_cancelled(&server)), (1, 0, false));
}

#[tokio::test]
async fn a_run_that_has_ended_meanwhile_is_not_repaired() {
    let server = start(Fault::None).await;
    let looked = plugin(&server, &["repair", RUN, "--dry-run=server", "--yes"]).await;
    assert_eq!((looked.status.code(), server.creates()), (Some(0), 0), "{}", text(&looked));
    server.edit(OLD, |run| {
        run["status"]["completionTime"] = json!("2026-11-22T12:00:00Z");
        run["status"]["conditions"] = json!([{ "type": "Succeeded", "status": "True", "reason": "Succeeded",
            "message": "Tasks Completed: 4 (Failed: 0, Cancelled 0), Skipped: 0" }]);
    });
    let output = plugin(&server, &REPAIR).await;
    assert_eq!((output.status.code(), server.creates()), (Some(0), 0), "{}", text(&output));
}

#[tokio::test]
async fn events_are_documents_and_a_plan_is_chosen_by_its_id() {
    let server = start(Fault::None).await;
    let unknown = plugin(&server, &["repair", RUN, "--plan", "nonsense", "--yes"]).await;
    assert_eq!(unknown.status.code(), Some(4), "{}", text(&unknown));
    assert!(text(&unknown).contains("plans: "), "{}", text(&unknown));
    let output = plugin(&server, &["repair", RUN, "--yes", "--wait", "0", "-o", "json"]).await;
    let stdout = String::from_utf8(output.stdout.clone()).unwrap();
    let events: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names, ["started", "done", "started", "done"], "{stdout}");
    assert!(events.iter().all(|event| event["kind"] == "RepairEvent"), "{stdout}");
}

#[tokio::test]
async fn what_risks_too_much_is_not_chosen() {
    let server = start(Fault::None).await;
    let output = plugin(&server, &["repair", RUN, "--yes", "--max-risk", "low", "--wait", "0"]).await;
    assert_eq!((output.status.code(), server.creates()), (Some(1), 0), "{}", text(&output));
    assert!(text(&output).contains("No fix"), "{}", text(&output));
}

const GRANT: [&str; 7] = ["repair", RUN, "--plan", "GRANT", "--yes", "--wait", "0"];

/// The plan that lets the assistant's ServiceAccount use an SCC: three writes, and the same
/// run goes on.
async fn granted(server: &Server) -> std::process::Output {
    let listed = text(&plugin(server, &["repair", RUN, "--dry-run=client"]).await);
    let id = listed.lines().find(|line| line.contains("use SCC")).unwrap_or_else(|| panic!("{listed}"));
    let id = id.trim_start_matches("  * ").split(':').next().unwrap();
    plugin(server, &GRANT.map(|arg| if arg == "GRANT" { id } else { arg })).await
}

fn bindings(server: &Server) -> usize {
    let all = server.all("rolebindings");
    all.iter().filter(|binding| binding["metadata"]["uid"].to_string().contains("system:openshift:scc")).count()
}

#[tokio::test]
async fn a_grant_is_taken_back_once_and_never_given_again() {
    let server = start(Fault::None).await;
    let output = granted(&server).await;
    assert_eq!((output.status.code(), bindings(&server)), (Some(0), 1), "{}", text(&output));
    assert!(!is_cancelled(&server), "{}", text(&output));
    let undone = plugin(&server, &["undo", "--yes"]).await;
    assert_eq!((undone.status.code(), bindings(&server)), (Some(0), 0), "{}", text(&undone));
    for command in ["undo", "resume"] {
        let again = plugin(&server, &[command, "--yes"]).await;
        assert_eq!((again.status.code(), bindings(&server)), (Some(4), 0), "{command}: {}", text(&again));
    }
}

#[tokio::test]
async fn what_is_there_already_is_not_said_to_be_created() {
    let server = start(Fault::None).await;
    granted(&server).await;
    plugin(&server, &["undo", "--yes"]).await;
    // The ClusterRole has stayed.
    let again = granted(&server).await;
    assert!(text(&again).contains("clusterrole.rbac.authorization.k8s.io/"), "{}", text(&again));
    assert!(text(&again).contains(" unchanged"), "{}", text(&again));
    let resumed = plugin(&server, &["resume", "--yes"]).await;
    assert_eq!(resumed.status.code(), Some(4), "{}", text(&resumed));
}

#[tokio::test]
async fn a_repair_that_was_taken_back_is_not_resumed() {
    let server = start(Fault::CreateSlow).await;
    killed(&server).await;
    while new_run(&server).is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // It is settled, and declined; then taken back.
    let asked = plugin(&server, &["resume", "--wait", "0"]).await;
    assert_eq!(asked.status.code(), Some(6), "{}", text(&asked));
    let undone = plugin(&server, &["undo", "--yes"]).await;
    assert_eq!((undone.status.code(), new_run(&server)), (Some(0), None), "{}", text(&undone));
    let resumed = plugin(&server, &["resume", "--yes", "--wait", "0"]).await;
    assert_eq!((resumed.status.code(), is_cancelled(&server)), (Some(4), false), "{}", text(&resumed));
}

#[tokio::test]
async fn a_plan_that_was_recorded_in_part_is_ended() {
    let server = start(Fault::CreateSlow).await;
    killed(&server).await;
    while new_run(&server).is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let journal = server.kubeconfig.parent().unwrap().join("journal.jsonl");
    let lines = std::fs::read_to_string(&journal).unwrap();
    // The line of the cancellation alone is left.
    let rest: Vec<&str> = lines.lines().filter(|line| line.contains("cancel")).collect();
    std::fs::write(&journal, rest.join("\n")).unwrap();
    let resumed = plugin(&server, &["resume", "--yes", "--wait", "0"]).await;
    assert_eq!((resumed.status.code(), is_cancelled(&server)), (Some(1), false), "{}", text(&resumed));
}

#[tokio::test]
async fn a_run_that_somebody_else_has_cancelled_is_left_alone() {
    let server = start(Fault::None).await;
    server.edit(OLD, |run| run["metadata"]["uid"] = json!("u-1"));
    server.edit(OLD, |run| run["spec"]["status"] = json!("Cancelled"));
    let output = plugin(&server, &REPAIR).await;
    let creates = server.creates();
    assert!(creates <= 1, "{}", text(&output));
    assert_eq!(server.changes(), 0, "it was cancelled again: {}", text(&output));
}

#[tokio::test]
async fn a_rerun_takes_values_of_its_own_and_prints_what_it_made() {
    let server = start(Fault::None).await;
    server.edit(OLD, |run| run["spec"]["params"] = json!([{ "name": "extra", "value": "old" }]));
    let template = server.kubeconfig.parent().unwrap().join("template.yaml");
    std::fs::write(&template, "securityContext: {runAsUser: null, fsGroup: 1001030000}\npriorityClassName: low\n")
        .unwrap();
    let template = template.to_str().unwrap().to_owned();
    let args = ["rerun", RUN, "--pod-template", &template, "--param", "extra=a=b", "--timeout", "2h", "--yes"];
    let output = plugin(&server, &[&args[..], &["--wait", "0", "-o", "name"]].concat()).await;
    let made = new_run(&server).unwrap_or_else(|| panic!("{}", text(&output)));
    let name = made["metadata"]["name"].as_str().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("pipelinerun.tekton.dev/{name}\n"),
        "{}",
        text(&output)
    );
    let spec = &made["spec"];
    let template = &spec["taskRunTemplate"]["podTemplate"];
    assert_eq!(template["securityContext"], json!({ "fsGroup": 1_001_030_000 }), "{spec:#}");
    assert_eq!(template["priorityClassName"], "low", "{spec:#}");
    assert_eq!(spec["timeouts"]["pipeline"], "2h", "{spec:#}");
    let params = spec["params"].as_array().unwrap();
    assert!(params.contains(&json!({ "name": "extra", "value": "a=b" })), "{spec:#}");
    let output =
        plugin(&server, &["rerun", RUN, "--run-as-user", "1001030001", "--dry-run=client", "-o", "json"]).await;
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let context = &printed["spec"]["taskRunTemplate"]["podTemplate"]["securityContext"];
    assert_eq!(context["runAsUser"], 1_001_030_001, "{printed:#}");
    for bad in [["--param", "x"], ["--timeout", "soon"], ["--pod-template", "/nowhere"], ["--run-as-user", "root"]] {
        let output = plugin(&server, &[&["rerun", RUN, "--yes"][..], &bad].concat()).await;
        assert!(matches!(output.status.code(), Some(2 | 3)), "{bad:?}: {}", text(&output));
    }
    assert_eq!(server.creates(), 1);
}
