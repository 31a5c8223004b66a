//! The incident, from stuck to healed, through the real binary.

use rig::scenario;
use rig::{Platform, Rig, TektonVersion};

use crate::plugin::{created, diagnose, plugin, text};
use crate::repairs::{carry_out, is_narrow, succeeds, working};

async fn is_stuck_then_healed(tekton: TektonVersion) {
    let rig = Rig::start(tekton, Platform::OpenShift).await.unwrap();
    eprintln!("{tekton:?} started in {:?}", rig.started_in);
    if tekton == TektonVersion::V0_68_1 {
        // There the old key still acts: OpenShift's default switches the assistant off.
        rig.set_feature_flag("disable-affinity-assistant", "false").await.unwrap();
    }
    let staged = scenario::incident(&rig, "private-models").await.unwrap();
    rig.wait_for_refused_assistant(&staged).await.unwrap();

    plugin(&rig.kubeconfig(), &["check", "-n", &staged.namespace]);
    plugin(&rig.kubeconfig(), &["diagnose", &format!("{}/{}", staged.namespace, staged.run)]);
    let report = diagnose(&rig, &staged);
    let run = &report["runs"][0];
    assert_eq!(run["state"], "stuck", "{report:#}");
    let finding = &run["findings"][0];
    assert_eq!(finding["cause"], "assistant-refused-by-scc", "{report:#}");
    assert_eq!(finding["confidence"], "proven");
    let proof = finding["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["object"].as_str().unwrap().starts_with("Event on StatefulSet/affinity-assistant-"));
    let proof = proof.unwrap()["value"].as_str().unwrap();
    assert!(proof.contains("unable to validate against any security context constraint"), "{proof}");

    let name = format!("{}/{}", staged.namespace, staged.run);
    let pinned = plugin(&rig.kubeconfig(), &["rerun", &name, "--pin-node=worker-1", "--yes", "--wait", "10s"]);
    assert!(text(&pinned).contains("Prediction: the new run will stay stuck"), "{}", text(&pinned));
    assert!(text(&pinned).contains("--fs-group namespace --drop run-as-user"), "{}", text(&pinned));
    let pinned = created(&pinned, &staged.namespace);
    rig.wait_for_refused_assistant(&pinned).await.unwrap();

    let healed = plugin(
        &rig.kubeconfig(),
        &["rerun", &name, "--fs-group", "namespace", "--drop", "run-as-user", "--cancel-old", "--yes"],
    );
    assert!(text(&healed).contains("Prediction: the new run will go on"), "{}", text(&healed));
    assert_eq!(healed.status.code(), Some(0), "{}", text(&healed));
    rig.wait_for_success(&created(&healed, &staged.namespace)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn is_stuck_then_healed_on_0_68() {
    is_stuck_then_healed(TektonVersion::V0_68_1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn is_stuck_then_healed_on_1_6() {
    is_stuck_then_healed(TektonVersion::V1_6_6).await;
}

/// From 1.9 on the assistant runs as the run's ServiceAccount.
async fn is_healthy(tekton: TektonVersion) {
    let rig = Rig::start(tekton, Platform::OpenShift).await.unwrap();
    let staged = scenario::incident(&rig, "private-models").await.unwrap();
    rig.wait_for_success(&staged).await.unwrap();
    let output = plugin(&rig.kubeconfig(), &["diagnose", &format!("{}/{}", staged.namespace, staged.run)]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let stdout = String::from_utf8_lossy(&output.stdout);
    // One sentence, on as many lines as its width takes.
    let words: Vec<&str> = stdout.split_whitespace().collect();
    assert!(words.join(" ").ends_with("Skipped: 0"), "{stdout}");
    assert!(stdout.starts_with("OK "), "{stdout}");
}

#[tokio::test(flavor = "multi_thread")]
async fn is_healthy_on_1_9() {
    is_healthy(TektonVersion::V1_9_6).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn is_healthy_on_1_12() {
    is_healthy(TektonVersion::V1_12_2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn is_healthy_on_1_15() {
    is_healthy(TektonVersion::V1_15_1).await;
}

/// With `set-security-context` on, as it is by default since 1.16, the constraints that let
/// the incident's run through refuse the pod of its first task; what is offered then works.
#[tokio::test(flavor = "multi_thread")]
async fn is_refused_again_and_healed_with_the_flag_of_1_16() {
    let rig = Rig::start(TektonVersion::V1_15_1, Platform::OpenShift).await.unwrap();
    rig.set_feature_flag("set-security-context", "true").await.unwrap();
    let mut tried = Vec::new();
    for at in 0.. {
        let staged = scenario::incident(&rig, &format!("models-{at}")).await.unwrap();
        rig.wait_for_failure(&staged).await.unwrap();
        let report = diagnose(&rig, &staged);
        assert_eq!(report["runs"][0]["findings"][0]["cause"], "task-pod-refused-by-scc", "{report:#}");
        // The flag itself is TektonConfig's, and no operator runs here to carry it on.
        let offers = working(&report).into_iter().filter(is_narrow);
        let Some(offer) = offers.into_iter().find(|offer| !tried.contains(&offer.id)) else { break };
        let healed = carry_out(&rig, &staged, &offer).unwrap();
        succeeds(&rig, &healed).await.unwrap();
        eprintln!("{} worked", offer.id);
        tried.push(offer.id);
    }
    assert!(tried.len() >= 3, "{tried:?}");
}
