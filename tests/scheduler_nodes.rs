//! `nodes` from the outside: a list of objects in, verdicts out.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn nodes(input: &Value, args: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"))
        .args(["nodes", "--from", "-"])
        .args(args)
        .env("COLUMNS", "120")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A usage error ends the program before it has read anything.
    let written = child.stdin.take().unwrap().write_all(input.to_string().as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(written.is_ok() || output.status.code() == Some(2), "the export was not read whole");
    output
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn cases() -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/scheduler/cases-part-a.jsonl.zst");
    let text = zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
    String::from_utf8(text).unwrap().lines().step_by(60).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn json_says_what_the_real_scheduler_says() {
    for case in cases() {
        let pod =
            format!("{}/{}", case["target"]["namespace"].as_str().unwrap(), case["target"]["name"].as_str().unwrap());
        let list = json!({"apiVersion": "v1", "kind": "List", "items": case["objects"]});
        for version in ["1.33.0", "1.36.2"] {
            let real = &case["verdicts"][version];
            let output = nodes(&list, &["--pod", &pod, "--kubernetes-version", version, "-o", "json"]);
            let ours: Value = serde_json::from_slice(&output.stdout).unwrap();
            let what = format!("{} on {version}", case["id"]);
            assert_eq!(ours["schemaVersion"], "v1");
            assert_eq!((&ours["kubernetesVersion"], &ours["pod"]), (&json!(version), &json!(pod)));
            assert_eq!(ours["message"], real.get("message").cloned().unwrap_or_default(), "{what}");
            assert_eq!(ours["preFilter"], real.get("prefilter").cloned().unwrap_or_default(), "{what}");
            assert_eq!(ours["exitCode"], output.status.code().unwrap(), "{what}");
            let verdicts = ours["nodes"].as_array().unwrap();
            assert_eq!(verdicts.len(), real["nodes"].as_object().unwrap().len(), "{what}");
            for node in verdicts {
                let real = &real["nodes"][node["name"].as_str().unwrap()];
                let what = format!("{what} {node}");
                assert_eq!(node["verdict"] == "fits", real["fits"] == true, "{what}");
                assert_eq!(
                    node["plugin"].as_str().unwrap_or_default(),
                    real["plugin"].as_str().unwrap_or_default(),
                    "{what}"
                );
                let texts = |value: &Value| -> BTreeSet<String> {
                    value.as_array().into_iter().flatten().map(ToString::to_string).collect()
                };
                assert_eq!(texts(&node["reasons"]), texts(&real["reasons"]), "{what}");
                assert_eq!(node["score"], real.get("total").cloned().unwrap_or_default(), "{what}");
            }
        }
    }
}

fn small() -> Value {
    let node = |name: &str, taints: Value| {
        json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}, "spec": {"taints": taints},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}})
    };
    let gpu = json!([{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}]);
    let affinity = json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{
        "labelSelector": {"matchLabels": {"app.kubernetes.io/component": "affinity-assistant",
            "app.kubernetes.io/instance": "affinity-assistant-1"}},
        "topologyKey": "kubernetes.io/hostname"}]}});
    let requests = json!({"requests": {"cpu": "500m", "memory": "1Gi"}});
    json!({"apiVersion": "v1", "kind": "List", "items": [
        node("plain", json!([])), node("gpu", gpu),
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "t", "namespace": "ci", "uid": "t"},
            "spec": {"affinity": affinity, "containers": [{"name": "c", "resources": requests}]},
            "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
                "reason": "Unschedulable", "message": "0/2 nodes are available: 1 node(s) didn't match pod affinity \
                rules, 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes are \
                available: 2 Preemption is not helpful for scheduling."}]}}]})
}

#[test]
fn people_read_verdicts_reasons_and_what_is_free() {
    let output = nodes(&small(), &["--pod", "ci/t", "--kubernetes-version", "1.35.4"]);
    let expected = "\
Pod ci/t: no node of 2 fits (rules of Kubernetes 1.35.4)
  The pod's own message says exactly this, word for word.

NODE   VERDICT  CPU FREE  MEMORY FREE  PODS FREE  WHY NOT
gpu    refused  4         8Gi          110        TaintToleration: node(s) had untolerated taint(s)
plain  refused  4         8Gi          110        InterPodAffinity: node(s) didn't match pod affinity rules
";
    assert_eq!(stdout(&output), expected);
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn all_obstacles_are_listed_behind_the_first() {
    let output = nodes(&small(), &["--pod", "ci/t", "--kubernetes-version", "1.35.4", "-o", "wide"]);
    let text = stdout(&output);
    assert!(text.contains("also InterPodAffinity: node(s) didn't match pod affinity rules"), "{text}");
}

#[test]
fn without_the_assistant_other_nodes_may_do() {
    let args = ["--pod", "ci/t", "--without-assistant", "--kubernetes-version", "v1.33", "-o", "name"];
    let output = nodes(&small(), &args);
    assert_eq!(stdout(&output), "node/plain\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_old_name_works_and_wrong_words_are_usage_errors() {
    let output = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix")).args(["pick-node", "--help"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    for args in [&["--pod", "ci/t", "--kubernetes-version", "new"][..], &["run", "--pod", "ci/t"]] {
        assert_eq!(nodes(&small(), args).status.code(), Some(2), "{args:?}");
    }
    let output = nodes(&small(), &["--pod", "ci/other"]);
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8(output.stderr).unwrap().contains("there is no pod other in namespace ci"));
}

#[test]
fn thousands_of_nodes_are_put_together() {
    let mut list = small();
    let items = list["items"].as_array_mut().unwrap();
    let (plain, gpu) = (items[0].clone(), items[1].clone());
    for at in 0..300 {
        let mut node = if at % 3 == 0 { gpu.clone() } else { plain.clone() };
        node["metadata"]["name"] = json!(format!("w{at:03}"));
        items.push(node);
    }
    let args = ["--pod", "ci/t", "--without-assistant", "--kubernetes-version", "1.33.1"];
    let text = stdout(&nodes(&list, &args));
    assert!(text.contains("201    fits     plain, w001, w002, …"), "{text}");
    assert!(text.contains("101    refused  gpu, w000, w003, …    TaintToleration"), "{text}");
    assert!(text.contains("stops searching after 144"), "{text}");
    assert!(text.lines().count() < 25, "{text}");
    let all = stdout(&nodes(&list, &[&args[..], &["--all"]].concat()));
    assert!(all.lines().count() > 300);
}

/// An ordinary user may read the pods of a project and no nodes.
#[test]
fn without_nodes_the_message_and_own_objects_still_prove_something() {
    let mut list = small();
    let items = list["items"].as_array_mut().unwrap();
    let assistant = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "aa-0", "namespace": "ci", "labels": {
        "app.kubernetes.io/component": "affinity-assistant", "app.kubernetes.io/instance": "affinity-assistant-1"}},
        "spec": {"nodeName": "gpu", "containers": [{"name": "c"}]}, "status": {"phase": "Running"}});
    items.retain(|item| item["kind"] != "Node");
    items.push(assistant);
    let folder = tempfile::tempdir().unwrap();
    for (at, item) in items.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{at}.json")), item.to_string()).unwrap();
    }
    let from = folder.path().to_str().unwrap();
    let run = |more: &[&str]| {
        let args = [&["nodes", "--from", from, "--pod", "ci/t", "--kubernetes-version", "1.35.4"], more].concat();
        Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix")).args(args).env("COLUMNS", "120").output().unwrap()
    };
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(4));
    let text = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in [
        "cannot tell: nodes were not read",
        "By the scheduler's own message, which knows 2 nodes:",
        "1 of them: node(s) didn't match pod affinity rules; they passed every filter up to PodTopologySpread",
        "The affinity assistant aa-0 runs on node gpu: the pod must run there.",
    ] {
        assert!(text.contains(sentence), "{sentence}\n{text}");
    }
    let document: Value = serde_json::from_slice(&run(&["-o", "json"]).stdout).unwrap();
    assert_eq!(document["nodes"], json!([]));
    assert_eq!(document["proven"]["nodes"], 2);
    assert_eq!(
        document["proven"]["facts"],
        json!([{"kind": "assistant", "node": "gpu", "claim": null, "pod": "aa-0"}])
    );
}
