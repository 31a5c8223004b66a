//! Nodes, as far as scheduling reads them.

use serde::{Deserialize, Serialize};

use super::meta::{Condition, ObjectMeta, null_as_default};
use super::quantity::ResourceList;

/// A node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Node {
    /// Metadata; the labels decide most placements.
    pub metadata: ObjectMeta,
    /// Cordon and taints.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: NodeSpec,
    /// Capacity and health.
    #[serde(deserialize_with = "null_as_default")]
    pub status: NodeStatus,
}

/// `spec` of a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeSpec {
    /// Cordoned.
    #[serde(deserialize_with = "null_as_default")]
    pub unschedulable: bool,
    /// What pods must tolerate.
    #[serde(deserialize_with = "null_as_default")]
    pub taints: Vec<Taint>,
    /// Cloud identity of the machine.
    #[serde(rename = "providerID", deserialize_with = "null_as_default")]
    pub provider_id: String,
}

/// A taint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value; often empty.
    #[serde(deserialize_with = "null_as_default")]
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// `status` of a node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeStatus {
    /// What the machine has.
    #[serde(deserialize_with = "null_as_default")]
    pub capacity: ResourceList,
    /// What pods may use of it.
    #[serde(deserialize_with = "null_as_default")]
    pub allocatable: ResourceList,
    /// `Ready`, `MemoryPressure` and the like.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// Images on the node, for the image locality score.
    #[serde(deserialize_with = "null_as_default")]
    pub images: Vec<NodeImage>,
    /// Features that pods may demand (Kubernetes 1.35 and later).
    #[serde(deserialize_with = "null_as_default")]
    pub declared_features: Vec<String>,
    /// Versions of the node's software.
    #[serde(deserialize_with = "null_as_default")]
    pub node_info: NodeInfo,
}

/// An image that a node holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeImage {
    /// All names of the image.
    #[serde(deserialize_with = "null_as_default")]
    pub names: Vec<String>,
    /// Size in bytes.
    #[serde(deserialize_with = "null_as_default")]
    pub size_bytes: i64,
}

/// Versions that the kubelet reports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct NodeInfo {
    /// Version of the kubelet, for example `v1.33.13`.
    #[serde(deserialize_with = "null_as_default")]
    pub kubelet_version: String,
    /// `linux` or `windows`.
    #[serde(deserialize_with = "null_as_default")]
    pub operating_system: String,
    /// `amd64`, `arm64` and so on.
    #[serde(deserialize_with = "null_as_default")]
    pub architecture: String,
}

impl Node {
    /// The condition `Ready`, when the kubelet ever reported one.
    pub fn ready(&self) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == "Ready")
    }
}
