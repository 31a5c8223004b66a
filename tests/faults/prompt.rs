//! What is asked on a terminal, and what becomes of the answers.

use std::path::Path;
use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

use crate::server::{Fault, Server};
use crate::{EXPORT, RUN};

/// How long a prompt may take to appear, in milliseconds.
const PATIENCE: u64 = 20_000;

fn start(server: &Server, args: &[&str]) -> PtySession {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(args).env("KUBECONFIG", &server.kubeconfig).env("TERM", "xterm").env("COLUMNS", "110");
    command.env("TEKTON_FIX_STATE", server.kubeconfig.parent().unwrap());
    // Stands in for a person at an editor.
    command.env("KUBE_EDITOR", "sed -i 's/model-pipeline-sa/edited-sa/; s/kind: PipelineRuns/kind: PipelineRun/'");
    spawn_command(command, Some(PATIENCE)).unwrap()
}

/// The exit code, out of the crate's `Exited(Pid(1), 6)`, whose type it keeps to itself.
fn code(session: &mut PtySession) -> i32 {
    let status = format!("{:?}", session.process_mut().wait().unwrap());
    let code = status.strip_prefix("Exited(").and_then(|rest| rest.rsplit(", ").next()?.strip_suffix(')'));
    code.and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{status}"))
}

const ARGS: [&str; 5] = ["rerun", RUN, "--drop-security-context", "--wait", "0"];

#[tokio::test(flavor = "multi_thread")]
async fn only_a_yes_creates() {
    for (answer, creates, exit) in [("y", 1, 0), ("n", 0, 6), ("\r", 0, 6)] {
        let server = Server::start(Path::new(EXPORT), Fault::None).await;
        tokio::task::block_in_place(|| {
            let mut session = start(&server, &ARGS);
            session.exp_string("Create PipelineRun private-models/").unwrap();
            session.exp_string("[y/N]").unwrap();
            session.send(answer).unwrap();
            session.flush().unwrap();
            let rest = session.exp_eof().unwrap();
            assert_eq!(code(&mut session), exit, "{answer:?}: {rest}");
        });
        assert_eq!(server.creates(), creates, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_at_the_question_creates_nothing_and_shows_the_cursor() {
    let server = Server::start(Path::new(EXPORT), Fault::None).await;
    tokio::task::block_in_place(|| {
        let mut session = start(&server, &ARGS);
        session.exp_string("[y/N]").unwrap();
        session.send_control('c').unwrap();
        let rest = session.exp_eof().unwrap();
        assert_eq!(code(&mut session), 130, "{rest}");
        assert!(rest.contains("\x1b[?25h"), "the cursor stays hidden: {rest:?}");
    });
    assert_eq!(server.creates(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn colour_is_for_terminals_that_want_it() {
    let server = Server::start(Path::new(EXPORT), Fault::None).await;
    tokio::task::block_in_place(|| {
        let mut session = start(&server, &["diagnose", RUN]);
        let coloured = session.exp_eof().unwrap();
        assert!(coloured.contains("\x1b["), "{coloured:?}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
        command.args(["diagnose", RUN]).env("KUBECONFIG", &server.kubeconfig).env("NO_COLOR", "1");
        let plain = spawn_command(command, Some(PATIENCE)).unwrap().exp_eof().unwrap();
        assert!(!plain.contains('\x1b'), "{plain:?}");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_name_the_runs_under_way_are_offered() {
    let server = Server::start(Path::new(EXPORT), Fault::None).await;
    server.copy_run("mistral-24b-quantized-gx87d", "the-other-one");
    tokio::task::block_in_place(|| {
        let mut session = start(&server, &["diagnose", "-n", "private-models"]);
        session.exp_string("Which run?").unwrap();
        session.exp_string("the-other-one").unwrap();
        session.send("\r").unwrap();
        session.flush().unwrap();
        let rest = session.exp_eof().unwrap();
        assert_eq!(code(&mut session), 1, "{rest}");
        assert!(rest.contains("STUCK"), "{rest}");
        let mut session = start(&server, &["diagnose", "-n", "private-models"]);
        session.exp_string("Which run?").unwrap();
        session.send("\x1b").unwrap();
        session.flush().unwrap();
        let rest = session.exp_eof().unwrap();
        assert_eq!(code(&mut session), 6, "{rest}");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_is_chosen_shown_and_confirmed() {
    for (choice, answer, creates, exit) in
        [("\r", "y", 1, 0), ("\r", "n", 0, 6), ("\x1b[B\r", "y", 1, 0), ("\x1b[A\r", "", 0, 6), ("\x1b", "", 0, 6)]
    {
        let server = Server::start(Path::new(EXPORT), Fault::None).await;
        tokio::task::block_in_place(|| {
            let mut session = start(&server, &["repair", RUN, "--wait", "0"]);
            session.exp_string("TKF101").unwrap();
            session.exp_string("Which fix?").unwrap();
            session.exp_string("none of them").unwrap();
            session.send(choice).unwrap();
            session.flush().unwrap();
            if !answer.is_empty() {
                session.exp_string("Prediction: ").unwrap();
                session.exp_string("Carry it out?").unwrap();
                session.exp_string("[y/N]").unwrap();
                session.send(answer).unwrap();
                session.flush().unwrap();
            }
            let rest = session.exp_eof().unwrap();
            assert_eq!(code(&mut session), exit, "{choice:?} {answer:?}: {rest}");
        });
        assert_eq!(server.creates(), creates, "{choice:?} {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupt_at_the_list_of_fixes_changes_nothing() {
    let server = Server::start(Path::new(EXPORT), Fault::None).await;
    tokio::task::block_in_place(|| {
        let mut session = start(&server, &["repair", RUN]);
        session.exp_string("none of them").unwrap();
        session.send_control('c').unwrap();
        let rest = session.exp_eof().unwrap();
        assert_eq!(code(&mut session), 130, "{rest}");
        assert!(rest.contains("\x1b[?25h"), "the cursor stays hidden: {rest:?}");
    });
    assert_eq!((server.creates(), server.changes()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_run_is_shown_and_created() {
    let server = Server::start(Path::new(EXPORT), Fault::None).await;
    tokio::task::block_in_place(|| {
        let mut session = start(&server, &["rerun", RUN, "--drop-security-context", "--edit", "--wait", "0"]);
        session.exp_string("serviceAccountName: edited-sa").unwrap();
        session.exp_string("[y/N]").unwrap();
        session.send("y").unwrap();
        session.flush().unwrap();
        let rest = session.exp_eof().unwrap();
        assert_eq!(code(&mut session), 0, "{rest}");
    });
    let made = server.all("pipelineruns").into_iter().next_back().unwrap();
    assert_eq!(made["spec"]["taskRunTemplate"], serde_json::json!({ "serviceAccountName": "edited-sa" }), "{made:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn inputs_of_a_workflow_are_asked_for() {
    let server = Server::start(Path::new(EXPORT), Fault::None).await;
    let file = server.kubeconfig.parent().unwrap().join("w.yaml");
    let text = "apiVersion: tekton-fix.dev/v1
kind: RepairWorkflow
metadata: {name: asked}
spec:
  description: Asked
  forecast: {ifBlocked: warn, ifUnknown: warn}
  inputs:
  - {name: account, type: serviceAccount, prompt: Which account?, default: default}
  - {name: size, type: quantity, prompt: How much?, default: 2Gi}
  steps:
  - rerun:
      drop: [security-context]
      serviceAccount: ${{ inputs.account }}
      params: {size: '${{ inputs.size }}'}
";
    std::fs::write(&file, text).unwrap();
    let params = serde_json::json!([{ "name": "size", "value": "1Gi" }]);
    server.edit("mistral-24b-quantized-gx87d", |run| run["spec"]["params"] = params);
    tokio::task::block_in_place(|| {
        let mut session = start(&server, &["workflow", "run", "-f", file.to_str().unwrap(), RUN, "--wait", "0"]);
        session.exp_string("Which account?").unwrap();
        session.send("\r").unwrap();
        session.flush().unwrap();
        session.exp_string("How much?").unwrap();
        session.send("lots\r").unwrap();
        session.flush().unwrap();
        session.exp_string("expected a quantity").unwrap();
        session.send("\u{8}\u{8}\u{8}\u{8}3Gi\r").unwrap();
        session.flush().unwrap();
        session.exp_string("[y/N]").unwrap();
        session.send("y").unwrap();
        session.flush().unwrap();
        let rest = session.exp_eof().unwrap();
        assert_eq!(code(&mut session), 0, "{rest}");
    });
    let made = server.all("pipelineruns").into_iter().next_back().unwrap();
    assert_eq!(made["spec"]["taskRunTemplate"]["serviceAccountName"], "default", "{made:#}");
    assert_eq!(made["spec"]["params"][0]["value"], "3Gi", "{made:#}");
}
