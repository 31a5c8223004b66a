//! The steps that change something, with their typed arguments: none is a command.

use serde::Deserialize;
use serde_json::Value;

use crate::analysis::tekton::Coschedule;
use crate::ops::Part;
use crate::yaml::Located;

use super::schema::{Named, Nothing, Scalar};

/// Submits the run again, changed.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rerun {
    /// Parts of what the run asks for that are dropped.
    #[serde(default)]
    pub drop: Vec<Located<Part>>,
    /// fsGroup of the pod template: a number, or `namespace` for the start of the
    /// namespace's block.
    #[serde(default)]
    pub fs_group: Option<Located<Scalar>>,
    /// runAsUser of the pod template.
    #[serde(default)]
    pub run_as_user: Option<Located<Scalar>>,
    /// Fields laid over the run's pod template (RFC 7386); null takes one away.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Option<serde_json::Map<String, Value>>"))]
    pub pod_template: Option<Located<Value>>,
    /// Moves the securityContext from the run to each of its tasks.
    #[serde(default)]
    pub security_context_to_tasks: bool,
    /// Gives the node selection and tolerations of this task to the whole run.
    #[serde(default)]
    pub placement_of: Option<Located<Scalar>>,
    /// Every pod on nodes with these labels.
    #[serde(default)]
    pub node_selector: Named,
    /// Taints that are tolerated.
    #[serde(default)]
    pub tolerations: Vec<Located<Toleration>>,
    /// Runs as this ServiceAccount.
    #[serde(default)]
    pub service_account: Option<Located<Scalar>>,
    /// Runs tasks as these ServiceAccounts.
    #[serde(default)]
    pub task_service_accounts: Named,
    /// Binds workspaces to something else.
    #[serde(default)]
    pub workspaces: Vec<Located<Workspace>>,
    /// Lets steps or tasks ask for other amounts.
    #[serde(default)]
    pub requests: Vec<Located<Request>>,
    /// Gives parameters other values.
    #[serde(default)]
    pub params: Named,
    /// Gives the pipeline this long to end, 2h30m for example.
    #[serde(default)]
    pub timeout: Option<Located<Scalar>>,
    /// Pins every pod to this node.
    #[serde(default)]
    pub pin_node: Option<Located<Scalar>>,
    /// Whether the old run, if it is under way, is left as it is. Otherwise it is cancelled
    /// once the pods of the new one have a node, or before where the new one needs what it
    /// holds.
    #[serde(default)]
    pub keep_old: bool,
}

/// A taint that is tolerated.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Toleration {
    /// Its key.
    pub key: Located<Scalar>,
    /// Its value; absent: any.
    #[serde(default)]
    pub value: Option<Located<Scalar>>,
    /// Its effect.
    pub effect: Effect,
}

/// Effect of a taint.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Effect {
    /// Pods are not scheduled to the node.
    NoSchedule,
    /// Pods are evicted from the node as well.
    NoExecute,
    /// Pods are rather not scheduled to the node.
    PreferNoSchedule,
}

/// What a workspace is bound to: one of emptyDir, claimName and size.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Workspace {
    /// The workspace.
    pub name: Located<Scalar>,
    /// A directory that lives as long as a task.
    #[serde(default)]
    pub empty_dir: Option<Nothing>,
    /// A claim that exists.
    #[serde(default)]
    pub claim_name: Option<Located<Scalar>>,
    /// A claim of this size, made anew for each run.
    #[serde(default)]
    pub size: Option<Located<Scalar>>,
    /// Storage class of the new claim.
    #[serde(default)]
    pub storage_class: Option<Located<Scalar>>,
    /// Access mode of the new claim; absent: ReadWriteOnce.
    #[serde(default)]
    pub access_mode: Option<AccessMode>,
    /// A directory of the volume.
    #[serde(default)]
    pub sub_path: Option<Located<Scalar>>,
}

/// How a volume may be used.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum AccessMode {
    /// By the pods of one node.
    ReadWriteOnce,
    /// By one pod.
    ReadWriteOncePod,
    /// By pods of any nodes.
    ReadWriteMany,
    /// By pods of any nodes, to read.
    ReadOnlyMany,
}

impl AccessMode {
    /// As Kubernetes writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadWriteOnce => "ReadWriteOnce",
            Self::ReadWriteOncePod => "ReadWriteOncePod",
            Self::ReadWriteMany => "ReadWriteMany",
            Self::ReadOnlyMany => "ReadOnlyMany",
        }
    }
}

/// What a step or a task asks for.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Request {
    /// Task of the pipeline.
    pub task: Located<Scalar>,
    /// Step; absent: the task as a whole.
    #[serde(default)]
    pub step: Option<Located<Scalar>>,
    /// Resource, cpu for example.
    pub resource: Located<Scalar>,
    /// Amount.
    pub quantity: Located<Scalar>,
}

/// Feature flags of Tekton.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetFlags {
    /// How the pods of a run are kept together; set by the key that the installed version
    /// reads.
    #[serde(default)]
    pub coschedule: Option<Mode>,
    /// Whether Tekton gives its own containers what the level `restricted` of Pod Security
    /// demands.
    #[serde(default)]
    pub set_security_context: Option<bool>,
}

/// A mode of coschedule.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Not at all: no assistant.
    Disabled,
    /// One assistant for each claim.
    Workspaces,
    /// One assistant for each run.
    #[serde(rename = "pipelineruns")]
    PipelineRuns,
    /// The same, and no two runs on one node.
    #[serde(rename = "isolate-pipelinerun")]
    IsolatePipelineRun,
}

/// A node to which pods are scheduled again.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Uncordon {
    /// The node.
    pub node: Located<Scalar>,
}

/// The right to use an SCC.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantScc {
    /// The ServiceAccount.
    pub service_account: Located<Scalar>,
    /// The SCC.
    pub scc: Located<Scalar>,
}

/// A level of Pod Security.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Enforce {
    /// The level.
    pub level: Level,
}

/// A level of Pod Security.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Everything.
    Privileged,
    /// What is known to be dangerous is refused.
    Baseline,
    /// Hardened pods only.
    Restricted,
}

/// New limits of a quota.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RaiseQuota {
    /// The ResourceQuota.
    pub quota: Located<Scalar>,
    /// Limits by resource, requests.memory for example.
    pub hard: Named,
}

/// How many replicas a StatefulSet is to have.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scale {
    /// The StatefulSet.
    pub stateful_set: Located<Scalar>,
    /// Replicas.
    pub replicas: Located<Scalar>,
}

/// A new claim.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateClaim {
    /// Its name.
    pub name: Located<Scalar>,
    /// Its size.
    pub size: Located<Scalar>,
    /// Its storage class; absent: the cluster's default.
    #[serde(default)]
    pub storage_class: Option<Located<Scalar>>,
    /// Its access mode; absent: ReadWriteOnce.
    #[serde(default)]
    pub access_mode: Option<AccessMode>,
}

/// A new ServiceAccount.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateServiceAccount {
    /// Its name.
    pub name: Located<Scalar>,
}

/// A pod that is deleted.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeletePod {
    /// Its name.
    pub name: Located<Scalar>,
    /// Without waiting for its node: two pods may hold one volume for a moment.
    #[serde(default)]
    pub force: bool,
}

/// A step that changes something.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "each is told of at its arguments")]
pub enum Change<'s> {
    Rerun(&'s Rerun),
    Release,
    Retry,
    SetFlags(&'s SetFlags),
    Uncordon(&'s Uncordon),
    GrantScc(&'s GrantScc),
    Enforce(&'s Enforce),
    RaiseQuota(&'s RaiseQuota),
    Scale(&'s Scale),
    CreateClaim(&'s CreateClaim),
    CreateServiceAccount(&'s CreateServiceAccount),
    DeletePod(&'s DeletePod),
}

impl From<Mode> for Coschedule {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Disabled => Self::Disabled,
            Mode::Workspaces => Self::Workspaces,
            Mode::PipelineRuns => Self::PipelineRuns,
            Mode::IsolatePipelineRun => Self::IsolatePipelineRun,
        }
    }
}
