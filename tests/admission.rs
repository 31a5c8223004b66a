//! `admission` from the outside: objects in, verdicts out.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

fn admission(input: &Value, args: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kubectl-tekton_fix"))
        .args(["admission", "--from", "-"])
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

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/scc/{name}", env!("CARGO_MANIFEST_DIR"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text
}

/// Replaces references into the library by the objects, and says what they are.
fn expand(list: &Value, library: &Value, version: &str, kind: Option<&str>) -> Vec<Value> {
    let objects = list.as_array().unwrap().iter().map(|item| {
        let mut object = item.as_str().map_or_else(|| item.clone(), |key| library[key].clone());
        object["apiVersion"] = json!(version);
        if let Some(kind) = kind {
            object["kind"] = json!(kind);
        }
        object
    });
    objects.collect()
}

/// The objects of a case of the corpus in one list.
fn objects(case: &Value, library: &Value) -> Value {
    let kind = Some("SecurityContextConstraints");
    let mut items = expand(&case["sccs"], &library["sccs"], "security.openshift.io/v1", kind);
    let mut roles = BTreeMap::new();
    for object in expand(&case["rbac"], &library["rbac"], "rbac.authorization.k8s.io/v1", None) {
        if object["kind"].as_str().unwrap().ends_with("Role") {
            let key = [&object["kind"], &object["metadata"]["namespace"], &object["metadata"]["name"]];
            roles.insert(key.map(ToString::to_string), object);
        } else {
            items.push(object);
        }
    }
    items.extend(roles.into_values());
    if case.get("noNamespace").is_none() {
        items.push(json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": case["namespace"] }));
    }
    let mut pod = case["pod"].clone();
    (pod["apiVersion"], pod["kind"]) = (json!("v1"), json!("Pod"));
    pod["metadata"]["namespace"] = case["namespace"]["name"].clone();
    items.push(pod);
    json!({ "apiVersion": "v1", "kind": "List", "items": items })
}

/// Cases that a command can be asked about: pods that are created, without webhooks.
fn cases(every: usize) -> Vec<Value> {
    let text = fixture("part-a.jsonl.gz");
    let cases = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let asked = |case: &Value| {
        case["operation"] == "CREATE" && case.get("afterAdmitPatch").is_none() && case.get("notSynced").is_none()
    };
    cases.filter(asked).step_by(every).collect()
}

#[test]
fn json_says_what_the_plugin_says() {
    let library: Value = serde_json::from_str(&fixture("library.json.gz")).unwrap();
    for case in cases(20) {
        let name = case["pod"]["metadata"]["name"].as_str().unwrap_or_default();
        let pod = format!("{}/{name}", case["namespace"]["name"].as_str().unwrap());
        let mut args = vec!["--pod", &pod, "--creator", case["creator"]["user"].as_str().unwrap(), "-o", "json"];
        for group in case["creator"]["groups"].as_array().unwrap() {
            args.extend(["--creator-group", group.as_str().unwrap()]);
        }
        let list = objects(&case, &library);
        let output = admission(&list, &args);
        let (ours, real) = (json_of(&output), &case["result"]);
        let what = &case["id"];
        assert_eq!(ours["schemaVersion"], "v1");
        assert_eq!((&ours["pod"], &ours["creator"]["user"]), (&json!(pod), &case["creator"]["user"]), "{what}");
        assert_eq!(ours["admitted"], real["admitted"], "{what}");
        assert_eq!(ours["exitCode"], output.status.code().unwrap(), "{what}");
        assert_eq!(ours["exitCode"], i32::from(real["admitted"] == false), "{what}");
        if real["admitted"] == true {
            assert_eq!((&ours["scc"], &ours["subjectType"]), (&real["scc"], &real["subjectType"]), "{what}");
        }
        assert_eq!(ours["message"], real.get("error").cloned().unwrap_or_default(), "{what}");
        if let Some(newer) = real.get("errorK8s134") {
            args.extend(["--kubernetes-version", "v1.34.9"]);
            assert_eq!(&json_of(&admission(&list, &args))["message"], newer, "{what}");
        }
    }
}

/// A cluster with the platform's SCCs as of OpenShift 4.19, and a run that is stuck
/// because of its groups.
fn cluster(mut more: Vec<Value>) -> Value {
    let library: Value = serde_json::from_str(&fixture("library.json.gz")).unwrap();
    let text = fixture("part-a.jsonl.gz");
    let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let mut list = objects(&first, &library);
    let items = list["items"].as_array_mut().unwrap();
    items.push(json!({ "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "pipelines-info", "namespace": "openshift-pipelines" }, "data": { "version": "v1.6.6" } }));
    items.push(json!({ "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": "feature-flags", "namespace": "openshift-pipelines" },
        "data": { "coschedule": "workspaces" } }));
    items.push(json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": { "name": "anyuid", "namespace": "private-ai-demo" },
        "subjects": [{ "kind": "ServiceAccount", "name": "model-pipeline-sa", "namespace": "private-ai-demo" }],
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
            "name": "system:openshift:scc:anyuid" } }));
    items.append(&mut more);
    list
}

fn run() -> Value {
    json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
        "metadata": { "name": "seed", "namespace": "private-ai-demo" },
        "spec": {
            "pipelineSpec": { "workspaces": [{ "name": "models" }], "tasks": [
                { "name": "fetch", "workspaces": [{ "name": "models" }], "taskSpec": { "workspaces": [{ "name": "models" }],
                    "steps": [{ "name": "get", "image": "fetch" }] } },
                { "name": "push", "taskSpec": { "steps": [{ "name": "copy", "image": "skopeo",
                    "securityContext": { "capabilities": { "add": ["SETFCAP"] } } }] } }] },
            "taskRunTemplate": { "serviceAccountName": "model-pipeline-sa",
                "podTemplate": { "securityContext": { "fsGroup": 1001, "runAsUser": 1001 } } },
            "workspaces": [{ "name": "models", "persistentVolumeClaim": { "claimName": "models" } }] } })
}

#[test]
fn all_pods_of_a_run_are_judged_with_their_own_creator() {
    let output = admission(&cluster(vec![run()]), &["private-ai-demo/seed", "-o", "json"]);
    let document = json_of(&output);
    let pods = document["pods"].as_array().unwrap();
    let seen: Vec<[&str; 4]> = pods
        .iter()
        .map(|pod| {
            let admitted = if pod["admitted"] == true { pod["scc"].as_str().unwrap() } else { "refused" };
            let text = |value: &'static str| pod.pointer(value).and_then(Value::as_str).unwrap();
            [text("/role"), text("/serviceAccount"), text("/creator/user"), admitted]
        })
        .collect();
    assert_eq!(
        seen,
        [
            ["assistant", "default", "system:serviceaccount:kube-system:statefulset-controller", "refused"],
            [
                "task fetch",
                "model-pipeline-sa",
                "system:serviceaccount:openshift-pipelines:tekton-pipelines-controller",
                "anyuid"
            ],
            [
                "task push",
                "model-pipeline-sa",
                "system:serviceaccount:openshift-pipelines:tekton-pipelines-controller",
                "refused"
            ],
        ]
    );
    assert_eq!((output.status.code(), &document["exitCode"]), (Some(1), &json!(1)));
    let changes = document["changes"].as_array().unwrap();
    let by = |who: &str| changes.iter().filter(|change| change["by"] == who).count();
    // Its own account cannot have SETFCAP: no field of the run heals, a grant or the Task does.
    assert!(by("author") == 0 && by("taskAuthor") > 0 && by("administrator") > 0, "{changes:#?}");
    assert!(changes.iter().all(|change| change["by"] != "administrator" || change["blastRadius"].is_string()));
}

/// The run without the task that wants a capability.
fn modest() -> Value {
    let mut run = run();
    run["spec"]["pipelineSpec"]["tasks"].as_array_mut().unwrap().pop();
    run
}

#[test]
fn the_smallest_changes_are_told_first() {
    let document = json_of(&admission(&cluster(vec![modest()]), &["private-ai-demo/seed", "-o", "json"]));
    let changes = document["changes"].as_array().unwrap();
    let told: Vec<&str> =
        changes.iter().map(|change| change["command"].as_str().unwrap().lines().next().unwrap()).collect();
    assert_eq!(
        told,
        [
            "kubectl tekton-fix rerun private-ai-demo/seed --security-context-to-tasks --cancel-old",
            "kubectl tekton-fix rerun private-ai-demo/seed --fs-group namespace --drop run-as-user --cancel-old",
            "kubectl tekton-fix rerun private-ai-demo/seed --drop run-as-user --drop fs-group --cancel-old",
            "oc adm policy add-scc-to-user nonroot-v2 -z default -n private-ai-demo",
            "kubectl patch configmap/feature-flags -n openshift-pipelines --type=merge -p '{\"data\":{\"coschedule\":\"disabled\"}}'",
        ]
    );
    let context = "spec.taskRunTemplate.podTemplate.securityContext";
    assert_eq!(changes[1]["fields"][format!("{context}.fsGroup")], 1_000_970_000);
    assert_eq!(changes[1]["fields"][format!("{context}.runAsUser")], Value::Null);
    assert!(changes[3]["blastRadius"].as_str().unwrap().contains("every pod that names no other"));
}

#[test]
fn what_is_told_heals() {
    let run = |context: Value| {
        let mut run = modest();
        run["spec"]["taskRunTemplate"]["podTemplate"]["securityContext"] = context;
        run
    };
    for context in [json!({ "fsGroup": 1_000_970_000 }), json!({})] {
        let output = admission(&cluster(vec![run(context)]), &["private-ai-demo/seed", "-o", "json"]);
        let document = json_of(&output);
        assert_eq!((output.status.code(), document["changes"].as_array().map(Vec::len)), (Some(0), Some(0)));
    }
}

#[test]
fn a_run_in_a_file_need_not_be_submitted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.json");
    std::fs::write(&file, run().to_string()).unwrap();
    let output = admission(&cluster(Vec::new()), &["-f", file.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text.starts_with("Run private-ai-demo/seed: SCC admission refuses 2 of 3 pods\n"), "{text}");
    assert!(text.contains("restricted-v2: fsGroup 1001 is not an allowed group"), "{text}");
    assert!(text.contains("task fetch"), "{text}");
}

#[test]
fn what_was_not_read_keeps_the_answer_open() {
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "p", "namespace": "ci" },
        "spec": { "containers": [{ "name": "c" }] } });
    let output = admission(&pod, &["--pod", "ci/p", "-o", "json"]);
    let document = json_of(&output);
    assert_eq!((output.status.code(), &document["admitted"]), (Some(4), &Value::Null));
    assert_eq!(document["cannotTell"], json!(["securitycontextconstraints.security.openshift.io"]));
    assert_eq!(document["creator"]["user"], "an-ordinary-user");
    let output = admission(&pod, &["--pod", "ci/p"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("Pod ci/p: cannot tell: not read: securitycontextconstraints"), "{text}");
}

#[test]
fn wide_output_shows_every_constraint_in_order() {
    let output = admission(
        &cluster(Vec::new()),
        &[
            "--pod",
            "private-ai-demo/affinity-assistant-607af64060-0",
            "-o",
            "wide",
            "--creator",
            "system:serviceaccount:kube-system:statefulset-controller",
        ],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let (anyuid, restricted) = (text.find("  anyuid: ").unwrap(), text.find("  restricted-v2: ").unwrap());
    assert!(anyuid < restricted, "{text}");
    assert!(text.contains("← chosen"), "{text}");
}

#[test]
fn an_export_cannot_confirm() {
    let output = admission(&cluster(vec![modest()]), &["private-ai-demo/seed", "--confirm-on-server"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("an export has none"));
}
