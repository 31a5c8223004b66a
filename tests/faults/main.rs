//! What becomes of the program when the API server misbehaves: a second run is never
//! created, and what was not read is never taken for fine.

mod interrupted;
mod live;
#[path = "../recorded/objects.rs"]
mod objects;
mod prompt;
#[path = "../recorded/mod.rs"]
mod recorded;
mod repairs;
mod server;
mod snapshots;
mod storm;
mod watching;
mod workflows;
mod write_back;

use std::path::Path;
use std::process::Output;

use server::{Fault, Server};

const EXPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/incident");
const RUN: &str = "private-models/mistral-24b-quantized-gx87d";

async fn plugin(server: &Server, args: &[&str]) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(args).env("KUBECONFIG", &server.kubeconfig).env("NO_COLOR", "1").env("COLUMNS", "110");
    command.env("TEKTON_FIX_STATE", server.kubeconfig.parent().unwrap());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn rerun(fault: Fault) -> (Server, Output) {
    let server = Server::start(Path::new(EXPORT), fault).await;
    let args = [
        "rerun",
        RUN,
        "--fs-group",
        "namespace",
        "--drop",
        "run-as-user",
        "--yes",
        "--wait",
        "0",
        "--request-timeout",
        "1s",
    ];
    let output = plugin(&server, &args).await;
    (server, output)
}

#[tokio::test]
async fn a_lost_answer_never_makes_a_second_run() {
    let before = Server::start(Path::new(EXPORT), Fault::None).await.runs().len();
    for fault in [
        Fault::None,
        Fault::CreateStoredThenBroken,
        Fault::CreateSlow,
        Fault::CreateStoredThenStatus(500),
        Fault::CreateStoredThenStatus(504),
    ] {
        let (server, output) = rerun(fault).await;
        let text = text(&output);
        assert_eq!((server.creates(), server.runs().len()), (1, before + 1), "{fault:?}: {text}");
        assert_eq!(output.status.code(), Some(0), "{fault:?}: {text}");
        let name = server.runs().pop().unwrap();
        assert!(text.contains(&format!("pipelinerun.tekton.dev/{name} created")), "{fault:?}: {text}");
        let history = plugin(&server, &["history"]).await;
        assert!(crate::text(&history).contains("undo: kubectl tekton-fix undo "), "{fault:?}");
        assert_eq!(text.contains("carries this submission's mark"), fault != Fault::None, "{fault:?}: {text}");
    }
}

#[tokio::test]
async fn a_create_that_did_not_take_place_is_not_reported_as_done() {
    for (fault, words) in [
        (Fault::CreateBroken, "had not come into being"),
        (Fault::CreateStatus(503), "had not come into being"),
        (Fault::CreateStatus(403), "you need the right to create"),
        (Fault::CreateStatus(409), "exists already"),
        (Fault::CreateStatus(422), "the server refuses"),
        (Fault::CreateStatus(429), "has stored nothing"),
    ] {
        let (server, output) = rerun(fault).await;
        let text = text(&output);
        assert_eq!(server.creates(), 1, "{fault:?} was sent again: {text}");
        assert_eq!(output.status.code(), Some(3), "{fault:?}: {text}");
        assert!(text.contains(words) && !text.contains(" created\n"), "{fault:?}: {text}");
        let history = crate::text(&plugin(&server, &["history"]).await);
        let is_unclear = history.contains("outcome unknown: ");
        assert_eq!(is_unclear, words == "had not come into being", "{fault:?}: {history}");
        assert!((is_unclear || history.contains("failed: ")) && !history.contains("undo: "), "{fault:?}: {history}");
    }
}

#[tokio::test]
async fn without_a_terminal_and_without_yes_nothing_is_created() {
    let server = Server::start(Path::new(EXPORT), Fault::None).await;
    let output = plugin(&server, &["rerun", RUN, "--drop-security-context"]).await;
    assert_eq!((output.status.code(), server.creates()), (Some(6), 0), "{}", text(&output));
    assert!(text(&output).contains("--yes"), "{}", text(&output));
}

#[tokio::test]
async fn overloaded_servers_are_asked_again() {
    let server = Server::start(Path::new(EXPORT), Fault::ListsOverloadedOnce).await;
    let output = plugin(&server, &["diagnose", RUN, "-o", "json"]).await;
    assert!(text(&output).contains("assistant-refused-by-scc"), "{}", text(&output));
}

#[tokio::test]
async fn clusters_without_queues_and_resolvers_are_not_warned_of_them() {
    let causes = |output: &Output| -> Vec<String> {
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["runs"][0]["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["cause"].to_string()).collect()
    };
    let server = Server::start(Path::new(EXPORT), Fault::None).await;
    let plain = plugin(&server, &["diagnose", RUN, "-o", "json"]).await;
    for fault in [
        Fault::ListStatus("workloads", 403),
        Fault::ListStatus("workloads", 404),
        Fault::ListStatus("resolutionrequests", 403),
        Fault::ListStatus("resolutionrequests", 404),
    ] {
        let server = Server::start(Path::new(EXPORT), fault).await;
        let output = plugin(&server, &["diagnose", RUN, "-o", "json"]).await;
        assert_eq!(causes(&output), causes(&plain), "{fault:?}");
        assert!(!text(&output).contains("workloads") && !text(&output).contains("resolutionrequests"), "{fault:?}");
    }
}

#[tokio::test]
async fn what_was_not_read_is_never_taken_for_absent() {
    for fault in [
        Fault::ListStatus("events", 403),
        Fault::ListStatus("events", 500),
        Fault::ListGarbage("events"),
        Fault::ListStatus("statefulsets", 403),
        Fault::ListGarbage("statefulsets"),
        Fault::ListStatus("nodes", 403),
        Fault::ListExpires("nodes"),
        Fault::ListStatus("securitycontextconstraints", 403),
        Fault::ListExpires("events"),
    ] {
        let server = Server::start(Path::new(EXPORT), fault).await;
        let output = plugin(&server, &["diagnose", RUN, "-o", "json"]).await;
        let report: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{fault:?} {error}: {}", text(&output)));
        let run = &report["runs"][0];
        assert_ne!(run["state"], "healthy", "{fault:?}: {report:#}");
        for finding in run["findings"].as_array().unwrap() {
            let cause = finding["cause"].as_str().unwrap();
            assert!(
                matches!(cause, "assistant-refused-by-scc" | "evidence-missing" | "legacy-flag-inert"),
                "{fault:?}: {finding:#}"
            );
        }
    }
}

#[tokio::test]
async fn unreadable_runs_are_errors_that_say_why() {
    for (fault, words) in [
        (Fault::ListStatus("pipelineruns", 401), "log in"),
        (Fault::ListStatus("pipelineruns", 403), "told to fail"),
        (Fault::ListGarbage("pipelineruns"), "the answer is no list"),
        (Fault::ListStatus("pipelineruns", 404), "Tekton"),
    ] {
        let server = Server::start(Path::new(EXPORT), fault).await;
        let output = plugin(&server, &["diagnose", RUN]).await;
        assert_eq!(output.status.code(), Some(3), "{fault:?}: {}", text(&output));
        assert!(text(&output).contains(words), "{fault:?}: {}", text(&output));
    }
}

#[tokio::test]
async fn exit_codes_are_those_that_are_promised() {
    let server = Server::start(Path::new(EXPORT), Fault::None).await;
    for (args, code) in [
        (&["diagnose", "private-models/mistral-24b-quantized-sw7ss"][..], 0),
        (&["diagnose", RUN], 1),
        (&["diff", "private-models/mistral-24b-quantized-sw7ss", RUN], 1),
        (&["diagnose", "--bogus"], 2),
        (&["diagnose", "a/b/c"], 2),
        (&["rerun", RUN, "--fs-group", "x", "--yes"], 2),
        (&["diagnose", "private-models/no-such-run"], 4),
        (&["diagnose", "--context", "no-such-context", RUN], 3),
        (&["diagnose", "--from", "/nonexistent", RUN], 3),
        // The server never gives the new run's pods a node.
        (&["rerun", RUN, "--fs-group", "namespace", "--drop", "run-as-user", "--yes", "--wait", "2s"], 5),
        (&["rerun", RUN, "--fs-group", "namespace"], 6),
    ] {
        let output = plugin(&server, args).await;
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}", text(&output));
    }
}

/// Without the right to list ConfigMaps, the one with Tekton's version can still be read.
#[tokio::test]
async fn the_version_is_read_by_name_where_config_maps_may_not_be_listed() {
    let server = Server::start(Path::new(EXPORT), Fault::ListStatus("configmaps", 403)).await;
    let output = plugin(&server, &["check", "-n", "private-models"]).await;
    let text = text(&output);
    assert!(text.starts_with("Tekton 1."), "{text}");
}
