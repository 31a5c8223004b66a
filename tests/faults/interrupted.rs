//! Workflows that are killed after each of their events: what is then there is what an
//! undisturbed one leaves, or what was there before.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::recorded::{folders, unpack};
use crate::server::{Fault, Server};
use crate::{EXPORT, RUN, plugin, text};

/// A workflow for a run of an export.
struct Case {
    export: PathBuf,
    run: String,
    words: Vec<&'static str>,
}

impl Case {
    fn args(&self) -> Vec<&str> {
        let mut args = vec!["workflow", "run", self.words[0], self.run.as_str()];
        args.extend(&self.words[1..]);
        args.extend(["--yes", "--wait", "0", "-o", "json"]);
        args
    }

    async fn server(&self) -> Server {
        Server::start(&self.export, Fault::Cancels).await
    }
}

/// What a workflow may change, without the names and marks that differ from run to run.
fn state(server: &Server, case: &Case) -> Value {
    let name = case.run.split('/').next_back().unwrap();
    let mark = "/metadata/annotations/tekton-fix.dev~1submission";
    let is_made = |run: &&Value| run.pointer(mark).is_some();
    let runs = server.all("pipelineruns");
    let made: Vec<&Value> = runs.iter().filter(is_made).map(|run| &run["spec"]).collect();
    let names =
        |kind: &str| -> Vec<Value> { server.all(kind).iter().map(|one| one["metadata"]["name"].clone()).collect() };
    json!({ "made": made, "old": server.run(name).unwrap()["spec"]["status"],
        "claims": names("persistentvolumeclaims"), "taskRuns": names("taskruns") })
}

/// Kills the program once it has told so many events; whether it told that many.
fn killed_after(server: &Server, case: &Case, events: usize) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"));
    command.args(case.args()).env("KUBECONFIG", &server.kubeconfig);
    command.env("TEKTON_FIX_STATE", server.kubeconfig.parent().unwrap());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let told = BufReader::new(child.stdout.take().unwrap()).lines().take(events).count();
    let _ = child.kill();
    child.wait().unwrap();
    told == events
}

async fn survives(case: &Case) {
    let server = case.server().await;
    let before = state(&server, case);
    let output = plugin(&server, &case.args()).await;
    assert_eq!(output.status.code(), Some(0), "{:?}: {}", case.words, text(&output));
    let undisturbed = state(&server, case);
    assert_ne!(before, undisturbed, "{:?} changes nothing: {}", case.words, text(&output));
    let mut events = 1;
    loop {
        let server = case.server().await;
        let has_more = tokio::task::block_in_place(|| killed_after(&server, case, events));
        let resumed = plugin(&server, &["resume", "--yes", "--wait", "0"]).await;
        let after = state(&server, case);
        let what = format!("{:?} after {events}: {}", case.words, text(&resumed));
        assert!(after == undisturbed || after == before, "{what}: {after:#}");
        assert!(server.creates() <= 1, "{what}");
        if !has_more {
            break;
        }
        // The same, taken back: what remains is a run that was cancelled, which cannot be.
        let server = case.server().await;
        tokio::task::block_in_place(|| killed_after(&server, case, events));
        plugin(&server, &["resume", "--wait", "0"]).await;
        let undone = plugin(&server, &["undo", "--yes"]).await;
        let mut after = state(&server, case);
        if after["old"] == "Cancelled" {
            after["old"] = before["old"].clone();
        }
        assert_eq!(after, before, "{:?} undone after {events}: {}", case.words, text(&undone));
        events += 1;
    }
    assert!(events > 1, "{:?}: no event was told", case.words);
}

fn bundled(words: &[&'static str]) -> Case {
    Case { export: PathBuf::from(EXPORT), run: RUN.to_owned(), words: words.to_vec() }
}

#[tokio::test(flavor = "multi_thread")]
async fn built_in_workflows_survive_a_kill_after_each_event() {
    for words in
        [&["drop-security-context"][..], &["fs-group-only"], &["apply-plan", "--set", "plan=drop-security-context"]]
    {
        survives(&bundled(words)).await;
    }
    let incidents = unpack("incidents.tar.zst");
    for (number, words) in [
        // The new run needs what the old one holds: that is cancelled first.
        ("045", &["pin-node"][..]),
        ("022", &["create-claim", "--set", "claim=site-sources", "--set", "size=1Gi"]),
        ("062", &["lower-request", "--set", "resource=nvidia.com/gpu", "--set", "amount=1"]),
    ] {
        let (export, run) = incident(incidents.path(), number);
        if words[0] == "create-claim" {
            let class = "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: standard\n  annotations: {storageclass.kubernetes.io/is-default-class: 'true'}\nprovisioner: disks.example\n";
            let folder = export.join("cluster-scoped-resources/storage.k8s.io/storageclasses");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("standard.yaml"), class).unwrap();
        }
        survives(&Case { export, run, words: words.to_vec() }).await;
    }
}

fn incident(folder: &Path, number: &str) -> (PathBuf, String) {
    let is_it = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(number);
    let path = folders(&folder.join("incidents")).into_iter().find(is_it).unwrap();
    let truth: Value = serde_yaml::from_str(&std::fs::read_to_string(path.join("truth.yaml")).unwrap()).unwrap();
    (path.join("snapshot"), truth["run"].as_str().unwrap().to_owned())
}

/// The old run is cancelled and the new one not made: `resume` makes it of the old one, once.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_not_made_is_made_by_resume() {
    let incidents = unpack("incidents.tar.zst");
    let (export, run) = incident(incidents.path(), "045");
    let case = Case { export, run, words: vec!["pin-node"] };
    let server = case.server().await;
    let name = case.run.split('/').next_back().unwrap();
    let mut seen = false;
    for events in 1..6 {
        let server = case.server().await;
        tokio::task::block_in_place(|| killed_after(&server, &case, events));
        let cancelled = server.run(name).unwrap()["spec"]["status"] == "Cancelled";
        if server.creates() > 0 || !cancelled {
            continue;
        }
        seen = true;
        let resumed = plugin(&server, &["resume", "--yes", "--wait", "0"]).await;
        assert_eq!((resumed.status.code(), server.creates()), (Some(0), 1), "{}", text(&resumed));
        assert!(text(&resumed).contains("+        kubernetes.io/hostname: "), "{}", text(&resumed));
    }
    assert!(seen, "the old run was never cancelled before the new one was made");
    drop(server);
}
