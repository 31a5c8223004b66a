//! Namespaces, and the kinds in them that admission reads.

use serde::{Deserialize, Serialize};

use super::meta::{ObjectMeta, StringMap, null_as_default, without_nulls};
use super::pod::Toleration;
use super::quantity::ResourceList;

/// Namespaces in which Tekton is looked for, likeliest first.
pub const TEKTON_NAMESPACES: [&str; 2] = ["openshift-pipelines", "tekton-pipelines"];

/// A kind of which only metadata is read: Namespace, ServiceAccount, Pipeline.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    /// Metadata.
    pub metadata: ObjectMeta,
}

/// A ConfigMap.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ConfigMap {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Keys and values.
    #[serde(deserialize_with = "null_as_default")]
    pub data: StringMap,
}

/// A LimitRange.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitRange {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Limits.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: LimitRangeSpec,
}

/// `spec` of a LimitRange.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitRangeSpec {
    /// One entry per type of object.
    #[serde(deserialize_with = "null_as_default")]
    pub limits: Vec<LimitRangeItem>,
}

/// Limits for one type of object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct LimitRangeItem {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Largest limit.
    #[serde(deserialize_with = "null_as_default")]
    pub max: ResourceList,
    /// Smallest request.
    #[serde(deserialize_with = "null_as_default")]
    pub min: ResourceList,
    /// Limit given to containers without one.
    #[serde(rename = "default", deserialize_with = "null_as_default")]
    pub default_limit: ResourceList,
    /// Request given to containers without one.
    #[serde(deserialize_with = "null_as_default")]
    pub default_request: ResourceList,
    /// Largest quotient of limit and request.
    #[serde(deserialize_with = "null_as_default")]
    pub max_limit_request_ratio: ResourceList,
}

/// A ResourceQuota.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceQuota {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is allowed.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: ResourceQuotaSpec,
    /// What is used.
    #[serde(deserialize_with = "null_as_default")]
    pub status: ResourceQuotaStatus,
}

/// `spec` of a ResourceQuota.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ResourceQuotaSpec {
    /// Limits.
    #[serde(deserialize_with = "null_as_default")]
    pub hard: ResourceList,
    /// Which pods are counted, by class.
    #[serde(deserialize_with = "null_as_default")]
    pub scopes: Vec<String>,
    /// Which pods are counted, by expression.
    #[serde(deserialize_with = "without_nulls")]
    pub scope_selector: Option<serde_json::Value>,
}

/// `status` of a ResourceQuota.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResourceQuotaStatus {
    /// Limits in force.
    #[serde(deserialize_with = "null_as_default")]
    pub hard: ResourceList,
    /// Usage.
    #[serde(deserialize_with = "null_as_default")]
    pub used: ResourceList,
}

/// A PriorityClass.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PriorityClass {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Priority.
    #[serde(deserialize_with = "null_as_default")]
    pub value: i32,
    /// Whether pods without a class get it.
    #[serde(deserialize_with = "null_as_default")]
    pub global_default: bool,
    /// `Never` or `PreemptLowerPriority`.
    pub preemption_policy: Option<String>,
}

/// A RuntimeClass.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RuntimeClass {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Handler on the node.
    pub handler: String,
    /// What a pod of the class needs besides its containers.
    pub overhead: Option<Overhead>,
    /// Where pods of the class may run.
    pub scheduling: Option<RuntimeScheduling>,
}

/// Overhead of a RuntimeClass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Overhead {
    /// Added to the requests.
    #[serde(deserialize_with = "null_as_default")]
    pub pod_fixed: ResourceList,
}

/// Placement rules of a RuntimeClass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RuntimeScheduling {
    /// Merged into the pod's selector.
    #[serde(deserialize_with = "null_as_default")]
    pub node_selector: StringMap,
    /// Added to the pod's tolerations.
    #[serde(deserialize_with = "null_as_default")]
    pub tolerations: Vec<Toleration>,
}
