//! `probe`, `diagnose --watch`, `--all` and `--why-not` on the real control plane.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use rig::scenario::{self, Staged};
use rig::{Platform, Rig, TektonVersion};
use serde_json::{Value, json};

use crate::plugin::{plugin, text};

async fn task_runs(rig: &Rig, namespace: &str) -> Vec<Value> {
    let path = format!("/apis/tekton.dev/v1/namespaces/{namespace}/taskruns?labelSelector=tekton-fix.dev%2Fprobe-of");
    rig.api.list(&path).await.unwrap()
}

async fn nothing_is_left(rig: &Rig, namespace: &str) {
    rig.until("the probe is gone", async || {
        let path =
            format!("/apis/tekton.dev/v1/namespaces/{namespace}/taskruns?labelSelector=tekton-fix.dev%2Fprobe-of");
        Ok(rig.api.list(&path).await?.is_empty())
    })
    .await
    .unwrap();
}

/// The incident's spec; where the assistant has the run's ServiceAccount, as one without
/// rights of its own.
fn incident_spec(rig: &Rig) -> Value {
    let mut spec = scenario::incident_spec("models");
    if rig.tekton.assistant_has_the_runs_account() {
        spec["taskRunTemplate"]["serviceAccountName"] = json!("pipeline");
    }
    spec
}

async fn refused(rig: &Rig, namespace: &str) -> String {
    scenario::incident_namespace(rig, namespace).await.unwrap();
    let staged = rig.submit(namespace, "run", &incident_spec(rig)).await.unwrap();
    rig.wait_for_refused_assistant(&staged).await.unwrap();
    format!("{namespace}/run")
}

/// A pod like the task's runs without the assistant: the environment is fine.
async fn a_probe_clears_the_environment(rig: &Rig) {
    let run = refused(rig, "cleared").await;
    let declined = plugin(&rig.kubeconfig(), &["probe", &run]);
    assert_eq!(declined.status.code(), Some(6), "{}", text(&declined));
    assert!(task_runs(rig, "cleared").await.is_empty());
    let printed = plugin(&rig.kubeconfig(), &["probe", &run, "--dry-run=client"]);
    assert!(text(&printed).contains("kind: TaskRun"), "{}", text(&printed));
    let probed = plugin(&rig.kubeconfig(), &["probe", &run, "--yes"]);
    assert_eq!(probed.status.code(), Some(0), "{}", text(&probed));
    assert!(text(&probed).replace('\n', " ").contains("environment is not at fault"), "{}", text(&probed));
    nothing_is_left(rig, "cleared").await;
}

async fn a_probe_blames_the_environment(rig: &Rig) {
    let namespace = "blamed";
    rig.namespace(namespace, 1_000_680_000).await.unwrap();
    rig.claim(namespace, "models", None).await.unwrap();
    let mut spec = scenario::run_spec("models");
    spec["taskRunTemplate"] = json!({ "podTemplate": { "nodeSelector": { "disktype": "nvme" } } });
    rig.submit(namespace, "run", &spec).await.unwrap();
    rig.until("a task is there", async || {
        Ok(!rig.api.list(&format!("/apis/tekton.dev/v1/namespaces/{namespace}/taskruns")).await?.is_empty())
    })
    .await
    .unwrap();
    let probed = plugin(&rig.kubeconfig(), &["probe", "blamed/run", "--yes", "--wait", "6s"]);
    assert_eq!(probed.status.code(), Some(1), "{}", text(&probed));
    assert!(text(&probed).contains("node affinity/selector"), "{}", text(&probed));
    nothing_is_left(rig, namespace).await;

    // Interrupted, it takes away what it made.
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"))
        .args(["probe", "blamed/run", "--yes", "--wait", "60s"])
        .env("KUBECONFIG", rig.kubeconfig())
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut talk = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("Created TaskRun") {
        line.clear();
        assert_ne!(talk.read_line(&mut line).unwrap(), 0, "it ended before it made a probe");
    }
    assert_eq!(task_runs(rig, namespace).await.len(), 1);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let mut rest = String::new();
    talk.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    assert!(rest.contains("Deleted TaskRun"), "{rest}");
    nothing_is_left(rig, namespace).await;
}

async fn a_watch_ends_when_the_run_settles(rig: &Rig) {
    let namespace = "watched";
    scenario::incident_namespace(rig, namespace).await.unwrap();
    rig.submit(namespace, "good", &scenario::run_spec("models")).await.unwrap();
    let good = plugin(&rig.kubeconfig(), &["diagnose", "watched/good", "--watch", "--watch-timeout", "60s"]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good));
    rig.submit(namespace, "bad", &incident_spec(rig)).await.unwrap();
    let bad = plugin(&rig.kubeconfig(), &["diagnose", "watched/bad", "--watch", "--watch-timeout", "60s"]);
    assert_eq!(bad.status.code(), Some(1), "{}", text(&bad));
    assert!(text(&bad).contains("TKF101"), "{}", text(&bad));
    let why = plugin(&rig.kubeconfig(), &["diagnose", "watched/bad", "--why-not"]);
    assert!(text(&why).contains("Ruled out"), "{}", text(&why));
    if rig.tekton != TektonVersion::V0_68_1 {
        assert!(text(&why).contains("contradicting-flags"), "{}", text(&why));
    }
}

async fn runs_of_one_cause_are_one(rig: &Rig) {
    let namespace = "grouped";
    scenario::incident_namespace(rig, namespace).await.unwrap();
    for name in ["a", "b", "c"] {
        rig.submit(namespace, name, &incident_spec(rig)).await.unwrap();
    }
    let good = rig.submit(namespace, "d", &scenario::run_spec("models")).await.unwrap();
    for run in ["a", "b", "c"] {
        let staged = Staged { namespace: namespace.to_owned(), run: run.to_owned() };
        rig.wait_for_refused_assistant(&staged).await.unwrap();
    }
    rig.wait_for_success(&good).await.unwrap();
    let all = plugin(&rig.kubeconfig(), &["diagnose", "-n", namespace, "--all"]);
    assert_eq!(all.status.code(), Some(1), "{}", text(&all));
    assert!(text(&all).contains("3 of 4 runs need attention, 1 cause"), "{}", text(&all));
    assert!(text(&all).contains("assistant-refused-by-scc"), "{}", text(&all));
    let check = plugin(&rig.kubeconfig(), &["check", "-n", namespace]);
    assert!(text(&check).contains("the one fsGroup that restricted-v2 accepts: 1000680000"), "{}", text(&check));
}

/// The controller is gone, the webhooks are not: runs are admitted, and nobody works on
/// them.
async fn a_run_that_nobody_takes_up_is_told(rig: &mut Rig) {
    let namespace = "ignored";
    scenario::incident_namespace(rig, namespace).await.unwrap();
    rig.stop_controller();
    rig.submit(namespace, "run", &scenario::run_spec("models")).await.unwrap();
    let young = plugin(&rig.kubeconfig(), &["diagnose", "ignored/run"]);
    assert_eq!(young.status.code(), Some(0), "{}", text(&young));
    let told = plugin(&rig.kubeconfig(), &["diagnose", "ignored/run", "--watch", "--watch-timeout", "60s"]);
    assert_eq!(told.status.code(), Some(1), "{}", text(&told));
    assert!(text(&told).contains("TKF510"), "{}", text(&told));
}

async fn probes_watches_and_groups_tell_the_truth(tekton: TektonVersion) {
    let mut rig = Rig::start(tekton, Platform::OpenShift).await.unwrap();
    if tekton == TektonVersion::V0_68_1 {
        rig.set_feature_flag("disable-affinity-assistant", "false").await.unwrap();
    }
    rig.nodes(&scenario::incident_nodes()).await.unwrap();
    a_probe_clears_the_environment(&rig).await;
    a_probe_blames_the_environment(&rig).await;
    a_watch_ends_when_the_run_settles(&rig).await;
    runs_of_one_cause_are_one(&rig).await;
    a_run_that_nobody_takes_up_is_told(&mut rig).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_watches_and_groups_tell_the_truth_on_0_68() {
    probes_watches_and_groups_tell_the_truth(TektonVersion::V0_68_1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_watches_and_groups_tell_the_truth_on_1_9() {
    probes_watches_and_groups_tell_the_truth(TektonVersion::V1_9_6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_watches_and_groups_tell_the_truth_on_1_6() {
    probes_watches_and_groups_tell_the_truth(TektonVersion::V1_6_6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn probes_watches_and_groups_tell_the_truth_on_1_15() {
    probes_watches_and_groups_tell_the_truth(TektonVersion::V1_15_1).await;
}
