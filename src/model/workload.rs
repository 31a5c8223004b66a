//! StatefulSets and Deployments: the affinity assistant and Tekton's controller.

use serde::{Deserialize, Serialize};

use super::meta::{ObjectMeta, StringMap, null_as_default};
use super::pod::PodSpec;
use super::volume::Claim;

/// A StatefulSet or Deployment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workload {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What was asked for.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: WorkloadSpec,
    /// What became of it.
    #[serde(deserialize_with = "null_as_default")]
    pub status: WorkloadStatus,
}

/// `spec` of a workload.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadSpec {
    /// How many pods; absent means one.
    pub replicas: Option<i32>,
    /// What its pods look like.
    #[serde(deserialize_with = "null_as_default")]
    pub template: PodTemplate,
    /// Claims made for each pod of a StatefulSet.
    #[serde(deserialize_with = "null_as_default")]
    pub volume_claim_templates: Vec<Claim>,
}

/// A pod template.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PodTemplate {
    /// Labels and annotations of the pods.
    #[serde(deserialize_with = "null_as_default")]
    pub metadata: TemplateMeta,
    /// Spec of the pods.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: PodSpec,
}

/// Metadata of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TemplateMeta {
    /// Labels.
    #[serde(deserialize_with = "null_as_default")]
    pub labels: StringMap,
    /// Annotations.
    #[serde(deserialize_with = "null_as_default")]
    pub annotations: StringMap,
}

/// `status` of a workload.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WorkloadStatus {
    /// Pods that exist.
    #[serde(deserialize_with = "null_as_default")]
    pub replicas: i32,
    /// Pods that are ready.
    #[serde(deserialize_with = "null_as_default")]
    pub ready_replicas: i32,
    /// Pods that have been available (Deployments).
    #[serde(deserialize_with = "null_as_default")]
    pub available_replicas: i32,
    /// Last generation that the controller saw.
    #[serde(deserialize_with = "null_as_default")]
    pub observed_generation: i64,
}
