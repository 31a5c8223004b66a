//! Pods, as far as scheduling, admission and diagnosis read them.

use std::ops::{Deref, DerefMut};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::meta::{Condition, ObjectMeta, StringMap, null_as_default};
use super::pod_security::{ContainerSecurityContext, PodSecurityContext};
use super::quantity::ResourceList;
use super::selector::{LabelSelector, NodeSelector, NodeSelectorTerm};
use super::shared::Shared;
use super::volume::Volume;

/// A pod, or a pod template with the metadata that its pods would get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Pod {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What was asked for.
    #[serde(deserialize_with = "null_as_default")]
    pub spec: PodSpec,
    /// How it goes.
    #[serde(deserialize_with = "null_as_default")]
    pub status: Shared<PodStatus>,
}

/// `spec` of a pod: its node, and what the pods of one workload have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "PodPlan", rename_all = "camelCase")]
pub struct PodSpec {
    /// The node the pod is bound to; empty while unscheduled.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub node_name: String,
    #[serde(flatten)]
    pub(super) plan: Shared<PodPlan>,
}

impl From<PodPlan> for PodSpec {
    fn from(mut plan: PodPlan) -> Self {
        Self { node_name: std::mem::take(&mut plan.bound_to), plan: plan.into() }
    }
}

impl Deref for PodSpec {
    type Target = PodPlan;

    fn deref(&self) -> &PodPlan {
        &self.plan
    }
}

impl DerefMut for PodSpec {
    fn deref_mut(&mut self) -> &mut PodPlan {
        &mut self.plan
    }
}

/// `spec` of a pod without its node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodPlan {
    /// Where the node stands in JSON; empty once it is read.
    #[serde(rename = "nodeName", deserialize_with = "null_as_default", skip_serializing)]
    pub(crate) bound_to: String,
    /// Which scheduler places it; empty means `default-scheduler`.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub scheduler_name: String,
    /// Labels a node must have.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "StringMap::is_empty")]
    pub node_selector: StringMap,
    /// Affinities.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "is_default")]
    pub affinity: Affinity,
    /// Taints the pod bears.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    /// Spreading rules.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
    /// Init containers, sidecars (`restartPolicy: Always`) included.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub init_containers: Vec<Container>,
    /// Containers.
    #[serde(deserialize_with = "null_as_default")]
    pub containers: Vec<Container>,
    /// Debug containers added later.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ephemeral_containers: Vec<Container>,
    /// Volumes.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// What the runtime class adds to the requests.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ResourceList::is_empty")]
    pub overhead: ResourceList,
    /// Pod-level requests (Kubernetes 1.34 and later by default).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// Numeric priority, as admission resolved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Name of the priority class.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub priority_class_name: String,
    /// `Never` or `PreemptLowerPriority`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preemption_policy: Option<String>,
    /// Runtime class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_class_name: Option<String>,
    /// Uses the node's network.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "is_default")]
    pub host_network: bool,
    /// Sees the node's processes.
    #[serde(rename = "hostPID", deserialize_with = "null_as_default", skip_serializing_if = "is_default")]
    pub host_pid: bool,
    /// Shares the node's IPC.
    #[serde(rename = "hostIPC", deserialize_with = "null_as_default", skip_serializing_if = "is_default")]
    pub host_ipc: bool,
    /// `false` asks for a user namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_users: Option<bool>,
    /// Security settings of all containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<PodSecurityContext>,
    /// ServiceAccount the pod runs as; empty before admission means `default`.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// Gates that keep the scheduler away.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub scheduling_gates: Vec<Named>,
    /// Device claims.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub resource_claims: Vec<Named>,
    /// Secrets for pulling images.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub image_pull_secrets: Vec<Named>,
    /// Operating system, when stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<Named>,
    /// `Always`, `OnFailure` or `Never`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<String>,
    /// Seconds the pod may be active.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<i64>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Something that only has a name here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Named {
    /// Name.
    #[serde(deserialize_with = "null_as_default")]
    pub name: String,
}

/// A container of any kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image reference.
    #[serde(deserialize_with = "null_as_default")]
    pub image: String,
    /// Requests and limits.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "is_default")]
    pub resources: Resources,
    /// Ports.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ContainerPort>,
    /// `Always` makes an init container a sidecar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_policy: Option<String>,
    /// What happens on certain exit codes (Kubernetes 1.34 and later).
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub restart_policy_rules: Vec<RestartRule>,
    /// Security settings that override the pod's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_context: Option<ContainerSecurityContext>,
    /// Where volumes appear.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub volume_mounts: Vec<VolumeMount>,
    /// Folder the process starts in.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
}

/// What the kubelet does when a container exits in a certain way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct RestartRule {
    /// `Restart` or `RestartAllContainers`.
    #[serde(deserialize_with = "null_as_default")]
    pub action: String,
}

/// Requests and limits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Resources {
    /// What the scheduler reserves.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ResourceList::is_empty")]
    pub requests: ResourceList,
    /// What the kernel enforces.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "ResourceList::is_empty")]
    pub limits: ResourceList,
}

/// A port of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerPort {
    /// Port in the container.
    #[serde(deserialize_with = "null_as_default")]
    pub container_port: i32,
    /// Port on the node; 0 when none.
    #[serde(deserialize_with = "null_as_default")]
    pub host_port: i32,
    /// Address on the node; empty means all.
    #[serde(rename = "hostIP", deserialize_with = "null_as_default")]
    pub host_ip: String,
    /// `TCP`, `UDP` or `SCTP`; empty means `TCP`.
    #[serde(deserialize_with = "null_as_default")]
    pub protocol: String,
}

/// A mounted volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeMount {
    /// Name of the volume.
    pub name: String,
    /// Where it appears.
    pub mount_path: String,
    /// Folder of the volume that is shown; empty for its root.
    #[serde(deserialize_with = "null_as_default")]
    pub sub_path: String,
    /// Mounted read-only.
    #[serde(deserialize_with = "null_as_default")]
    pub read_only: bool,
    /// Options of the bind mount (alpha in 1.37).
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub bind_mount_options: Vec<String>,
}

/// A toleration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Toleration {
    /// Taint key; empty with `Exists` means every taint.
    #[serde(deserialize_with = "null_as_default")]
    pub key: String,
    /// `Equal` (also when empty), `Exists`, `Lt` or `Gt`.
    #[serde(deserialize_with = "null_as_default")]
    pub operator: String,
    /// Value for `Equal`.
    #[serde(deserialize_with = "null_as_default")]
    pub value: String,
    /// Taint effect; empty means all.
    #[serde(deserialize_with = "null_as_default")]
    pub effect: String,
    /// How long a `NoExecute` taint is borne.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toleration_seconds: Option<i64>,
}

/// The three affinities of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Affinity {
    /// Towards nodes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_affinity: Option<NodeAffinity>,
    /// Towards pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_affinity: Option<PodAffinity>,
    /// Away from pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_anti_affinity: Option<PodAffinity>,
}

/// Node affinity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeAffinity {
    /// Must hold when the pod is placed.
    #[serde(rename = "requiredDuringSchedulingIgnoredDuringExecution", skip_serializing_if = "Option::is_none")]
    pub required: Option<NodeSelector>,
    /// Counts in the score.
    #[serde(
        rename = "preferredDuringSchedulingIgnoredDuringExecution",
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub preferred: Vec<PreferredNodeTerm>,
}

/// A weighted node selector term.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PreferredNodeTerm {
    /// 1 to 100.
    pub weight: i32,
    /// The term.
    pub preference: NodeSelectorTerm,
}

/// Pod affinity or anti-affinity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct PodAffinity {
    /// Must hold when the pod is placed.
    #[serde(
        rename = "requiredDuringSchedulingIgnoredDuringExecution",
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub required: Vec<PodAffinityTerm>,
    /// Counts in the score.
    #[serde(
        rename = "preferredDuringSchedulingIgnoredDuringExecution",
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub preferred: Vec<WeightedPodAffinityTerm>,
}

/// A weighted pod affinity term.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WeightedPodAffinityTerm {
    /// 1 to 100.
    pub weight: i32,
    /// The term.
    pub pod_affinity_term: PodAffinityTerm,
}

/// One pod affinity term.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodAffinityTerm {
    /// Which pods are meant; absent means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelector>,
    /// In which namespaces, by name.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<String>,
    /// In which namespaces, by label; absent together with no names means the
    /// pod's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Node label whose equal value makes one place.
    pub topology_key: String,
    /// Keys whose values of the incoming pod must match.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub match_label_keys: Vec<String>,
    /// Keys whose values of the incoming pod must not match.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub mismatch_label_keys: Vec<String>,
}

/// A spreading rule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TopologySpreadConstraint {
    /// Largest allowed difference.
    pub max_skew: i32,
    /// Node label that makes the domains.
    pub topology_key: String,
    /// `DoNotSchedule` or `ScheduleAnyway`.
    pub when_unsatisfiable: String,
    /// Which pods are counted; absent means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelector>,
    /// Fewest domains that must exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_domains: Option<i32>,
    /// `Honor` (also when absent) or `Ignore`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_affinity_policy: Option<String>,
    /// `Honor` or `Ignore` (also when absent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_taints_policy: Option<String>,
    /// Keys whose values of the incoming pod are added to the selector.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub match_label_keys: Vec<String>,
}

/// `status` of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    #[serde(deserialize_with = "null_as_default")]
    pub phase: String,
    /// Machine word, for example `Evicted`.
    #[serde(deserialize_with = "null_as_default")]
    pub reason: String,
    /// Human text.
    #[serde(deserialize_with = "null_as_default")]
    pub message: String,
    /// Node promised to the pod while victims terminate.
    #[serde(deserialize_with = "null_as_default")]
    pub nominated_node_name: String,
    /// `PodScheduled`, `Ready` and the like.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
    /// States of the containers.
    #[serde(deserialize_with = "null_as_default")]
    pub container_statuses: Vec<ContainerStatus>,
    /// States of the init containers.
    #[serde(deserialize_with = "null_as_default")]
    pub init_container_statuses: Vec<ContainerStatus>,
    /// When the kubelet took the pod.
    pub start_time: Option<Timestamp>,
    /// In-place resize in progress, as servers before 1.33 wrote it.
    #[serde(deserialize_with = "null_as_default")]
    pub resize: String,
    /// Pod-level resources in force (in-place resize).
    pub resources: Option<Resources>,
    /// Pod-level resources that the node has reserved (in-place resize).
    #[serde(deserialize_with = "null_as_default")]
    pub allocated_resources: ResourceList,
}

/// State of one container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatus {
    /// Name.
    pub name: String,
    /// What it does now.
    #[serde(deserialize_with = "null_as_default")]
    pub state: ContainerState,
    /// What it did before the last restart.
    #[serde(deserialize_with = "null_as_default")]
    pub last_state: ContainerState,
    /// Ready.
    #[serde(deserialize_with = "null_as_default")]
    pub ready: bool,
    /// Past its startup probe; of a native sidecar this releases the containers after it.
    #[serde(deserialize_with = "null_as_default")]
    pub started: bool,
    /// Times it was started again.
    #[serde(deserialize_with = "null_as_default")]
    pub restart_count: i32,
    /// Requests in force (in-place resize).
    pub resources: Option<Resources>,
    /// Requests the node has reserved (in-place resize).
    #[serde(deserialize_with = "null_as_default")]
    pub allocated_resources: ResourceList,
}

/// At most one of the three is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ContainerState {
    /// Not started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// Started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<Running>,
    /// Ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminated: Option<Terminated>,
}

/// Why a container has not started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// Machine word, for example `ImagePullBackOff`.
    #[serde(deserialize_with = "null_as_default")]
    pub reason: String,
    /// Human text.
    #[serde(deserialize_with = "null_as_default")]
    pub message: String,
}

/// Since when a container runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Running {
    /// Start.
    pub started_at: Option<Timestamp>,
}

/// How a container ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Terminated {
    /// Exit code.
    pub exit_code: i32,
    /// Machine word, for example `OOMKilled`.
    #[serde(deserialize_with = "null_as_default")]
    pub reason: String,
    /// What the container left in its termination log.
    #[serde(deserialize_with = "null_as_default")]
    pub message: String,
    /// Start.
    pub started_at: Option<Timestamp>,
    /// End.
    pub finished_at: Option<Timestamp>,
}

impl Pod {
    /// Whether the pod has ended: such a pod uses nothing on its node.
    pub fn is_terminal(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }

    /// A status condition by type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Init, ordinary and ephemeral containers, in this order.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.spec.init_containers.iter().chain(&self.spec.containers).chain(&self.spec.ephemeral_containers)
    }
}
