//! `repair`, `undo` and the order of `rerun --cancel-old`, on a real control plane.

use rig::scenario::{self, Staged};
use rig::{Platform, Rig, TektonVersion};
use serde_json::Value;

use crate::causes::{GRACE, stage};
use crate::plugin::{created, diagnose, plugin, text};

fn run_path(run: &Staged) -> String {
    format!("/apis/tekton.dev/v1/namespaces/{}/pipelineruns/{}", run.namespace, run.run)
}

async fn status_asked(rig: &Rig, run: &Staged) -> Value {
    rig.api.get(&run_path(run)).await.unwrap().unwrap()["spec"]["status"].clone()
}

/// The plan of a run with an operation of this kind that is forecast to work.
fn plan(report: &Value, op: &str) -> String {
    let findings = report["runs"][0]["findings"].as_array().unwrap();
    let offers = findings.iter().flat_map(|finding| finding["repairs"].as_array().unwrap());
    let has = |offer: &&Value| {
        offer["predicted"] == "heals" && offer["ops"].as_array().unwrap().iter().any(|known| known["op"] == op)
    };
    let offer = offers.clone().find(has).unwrap_or_else(|| panic!("no plan with {op}: {report:#}"));
    offer["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_goes_from_the_diagnosis_to_success_and_back_on_1_6() {
    let rig = Rig::start(TektonVersion::V1_6_6, Platform::OpenShift).await.unwrap();
    let kubeconfig = rig.kubeconfig();
    let staged = scenario::incident(&rig, "private-models").await.unwrap();
    rig.wait_for_refused_assistant(&staged).await.unwrap();
    let name = format!("{}/{}", staged.namespace, staged.run);

    // What does not help ends with the new diagnosis, and the old run as it was.
    let args = ["rerun", &name, "--pin-node=worker-1", "--cancel-old", "--yes", "--wait", "20s"];
    let doomed = plugin(&kubeconfig, &args);
    assert_eq!(doomed.status.code(), Some(1), "{}", text(&doomed));
    assert!(text(&doomed).contains("the old one was left as it was"), "{}", text(&doomed));
    assert_eq!(status_asked(&rig, &staged).await, Value::Null);

    let repaired = plugin(&kubeconfig, &["repair", &name, "--yes", "--wait", "90s"]);
    assert_eq!(repaired.status.code(), Some(0), "{}", text(&repaired));
    let new = created(&repaired, &staged.namespace);
    assert_eq!(status_asked(&rig, &staged).await, "Cancelled");
    rig.wait_for_success(&new).await.unwrap();

    let undone = plugin(&kubeconfig, &["undo", "--yes"]);
    assert_eq!(undone.status.code(), Some(0), "{}", text(&undone));
    assert!(rig.api.get(&run_path(&new)).await.unwrap().is_none(), "{}", text(&undone));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_raised_and_lowered_again_on_1_6() {
    let rig = Rig::start(TektonVersion::V1_6_6, Platform::OpenShift).await.unwrap();
    let kubeconfig = rig.kubeconfig();
    crate::causes::shared(&rig).await;
    let staged = stage(&rig, "assistant-quota".to_owned(), "assistant-quota").await.unwrap();
    tokio::time::sleep(GRACE).await;
    let quotas = format!("/api/v1/namespaces/{}/resourcequotas", staged.namespace);
    let hard = || async {
        let quotas = rig.api.list(&quotas).await.unwrap();
        quotas.into_iter().map(|quota| quota["spec"]["hard"].clone()).collect::<Vec<Value>>()
    };
    let before = hard().await;
    let plan = plan(&diagnose(&rig, &staged), "raiseQuota");
    let run = format!("{}/{}", staged.namespace, staged.run);
    let repaired = plugin(&kubeconfig, &["repair", &run, "--plan", &plan, "--yes", "--wait", "90s"]);
    assert_eq!(repaired.status.code(), Some(0), "{}", text(&repaired));
    assert_ne!(hard().await, before, "{}", text(&repaired));

    let undone = plugin(&kubeconfig, &["undo", "--yes"]);
    assert_eq!(undone.status.code(), Some(0), "{}", text(&undone));
    assert_eq!(hard().await, before, "{}", text(&undone));
}
