//! The `Cluster`: everything that was read, as one plain value.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::access::{Role, RoleBinding, SecurityContextConstraints};
use super::coverage::Coverage;
use super::event::Event;
use super::kind::Kind;
use super::meta::ObjectMeta;
use super::namespace::{ConfigMap, LimitRange, Metadata, PriorityClass, ResourceQuota, RuntimeClass};
use super::node::Node;
use super::pod::Pod;
use super::run::{Conditioned, PipelineRun, TaskRun};
use super::volume::{Claim, CsiDriver, CsiNode, CsiStorageCapacity, PersistentVolume, StorageClass, VolumeAttachment};
use super::workload::Workload;

/// A kind that verdicts do not look into: metadata, and the whole object.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Opaque {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// `spec` as it is.
    pub spec: Value,
}

/// Where an object was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// From the API server, at this resourceVersion.
    Server(String),
    /// From a file of an export.
    File {
        /// Path below the export's root.
        path: String,
        /// Line on which the object starts, from 1; 0 when unknown.
        line: usize,
    },
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Server(version) => write!(f, "resourceVersion {version}"),
            Self::File { path, line: 0 } => f.write_str(path),
            Self::File { path, line } => write!(f, "{path}:{line}"),
        }
    }
}

/// An object that could not be read into the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {name}: {reason}")]
pub struct Unreadable {
    /// Kind of the object.
    pub kind: String,
    /// `namespace/name`, as far as known.
    pub name: String,
    /// What was wrong with it.
    pub reason: String,
}

/// An object of a kind that the model holds.
pub trait Object {
    /// The object's metadata.
    fn metadata(&self) -> &ObjectMeta;
}

macro_rules! objects {
    ($($type:ty),*) => { $(impl Object for $type {
        fn metadata(&self) -> &ObjectMeta { &self.metadata }
    })* };
}
objects!(
    PipelineRun,
    TaskRun,
    Conditioned,
    Opaque,
    Pod,
    Workload,
    Event,
    Node,
    Metadata,
    ConfigMap,
    LimitRange,
    ResourceQuota,
    Claim,
    PersistentVolume,
    StorageClass,
    CsiNode,
    CsiDriver,
    VolumeAttachment,
    CsiStorageCapacity,
    PriorityClass,
    RuntimeClass,
    Role,
    RoleBinding,
    SecurityContextConstraints
);

macro_rules! cluster {
    ($($field:ident: $type:ty = $kind:ident;)*) => {
        /// Everything that was read of a cluster, live or exported.
        ///
        /// Lists are sorted by namespace and name (`seal`), so that two readings of
        /// one state are equal. Where a list is empty, `coverage` tells whether that
        /// proves anything.
        #[derive(Debug, Clone, Default)]
        pub struct Cluster {
            $(
                #[allow(missing_docs, reason = "the name is the kind's")]
                pub $field: Vec<$type>,
            )*
            /// What was read.
            pub coverage: Coverage,
            /// When it was read: ages are counted against this, not against now.
            pub taken_at: Option<Timestamp>,
            /// Version of the API server, for example `v1.33.13`.
            pub server_version: Option<String>,
            /// Logs by `namespace/pod/container`.
            pub logs: BTreeMap<String, String>,
            /// Where each object was read.
            pub origins: BTreeMap<(Kind, String, String), Origin>,
            /// Objects that could not be read.
            pub unreadable: Vec<Unreadable>,
        }

        impl PartialEq for Cluster {
            /// Equal contents; where and when they were read does not count.
            fn eq(&self, other: &Self) -> bool {
                $(self.$field == other.$field &&)* self.logs == other.logs
            }
        }

        impl Cluster {
            /// Reads one object into its list. Returns false for kinds that no
            /// verdict needs.
            ///
            /// # Errors
            /// When the object does not have the shape of its kind.
            pub fn insert(&mut self, kind: Kind, object: Value, origin: Origin) -> Result<(), Unreadable> {
                let named = |reason: String| {
                    let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default();
                    let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
                    let name = if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") };
                    Unreadable { kind: kind.name().to_owned(), name, reason }
                };
                match kind {
                    $(Kind::$kind => {
                        let decoded: $type = serde::Deserialize::deserialize(&object)
                            .map_err(|error: serde_json::Error| named(error.to_string()))?;
                        self.add(kind, decoded.metadata(), origin);
                        self.$field.push(decoded);
                    })*
                }
                Ok(())
            }

            /// Forgets all objects of a kind, as if nobody had read it.
            pub fn forget(&mut self, kind: Kind) {
                match kind {
                    $(Kind::$kind => self.$field.clear(),)*
                }
                self.origins.retain(|(of, _, _), _| *of != kind);
                self.coverage.forget(kind);
            }

            /// Adds objects that were already decoded, as the live source does.
            pub fn sort(&mut self) {
                $(sort_by_name(&mut self.$field);)*
            }
        }
    };
}

cluster! {
    pipeline_runs: PipelineRun = PipelineRun;
    task_runs: TaskRun = TaskRun;
    custom_runs: Conditioned = CustomRun;
    resolution_requests: Conditioned = ResolutionRequest;
    queue_workloads: Conditioned = QueueWorkload;
    pipelines: Opaque = Pipeline;
    tasks: Opaque = Task;
    tekton_configs: Opaque = TektonConfig;
    scheduler_configs: Opaque = SchedulerConfig;
    pods: Pod = Pod;
    stateful_sets: Workload = StatefulSet;
    deployments: Workload = Deployment;
    events: Event = Event;
    nodes: Node = Node;
    namespaces: Metadata = Namespace;
    service_accounts: Metadata = ServiceAccount;
    config_maps: ConfigMap = ConfigMap;
    limit_ranges: LimitRange = LimitRange;
    resource_quotas: ResourceQuota = ResourceQuota;
    claims: Claim = Claim;
    persistent_volumes: PersistentVolume = PersistentVolume;
    storage_classes: StorageClass = StorageClass;
    csi_nodes: CsiNode = CsiNode;
    csi_drivers: CsiDriver = CsiDriver;
    volume_attachments: VolumeAttachment = VolumeAttachment;
    csi_storage_capacities: CsiStorageCapacity = CsiStorageCapacity;
    priority_classes: PriorityClass = PriorityClass;
    runtime_classes: RuntimeClass = RuntimeClass;
    roles: Role = Role;
    role_bindings: RoleBinding = RoleBinding;
    cluster_roles: Role = ClusterRole;
    cluster_role_bindings: RoleBinding = ClusterRoleBinding;
    sccs: SecurityContextConstraints = SecurityContextConstraints;
}

fn sort_by_name<T: Object>(objects: &mut Vec<T>) {
    objects.sort_by(|a, b| key(a.metadata()).cmp(&key(b.metadata())));
    // One object may stand in two files of an export: the newer reading counts.
    let mut kept: Vec<T> = Vec::with_capacity(objects.len());
    for object in objects.drain(..) {
        match kept.last_mut() {
            Some(last) if key(last.metadata()) == key(object.metadata()) => {
                if version(object.metadata()) >= version(last.metadata()) {
                    *last = object;
                }
            }
            _ => kept.push(object),
        }
    }
    *objects = kept;
}

fn key(meta: &ObjectMeta) -> (&str, &str) {
    (&meta.namespace, &meta.name)
}

fn version(meta: &ObjectMeta) -> u64 {
    meta.resource_version.parse().unwrap_or(0)
}

/// The object of that name in a sorted or unsorted list.
pub fn find<'a, T: Object>(objects: &'a [T], namespace: &str, name: &str) -> Option<&'a T> {
    objects.iter().find(|object| key(object.metadata()) == (namespace, name))
}

impl Cluster {
    fn add(&mut self, kind: Kind, meta: &ObjectMeta, origin: Origin) {
        self.origins.insert((kind, meta.namespace.clone(), meta.name.clone()), origin);
    }

    /// Where an object was read.
    pub fn origin(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Origin> {
        self.origins.get(&(kind, namespace.to_owned(), name.to_owned()))
    }

    /// A pod by name.
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        find(&self.pods, namespace, name)
    }

    /// A node by name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        find(&self.nodes, "", name)
    }

    /// A namespace by name.
    pub fn namespace(&self, name: &str) -> Option<&Metadata> {
        find(&self.namespaces, "", name)
    }

    /// A claim by name.
    pub fn claim(&self, namespace: &str, name: &str) -> Option<&Claim> {
        find(&self.claims, namespace, name)
    }

    /// A StatefulSet by name.
    pub fn stateful_set(&self, namespace: &str, name: &str) -> Option<&Workload> {
        find(&self.stateful_sets, namespace, name)
    }

    /// A PipelineRun by name.
    pub fn pipeline_run(&self, namespace: &str, name: &str) -> Option<&PipelineRun> {
        find(&self.pipeline_runs, namespace, name)
    }

    /// Events about an object, oldest first.
    pub fn events_about(&self, kind: &str, namespace: &str, name: &str) -> Vec<&Event> {
        let mut events: Vec<&Event> = self
            .events
            .iter()
            .filter(|event| {
                let object = &event.involved_object;
                object.kind == kind && object.name == name && event.metadata.namespace == namespace
            })
            .collect();
        events.sort_by_key(|event| event.last_seen());
        events
    }
}
