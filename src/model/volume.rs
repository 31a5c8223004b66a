//! Volumes: what pods mount, and the storage objects behind it.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::meta::{ObjectMeta, ObjectReference, null_as_default, prune_nulls, without_nulls};
use super::pod::Resources;
use super::quantity::{Quantity, ResourceList};
use super::selector::{LabelSelector, NodeSelector};

/// A volume of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Volume {
    /// Name, referred to by mounts.
    pub name: String,
    /// What is mounted.
    pub source: VolumeSource,
}

/// What a pod's volume is made of. Sources that no verdict looks into keep only
/// the name of their field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum VolumeSource {
    /// An existing claim.
    PersistentVolumeClaim(ClaimSource),
    /// A claim made with the pod; named `<pod>-<volume>`.
    Ephemeral(EphemeralSource),
    /// A ConfigMap.
    ConfigMap {
        /// Name of the ConfigMap.
        name: String,
        /// Whether the pod may start without it.
        optional: bool,
    },
    /// A Secret.
    Secret {
        /// Name of the Secret.
        name: String,
        /// Whether the pod may start without it.
        optional: bool,
    },
    /// A projected volume; true when it holds nothing but what every
    /// ServiceAccount token volume holds.
    Projected(serde_json::Value),
    /// A disk that a node may hold only once, kept whole
    /// (`gcePersistentDisk`, `awsElasticBlockStore`, `rbd`, `iscsi`, `azureDisk`,
    /// `cinder`, `csi`, `flexVolume`, `hostPath`), or an `image`.
    Inline {
        /// Field name.
        kind: String,
        /// Its content.
        content: serde_json::Value,
    },
    /// Anything else, by field name.
    Other(String),
}

impl Default for VolumeSource {
    fn default() -> Self {
        Self::Other("emptyDir".to_owned())
    }
}

impl VolumeSource {
    /// The field name of the source, as SCCs list it under `volumes`.
    pub fn field_name(&self) -> &str {
        match self {
            Self::PersistentVolumeClaim(_) => "persistentVolumeClaim",
            Self::Ephemeral(_) => "ephemeral",
            Self::ConfigMap { .. } => "configMap",
            Self::Secret { .. } => "secret",
            Self::Projected(_) => "projected",
            Self::Inline { kind, .. } | Self::Other(kind) => kind,
        }
    }
}

/// A reference to a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClaimSource {
    /// Name of the claim in the pod's namespace.
    pub claim_name: String,
    /// Mounted read-only.
    #[serde(deserialize_with = "null_as_default")]
    pub read_only: bool,
}

/// A claim template inside a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EphemeralSource {
    /// The template.
    pub volume_claim_template: Option<ClaimTemplate>,
}

/// The spec of a claim that is still to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimTemplate {
    /// What is asked for.
    pub spec: ClaimSpec,
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[derive(Default)]
struct NamedSource {
    #[serde(deserialize_with = "null_as_default")]
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    secret_name: String,
    #[serde(deserialize_with = "null_as_default")]
    optional: bool,
}

const INLINE: [&str; 10] = [
    "image",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "rbd",
    "iscsi",
    "azureDisk",
    "cinder",
    "csi",
    "flexVolume",
    "hostPath",
];

fn pruned(mut content: serde_json::Value) -> serde_json::Value {
    prune_nulls(&mut content);
    content
}

impl<'de> Deserialize<'de> for Volume {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Volume;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a volume: a name and one source")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Volume, A::Error> {
                let mut volume = Volume::default();
                while let Some(key) = map.next_key::<String>()? {
                    let source = match key.as_str() {
                        "name" => {
                            volume.name = map.next_value()?;
                            continue;
                        }
                        "persistentVolumeClaim" => {
                            map.next_value::<Option<_>>()?.map(VolumeSource::PersistentVolumeClaim)
                        }
                        "ephemeral" => map.next_value::<Option<_>>()?.map(VolumeSource::Ephemeral),
                        "configMap" => map
                            .next_value::<Option<NamedSource>>()?
                            .map(|s| VolumeSource::ConfigMap { name: s.name, optional: s.optional }),
                        "secret" => map
                            .next_value::<Option<NamedSource>>()?
                            .map(|s| VolumeSource::Secret { name: s.secret_name, optional: s.optional }),
                        "projected" => {
                            map.next_value::<Option<_>>()?.map(|content| VolumeSource::Projected(pruned(content)))
                        }
                        kind if INLINE.contains(&kind) => map
                            .next_value::<Option<_>>()?
                            .map(|content| VolumeSource::Inline { kind: kind.to_owned(), content: pruned(content) }),
                        _ => map.next_value::<Option<IgnoredAny>>()?.map(|_| VolumeSource::Other(key)),
                    };
                    if let Some(source) = source {
                        volume.source = source;
                    }
                }
                Ok(volume)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

impl Serialize for Volume {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("name", &self.name)?;
        let key = self.source.field_name();
        match &self.source {
            VolumeSource::PersistentVolumeClaim(claim) => map.serialize_entry(key, claim)?,
            VolumeSource::Ephemeral(ephemeral) => map.serialize_entry(key, ephemeral)?,
            VolumeSource::ConfigMap { name, optional } => {
                map.serialize_entry(key, &serde_json::json!({ "name": name, "optional": optional }))?;
            }
            VolumeSource::Secret { name, optional } => {
                map.serialize_entry(key, &serde_json::json!({ "secretName": name, "optional": optional }))?;
            }
            VolumeSource::Projected(content) | VolumeSource::Inline { content, .. } => {
                map.serialize_entry(key, content)?;
            }
            VolumeSource::Other(_) => map.serialize_entry(key, &serde_json::json!({}))?,
        }
        map.end()
    }
}

/// A PersistentVolumeClaim.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Claim {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is asked for.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: ClaimSpec,
    /// What it got.
    #[serde(deserialize_with = "null_as_default")]
    pub status: ClaimStatus,
}

/// `spec` of a claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClaimSpec {
    /// `ReadWriteOnce` and the like.
    #[serde(deserialize_with = "null_as_default")]
    pub access_modes: Vec<String>,
    /// Size.
    #[serde(deserialize_with = "null_as_default")]
    pub resources: Resources,
    /// Storage class; absent means the default one, empty means none.
    pub storage_class_name: Option<String>,
    /// `Filesystem` or `Block`.
    #[serde(deserialize_with = "null_as_default")]
    pub volume_mode: String,
    /// Volume it is bound to or asks for.
    #[serde(deserialize_with = "null_as_default")]
    pub volume_name: String,
    /// Which volumes may be bound.
    pub selector: Option<LabelSelector>,
    /// VolumeAttributesClass.
    pub volume_attributes_class_name: Option<String>,
}

/// `status` of a claim.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ClaimStatus {
    /// `Pending`, `Bound` or `Lost`.
    #[serde(deserialize_with = "null_as_default")]
    pub phase: String,
    /// Size in fact.
    #[serde(deserialize_with = "null_as_default")]
    pub capacity: ResourceList,
}

/// A PersistentVolume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PersistentVolume {
    /// Metadata; zone labels are read.
    pub metadata: ObjectMeta,
    /// What it is.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: PersistentVolumeSpec,
    /// Phase.
    #[serde(deserialize_with = "null_as_default")]
    pub status: ClaimStatus,
}

/// `spec` of a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PersistentVolumeSpec {
    /// Size.
    #[serde(deserialize_with = "null_as_default")]
    pub capacity: ResourceList,
    /// Access modes offered.
    #[serde(deserialize_with = "null_as_default")]
    pub access_modes: Vec<String>,
    /// Claim it is bound to or kept for.
    pub claim_ref: Option<ObjectReference>,
    /// Storage class.
    #[serde(deserialize_with = "null_as_default")]
    pub storage_class_name: String,
    /// `Filesystem` or `Block`; empty means `Filesystem`.
    #[serde(deserialize_with = "null_as_default")]
    pub volume_mode: String,
    /// What becomes of it after release.
    #[serde(deserialize_with = "null_as_default")]
    pub persistent_volume_reclaim_policy: String,
    /// Nodes that reach it.
    pub node_affinity: Option<VolumeNodeAffinity>,
    /// VolumeAttributesClass.
    pub volume_attributes_class_name: Option<String>,
    /// CSI source.
    pub csi: Option<CsiVolume>,
    /// Local disk.
    #[serde(deserialize_with = "without_nulls")]
    pub local: Option<serde_json::Value>,
    /// In-tree AWS EBS.
    #[serde(deserialize_with = "without_nulls")]
    pub aws_elastic_block_store: Option<serde_json::Value>,
    /// In-tree GCE PD.
    #[serde(deserialize_with = "without_nulls")]
    pub gce_persistent_disk: Option<serde_json::Value>,
    /// In-tree Azure Disk.
    #[serde(deserialize_with = "without_nulls")]
    pub azure_disk: Option<serde_json::Value>,
    /// In-tree Azure File.
    #[serde(deserialize_with = "without_nulls")]
    pub azure_file: Option<serde_json::Value>,
    /// In-tree Cinder.
    #[serde(deserialize_with = "without_nulls")]
    pub cinder: Option<serde_json::Value>,
    /// In-tree vSphere.
    #[serde(deserialize_with = "without_nulls")]
    pub vsphere_volume: Option<serde_json::Value>,
    /// In-tree Portworx.
    #[serde(deserialize_with = "without_nulls")]
    pub portworx_volume: Option<serde_json::Value>,
    /// NFS.
    #[serde(deserialize_with = "without_nulls")]
    pub nfs: Option<serde_json::Value>,
    /// Path on the node.
    #[serde(deserialize_with = "without_nulls")]
    pub host_path: Option<serde_json::Value>,
    /// Mount options.
    #[serde(deserialize_with = "null_as_default")]
    pub mount_options: Vec<String>,
}

/// Nodes that reach a volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeNodeAffinity {
    /// Must hold.
    pub required: Option<NodeSelector>,
}

/// CSI source of a PersistentVolume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CsiVolume {
    /// Driver.
    pub driver: String,
    /// The driver's id of the volume.
    #[serde(deserialize_with = "null_as_default")]
    pub volume_handle: String,
    /// File system type.
    #[serde(deserialize_with = "null_as_default")]
    pub fs_type: String,
}

/// A StorageClass.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct StorageClass {
    /// Metadata; the annotation for the default class is read.
    pub metadata: ObjectMeta,
    /// Who makes volumes; `kubernetes.io/no-provisioner` for nobody.
    pub provisioner: String,
    /// `Immediate` (also when empty) or `WaitForFirstConsumer`.
    #[serde(deserialize_with = "null_as_default")]
    pub volume_binding_mode: String,
    /// Where volumes may be made.
    #[serde(deserialize_with = "null_as_default")]
    pub allowed_topologies: Vec<TopologySelectorTerm>,
    /// The provisioner's settings.
    #[serde(deserialize_with = "null_as_default")]
    pub parameters: super::meta::StringMap,
}

/// An alternative of `allowedTopologies`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TopologySelectorTerm {
    /// Labels that must have one of the values.
    #[serde(deserialize_with = "null_as_default")]
    pub match_label_expressions: Vec<super::selector::Requirement>,
}

/// A CSINode: which drivers a node runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CsiNode {
    /// Metadata; the name is the node's.
    pub metadata: ObjectMeta,
    /// Drivers.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: CsiNodeSpec,
}

/// `spec` of a CSINode.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CsiNodeSpec {
    /// Drivers.
    #[serde(deserialize_with = "null_as_default")]
    pub drivers: Vec<CsiNodeDriver>,
}

/// One driver on a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CsiNodeDriver {
    /// Driver name.
    pub name: String,
    /// Limits.
    pub allocatable: Option<CsiAllocatable>,
    /// Node labels the driver uses as topology.
    #[serde(deserialize_with = "null_as_default")]
    pub topology_keys: Vec<String>,
}

/// Limits of a driver on a node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CsiAllocatable {
    /// Volumes that may be attached; absent means no limit.
    pub count: Option<i32>,
}

/// A CSIDriver.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CsiDriver {
    /// Metadata; the name is the driver's.
    pub metadata: ObjectMeta,
    /// Settings.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: CsiDriverSpec,
}

/// `spec` of a CSIDriver.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CsiDriverSpec {
    /// Whether volumes are attached.
    pub attach_required: Option<bool>,
    /// Whether free space is published as CSIStorageCapacity.
    pub storage_capacity: Option<bool>,
    /// `File`, `None` or `ReadWriteOnceWithFSType`.
    pub fs_group_policy: Option<String>,
    /// Whether the driver supports SELinux mount options.
    #[serde(rename = "seLinuxMount")]
    pub se_linux_mount: Option<bool>,
    /// Whether a node without the driver is refused (Kubernetes 1.35 and later).
    pub prevent_pod_scheduling_if_missing: Option<bool>,
}

/// A VolumeAttachment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeAttachment {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What is attached where.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: VolumeAttachmentSpec,
    /// Whether it is.
    #[serde(deserialize_with = "null_as_default")]
    pub status: VolumeAttachmentStatus,
}

/// `spec` of a VolumeAttachment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeAttachmentSpec {
    /// Driver.
    pub attacher: String,
    /// Node.
    pub node_name: String,
    /// Volume.
    #[serde(deserialize_with = "null_as_default")]
    pub source: VolumeAttachmentSource,
}

/// What is attached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeAttachmentSource {
    /// Name of the PersistentVolume.
    pub persistent_volume_name: Option<String>,
    /// Inline volume spec, for migrated in-tree volumes.
    pub inline_volume_spec: Option<PersistentVolumeSpec>,
}

/// `status` of a VolumeAttachment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeAttachmentStatus {
    /// Attached.
    #[serde(deserialize_with = "null_as_default")]
    pub attached: bool,
}

/// A CSIStorageCapacity: free space that a driver publishes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CsiStorageCapacity {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Storage class.
    pub storage_class_name: String,
    /// Nodes it is about; absent means none.
    pub node_topology: Option<LabelSelector>,
    /// Free space.
    pub capacity: Option<Quantity>,
    /// Largest single volume.
    pub maximum_volume_size: Option<Quantity>,
}
