//! What changes the incident and what does not, each variant in a namespace of its
//! own on one control plane: the rig has to behave as recorded clusters did.

use rig::scenario::{self, Staged};
use rig::{Platform, Rig, TektonVersion};
use serde_json::{Value, json};

/// Submits a run in a fresh namespace that has everything the incident needs.
async fn staged(rig: &Rig, namespace: &str, spec: &Value) -> Staged {
    scenario::incident_namespace(rig, namespace).await.unwrap();
    rig.submit(namespace, "run", spec).await.unwrap()
}

/// The incident's spec with another pod template.
fn with_template(template: Value) -> Value {
    let mut spec = scenario::incident_spec("models");
    spec["taskRunTemplate"]["podTemplate"] = template;
    spec
}

fn ids(user: u64, group: u64) -> Value {
    json!({ "securityContext": { "runAsUser": user, "fsGroup": group } })
}

async fn stays_stuck(rig: &Rig, namespace: &str, template: Value, value: &str) {
    let run = staged(rig, namespace, &with_template(template)).await;
    let refusal = rig.wait_for_refused_assistant(&run).await.unwrap();
    assert!(refusal.contains("unable to validate against any security context constraint"), "{refusal}");
    assert!(refusal.contains(value), "{namespace}: {refusal}");
}

async fn succeeds(rig: &Rig, namespace: &str, template: Value) {
    let run = staged(rig, namespace, &with_template(template)).await;
    rig.wait_for_success(&run).await.unwrap();
}

async fn a_right_for_default_heals_the_stuck_run(rig: &Rig) {
    let run = staged(rig, "healed-by-a-right", &with_template(ids(1001, 1001))).await;
    rig.wait_for_refused_assistant(&run).await.unwrap();
    rig.grant(&run.namespace, "default", "system:openshift:scc:anyuid").await.unwrap();
    rig.wait_for_success(&run).await.unwrap();
}

/// Without a securityContext, a pin beside the volume leaves the assistant without
/// a node.
async fn a_pin_beside_the_volume_is_stuck(rig: &Rig) {
    let namespace = "pinned-beside-volume";
    rig.namespace(namespace, 1_000_680_000).await.unwrap();
    rig.claim(namespace, "models", Some("worker-0")).await.unwrap();
    let mut spec = scenario::run_spec("models");
    spec["taskRunTemplate"] = json!({ "podTemplate": { "nodeSelector": { "kubernetes.io/hostname": "worker-1" } } });
    rig.submit(namespace, "run", &spec).await.unwrap();
    let path = format!("/api/v1/namespaces/{namespace}/pods");
    rig.until("the assistant's pod waits for a node", async || {
        Ok(rig.api.list(&path).await?.iter().any(|pod| {
            pod["metadata"]["name"].as_str().is_some_and(|name| name.starts_with("affinity-assistant-"))
                && pod["status"]["conditions"].to_string().contains("didn't match PersistentVolume's node affinity")
        }))
    })
    .await
    .unwrap();
}

/// With the pin on the volume's node all is well.
async fn a_pin_to_the_volume_succeeds(rig: &Rig) {
    let namespace = "pinned-to-volume";
    rig.namespace(namespace, 1_000_680_000).await.unwrap();
    rig.claim(namespace, "models", Some("worker-0")).await.unwrap();
    let mut spec = scenario::run_spec("models");
    spec["taskRunTemplate"] = json!({ "podTemplate": { "nodeSelector": { "kubernetes.io/hostname": "worker-0" } } });
    let run = rig.submit(namespace, "run", &spec).await.unwrap();
    rig.wait_for_success(&run).await.unwrap();
}

/// A run with `podTemplate` where v1beta1 had it.
fn wrong_indent(namespace: &str) -> Value {
    let mut spec = scenario::run_spec("models");
    spec["podTemplate"] = ids(1001, 1001);
    json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
        "metadata": { "name": "wrong-indent", "namespace": namespace }, "spec": spec })
}

async fn a_field_at_the_wrong_place_is_dropped_with_a_warning(rig: &Rig) {
    let namespace = "wrong-indent";
    scenario::incident_namespace(rig, namespace).await.unwrap();
    let path = format!("/apis/tekton.dev/v1/namespaces/{namespace}/pipelineruns");
    let run = wrong_indent(namespace);
    let strict = format!("{path}?fieldValidation=Strict");
    let refused = rig.api.send("POST", &strict, "application/json", Some(&run)).await.unwrap();
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(refused.text.contains("strict decoding error"), "{}", refused.text);
    let stored = rig.api.send("POST", &path, "application/json", Some(&run)).await.unwrap();
    assert_eq!(stored.status, 201, "{}", stored.text);
    assert!(
        stored.warnings.iter().any(|warning| warning.contains("unknown field \\\"spec.podTemplate\\\"")),
        "{stored:?}"
    );
    assert_eq!(stored.body["spec"].get("podTemplate"), None);
    rig.wait_for_success(&Staged { namespace: namespace.to_owned(), run: "wrong-indent".to_owned() }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_lifts_the_refusal_heals_on_1_6() {
    let rig = Rig::start(TektonVersion::V1_6_6, Platform::OpenShift).await.unwrap();
    rig.nodes(&scenario::incident_nodes()).await.unwrap();
    let mut pinned = ids(1001, 1001);
    pinned["nodeSelector"] = json!({ "kubernetes.io/hostname": "worker-1" });
    tokio::join!(
        stays_stuck(&rig, "as-it-was", ids(1001, 1001), "1001 is not an allowed group"),
        stays_stuck(&rig, "pinned", pinned, "1001 is not an allowed group"),
        stays_stuck(&rig, "root-group", json!({ "securityContext": { "fsGroup": 0 } }), "0 is not an allowed group"),
        stays_stuck(&rig, "user-alone", json!({ "securityContext": { "runAsUser": 1001 } }), "must be in the ranges"),
        succeeds(&rig, "without-context", Value::Null),
        succeeds(&rig, "in-range", ids(1_000_680_000, 1_000_680_000)),
        a_right_for_default_heals_the_stuck_run(&rig),
        a_pin_to_the_volume_succeeds(&rig),
        a_pin_beside_the_volume_is_stuck(&rig),
        a_field_at_the_wrong_place_is_dropped_with_a_warning(&rig),
    );
    // Flags hold for the whole cluster, so this comes last.
    rig.set_feature_flag("coschedule", "disabled").await.unwrap();
    succeeds(&rig, "without-assistant", ids(1001, 1001)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_at_the_wrong_place_is_denied_by_0_68() {
    let rig = Rig::start(TektonVersion::V0_68_1, Platform::OpenShift).await.unwrap();
    let path = "/apis/tekton.dev/v1/namespaces/default/pipelineruns";
    let answer = rig.api.send("POST", path, "application/json", Some(&wrong_indent("default"))).await.unwrap();
    assert_eq!(answer.status, 400, "{}", answer.text);
    assert!(answer.text.contains("unknown field \\\"podTemplate\\\""), "{}", answer.text);
}
