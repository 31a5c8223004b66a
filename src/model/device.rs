//! Devices of dynamic resource allocation, as far as they stand behind extended resources.

use serde::{Deserialize, Serialize};

use super::meta::{ObjectMeta, null_as_default};

/// What every class offers as a resource, before its name
/// (k8s.io/api/resource/v1 `ResourceDeviceClassPrefix`, v0.37).
const PREFIX: &str = "deviceclass.resource.kubernetes.io/";

/// A DeviceClass.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeviceClass {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Settings.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: DeviceClassSpec,
}

/// `spec` of a DeviceClass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DeviceClassSpec {
    /// The extended resource that its devices stand behind, `nvidia.com/gpu` for example.
    pub extended_resource_name: Option<String>,
}

impl DeviceClass {
    /// Whether a request of the extended resource may be met by its devices
    /// (k8s.io/dynamic-resource-allocation deviceclass/extendedresourcecache `GetDeviceClass`,
    /// v0.37).
    pub fn stands_behind(&self, resource: &str) -> bool {
        self.spec.extended_resource_name.as_deref() == Some(resource)
            || resource.strip_prefix(PREFIX) == Some(self.metadata.name.as_str())
    }
}
