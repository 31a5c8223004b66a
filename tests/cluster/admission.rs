//! `admission` before a run exists, against what the real control plane then does; and
//! the changes that it proposes, carried out.

use rig::scenario::{self, Staged};
use rig::{Platform, Rig, TektonVersion};
use serde_json::{Value, json};

use crate::plugin::{json as json_of, plugin, text};

/// What distinguishes a staged run.
struct Case {
    name: &'static str,
    account: Option<&'static str>,
    context: Value,
    step: Value,
}

fn cases() -> Vec<Case> {
    let case = |name, account, context: Value, step: Value| Case { name, account, context, step };
    let (anyuid, pipeline) = (Some("model-pipeline-sa"), Some("pipeline"));
    let none = || json!({});
    vec![
        case("plain", None, none(), none()),
        case("plain-anyuid", anyuid, none(), none()),
        case("incident", anyuid, json!({ "runAsUser": 1001, "fsGroup": 1001 }), none()),
        case("group-of-block", anyuid, json!({ "fsGroup": 1_000_680_000 }), none()),
        case("next-group", anyuid, json!({ "fsGroup": 1_000_680_001 }), none()),
        case("group-zero", anyuid, json!({ "fsGroup": 0 }), none()),
        case("user-in-range", pipeline, json!({ "runAsUser": 1_000_680_005, "fsGroup": 1_000_680_000 }), none()),
        case("root-by-pipeline", pipeline, json!({ "runAsUser": 0 }), none()),
        case("pipeline-1001", pipeline, json!({ "runAsUser": 1001, "fsGroup": 1001 }), none()),
        case("extra-groups", anyuid, json!({ "supplementalGroups": [0, 5] }), none()),
        case("setfcap", anyuid, none(), json!({ "capabilities": { "add": ["SETFCAP"] } })),
        case("root-step", None, none(), json!({ "runAsUser": 0 })),
    ]
}

fn run(case: &Case, namespace: &str) -> Value {
    let mut spec = scenario::run_spec("models");
    spec["taskRunTemplate"] = json!({ "podTemplate": { "securityContext": case.context } });
    if let Some(account) = case.account {
        spec["taskRunTemplate"]["serviceAccountName"] = json!(account);
    }
    // One task: the second of a run would only exist once the first has ended.
    let tasks = spec["pipelineSpec"]["tasks"].as_array_mut().unwrap();
    tasks.truncate(1);
    tasks[0]["taskSpec"]["steps"][0]["securityContext"] = case.step.clone();
    json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
        "metadata": { "name": "run", "namespace": namespace }, "spec": spec })
}

/// What became of the pod: its SCC (`?` where only the event of its creation is left),
/// or the refusal.
async fn seen(rig: &Rig, namespace: &str, predicted: &Value) -> Option<Result<String, String>> {
    let name = predicted["pod"].as_str()?.split_once('/')?.1.to_owned();
    let pods = rig.api.list(&format!("/api/v1/namespaces/{namespace}/pods")).await.ok()?;
    if let Some(pod) = pods.iter().find(|pod| pod["metadata"]["name"] == name.as_str()) {
        return Some(Ok(pod["metadata"]["annotations"]["openshift.io/scc"].as_str().unwrap_or("none").to_owned()));
    }
    if predicted["role"] == "assistant" {
        let events = rig.api.list(&format!("/api/v1/namespaces/{namespace}/events")).await.ok()?;
        let told = |reason: &str| {
            let event = events.iter().find(|event| {
                event["reason"] == reason && event["message"].as_str().is_some_and(|text| text.contains(&name))
            });
            event.and_then(|event| event["message"].as_str())
        };
        if told("SuccessfulCreate").is_some() {
            return Some(Ok("?".to_owned()));
        }
        let message = told("FailedCreate")?;
        return Some(Err(message.split_once("failed error: ").map_or(message, |(_, error)| error).to_owned()));
    }
    let path = format!("/apis/tekton.dev/v1/namespaces/{namespace}/taskruns");
    let task_runs = rig.api.list(&path).await.ok()?;
    let condition = task_runs.first()?.pointer("/status/conditions/0")?;
    (condition["status"] == "False").then(|| Err(condition["message"].as_str().unwrap_or_default().to_owned()))
}

/// Waits for what becomes of a pod, and compares it with what was predicted. False
/// where nothing becomes of it: a refused task ends its run, and with it an assistant
/// that has not come to its pod yet.
async fn agrees(rig: &Rig, namespace: &str, predicted: &Value, run_ends: bool) -> bool {
    let patience = if run_ends { 100 } else { 600 };
    let mut found = None;
    for _ in 0..patience {
        found = seen(rig, namespace, predicted).await;
        if found.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    let what = format!("{namespace}, {}", predicted["role"]);
    match &found {
        Some(Ok(scc)) if scc == "?" => assert_eq!(predicted["admitted"], true, "{what}"),
        Some(Ok(scc)) => {
            assert_eq!((&predicted["admitted"], &predicted["scc"]), (&json!(true), &json!(scc)), "{what}");
        }
        Some(Err(message)) => {
            assert_eq!(predicted["admitted"], false, "{what}: {message}");
            let ours = predicted["message"].as_str().unwrap();
            assert!(message.contains(ours) || is_newer(rig), "{what}:\nreal {message}\nours {ours}");
        }
        None => assert!(run_ends, "{what}: neither pod nor refusal; predicted {predicted:#}"),
    }
    found.is_some()
}

/// The plugin beside Kubernetes 1.35 prints paths as no release of OpenShift does yet.
fn is_newer(rig: &Rig) -> bool {
    matches!(rig.tekton, TektonVersion::V1_12_2 | TektonVersion::V1_15_1)
}

/// Carries out a proposed change; the run that it makes.
async fn carry_out(rig: &Rig, namespace: &str, change: &Value) -> Option<Staged> {
    let command = change["command"].as_str()?;
    if command.contains("patch") {
        // That would change all runs of the cluster.
        return None;
    }
    for line in command.lines().filter(|line| line.starts_with("oc adm policy")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = |word: &str| words.iter().position(|own| *own == word).unwrap() + 1;
        let (scc, account) = (words[at("add-scc-to-user")], words[at("-z")]);
        let role = json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
            "metadata": { "name": format!("system:openshift:scc:{scc}") },
            "rules": [{ "verbs": ["use"], "apiGroups": ["security.openshift.io"],
                "resources": ["securitycontextconstraints"], "resourceNames": [scc] }] });
        rig.api.apply(&role).await.unwrap();
        rig.grant(namespace, account, &format!("system:openshift:scc:{scc}")).await.unwrap();
    }
    let rerun = command.lines().find(|line| line.starts_with("oc tekton-fix rerun"))?;
    let mut args: Vec<&str> = rerun.split_whitespace().skip(2).collect();
    args.extend(["--yes", "--wait", "0"]);
    let output = plugin(&rig.kubeconfig(), &args);
    let stdout = text(&output);
    let line = stdout.lines().find(|line| line.ends_with(" created")).unwrap_or_else(|| panic!("{stdout}"));
    let run = line.trim_start_matches("pipelinerun.tekton.dev/").trim_end_matches(" created").to_owned();
    Some(Staged { namespace: namespace.to_owned(), run })
}

async fn is_as_predicted(tekton: TektonVersion) {
    let rig = Rig::start(tekton, Platform::OpenShift).await.unwrap();
    rig.nodes(&scenario::incident_nodes()).await.unwrap();
    if tekton == TektonVersion::V0_68_1 {
        rig.set_feature_flag("disable-affinity-assistant", "false").await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut documents, mut compared, mut refused) = (Vec::new(), 0, 0);
    for case in cases() {
        let namespace = format!("adm-{}", case.name);
        scenario::incident_namespace(&rig, &namespace).await.unwrap();
        let run = run(&case, &namespace);
        let file = folder.path().join(format!("{namespace}.json"));
        std::fs::write(&file, run.to_string()).unwrap();
        let output = plugin(
            &rig.kubeconfig(),
            &["admission", "-f", file.to_str().unwrap(), "-o", "json", "--confirm-on-server"],
        );
        let document = json_of(&output);
        rig.submit(&namespace, "run", &run["spec"]).await.unwrap();
        let pods = document["pods"].as_array().unwrap();
        let [assistant, task] = pods.as_slice() else { panic!("{namespace}: {document:#}") };
        for predicted in pods {
            let server = &predicted["server"];
            assert_eq!(server["agrees"], true, "{namespace}, {}: {server:#}", predicted["role"]);
        }
        let run_ends = task["admitted"] == false;
        let (first, second) =
            tokio::join!(agrees(&rig, &namespace, assistant, run_ends), agrees(&rig, &namespace, task, false));
        compared += usize::from(first) + usize::from(second);
        refused += pods.iter().filter(|pod| pod["admitted"] == false).count();
        documents.push((namespace, document));
    }
    println!("{tekton:?}: {} runs, {compared} pods as predicted, {refused} of them refused", documents.len());
    assert!(refused > 0);
    let mut healed = 0;
    for (namespace, _) in documents.iter().filter(|(_, document)| document["exitCode"] == 1) {
        let asked = format!("{namespace}/run");
        let document = json_of(&plugin(&rig.kubeconfig(), &["admission", &asked, "-o", "json"]));
        let changes = document["changes"].as_array().unwrap();
        assert!(!changes.is_empty(), "{namespace}: {document:#}");
        // Grants change the namespace for all that follow: they stand last.
        for change in changes {
            let Some(staged) = carry_out(&rig, namespace, change).await else { continue };
            rig.wait_for_success(&staged).await.unwrap_or_else(|error| panic!("{change:#} does not heal: {error}"));
            healed += 1;
        }
    }
    println!("{tekton:?}: {healed} proposed changes healed");
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_admitted_as_predicted_on_0_68() {
    is_as_predicted(TektonVersion::V0_68_1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_admitted_as_predicted_on_1_9() {
    is_as_predicted(TektonVersion::V1_9_6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_admitted_as_predicted_on_1_6() {
    is_as_predicted(TektonVersion::V1_6_6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pods_are_admitted_as_predicted_on_1_15() {
    is_as_predicted(TektonVersion::V1_15_1).await;
}
