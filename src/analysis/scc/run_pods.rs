//! The pods of a run as they reach the SCC plugin, each with who creates it.

use serde_json::json;

use crate::model::Cluster;
use crate::model::pod::Pod;

use super::pod_creator::{self, Known};
use super::{AdmissionRequest, Release, Verdict, admit};

/// What a pod is in its run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// An affinity assistant.
    Assistant,
    /// The pod of this task of the pipeline.
    Task(String),
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Assistant => f.write_str("assistant"),
            Self::Task(name) => write!(f, "task {name}"),
        }
    }
}

impl Role {
    /// Who creates such a pod.
    pub fn creator(&self, cluster: &Cluster) -> Known {
        match self {
            Self::Assistant => pod_creator::assistant(),
            Self::Task(_) => pod_creator::task(cluster),
        }
    }
}

/// Judges a pod that was constructed as Tekton does, with who creates it.
pub fn judge(cluster: &Cluster, pod: &Pod, known: &Known) -> Verdict {
    let release = Release::of(cluster);
    admit(cluster, &AdmissionRequest { release, ..AdmissionRequest::create(cluster, pod, &known.creator) })
}

/// The pod as ServiceAccount admission leaves it (kubernetes
/// `plugin/pkg/admission/serviceaccount/admission.go`): it comes before the SCC
/// plugin, names the account and mounts its token.
pub fn as_admitted(mut pod: Pod) -> Pod {
    if pod.spec.volumes.iter().any(|volume| volume.name.starts_with("kube-api-access-")) {
        return pod;
    }
    if pod.spec.service_account_name.is_empty() {
        pod.spec.service_account_name = "default".to_owned();
    }
    let token = json!({ "name": "kube-api-access-00000", "projected": { "sources": [
        { "serviceAccountToken": { "expirationSeconds": 3607, "path": "token" } },
        { "configMap": { "name": "kube-root-ca.crt", "items": [{ "key": "ca.crt", "path": "ca.crt" }] } },
        { "downwardAPI": { "items": [{ "path": "namespace",
            "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.namespace" } }] } },
    ] } });
    pod.spec.volumes.extend(serde_json::from_value(token));
    pod
}
