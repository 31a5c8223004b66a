//! Whole pipelines on nodes: what runs together, volumes that are held elsewhere, and
//! what cannot be known.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tekton_fix::assess::{self, placement};
use tekton_fix::checks::focus::Focus;
use tekton_fix::checks::future;
use tekton_fix::finding::Outcome;
use tekton_fix::model::run::PipelineRun;
use tekton_fix::model::{Cluster, Kind, Origin, Reading};
use tekton_fix::ops::Edit;
use tekton_fix::ops::edit::apply;
use tekton_fix::ops::resubmission::manifest;
use tekton_fix::report::wording;

fn tool(input: &Value, args: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"))
        .args(args)
        .args(["--from", "-"])
        .env("COLUMNS", "120")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn node(name: &str, cpu: &str, zone: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": zone}},
        "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}, "nodeInfo": {"kubeletVersion": "v1.33.4"}}})
}

fn task(name: &str, cpu: &str, after: &[&str]) -> Value {
    json!({"name": name, "runAfter": after, "workspaces": [{"name": "src"}],
        "taskSpec": {"steps": [{"name": "s", "computeResources": {"requests": {"cpu": cpu}}}]}})
}

/// clone, then build and scan side by side, then publish; tidy at the end.
fn run(workspace: &Value) -> Value {
    let spec = json!({"workspaces": [{"name": "src"}], "tasks": [task("clone", "500m", &[]), task("build", "2", &["clone"]),
        task("scan", "1500m", &["clone"]), task("publish", "3", &["build", "scan"])], "finally": [task("tidy", "100m", &[])]});
    json!({"apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": {"name": "r", "namespace": "ci", "uid": "u"},
        "spec": {"pipelineSpec": spec, "workspaces": [workspace]},
        "status": {"conditions": [{"type": "Succeeded", "status": "Unknown", "reason": "Running"}], "pipelineSpec": spec,
            "provenance": {"featureFlags": {"coschedule": "workspaces"}}}})
}

fn claim(name: &str, spec: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "ci",
        "annotations": {"pv.kubernetes.io/bind-completed": "yes"}}, "spec": spec, "status": {"phase": "Bound"}})
}

fn volume(name: &str, zone: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "csi": {"driver": "disk.example.com", "volumeHandle": name},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [
                {"key": "topology.kubernetes.io/zone", "operator": "In", "values": [zone]}]}]}}},
        "status": {"phase": "Bound"}})
}

fn list(items: Vec<Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

fn empty() -> Value {
    json!({"name": "src", "emptyDir": {}})
}

fn bound() -> Value {
    json!({"name": "src", "persistentVolumeClaim": {"claimName": "data"}})
}

fn data() -> [Value; 2] {
    let spec = json!({"accessModes": ["ReadWriteOnce"], "volumeName": "pv-data"});
    [claim("data", &spec), volume("pv-data", "a")]
}

/// The words of a text, however they are wrapped.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const NODES: [&str; 3] = ["nodes", "ci/r", "--for-pipeline"];

#[test]
fn what_runs_together_decides_and_the_task_that_does_not_fit_is_named() {
    let cluster =
        list(vec![node("big", "4", "a"), node("tight", "3400m", "a"), node("small", "2", "a"), run(&empty())]);
    let output = tool(&cluster, &NODES);
    let expected = "\
Run ci/r, cancelled and resubmitted with all its pods on one node: the whole pipeline fits on 1 of 3 nodes (rules of
  Kubernetes 1.33.4)
  peak demand: 3500m cpu (build 2 + scan 1500m)
  peak demand: 2 pods (build 1 + scan 1)

NODE   VERDICT  SCORE  WHY NOT
";
    let shown = text(&output.stdout);
    assert!(shown.starts_with(expected), "{shown}");
    assert!(shown.contains("big    fits"), "{shown}");
    let line = "build and scan run at one time and ask for 3500m cpu of 3400m free: task scan does not fit, 100m short; it \
        waits until others have ended";
    assert!(words(&shown).contains(line), "{shown}");
    assert!(shown.contains("small  refused         Insufficient cpu (task publish)"), "{shown}");
    assert_eq!(output.status.code(), Some(0));
    let named = tool(&cluster, &[&NODES[..], &["-o", "name"]].concat());
    assert_eq!(text(&named.stdout), "node/big\n");
}

#[test]
fn json_has_the_sums_and_what_is_short() {
    let cluster = list(vec![node("tight", "3400m", "a"), run(&empty())]);
    let output = tool(&cluster, &[&NODES[..], &["-o", "json"]].concat());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&document["schemaVersion"], &document["exitCode"], &document["run"]),
        (&json!("v1"), &json!(1), &json!("ci/r"))
    );
    let tasks = json!([{"name": "build", "amount": 2000}, {"name": "scan", "amount": 1500}]);
    let cpu = json!({"resource": "cpu", "assistants": 0, "tasks": tasks, "total": 3500, "exact": true});
    assert_eq!(document["atOnce"][0], cpu);
    let obstacle = &document["nodes"][0]["obstacles"][0];
    assert_eq!((&obstacle["who"], &obstacle["task"]), (&json!("together"), &json!("scan")));
    assert_eq!(
        obstacle["short"],
        json!({"resource": "cpu", "wanted": 3500, "free": 3400, "by": 100, "lasting": false})
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_assistant_counts_and_its_volume_keeps_to_its_zone() {
    let [claim, volume] = data();
    let items = vec![
        node("exact", "3550m", "a"),
        node("less", "3500m", "a"),
        node("far", "8", "b"),
        claim,
        volume,
        run(&bound()),
    ];
    let shown = text(&tool(&list(items), &NODES).stdout);
    assert!(shown.contains("peak demand: 3550m cpu (assistant 50m + build 2 + scan 1500m)"), "{shown}");
    assert!(shown.contains("exact  fits"), "{shown}");
    assert!(words(&shown).contains("task scan does not fit, 50m short"), "{shown}");
    assert!(shown.contains("far    refused         node(s) didn't match PersistentVolume's node affinity"), "{shown}");
}

fn user(node: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "db", "namespace": "ci"},
        "spec": {"nodeName": node, "containers": [{"name": "c"}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}, "status": {"phase": "Running"}})
}

#[test]
fn a_disk_in_use_on_another_node_refuses_the_others() {
    let [claim, volume] = data();
    let items = vec![node("n1", "8", "a"), node("n2", "8", "a"), claim, volume, user("n2"), run(&bound())];
    let shown = text(&tool(&list(items.clone()), &NODES).stdout);
    let line = "n1    refused         claim data is in use on node n2 by ci/db, and its volume can be on one node only";
    assert!(shown.contains(line), "{shown}");
    assert!(shown.contains("n2    fits"), "{shown}");
    let driver = json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": "disk.example.com"},
        "spec": {"attachRequired": false}});
    let shared = text(&tool(&list([items, vec![driver]].concat()), &NODES).stdout);
    assert!(shared.contains("the whole pipeline fits on 2 of 2 nodes"), "{shared}");
}

#[test]
fn a_claim_for_one_pod_cannot_be_shared_with_the_assistant() {
    let spec = json!({"accessModes": ["ReadWriteOncePod"], "volumeName": "pv-data"});
    let items = vec![node("n1", "8", "a"), claim("data", &spec), volume("pv-data", "a"), run(&bound())];
    let shown = text(&tool(&list(items), &NODES).stdout);
    assert!(shown.contains("cannot mount claim data, which the assistant has and only one pod may"), "{shown}");
}

#[test]
fn new_volumes_wait_for_their_pod_or_make_the_zone_unknown() {
    let template = json!({"name": "src", "volumeClaimTemplate": {"spec": {"accessModes": ["ReadWriteOnce"],
        "storageClassName": "disk", "resources": {"requests": {"storage": "1Gi"}}}}});
    let class = |mode: &str| {
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "disk"},
            "provisioner": "disk.example.com", "volumeBindingMode": mode})
    };
    let shown = |mode: &str| {
        let items = vec![node("n1", "8", "a"), node("n2", "8", "b"), class(mode), run(&template)];
        text(&tool(&list(items), &NODES).stdout)
    };
    assert!(
        shown("WaitForFirstConsumer").contains("the whole pipeline fits on 2 of 2 nodes"),
        "{}",
        shown("WaitForFirstConsumer")
    );
    let unknown = shown("Immediate");
    assert!(unknown.contains("cannot tell in which zone the volume of claim"), "{unknown}");
    assert!(unknown.contains("n1    unknown"), "{unknown}");
}

#[test]
fn a_task_that_was_never_read_is_said_to_be_unknown() {
    let mut run = run(&empty());
    run["status"]["pipelineSpec"]["tasks"][1] = json!({"name": "build", "taskRef": {"resolver": "git", "params": []}});
    let output = tool(&list(vec![node("n1", "8", "a"), run]), &NODES);
    let shown = text(&output.stdout);
    assert!(shown.contains("cannot tell what task build asks for: its task comes from the resolver git"), "{shown}");
    assert_eq!(output.status.code(), Some(4), "{shown}");
}

/// A cluster of which everything was read.
fn cluster(items: Vec<Value>) -> Cluster {
    let mut cluster = Cluster::default();
    let account =
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "ci"}});
    for object in items.into_iter().chain([account]) {
        let kind = Kind::of(object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()).unwrap();
        cluster.insert(kind, object, Origin::Server(String::new())).unwrap();
    }
    for kind in Kind::ALL {
        cluster.coverage.record(*kind, "", Reading::Listed);
    }
    cluster.taken_at = Some("2026-01-01T00:00:00Z".parse().unwrap());
    cluster
}

/// What is forecast of a run that is submitted with the old one gone, with the reasons.
fn predicted(focus: &Focus<'_>, new: &Value) -> (Outcome, Vec<String>) {
    let forecast = assess::of_run(focus, &future::as_run(focus, new), true);
    (forecast.outcome(), wording::because(&forecast))
}

fn pinned(run: &PipelineRun, node: &str) -> Value {
    let mut new = manifest(run, "r2");
    apply(&mut new, &Edit::PinNode { node: node.to_owned(), hostname: node.to_owned() }, &[]).unwrap();
    new
}

#[test]
fn the_best_node_is_one_for_the_whole_run_and_others_are_predicted_to_fail() {
    let [claim, volume] = data();
    let items =
        vec![node("less", "3500m", "a"), node("right", "4", "a"), node("far", "8", "b"), claim, volume, run(&bound())];
    let cluster = cluster(items);
    let run = cluster.pipeline_run("ci", "r").unwrap();
    let focus = Focus::new(&cluster, run, cluster.taken_at.unwrap());
    let again = manifest(run, "r2");
    let plan = future::of(&focus, &future::as_run(&focus, &again)).plan;
    assert_eq!(placement::best_node(&focus, &plan, &[]), Ok("right".to_owned()));
    let right = predicted(&focus, &pinned(run, "right"));
    assert_eq!(right, (Outcome::GoesOn, vec!["1 of 3 nodes takes its pods".to_owned()]));
    let less = predicted(&focus, &pinned(run, "less"));
    assert_eq!(less.0, Outcome::GoesOn, "one task waits for the other");
    assert!(less.1[0].contains("not all at one time"), "{:?}", less.1);
    assert!(less.1[0].contains("task scan does not fit, 50m short; it waits"), "{:?}", less.1);
    let far = predicted(&focus, &pinned(run, "far"));
    assert_eq!(far.0, Outcome::Blocked);
}

/// The assistant never ends, so a task that fits only without it waits for ever.
#[test]
fn a_task_that_does_not_fit_beside_the_assistant_never_runs() {
    let [claim, volume] = data();
    let cluster = cluster(vec![node("close", "3", "a"), claim, volume, run(&bound())]);
    let run = cluster.pipeline_run("ci", "r").unwrap();
    let focus = Focus::new(&cluster, run, cluster.taken_at.unwrap());
    let predicted = predicted(&focus, &pinned(run, "close"));
    assert_eq!(predicted.0, Outcome::Blocked);
    let line =
        "publish runs beside the assistant and both ask for 3050m cpu of 3 free: task publish does not fit, 50m short";
    assert!(predicted.1[0].contains(line), "{:?}", predicted.1);
}

/// The scheduler looks at the assistant alone, and its score favours the emptiest node.
#[test]
fn an_assistant_that_may_be_misled_is_told() {
    let [claim, volume] = data();
    let hog = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "hog", "namespace": "other"},
        "spec": {"nodeName": "roomy", "containers": [{"name": "c", "resources": {"requests": {"cpu": "4"}}}]},
        "status": {"phase": "Running"}});
    let items = vec![node("roomy", "8", "a"), node("empty", "3", "a"), claim, volume, hog, run(&bound())];
    let cluster = cluster(items);
    let run = cluster.pipeline_run("ci", "r").unwrap();
    let focus = Focus::new(&cluster, run, cluster.taken_at.unwrap());
    let predicted = predicted(&focus, &manifest(run, "r2"));
    assert_eq!(predicted.0, Outcome::Unknown);
    let because = predicted.1.join("; ");
    assert!(because.contains("may put the assistant on empty"), "{because}");
    assert!(because.contains("--pin-node=roomy avoids that"), "{because}");
}
