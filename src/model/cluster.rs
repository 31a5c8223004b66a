//! The `Cluster`: everything that was read, as one plain value.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

use super::access::{Role, RoleBinding, SecurityContextConstraints};
use super::coverage::{Coverage, Reading};
use super::demand::Unread;
use super::device::DeviceClass;
use super::event::Event;
pub use super::index::Indexes;
use super::kind::Kind;
use super::list::List;
use super::meta::{ObjectMeta, without_nulls};
use super::namespace::{ConfigMap, LimitRange, Metadata, PriorityClass, ResourceQuota, RuntimeClass};
use super::node::Node;
use super::page::{self, NoList, Page};
use super::pod::Pod;
use super::run::{Conditioned, PipelineRun, TaskRun};
use super::shared::Pool;
use super::volume::{Claim, CsiDriver, CsiNode, CsiStorageCapacity, PersistentVolume, StorageClass, VolumeAttachment};
use super::workload::Workload;

/// A kind that verdicts do not look into: metadata, and the whole object.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Opaque {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// `spec` as it is.
    #[serde(deserialize_with = "without_nulls")]
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

    /// Leaves only what [`Detail::Room`] keeps.
    fn reduce(&mut self) {}

    /// Holds once what objects that were met before have as well.
    fn share(&mut self, _: &mut Pool) {}
}

/// How much of an object is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// All that the model holds.
    Whole,
    /// Of pods, what says which room they take on nodes and whom they repel: a cluster has
    /// very many of them.
    Room,
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
    DeviceClass,
    PriorityClass,
    RuntimeClass,
    Role,
    RoleBinding,
    SecurityContextConstraints
);

impl Object for Pod {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn reduce(&mut self) {
        self.keep_room_only();
    }

    fn share(&mut self, pool: &mut Pool) {
        Self::share(self, pool);
    }
}

macro_rules! cluster {
    ($($field:ident: $type:ty = $kind:ident;)*) => {
        /// Everything that was read of a cluster, live or exported.
        ///
        /// Lists are sorted by namespace and name (`seal`), so that two readings of
        /// one state are equal. Where a list is empty, `coverage` tells whether that
        /// proves anything.
        ///
        /// A what-if is an [`overlay`](Self::overlay), which shares all that it leaves as it is.
        #[derive(Debug, Default)]
        pub struct Cluster {
            $(
                #[allow(missing_docs, reason = "the name is the kind's")]
                pub $field: List<$type>,
            )*
            /// What was read.
            pub coverage: Coverage,
            /// When it was read: ages are counted against this, not against now.
            pub taken_at: Option<Timestamp>,
            /// Version of the API server, for example `v1.33.13`.
            pub server_version: Option<String>,
            /// Logs by `namespace/pod/container`.
            pub logs: Arc<BTreeMap<String, String>>,
            /// Where each object was read.
            pub origins: Arc<BTreeMap<(Kind, String, String), Origin>>,
            /// Where those are from that an overlay added: the origins of the original are
            /// not copied for them.
            pub added_origins: BTreeMap<(Kind, String, String), Origin>,
            /// Objects that could not be read.
            pub unreadable: Vec<Unreadable>,
            /// Events by the object that they are about; built when first asked for.
            pub events_by_object: OnceLock<EventIndex>,
            /// What belongs to what; built when first asked for.
            pub indexes: Indexes,
        }

        /// Objects of one kind, as a page of a list holds them.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "the names are the kinds'")]
        pub enum Objects {
            $($kind(Vec<Arc<$type>>),)*
        }

        impl Objects {
            /// Decodes a page of a list straight into the lean types. What its objects have in
            /// common with those of other pages is held once, in the pool.
            ///
            /// # Errors
            /// When it is no list.
            pub fn decode(kind: Kind, page: &[u8], detail: Detail, pool: &Mutex<Pool>) -> Result<Page<Self>, NoList> {
                Ok(match kind {
                    $(Kind::$kind => page::decode::<$type>(kind, page)?.map(|objects| {
                        // Whatever a panic elsewhere left in the pool is whole.
                        let mut pool = pool.lock().unwrap_or_else(PoisonError::into_inner);
                        let kept = |mut object: $type| {
                            if detail == Detail::Room {
                                object.reduce();
                            }
                            object.share(&mut pool);
                            Arc::new(object)
                        };
                        Self::$kind(objects.into_iter().map(kept).collect())
                    }),)*
                })
            }
        }

        impl PartialEq for Cluster {
            /// Equal contents; where and when they were read does not count.
            fn eq(&self, other: &Self) -> bool {
                $(self.$field == other.$field &&)* self.logs == other.logs
            }
        }

        impl Cluster {
            /// The same cluster, to be changed: only what is changed takes memory.
            #[must_use]
            pub fn overlay(&self) -> Self {
                Self {
                    $($field: self.$field.clone(),)*
                    coverage: self.coverage.clone(),
                    taken_at: self.taken_at,
                    server_version: self.server_version.clone(),
                    logs: Arc::clone(&self.logs),
                    origins: Arc::clone(&self.origins),
                    added_origins: self.added_origins.clone(),
                    unreadable: self.unreadable.clone(),
                    events_by_object: self.events_by_object.clone(),
                    indexes: self.indexes.clone(),
                }
            }

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

            /// Reads one object from JSON straight into its list; what it has in common with
            /// others is held once, in the pool. Returns false, and reads nothing, where it
            /// has not the very shape of its kind: [`insert`](Self::insert) tells why, or
            /// reads it all the same.
            pub fn insert_text(&mut self, kind: Kind, text: &[u8], origin: impl FnOnce() -> Origin, pool: &mut Pool) -> bool {
                match kind {
                    $(Kind::$kind => {
                        let Ok(mut decoded) = serde_json::from_slice::<$type>(text) else { return false };
                        decoded.share(pool);
                        self.add(kind, decoded.metadata(), origin());
                        self.$field.push(decoded);
                    })*
                }
                true
            }

            /// Adds what another reading of the same cluster has found. Where both have an
            /// object, the newer one counts once they are [sorted](Self::sort).
            pub fn absorb(&mut self, other: Self) {
                $(self.$field.append(other.$field.shared().cloned().collect());)*
                self.taken_at = self.taken_at.max(other.taken_at);
                Arc::make_mut(&mut self.logs).extend(Arc::unwrap_or_clone(other.logs));
                Arc::make_mut(&mut self.origins).extend(Arc::unwrap_or_clone(other.origins));
                self.unreadable.extend(other.unreadable);
            }

            /// Adds what a page of a list held. Where objects come in masses, each says itself
            /// where it was read.
            pub fn take(&mut self, page: Objects, detail: Detail) {
                match page {
                    $(Objects::$kind(objects) => {
                        for object in objects.iter().filter(|_| detail == Detail::Whole) {
                            let version = Origin::Server(object.metadata().resource_version.clone());
                            self.add(Kind::$kind, object.metadata(), version);
                        }
                        self.$field.append(objects);
                    })*
                }
            }

            /// Takes over from an earlier reading what is not of these namespaces, and was not
            /// read again: nodes and what stands on them change little while a run is followed.
            pub fn carry_over(&mut self, earlier: &Self, namespaces: &[String]) {
                let offered = self.coverage.offered().clone();
                let origins = Arc::make_mut(&mut self.origins);
                for (key, origin) in earlier.origins.iter() {
                    origins.entry(key.clone()).or_insert_with(|| origin.clone());
                }
                for (kind, place, reading) in earlier.coverage.iter() {
                    if !place.is_empty() || !offered.contains(&(kind, String::new())) {
                        continue;
                    }
                    if kind == Kind::Pod {
                        let is_other = |pod: &&Arc<Pod>| !namespaces.contains(&pod.metadata.namespace);
                        self.pods.append(earlier.pods.shared().filter(is_other).cloned().collect());
                    } else {
                        match kind {
                            $(Kind::$kind => self.$field = earlier.$field.clone(),)*
                        }
                    }
                    self.record(kind, "", reading.clone());
                }
                self.sort();
            }

            /// How many objects of a kind there are in a namespace; in all for the empty one.
            pub fn count(&self, kind: Kind, namespace: &str) -> usize {
                let is_there = |meta: &ObjectMeta| namespace.is_empty() || meta.namespace == namespace;
                match kind {
                    $(Kind::$kind => self.$field.iter().filter(|object| is_there(object.metadata())).count(),)*
                }
            }

            /// Forgets all objects of a kind, as if nobody had read it.
            pub fn forget(&mut self, kind: Kind) {
                match kind {
                    $(Kind::$kind => self.$field.clear(),)*
                }
                Arc::make_mut(&mut self.origins).retain(|(of, _, _), _| *of != kind);
                self.added_origins.retain(|(of, _, _), _| *of != kind);
                self.coverage.forget(kind);
            }

            /// Records that a kind was not read in a namespace, or everywhere (`""`), and that
            /// it could be: whoever looks for it is noted in the coverage's demand.
            pub fn offer(&mut self, kind: Kind, place: &str) {
                self.coverage.offer(kind, place);
                self.mark_unread(kind);
            }

            /// Records how a kind was read that was offered before.
            pub fn record(&mut self, kind: Kind, place: &str, reading: Reading) {
                self.coverage.record(kind, place, reading);
                self.mark_unread(kind);
            }

            fn mark_unread(&mut self, kind: Kind) {
                let places = self.coverage.offers(kind);
                let demand = self.coverage.demand().clone();
                let unread = (!places.is_empty()).then_some(Unread { kind, places, demand });
                match kind {
                    $(Kind::$kind => self.$field.set_unread(unread),)*
                }
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
    device_classes: DeviceClass = DeviceClass;
    priority_classes: PriorityClass = PriorityClass;
    runtime_classes: RuntimeClass = RuntimeClass;
    roles: Role = Role;
    role_bindings: RoleBinding = RoleBinding;
    cluster_roles: Role = ClusterRole;
    cluster_role_bindings: RoleBinding = ClusterRoleBinding;
    sccs: SecurityContextConstraints = SecurityContextConstraints;
}

fn sort_by_name<T: Object>(objects: &mut List<T>) {
    let by_name = |a: &T, b: &T| key(a.metadata()).cmp(&key(b.metadata()));
    // One object may stand in two files of an export: the newer reading counts.
    objects.sort(by_name, |later, kept| version(later.metadata()) >= version(kept.metadata()));
}

/// Events about an object: positions in the list for which the index was built.
#[derive(Debug, Clone)]
pub struct EventIndex {
    of: List<Event>,
    /// By the object's namespace, kind and name.
    positions: Arc<HashMap<(String, String, String), Vec<usize>>>,
}

impl EventIndex {
    fn new(events: &List<Event>) -> Self {
        let mut positions: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, event) in events.iter().enumerate() {
            let object = &event.involved_object;
            let key = (event.metadata.namespace.clone(), object.kind.clone(), object.name.clone());
            positions.entry(key).or_default().push(at);
        }
        Self { of: events.clone(), positions: Arc::new(positions) }
    }

    fn about(&self, kind: &str, namespace: &str, name: &str) -> &[usize] {
        let key = (namespace.to_owned(), kind.to_owned(), name.to_owned());
        self.positions.get(&key).map_or(&[], Vec::as_slice)
    }
}

fn key(meta: &ObjectMeta) -> (&str, &str) {
    (&meta.namespace, &meta.name)
}

fn version(meta: &ObjectMeta) -> u64 {
    meta.resource_version.parse().unwrap_or(0)
}

/// The object of that name.
pub fn find<'a, T: Object>(objects: &'a List<T>, namespace: &str, name: &str) -> Option<&'a T> {
    objects.find_in(namespace, |object| key(object.metadata()).cmp(&(namespace, name)))
}

impl Cluster {
    fn add(&mut self, kind: Kind, meta: &ObjectMeta, origin: Origin) {
        let key = (kind, meta.namespace.clone(), meta.name.clone());
        match Arc::get_mut(&mut self.origins) {
            Some(own) => drop(own.insert(key, origin)),
            None => drop(self.added_origins.insert(key, origin)),
        }
    }

    /// Where an object was read.
    pub fn origin(&self, kind: Kind, namespace: &str, name: &str) -> Option<Cow<'_, Origin>> {
        let key = (kind, namespace.to_owned(), name.to_owned());
        let noted = self.added_origins.get(&key).or_else(|| self.origins.get(&key));
        noted.map(Cow::Borrowed).or_else(|| {
            let pod = self.pods.find(|pod| self::key(&pod.metadata).cmp(&(namespace, name)));
            let pod = pod.filter(|pod| kind == Kind::Pod && !pod.metadata.resource_version.is_empty());
            pod.map(|pod| Cow::Owned(Origin::Server(pod.metadata.resource_version.clone())))
        })
    }

    /// Whether everything that decides about room and volumes is the very same in both.
    pub fn has_same_placement(&self, other: &Self) -> bool {
        self.pods.is_same(&other.pods)
            && self.nodes.is_same(&other.nodes)
            && self.namespaces.is_same(&other.namespaces)
            && self.claims.is_same(&other.claims)
            && self.persistent_volumes.is_same(&other.persistent_volumes)
            && self.storage_classes.is_same(&other.storage_classes)
            && self.csi_nodes.is_same(&other.csi_nodes)
            && self.csi_drivers.is_same(&other.csi_drivers)
            && self.volume_attachments.is_same(&other.volume_attachments)
            && self.csi_storage_capacities.is_same(&other.csi_storage_capacities)
            && self.device_classes.is_same(&other.device_classes)
    }

    /// A pod by name.
    pub fn pod(&self, namespace: &str, name: &str) -> Option<&Pod> {
        find(&self.pods, namespace, name)
    }

    /// The pods of a namespace.
    pub fn pods_in(&self, namespace: &str) -> impl Iterator<Item = &Pod> {
        self.pods.for_namespace(namespace).filter(move |pod| pod.metadata.namespace == namespace)
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
        let built = self.events_by_object.get_or_init(|| EventIndex::new(&self.events));
        // An overlay with other events does without the index of the original.
        let mut events: Vec<&Event> = if built.of.is_same(&self.events) {
            built.about(kind, namespace, name).iter().filter_map(|at| self.events.get(*at)).collect()
        } else {
            let is_about = |event: &&Event| {
                let object = &event.involved_object;
                object.kind == kind && object.name == name && event.metadata.namespace == namespace
            };
            self.events.iter().filter(is_about).collect()
        };
        events.sort_by_key(|event| event.last_seen());
        events
    }
}
