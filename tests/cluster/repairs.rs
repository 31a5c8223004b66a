//! Every offer that is forecast to work is carried out, operation by operation, and works.
//! `repair` sends the writes; the printed command of each operation is compared with them.

use std::time::{Duration, Instant};

use rig::scenario::Staged;
use rig::{Platform, Rig, TektonVersion};
use serde_json::{Map, Value, json};

use crate::causes::{GRACE, all, copy, stage};
use crate::plugin::{diagnose, plugin, text};

/// An offer that is forecast to work: its id, its operations, and the printed commands.
pub struct Offered {
    pub id: String,
    ops: Vec<Value>,
    command: String,
}

pub fn working(report: &Value) -> Vec<Offered> {
    let findings = report["runs"][0]["findings"].as_array().cloned().unwrap_or_default();
    let repairs = findings.iter().flat_map(|finding| finding["repairs"].as_array().cloned().unwrap_or_default());
    let text = |repair: &Value, key: &str| repair[key].as_str().unwrap_or_default().to_owned();
    let offered = |repair: Value| Offered {
        id: text(&repair, "id"),
        command: text(&repair, "command"),
        ops: repair["ops"].as_array().cloned().unwrap_or_default(),
    };
    repairs.filter(|repair| repair["predicted"] == "heals").map(offered).collect()
}

/// What is sent to the API server: method, path and body.
type Request = (&'static str, String, Value);

fn word<'o>(op: &'o Value, at: &str) -> &'o str {
    op.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

/// The path of an object of these kinds.
fn path(kind: &str, namespace: &str, name: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.as_str() {
        "pod" | "resourcequota" | "limitrange" | "serviceaccount" | "persistentvolumeclaim" | "configmap" => {
            format!("/api/v1/namespaces/{namespace}/{kind}s/{name}")
        }
        "node" | "namespace" => format!("/api/v1/{kind}s/{name}"),
        "statefulset" => format!("/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}"),
        "pipelinerun" => format!("/apis/tekton.dev/v1/namespaces/{namespace}/pipelineruns/{name}"),
        "securitycontextconstraints" => format!("/apis/security.openshift.io/v1/{kind}/{name}"),
        "tektonconfig" => format!("/apis/operator.tekton.dev/v1alpha1/tektonconfigs/{name}"),
        other => panic!("no path of {other}"),
    }
}

/// The request that an operation is; none for those that are more than one.
fn request(op: &Value) -> Option<Request> {
    let object = |at: &str| {
        path(word(op, &format!("{at}/kind")), word(op, &format!("{at}/namespace")), word(op, &format!("{at}/name")))
    };
    Some(match op["op"].as_str()? {
        "release" => ("JSON", object("/run"), json!([{ "op": "remove", "path": "/spec/status" }])),
        "delete" => ("DELETE", object("/object"), Value::Null),
        "create" => ("CREATE", object("/object"), op["manifest"].clone()),
        "uncordon" => ("PATCH", path("node", "", word(op, "/node")), json!({ "spec": { "unschedulable": false } })),
        "enforce" => {
            let labels = json!({ "pod-security.kubernetes.io/enforce": op["level"] });
            ("PATCH", path("namespace", "", word(op, "/namespace")), json!({ "metadata": { "labels": labels } }))
        }
        "raiseQuota" => {
            let hard = op["hard"].as_array()?.iter();
            let hard: Map<String, Value> =
                hard.map(|hard| (word(hard, "/resource").to_owned(), hard["new"].clone())).collect();
            ("PATCH", object("/quota"), json!({ "spec": { "hard": hard } }))
        }
        "moveBounds" => {
            let bound = |bound: &Value| {
                let at =
                    format!("/spec/limits/{}/{}/{}", bound["item"], word(bound, "/side"), word(bound, "/resource"));
                match &bound["new"] {
                    Value::Null => json!({ "op": "remove", "path": at }),
                    new => json!({ "op": "replace", "path": at, "value": new }),
                }
            };
            ("JSON", object("/range"), op["bounds"].as_array()?.iter().map(bound).collect())
        }
        "retry" => {
            let annotations = json!({ "tekton-fix/retry": "now" });
            ("PATCH", object("/set"), json!({ "metadata": { "annotations": annotations } }))
        }
        _ => return None,
    })
}

/// The request that a printed command makes kubectl send.
fn printed(line: &str) -> Option<Request> {
    let words = shlex::split(line)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let target = |target: &str, namespace: &str| {
        let (kind, name) = target.split_once('/').unwrap();
        path(kind, namespace, name)
    };
    Some(match words.as_slice() {
        ["kubectl", "patch", object, "-n", namespace, kind, "-p", patch] => {
            let method = if *kind == "--type=json" { "JSON" } else { "PATCH" };
            (method, target(object, namespace), serde_json::from_str(patch).unwrap())
        }
        ["kubectl", "delete", object, "-n", namespace, ..] => ("DELETE", target(object, namespace), Value::Null),
        ["kubectl", "uncordon", node] => {
            ("PATCH", path("node", "", node), json!({ "spec": { "unschedulable": false } }))
        }
        ["kubectl", "label", object, label, "--overwrite"] => {
            let (key, value) = label.split_once('=')?;
            ("PATCH", target(object, ""), json!({ "metadata": { "labels": { key: value } } }))
        }
        ["kubectl", "annotate", object, "-n", namespace, annotation, "--overwrite"] => {
            let (key, value) = annotation.split_once('=')?;
            ("PATCH", target(object, namespace), json!({ "metadata": { "annotations": { key: value } } }))
        }
        ["echo", manifest, "|", "kubectl", "create", scope @ .., "-f", "-"] => {
            let manifest: Value = serde_json::from_str(manifest).unwrap();
            let namespace = match scope {
                ["-n", namespace] => namespace,
                [] => "",
                other => panic!("unknown words {other:?}"),
            };
            let at = path(word(&manifest, "/kind"), namespace, word(&manifest, "/metadata/name"));
            ("CREATE", at, manifest)
        }
        _ => return None,
    })
}

/// Carries out an offer with `repair`; gives the run that has to succeed. The printed
/// commands have to be what is sent.
pub fn carry_out(rig: &Rig, staged: &Staged, offer: &Offered) -> Result<Staged, String> {
    let mut lines = offer.command.lines();
    for op in &offer.ops {
        let line = lines.next().ok_or_else(|| format!("no command for {op}"))?;
        match op["op"].as_str().unwrap_or_default() {
            "submit" => assert!(line.starts_with("kubectl tekton-fix rerun "), "{line}"),
            "grant" => {
                let (namespace, account, scc) = (word(op, "/namespace"), word(op, "/account"), word(op, "/scc"));
                let expected = format!("oc adm policy add-scc-to-user {scc} -z {account} -n {namespace}");
                assert_eq!(line, expected);
            }
            _ => {
                let wanted = request(op).ok_or_else(|| format!("nobody carries out {op}"))?;
                assert_eq!(printed(line).as_ref(), Some(&wanted), "{line}");
            }
        }
    }
    assert_eq!(lines.next(), None, "{}", offer.command);
    let run = format!("{}/{}", staged.namespace, staged.run);
    let output =
        plugin(&rig.kubeconfig(), &["repair", &run, "--plan", &offer.id, "--yes", "--wait", "0", "-o", "json"]);
    if output.status.code() != Some(0) {
        return Err(text(&output));
    }
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let events: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut created = events.iter().filter_map(|event| {
        let name = event["object"].as_str()?.strip_prefix("pipelinerun/")?;
        (event["event"] == "done" && name != staged.run).then(|| name.to_owned())
    });
    let mut repaired = staged.clone();
    if let Some(created) = created.next_back() {
        repaired.run = created;
    }
    Ok(repaired)
}

/// Offers that change nothing for other runs.
pub fn is_narrow(offer: &Offered) -> bool {
    !offer.ops.iter().any(|op| op["op"] == "setFlags")
}

/// Waits until the run has succeeded; what its tasks were held by to stage the case is
/// taken off meanwhile.
pub async fn succeeds(rig: &Rig, run: &Staged) -> Result<(), String> {
    let path = format!("/api/v1/namespaces/{}/pods", run.namespace);
    let free = json!({ "metadata": { "annotations": { rig::kubelet::HOLD: null } } });
    let release = async {
        loop {
            for pod in rig.api.list(&path).await.unwrap_or_default() {
                let held = pod["metadata"]["annotations"][rig::kubelet::HOLD].is_string();
                if let (true, Some(name)) = (held, pod["metadata"]["name"].as_str()) {
                    // A pod that went away meanwhile needs no release.
                    let _ = rig.api.patch(&format!("{path}/{name}"), &free).await;
                }
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::select! {
        outcome = rig.wait_for_success(run) => outcome,
        () = release => unreachable!("it has no end"),
    }
}

/// Stages each case `copies` times, and carries out another of its working offers on each.
async fn heal(tekton: TektonVersion, cases: &[&'static str], copies: usize) {
    let rig = Rig::start(tekton, Platform::OpenShift).await.unwrap();
    if tekton == TektonVersion::V0_68_1 {
        rig.set_feature_flag("disable-affinity-assistant", "false").await.unwrap();
    }
    crate::causes::shared(&rig).await;
    let copies: Vec<(&str, usize)> = cases.iter().flat_map(|case| (0..copies).map(move |n| (*case, n))).collect();
    let staging = copies.iter().map(|(case, n)| Box::pin(stage(&rig, copy(case, *n), case)));
    let runs = all(staging.collect()).await;
    tokio::time::sleep(GRACE).await;
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for ((case, n), run) in copies.into_iter().zip(runs) {
        let run = match run {
            Ok(run) => run,
            Err(error) => {
                wrong.push(format!("{case}: not staged: {error}"));
                continue;
            }
        };
        let offers = working(&diagnose(&rig, &run));
        let whole: Vec<&Offered> = offers.iter().filter(|offer| is_narrow(offer)).collect();
        if n == 0 && whole.is_empty() {
            wrong.push(format!("{case}: no offer is forecast to work"));
        }
        let Some(offer) = whole.get(n) else { continue };
        tried += 1;
        let begin = Instant::now();
        let outcome = match carry_out(&rig, &run, offer) {
            Ok(healed) => succeeds(&rig, &healed).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => eprintln!("{case}: {} worked in {:?}", offer.id, begin.elapsed()),
            Err(error) => wrong.push(format!("{case}: {} does not work: {}\n{error}", offer.id, offer.command)),
        }
    }
    eprintln!("{tried} offers were carried out");
    assert!(tried >= cases.len(), "{tried} offers of {} cases", cases.len());
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forecast_to_work_works_on_1_6() {
    let cases = [
        "assistant-refused-by-scc",
        "assistant-refused-twice",
        "assistant-limitrange",
        "assistant-limitrange-max",
        "assistant-quota",
        "quota-exceeded",
        "service-account-missing",
        "assistant-missing-shared-claim",
        "assistant-deleted",
        "assistant-node-cordoned",
        "assistant-node-lost",
        "assistant-contradicts-task-placement",
        "assistant-pending-untolerated-taint",
        "assistant-pending-volume-node-affinity",
        "anti-affinity-against-assistant",
        "topology-spread",
        "two-claims-in-one-task",
        "untolerated-taint",
        "insufficient-resources",
        "node-selector-mismatch",
        "nodes-cordoned",
        "scheduler-not-running",
        "priority-class-missing",
        "runtime-class-missing",
        "pending-by-spec-status",
    ];
    heal(TektonVersion::V1_6_6, &cases, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forecast_to_work_works_on_1_15() {
    let cases = [
        "assistant-refused-by-scc",
        "assistant-missing-shared-claim",
        "assistant-node-cordoned",
        "assistant-node-full-beside-room",
        "topology-spread",
        "insufficient-resources",
        "untolerated-taint",
    ];
    heal(TektonVersion::V1_15_1, &cases, 1).await;
}
