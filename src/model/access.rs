//! RBAC and OpenShift's SecurityContextConstraints.

use serde::{Deserialize, Serialize};

use super::meta::{ObjectMeta, null_as_default};
use super::pod_security::SeLinuxOptions;

/// A Role or ClusterRole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Role {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What it permits.
    #[serde(deserialize_with = "null_as_default")]
    pub rules: Vec<PolicyRule>,
}

/// One rule of a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PolicyRule {
    /// Verbs; `*` for all.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
    /// API groups; `*` for all.
    #[serde(deserialize_with = "null_as_default")]
    pub api_groups: Vec<String>,
    /// Resources; `*` for all.
    #[serde(deserialize_with = "null_as_default")]
    pub resources: Vec<String>,
    /// Objects by name; empty for all.
    #[serde(deserialize_with = "null_as_default")]
    pub resource_names: Vec<String>,
}

/// A RoleBinding or ClusterRoleBinding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RoleBinding {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Whom it is for.
    #[serde(deserialize_with = "null_as_default")]
    pub subjects: Vec<Subject>,
    /// What it grants.
    pub role_ref: RoleRef,
}

/// A user, group or ServiceAccount.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Subject {
    /// `User`, `Group` or `ServiceAccount`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace of a ServiceAccount.
    #[serde(deserialize_with = "null_as_default")]
    pub namespace: String,
}

/// The role that a binding grants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoleRef {
    /// `Role` or `ClusterRole`.
    pub kind: String,
    /// Name.
    pub name: String,
}

/// A SecurityContextConstraints object
/// (openshift/api security/v1 `SecurityContextConstraints`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SecurityContextConstraints {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Higher is tried first; absent means 0.
    pub priority: Option<i32>,
    /// Users that may use it.
    #[serde(deserialize_with = "null_as_default")]
    pub users: Vec<String>,
    /// Groups that may use it.
    #[serde(deserialize_with = "null_as_default")]
    pub groups: Vec<String>,
    /// Privileged containers allowed.
    #[serde(deserialize_with = "null_as_default")]
    pub allow_privileged_container: bool,
    /// Capabilities added to every container.
    #[serde(deserialize_with = "null_as_default")]
    pub default_add_capabilities: Vec<String>,
    /// Capabilities that every container must drop.
    #[serde(deserialize_with = "null_as_default")]
    pub required_drop_capabilities: Vec<String>,
    /// Capabilities that containers may add; `*` for all.
    #[serde(deserialize_with = "null_as_default")]
    pub allowed_capabilities: Vec<String>,
    /// hostPath volumes allowed, whatever `volumes` says.
    #[serde(deserialize_with = "null_as_default")]
    pub allow_host_dir_volume_plugin: bool,
    /// Volume types allowed; absent and empty differ before defaulting.
    pub volumes: Option<Vec<String>>,
    /// FlexVolume drivers allowed.
    #[serde(deserialize_with = "null_as_default")]
    pub allowed_flex_volumes: Vec<AllowedFlexVolume>,
    /// Host network allowed.
    #[serde(deserialize_with = "null_as_default")]
    pub allow_host_network: bool,
    /// Host ports allowed.
    #[serde(deserialize_with = "null_as_default")]
    pub allow_host_ports: bool,
    /// Host PID namespace allowed.
    #[serde(rename = "allowHostPID", deserialize_with = "null_as_default")]
    pub allow_host_pid: bool,
    /// Host IPC namespace allowed.
    #[serde(rename = "allowHostIPC", deserialize_with = "null_as_default")]
    pub allow_host_ipc: bool,
    /// Value for containers that do not say.
    pub default_allow_privilege_escalation: Option<bool>,
    /// Whether privilege escalation is allowed; absent means yes.
    pub allow_privilege_escalation: Option<bool>,
    /// SELinux rule.
    #[serde(deserialize_with = "null_as_default")]
    pub se_linux_context: SeLinuxStrategy,
    /// User id rule.
    #[serde(deserialize_with = "null_as_default")]
    pub run_as_user: RunAsUserStrategy,
    /// Supplemental group rule.
    #[serde(deserialize_with = "null_as_default")]
    pub supplemental_groups: GroupStrategy,
    /// fsGroup rule.
    #[serde(deserialize_with = "null_as_default")]
    pub fs_group: GroupStrategy,
    /// Read-only root file system required.
    #[serde(deserialize_with = "null_as_default")]
    pub read_only_root_filesystem: bool,
    /// Seccomp profiles allowed.
    #[serde(deserialize_with = "null_as_default")]
    pub seccomp_profiles: Vec<String>,
    /// `AllowHostLevel` or `RequirePodLevel`.
    #[serde(deserialize_with = "null_as_default")]
    pub user_namespace_level: String,
    /// Unsafe sysctls allowed.
    #[serde(deserialize_with = "null_as_default")]
    pub allowed_unsafe_sysctls: Vec<String>,
    /// Sysctls forbidden.
    #[serde(deserialize_with = "null_as_default")]
    pub forbidden_sysctls: Vec<String>,
}

/// A FlexVolume driver.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AllowedFlexVolume {
    /// Driver.
    pub driver: String,
}

/// SELinux rule of an SCC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct SeLinuxStrategy {
    /// `MustRunAs` or `RunAsAny`.
    #[serde(rename = "type", deserialize_with = "null_as_default")]
    pub kind: String,
    /// The label that must be used.
    pub se_linux_options: Option<SeLinuxOptions>,
}

/// User id rule of an SCC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RunAsUserStrategy {
    /// `MustRunAs`, `MustRunAsRange`, `MustRunAsNonRoot` or `RunAsAny`.
    #[serde(rename = "type", deserialize_with = "null_as_default")]
    pub kind: String,
    /// The id for `MustRunAs`.
    pub uid: Option<i64>,
    /// Smallest id.
    pub uid_range_min: Option<i64>,
    /// Largest id.
    pub uid_range_max: Option<i64>,
}

/// Group rule of an SCC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupStrategy {
    /// `MustRunAs` or `RunAsAny`.
    #[serde(rename = "type", deserialize_with = "null_as_default")]
    pub kind: String,
    /// Ranges; the first one's minimum is the default.
    #[serde(deserialize_with = "null_as_default")]
    pub ranges: Vec<IdRange>,
}

/// A range of ids, both ends included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IdRange {
    /// Smallest.
    #[serde(deserialize_with = "null_as_default")]
    pub min: i64,
    /// Largest.
    #[serde(deserialize_with = "null_as_default")]
    pub max: i64,
}
