//! The rig itself: runs succeed where they should.

use rig::{Platform, Rig, TektonVersion, scenario};

async fn two_tasks_succeed(tekton: TektonVersion, platform: Platform) {
    let rig = Rig::start(tekton, platform).await.unwrap();
    eprintln!("{tekton:?} on {platform:?} started in {:?}", rig.started_in);
    rig.nodes(&scenario::incident_nodes()).await.unwrap();
    rig.namespace("builds", 1_000_700_000).await.unwrap();
    rig.claim("builds", "source", None).await.unwrap();
    let run = rig.submit("builds", "two-tasks", &scenario::run_spec("source")).await.unwrap();
    rig.wait_for_success(&run).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_succeed_on_plain_kubernetes_with_1_6() {
    two_tasks_succeed(TektonVersion::V1_6_6, Platform::Kubernetes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_succeed_on_plain_kubernetes_with_1_15() {
    two_tasks_succeed(TektonVersion::V1_15_1, Platform::Kubernetes).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_succeed_on_openshift_with_0_68() {
    two_tasks_succeed(TektonVersion::V0_68_1, Platform::OpenShift).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_succeed_on_openshift_with_1_9() {
    two_tasks_succeed(TektonVersion::V1_9_6, Platform::OpenShift).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_succeed_on_openshift_with_1_6() {
    two_tasks_succeed(TektonVersion::V1_6_6, Platform::OpenShift).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_succeed_on_openshift_with_1_12() {
    two_tasks_succeed(TektonVersion::V1_12_2, Platform::OpenShift).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_succeed_on_openshift_with_1_15() {
    two_tasks_succeed(TektonVersion::V1_15_1, Platform::OpenShift).await;
}
