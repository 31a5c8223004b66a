//! The platform's constraints and roles, as the corpus has them.

use std::io::Read as _;
use std::sync::OnceLock;

use serde_json::Value;
use tekton_fix::analysis::scc::defaults::set_scc_defaults;
use tekton_fix::model::access::SecurityContextConstraints;

fn library() -> &'static Value {
    static LIBRARY: OnceLock<Value> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/scc/library.json.gz");
        let mut text = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
        serde_json::from_str(&text).unwrap()
    })
}

/// The constraints of a release.
pub fn platform(set: &str) -> Vec<Value> {
    let names = library()["sccSets"][set].as_array().unwrap();
    names.iter().map(|name| library()["sccs"][name.as_str().unwrap()].clone()).collect()
}

/// The constraint of OpenShift Pipelines.
pub fn pipelines(operator: &str) -> Value {
    library()["sccs"][format!("pipelines-scc@{operator}")].clone()
}

/// The roles and bindings of platform and Pipelines.
pub fn roles() -> Vec<Value> {
    let wanted = [
        "ClusterRole/system:openshift:scc:anyuid@4.11",
        "ClusterRole/system:openshift:scc:nonroot-v2@4.11",
        "ClusterRole/system:openshift:scc:privileged@4.11",
        "ClusterRole/system:openshift:scc:restricted-v2@4.11",
        "ClusterRoleBinding/system:openshift:scc:restricted-v2@4.11",
        "ClusterRole/system:openshift:scc:restricted-v3@4.20",
        "ClusterRoleBinding/system:openshift:scc:restricted-v3@4.20",
        "admins/role",
        "admins/binding",
        "tekton/role",
        "tekton/binding",
        "tekton/pipelines-scc-clusterrole",
    ];
    wanted.iter().map(|name| library()["rbac"][name].clone()).collect()
}

/// A constraint as the API server stores it.
pub fn defaulted(scc: &Value) -> Value {
    let mut scc: SecurityContextConstraints = serde_json::from_value(scc.clone()).unwrap();
    set_scc_defaults(&mut scc);
    serde_json::to_value(scc).unwrap()
}
