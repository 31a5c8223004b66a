//! Every cause, staged on the real control plane: the same findings live and from an
//! export taken at that moment.
//!
//! One rig for each version of Tekton, one namespace for each incident. With
//! `TEKTON_FIX_RECORD=DIR` the exports are kept, as `DIR/VERSION-PLATFORM/CASE`.

mod assistants;
mod ends;
mod flags;
mod nodes;
mod stage;
mod tasks;
mod timeouts;
mod webhooks;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use rig::scenario::Staged;
use rig::{Platform, Result, Rig, TektonVersion, record};
use serde_json::Value;

use crate::plugin::{json, plugin};

/// Younger waiting pods are a normal start to the program.
pub const GRACE: Duration = Duration::from_secs(32);

/// A case with the causes that have to be found, in order.
type Case = (&'static str, &'static [&'static str]);

/// Cases on OpenShift that are the same in every version.
const COMMON: &[Case] = &[
    ("assistant-refused-by-scc", &["assistant-refused-by-scc"]),
    ("assistant-limitrange", &["assistant-limitrange"]),
    ("assistant-quota", &["assistant-quota"]),
    ("assistant-missing-shared-claim", &["assistant-missing-shared-claim"]),
    ("assistant-pending-untolerated-taint", &["assistant-pending-untolerated-taint"]),
    ("assistant-node-full", &["assistant-node-full"]),
    ("assistant-deleted", &["assistant-deleted"]),
    ("untolerated-taint", &["untolerated-taint"]),
    ("pvc-missing", &["pvc-missing"]),
    ("step-failed", &["step-failed"]),
    ("healthy-succeeded", &[]),
    ("healthy-running", &[]),
];

/// Awaits all, interleaved.
pub async fn all<F: Future>(mut futures: Vec<Pin<Box<F>>>) -> Vec<F::Output> {
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, slot) in futures.iter_mut().zip(&mut done).filter(|(_, slot)| slot.is_none()) {
            if let Poll::Ready(value) = future.as_mut().poll(cx) {
                *slot = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

async fn staged(rig: &Rig, case: &'static str) -> Result<Staged> {
    stage(rig, case.to_owned(), case).await
}

/// Stages a case in a namespace.
pub async fn stage(rig: &Rig, namespace: String, case: &str) -> Result<Staged> {
    let ns = namespace.as_str();
    if let Some(staged) = assistants::stage(rig, ns, case).await? {
        return Ok(staged);
    }
    if let Some(staged) = tasks::stage(rig, ns, case).await? {
        return Ok(staged);
    }
    if let Some(staged) = nodes::stage(rig, ns, case).await? {
        return Ok(staged);
    }
    if let Some(staged) = webhooks::stage(rig, ns, case).await? {
        return Ok(staged);
    }
    if let Some(staged) = timeouts::stage(rig, ns, case).await? {
        return Ok(staged);
    }
    ends::stage(rig, ns, case).await?.ok_or_else(|| format!("nobody stages {case}"))
}

/// The namespace of a copy of a case: pools of nodes have its name, which is short.
pub fn copy(case: &str, number: usize) -> String {
    let start: String = case.chars().take(36).collect();
    format!("{}-{number}", start.trim_end_matches('-'))
}

/// The nodes that all cases share.
pub async fn shared(rig: &Rig) {
    stage::shared_nodes(rig).await.unwrap();
}

/// The causes of a report, with how sure they are.
fn causes(report: &Value) -> Vec<String> {
    let findings = report["runs"][0]["findings"].as_array();
    findings.into_iter().flatten().filter_map(|finding| finding["cause"].as_str().map(str::to_owned)).collect()
}

/// What a report says, without what differs between a cluster and its export:
/// sources, and what pods of other namespaces would tell.
fn said(report: &Value) -> Vec<Value> {
    let findings = report["runs"][0]["findings"].as_array();
    findings
        .into_iter()
        .flatten()
        .map(|finding| {
            let objects: BTreeSet<&str> = finding["evidence"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|item| !item["field"].as_str().is_some_and(|field| field.contains("less the requests")))
                .filter_map(|item| item["object"].as_str())
                .collect();
            // Their order follows the outcome, of which an export may know less.
            let mut repairs: Vec<&str> = repairs(finding).filter_map(|repair| repair["id"].as_str()).collect();
            repairs.sort_unstable();
            let said = ["code", "cause", "severity", "confidence", "summary"].map(|key| finding[key].clone());
            serde_json::json!({ "said": said, "objects": objects, "repairs": repairs })
        })
        .collect()
}

/// An export may know less of a repair's outcome, never otherwise.
fn predictions_agree(live: &Value, exported: &Value) -> bool {
    let all = |report: &Value| -> Vec<(String, String)> {
        let findings = report["runs"][0]["findings"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let named = |repair: &Value| (text(&repair["id"]), text(&repair["predicted"]));
        let mut all: Vec<_> = findings.iter().flat_map(|finding| repairs(finding).map(named)).collect();
        all.sort();
        all
    };
    let agree = |((id, live), (other, exported)): (&(String, String), &(String, String))| {
        id == other && (live == exported || exported == "unknown")
    };
    let (live, exported) = (all(live), all(exported));
    live.len() == exported.len() && live.iter().zip(&exported).all(agree)
}

fn repairs(finding: &Value) -> impl Iterator<Item = &Value> {
    finding["repairs"].as_array().into_iter().flatten()
}

fn folder(rig: &Rig, case: &str, temporary: &Path) -> PathBuf {
    let root = std::env::var_os("TEKTON_FIX_RECORD").map_or_else(|| temporary.to_owned(), PathBuf::from);
    root.join(format!("{}-{:?}", rig.tekton.as_str(), rig.platform).to_lowercase()).join(case)
}

/// Stages cases together, and examines them once they are no longer young.
async fn are_found(rig: &Rig, cases: &[Case]) -> Vec<String> {
    let start = Instant::now();
    let runs = all(cases.iter().map(|(case, _)| Box::pin(staged(rig, case))).collect()).await;
    eprintln!("{} cases staged in {:?}", cases.len(), start.elapsed());
    tokio::time::sleep(GRACE).await;
    examine(rig, cases, runs).await
}

/// The diagnosis, once it says what is wanted; or what it says after a while: what
/// waits last has to be old enough too.
async fn settled(rig: &Rig, name: &str, wanted: &[&str]) -> Value {
    let deadline = Instant::now() + GRACE;
    loop {
        let live = json(&plugin(&rig.kubeconfig(), &["diagnose", name, "-o", "json"]));
        if causes(&live) == wanted || !causes(&live).is_empty() || Instant::now() > deadline {
            return live;
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
}

/// Diagnoses each case twice: on the cluster, and from its export.
async fn examine(rig: &Rig, cases: &[Case], runs: Vec<Result<Staged>>) -> Vec<String> {
    let temporary = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for ((case, wanted), run) in cases.iter().zip(runs) {
        let run = match run {
            Ok(run) => run,
            Err(error) => {
                wrong.push(format!("{case}: not staged: {error}"));
                continue;
            }
        };
        let folder = folder(rig, case, temporary.path());
        let name = format!("{}/{}", run.namespace, run.run);
        let live = settled(rig, &name, wanted).await;
        record::record(rig, &[&run.namespace, rig.platform.tekton_namespace()], &folder).await.unwrap();
        // What a fixture made of it has to say.
        std::fs::write(folder.join("causes"), format!("{name}\n{}\n", wanted.join("\n"))).unwrap();
        let from = folder.to_str().unwrap();
        let exported = json(&plugin(&rig.kubeconfig(), &["diagnose", &name, "--from", from, "-o", "json"]));
        if causes(&live) != *wanted {
            wrong.push(format!("{case}: found {:?}, staged {wanted:?}\n{}", causes(&live), rig.describe(&run).await));
        }
        if causes(&live) != causes(&exported) {
            wrong.push(format!("{case}: live {:?}, exported {:?}", causes(&live), causes(&exported)));
        } else if said(&live) != said(&exported) || live["runs"][0]["state"] != exported["runs"][0]["state"] {
            wrong.push(format!("{case}: live and export differ:\n{:#?}\n{:#?}", said(&live), said(&exported)));
        } else if !predictions_agree(&live, &exported) {
            wrong.push(format!("{case}: live and export predict otherwise:\n{live:#}\n{exported:#}"));
        }
    }
    wrong
}

async fn with(tekton: TektonVersion, platform: Platform, cases: &[Case]) {
    let rig = Rig::start(tekton, platform).await.unwrap();
    if tekton == TektonVersion::V0_68_1 && platform == Platform::OpenShift {
        rig.set_feature_flag("disable-affinity-assistant", "false").await.unwrap();
    }
    stage::shared_nodes(&rig).await.unwrap();
    let only = std::env::var("TEKTON_FIX_CASE").ok();
    let cases: Vec<Case> =
        cases.iter().copied().filter(|(case, _)| only.as_deref().is_none_or(|only| only == *case)).collect();
    let wrong = are_found(&rig, &cases).await;
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cause_is_found_on_1_6() {
    let mut cases = COMMON.to_vec();
    cases.extend_from_slice(&[
        ("assistant-limitrange-max", &["assistant-limitrange"]),
        ("assistant-refused-by-policy", &["assistant-refused-by-policy"]),
        ("assistant-statefulset-refused", &["assistant-statefulset-refused"]),
        ("assistant-pending-volume-node-affinity", &["assistant-pending-volume-node-affinity"]),
        ("assistant-pending-volume-limit", &["assistant-pending-volume-limit"]),
        ("assistant-node-cordoned", &["assistant-node-cordoned"]),
        ("assistant-contradicts-task-placement", &["assistant-contradicts-task-placement"]),
        ("assistant-node-full-by-finally", &["assistant-node-full"]),
        ("assistant-node-full-by-matrix", &["assistant-node-full"]),
        ("anti-affinity-against-assistant", &["anti-affinity-against-assistant"]),
        ("rwop-in-use", &["rwop-in-use"]),
        ("topology-spread", &["topology-spread"]),
        ("two-claims-in-one-task", &["flags-misread-legacy-key", "two-claims-in-one-task"]),
        ("timeout-hid-the-reason", &["timeout-hid-the-reason", "assistant-refused-by-scc"]),
        ("pod-template-misplaced", &["pod-template-misplaced", "insufficient-resources"]),
    ]);
    with(TektonVersion::V1_6_6, Platform::OpenShift, &cases).await;
}

/// The causes that few meet.
#[tokio::test(flavor = "multi_thread")]
async fn rare_causes_are_found_on_1_6() {
    let cases: &[Case] = &[
        ("assistant-pending-insufficient-resources", &["assistant-pending-insufficient-resources"]),
        ("assistant-pending-cordoned", &["assistant-pending-cordoned"]),
        ("volume-limit", &["volume-limit"]),
        ("anti-affinity", &["anti-affinity"]),
        ("pod-affinity", &["pod-affinity"]),
        ("nodes-cordoned", &["nodes-cordoned"]),
        ("task-pod-refused-by-policy", &["task-pod-refused-by-policy"]),
        ("container-not-created", &["container-not-created"]),
        ("managed-by-other-controller", &["managed-by-other-controller"]),
        ("run-invalid-by-resolver", &["resolver-not-answering"]),
        ("workspace-claim-refused", &["workspace-claim-refused"]),
        ("volume-multi-attach", &["volume-multi-attach"]),
    ];
    with(TektonVersion::V1_6_6, Platform::OpenShift, cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cause_is_found_on_1_15() {
    let mut cases = COMMON.to_vec();
    cases.extend_from_slice(&[
        ("assistant-service-account-missing", &["assistant-service-account-missing"]),
        ("node-selector-mismatch", &["node-selector-mismatch"]),
        ("node-selector-mismatch-by-task", &["node-selector-mismatch"]),
        ("insufficient-resources", &["insufficient-resources"]),
        ("volume-node-affinity", &["volume-node-affinity"]),
        ("node-not-ready", &["node-not-ready"]),
        ("scheduler-not-running", &["scheduler-not-running"]),
        ("pvc-unbound", &["pvc-unbound"]),
        ("pvc-unbound-by-template", &["pvc-unbound"]),
        ("pvc-missing-beside-workspaces", &["pvc-missing"]),
        ("volume-multi-attach", &["volume-multi-attach"]),
        ("volume-source-missing", &["volume-source-missing"]),
        ("image-pull", &["image-pull"]),
        ("workspace-permission-denied", &["workspace-permission-denied"]),
        ("pod-evicted", &["pod-evicted"]),
        ("task-pod-refused-by-scc", &["task-pod-refused-by-scc"]),
        ("timeout-after-assistant-refused-by-scc", &["timeout-after-assistant-refused-by-scc"]),
        ("topology-spread", &["topology-spread"]),
    ]);
    with(TektonVersion::V1_15_1, Platform::OpenShift, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cause_is_found_on_1_9() {
    let mut cases = COMMON.to_vec();
    cases.extend_from_slice(&[
        ("quota-exceeded", &["quota-exceeded"]),
        ("quota-needs-requests", &["quota-needs-requests"]),
        ("service-account-missing", &["service-account-missing"]),
        ("priority-class-missing", &["priority-class-missing"]),
        ("runtime-class-missing", &["runtime-class-missing"]),
        ("task-pod-limitrange", &["task-pod-limitrange"]),
        ("pending-by-spec-status", &["pending-by-spec-status"]),
        ("cancelled-by-user", &["cancelled-by-user"]),
        ("timeout", &["timeout"]),
        ("run-invalid", &["run-invalid"]),
        ("workspace-claim-refused", &["workspace-claim-refused"]),
        ("retried", &["step-failed"]),
        ("healthy-with-beta-object", &[]),
    ]);
    with(TektonVersion::V1_9_6, Platform::OpenShift, &cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cause_is_found_on_0_68() {
    let mut cases = COMMON.to_vec();
    cases.extend_from_slice(&[
        ("two-claims-in-one-task", &["two-claims-in-one-task"]),
        ("assistant-statefulset-refused", &["assistant-statefulset-refused"]),
        ("assistant-node-cordoned", &["assistant-node-cordoned"]),
        ("anti-affinity-against-assistant", &["anti-affinity-against-assistant"]),
        ("rwop-in-use", &["rwop-in-use"]),
        ("image-pull", &["image-pull"]),
        ("quota-exceeded", &["quota-exceeded"]),
        ("quota-needs-requests", &["quota-needs-requests"]),
        ("task-pod-refused-by-scc", &["task-pod-refused-by-scc"]),
        ("timeout-hid-the-reason", &["timeout-hid-the-reason", "assistant-refused-by-scc"]),
        ("healthy-with-beta-object", &[]),
    ]);
    with(TektonVersion::V0_68_1, Platform::OpenShift, &cases).await;
}

/// Nodes in trouble, and claims that nobody provisions.
#[tokio::test(flavor = "multi_thread")]
async fn trouble_of_nodes_is_found_on_1_6() {
    let cases: &[Case] = &[
        ("assistant-node-lost", &["node-not-ready"]),
        ("assistant-terminating", &[]),
        ("assistant-terminating-on-lost-node", &["node-not-ready"]),
        ("node-lost", &["node-not-ready"]),
        ("node-under-pressure", &["node-under-pressure"]),
        ("insufficient-beside-cordoned", &["insufficient-resources"]),
        ("pvc-unbound-late", &["pvc-unbound"]),
        ("pvc-unbound-stale-node", &["pvc-unbound"]),
        ("pod-not-started", &["pod-not-started"]),
        ("volume-not-mounted", &["volume-not-mounted"]),
    ];
    with(TektonVersion::V1_6_6, Platform::OpenShift, cases).await;
}

/// Webhooks that deny, are silent or hold back; and what waits for somebody else.
#[tokio::test(flavor = "multi_thread")]
async fn webhooks_and_others_are_found_on_1_15() {
    let cases: &[Case] = &[
        ("assistant-refused-by-webhook", &["assistant-refused-by-policy"]),
        ("assistant-webhook-silent", &["assistant-refused-by-policy"]),
        ("task-pod-refused-by-webhook", &["task-pod-refused-by-policy"]),
        ("task-pod-webhook-silent", &["task-pod-refused-by-policy"]),
        ("task-run-refused", &["task-run-refused"]),
        ("task-run-webhook-silent", &["task-run-refused"]),
        ("stateful-set-refused-by-webhook", &["assistant-statefulset-refused"]),
        ("scheduling-gated", &["scheduling-gated"]),
        ("resolver-silent", &["resolver-not-answering"]),
        ("task-resolver-silent", &["resolver-not-answering"]),
        ("custom-task", &["custom-run-waits"]),
    ];
    with(TektonVersion::V1_15_1, Platform::OpenShift, cases).await;
}

/// Up to 1.12 a timeout leaves nothing of the reason but events.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_timeout_hid_is_found_on_1_6() {
    let cases: &[Case] = &[
        ("timeout-after-taint", &["timeout-hid-the-reason", "untolerated-taint"]),
        ("timeout-after-no-room", &["timeout-hid-the-reason", "insufficient-resources"]),
        ("timeout-after-shared-claim", &["timeout-hid-the-reason", "assistant-missing-shared-claim"]),
        ("timeout-after-node-full", &["timeout-hid-the-reason", "assistant-node-full"]),
        ("timeout-after-claim-missing", &["timeout-hid-the-reason", "pvc-missing"]),
        ("timeout-after-assistant-quota", &["timeout-hid-the-reason", "assistant-quota"]),
        ("timeout-after-selector", &["timeout-hid-the-reason", "node-selector-mismatch"]),
        ("timeout-after-volume", &["timeout-hid-the-reason", "assistant-pending-volume-node-affinity"]),
    ];
    with(TektonVersion::V1_6_6, Platform::OpenShift, cases).await;
}

/// From 1.13 on a task keeps its last words.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_timeout_hid_is_found_on_1_15() {
    let cases: &[Case] = &[
        ("timeout-after-taint", &["untolerated-taint"]),
        ("timeout-after-node-full", &["assistant-node-full"]),
        ("timeout-after-claim-missing", &["pvc-missing"]),
        ("timeout-after-assistant-quota", &["assistant-quota"]),
    ];
    with(TektonVersion::V1_15_1, Platform::OpenShift, cases).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cause_is_found_on_plain_kubernetes() {
    let cases: &[Case] = &[
        ("assistant-refused-by-pod-security", &["assistant-refused-by-pod-security"]),
        ("task-pod-refused-by-pod-security", &["task-pod-refused-by-pod-security"]),
        ("hostport-conflict", &["hostport-conflict"]),
        ("assistant-missing-shared-claim", &["assistant-missing-shared-claim"]),
        ("assistant-quota", &["assistant-quota"]),
        ("assistant-node-full", &["assistant-node-full"]),
        ("healthy-succeeded", &[]),
    ];
    with(TektonVersion::V1_6_6, Platform::Kubernetes, cases).await;
}
