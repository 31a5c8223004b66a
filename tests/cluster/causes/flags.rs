//! Incidents that come of flags, which hold for the whole cluster: one after the
//! other on a rig of their own.

use rig::scenario::Staged;
use rig::{Platform, Result, Rig, TektonVersion};
use serde_json::json;

use super::stage::*;
use super::{Case, GRACE, examine};

/// Tekton up to 0.70 reads both keys, and refuses pairs that contradict each other
/// at any moment.
async fn coschedule(rig: &Rig, value: &str) {
    let both = rig.tekton == TektonVersion::V0_68_1;
    let off = if value == "workspaces" { "false" } else { "true" };
    if both && off == "true" {
        rig.set_feature_flag("disable-affinity-assistant", off).await.unwrap();
    }
    rig.set_feature_flag("coschedule", value).await.unwrap();
    if both && off == "false" {
        rig.set_feature_flag("disable-affinity-assistant", off).await.unwrap();
    }
}

/// The assistant is switched on while the run is in its first task.
async fn flip(rig: &Rig, from: &str, ns: &str) -> Result<Staged> {
    coschedule(rig, from).await;
    namespace(rig, ns).await?;
    let (staged, pod) = held(rig, ns, two_tasks()).await?;
    coschedule(rig, "workspaces").await;
    release(rig, ns, &pod).await?;
    let second = format!("{}/run-build-pod", pods(ns));
    rig.until("the second task is there", async || Ok(rig.api.get(&second).await?.is_some())).await?;
    Ok(staged)
}

/// More runs than nodes, and no two may share one.
async fn isolated(rig: &Rig, ns: &str) -> Result<Staged> {
    namespace(rig, ns).await?;
    pool(rig, ns, 1, "8").await?;
    let spec = template(two_tasks(), to_pool(ns));
    let mut first = spec.clone();
    annotated(&mut first, 0, &json!({ rig::kubelet::HOLD: "steps" }));
    rig.submit(ns, "first", &first).await?;
    assistant(rig, ns).await?;
    rig.submit(ns, "run", &spec).await
}

async fn aliased(rig: &Rig, ns: &str) -> Result<Staged> {
    namespace(rig, ns).await?;
    pool(rig, ns, 2, "8").await?;
    let mut own = to_pool(ns);
    own["affinity"] = json!({ "nodeAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": { "nodeSelectorTerms": [
        { "matchExpressions": [{ "key": "pool", "operator": "In", "values": [ns] }] }] } } });
    rig.submit(ns, "run", &template(two_tasks(), own)).await
}

/// One assistant for the whole run lets a task bind two claims.
async fn two_claims(rig: &Rig, ns: &str) -> Result<Staged> {
    namespace(rig, ns).await?;
    rig.claim(ns, "more", None).await?;
    let tasks = [task("merge", &[], &["source", "cache"])];
    rig.submit(ns, "run", &spec(&tasks, &[("source", "data"), ("cache", "more")])).await
}

async fn refused(rig: &Rig, ns: &str) -> Result<Staged> {
    namespace(rig, ns).await?;
    rig.submit(ns, "run", &template(two_tasks(), json!({ "securityContext": { "fsGroup": 1001 } }))).await
}

/// Takes the label off by which the webhook knows its ConfigMap.
async fn unguarded(rig: &Rig) -> Result<()> {
    let path = format!("/api/v1/namespaces/{}/configmaps/feature-flags", rig.platform.tekton_namespace());
    let bare = json!({ "metadata": { "labels": { "app.kubernetes.io/part-of": null } } });
    rig.api.patch(&path, &bare).await.map(drop)
}

async fn flags_are_told_by_what_they_do(tekton: TektonVersion) {
    let rig = Rig::start(tekton, Platform::OpenShift).await.unwrap();
    shared_nodes(&rig).await.unwrap();
    let mut runs = vec![flip(&rig, "disabled", "flipped").await];
    let mut cases: Vec<Case> = vec![("flipped", &["assistant-missing-flag-flip"])];
    coschedule(&rig, "isolate-pipelinerun").await;
    runs.push(isolated(&rig, "isolated").await);
    cases.push(("isolated", &["anti-affinity-isolate"]));
    runs.push(aliased(&rig, "aliased").await);
    cases.push(("aliased", &["isolate-affinity-aliasing"]));
    coschedule(&rig, "pipelineruns").await;
    runs.push(two_claims(&rig, "two-claims").await);
    cases.push(("two-claims", &[]));
    runs.push(refused(&rig, "refused-per-run").await);
    cases.push(("refused-per-run", &["assistant-refused-by-scc"]));
    tokio::time::sleep(GRACE).await;
    let mut wrong = examine(&rig, &cases, runs).await;

    // Switching the mode leaves the runs of before without their assistant.
    runs = vec![flip(&rig, "pipelineruns", "switched").await];
    coschedule(&rig, "workspaces").await;
    unguarded(&rig).await.unwrap();
    rig.set_feature_flag("coschedule", "sometimes").await.unwrap();
    runs.push(refused(&rig, "refused").await);
    tokio::time::sleep(GRACE).await;
    let cases: &[Case] = &[
        ("switched", &["invalid-flag-value-ignored", "assistant-missing-flag-flip"]),
        ("refused", &["invalid-flag-value-ignored", "assistant-refused-by-scc"]),
    ];
    wrong.extend(examine(&rig, cases, runs).await);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_are_told_by_what_they_do_on_0_68() {
    flags_are_told_by_what_they_do(TektonVersion::V0_68_1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_are_told_by_what_they_do_on_1_6() {
    flags_are_told_by_what_they_do(TektonVersion::V1_6_6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_are_told_by_what_they_do_on_1_15() {
    flags_are_told_by_what_they_do(TektonVersion::V1_15_1).await;
}

/// Sets a key of Tekton's `config-defaults`.
async fn default(rig: &Rig, key: &str, value: &str) {
    let path = format!("/api/v1/namespaces/{}/configmaps/config-defaults", rig.platform.tekton_namespace());
    rig.api.patch(&path, &json!({ "data": { key: value } })).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
}

/// An assistant that was left behind when assistants were switched off holds a claim that
/// one pod may use.
async fn left_behind(rig: &Rig, ns: &str) -> Result<Staged> {
    namespace(rig, ns).await?;
    csi_claim(rig, ns, "single", "ReadWriteOncePod").await?;
    let spec = spec(&[task("fetch", &[], &["source"])], &[("source", "single")]);
    rig.submit(ns, "first", &spec).await?;
    assistant(rig, ns).await?;
    coschedule(rig, "disabled").await;
    let path = format!("/apis/tekton.dev/v1/namespaces/{ns}/pipelineruns/first");
    rig.api.patch(&path, &json!({ "spec": { "status": "Cancelled" } })).await?;
    rig.until("the first run is over", async || {
        let run = rig.api.get(&path).await?.unwrap_or_default();
        Ok(run.pointer("/status/conditions/0/status").is_some_and(|status| status == "False"))
    })
    .await?;
    rig.submit(ns, "run", &spec).await
}

/// An image that cannot be pulled, while Tekton waits for it.
async fn pulling(rig: &Rig, ns: &str) -> Result<Staged> {
    namespace(rig, ns).await?;
    let mut spec = one_task();
    annotated(&mut spec, 0, &json!({ rig::kubelet::IMAGE_FAILS: "true" }));
    rig.submit(ns, "run", &spec).await
}

/// The installation names a ServiceAccount for assistants, which wins over the run's.
async fn of_another_account(rig: &Rig, ns: &str) -> Result<Staged> {
    namespace(rig, ns).await?;
    rig.service_account(ns, "builder").await?;
    rig.service_account(ns, "limited").await?;
    rig.grant(ns, "builder", "system:openshift:scc:anyuid").await?;
    let mut spec = template(two_tasks(), json!({ "securityContext": { "fsGroup": 1001 } }));
    spec["taskRunTemplate"]["serviceAccountName"] = json!("builder");
    rig.submit(ns, "run", &spec).await
}

/// What the installation is set to, and what was changed while runs were under way.
async fn settings_are_told_by_what_they_do(tekton: TektonVersion) {
    let rig = Rig::start(tekton, Platform::OpenShift).await.unwrap();
    shared_nodes(&rig).await.unwrap();
    coschedule(&rig, "workspaces").await;
    default(&rig, "default-imagepullbackoff-timeout", "10m").await;
    let mut runs = vec![pulling(&rig, "pulling").await];
    let mut cases: Vec<Case> = vec![("pulling", &["image-pull"])];
    if tekton == TektonVersion::V1_15_1 {
        default(&rig, "default-affinity-assistant-pod-template", "serviceAccountName: limited").await;
        runs.push(of_another_account(&rig, "of-another-account").await);
        cases.push(("of-another-account", &["assistant-refused-by-scc"]));
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        default(&rig, "default-affinity-assistant-pod-template", "").await;
    }
    runs.push(refused(&rig, "off-while-stuck").await);
    cases.push(("off-while-stuck", &["assistant-refused-by-scc"]));
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    runs.push(left_behind(&rig, "left-behind").await);
    cases.push(("left-behind", &["rwop-in-use"]));
    tokio::time::sleep(GRACE).await;
    let wrong = examine(&rig, &cases, runs).await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_told_by_what_they_do_on_1_6() {
    settings_are_told_by_what_they_do(TektonVersion::V1_6_6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_told_by_what_they_do_on_1_15() {
    settings_are_told_by_what_they_do(TektonVersion::V1_15_1).await;
}
