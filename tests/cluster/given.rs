//! Clusters that a contributor brings along, for those who cannot build the test
//! control plane: everything that only reads works on any cluster with Tekton.

use std::path::{Path, PathBuf};

use rig::{Platform, Rig, TektonVersion};

use crate::plugin::{plugin, text};

/// Reads a cluster with every command that changes nothing.
fn read_only_commands_answer(kubeconfig: &Path) {
    let check = plugin(kubeconfig, &["check"]);
    assert!(matches!(check.status.code(), Some(0 | 1 | 4)), "{}", text(&check));
    assert!(text(&check).contains("Tekton"), "{}", text(&check));
    let diagnose = plugin(kubeconfig, &["diagnose", "-A", "-o", "json"]);
    assert!(matches!(diagnose.status.code(), Some(0 | 1 | 4)), "{}", text(&diagnose));
    let missing = plugin(kubeconfig, &["diagnose", "default/no-such-run"]);
    assert!(text(&missing).contains("no-such-run"), "{}", text(&missing));
}

#[test]
#[ignore = "set TEKTON_FIX_TEST_KUBECONFIG to the kubeconfig of a cluster with Tekton"]
fn read_only_commands_answer_on_the_given_cluster() {
    let given = std::env::var_os("TEKTON_FIX_TEST_KUBECONFIG").map(PathBuf::from);
    read_only_commands_answer(&given.expect("TEKTON_FIX_TEST_KUBECONFIG is not set"));
}

#[tokio::test(flavor = "multi_thread")]
async fn read_only_commands_answer_on_a_rig() {
    let rig = Rig::start(TektonVersion::V1_15_1, Platform::Kubernetes).await.unwrap();
    read_only_commands_answer(&rig.kubeconfig());
}
