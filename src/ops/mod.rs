//! Operations: what can be done about a run or its cluster, one typed change each.
//!
//! An operation can be applied to an overlay, so that a forecast sees its effect; it can be
//! written as the command of the caller's own tool; it names the rights it takes, what it
//! endangers, and what undoes it. All of that is derived from the one value.

mod apply;
mod command;
mod contradiction;
pub mod edit;
mod fields;
mod grant;
mod instruction;
mod part;
mod request;
pub mod resubmission;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::{Kind, Quantity};

pub use apply::apply;
pub use command::{Caller, Command, flags};
pub use contradiction::contradiction;
pub use edit::Edit;
pub use fields::{Field, changed};
pub use grant::{Allowed, Grant, Reach};
pub use instruction::{Instruction, Refused};
pub use part::Part;
pub use request::{Request, Write};

/// An object by kind, namespace and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ObjectRef {
    /// Kind.
    #[serde(serialize_with = "kind_name", deserialize_with = "kind_of_name")]
    pub kind: Kind,
    /// Namespace; empty for kinds without.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Name.
    pub name: String,
}

fn kind_name<S: serde::Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

fn kind_of_name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    let name = String::deserialize(deserializer)?;
    let known = Kind::ALL.iter().copied().find(|kind| kind.name() == name);
    known.ok_or_else(|| serde::de::Error::custom(format!("{name} is not a kind that this program writes")))
}

impl ObjectRef {
    /// An object.
    pub fn new(kind: Kind, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind, namespace: namespace.into(), name: name.into() }
    }

    /// `pod/NAME`, as kubectl takes it.
    pub fn target(&self) -> String {
        format!("{}/{}", self.kind.name().to_lowercase(), self.name)
    }
}

/// Where Tekton's feature flags last: an operator overwrites the ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "place")]
pub enum FlagPlace {
    /// ConfigMap feature-flags of this namespace.
    ConfigMap {
        /// The namespace of Tekton.
        namespace: String,
    },
    /// The operator's TektonConfig.
    TektonConfig {
        /// Its name.
        name: String,
    },
}

/// A new limit of a quota.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hard {
    /// Resource, `requests.memory` for example.
    pub resource: String,
    /// The limit today.
    #[serde(serialize_with = "quantity")]
    pub old: Quantity,
    /// The limit to set.
    #[serde(serialize_with = "quantity")]
    pub new: Quantity,
}

/// A new bound of a LimitRange.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bound {
    /// Position in `spec.limits`.
    pub item: usize,
    /// `min`, `max`, `default` or `maxLimitRequestRatio`.
    pub side: &'static str,
    /// Resource.
    pub resource: String,
    /// The bound today.
    #[serde(serialize_with = "quantity")]
    pub old: Quantity,
    /// The bound to set; absent where it is taken away.
    #[serde(serialize_with = "maybe_quantity")]
    pub new: Option<Quantity>,
}

fn quantity<S: serde::Serializer>(quantity: &Quantity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&quantity.to_string())
}

fn maybe_quantity<S: serde::Serializer>(quantity: &Option<Quantity>, serializer: S) -> Result<S::Ok, S::Error> {
    match quantity {
        Some(known) => serializer.serialize_str(&known.to_string()),
        None => serializer.serialize_none(),
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "op")]
pub enum Op {
    /// Submit the run again, edited.
    Submit {
        /// The run.
        run: ObjectRef,
        /// What is changed.
        edits: Vec<Edit>,
        /// Whether the old run is cancelled once the new one exists.
        cancel_old: bool,
    },
    /// Take `spec.status` off a run or a TaskRun that is held by it.
    Release {
        /// The run or TaskRun.
        run: ObjectRef,
    },
    /// Delete an object.
    Delete {
        /// The object.
        object: ObjectRef,
        /// Without waiting for the node.
        force: bool,
    },
    /// Create an object.
    Create {
        /// The object.
        object: ObjectRef,
        /// The whole object.
        manifest: Value,
    },
    /// Let a ServiceAccount use an SCC.
    Grant {
        /// Namespace of the account.
        namespace: String,
        /// What is granted.
        #[serde(flatten)]
        grant: Grant,
    },
    /// Set feature flags of Tekton.
    SetFlags {
        /// Where.
        #[serde(flatten)]
        place: FlagPlace,
        /// Keys with their values.
        pairs: Vec<(&'static str, String)>,
    },
    /// Let pods be scheduled to a node again.
    Uncordon {
        /// The node.
        node: String,
    },
    /// Enforce another level of Pod Security on a namespace.
    Enforce {
        /// The namespace.
        namespace: String,
        /// The level.
        level: &'static str,
    },
    /// Raise limits of a quota.
    RaiseQuota {
        /// The quota.
        quota: ObjectRef,
        /// The limits.
        hard: Vec<Hard>,
    },
    /// Move bounds of a LimitRange.
    MoveBounds {
        /// The LimitRange.
        range: ObjectRef,
        /// The bounds.
        bounds: Vec<Bound>,
    },
    /// Scale a StatefulSet.
    Scale {
        /// The StatefulSet.
        set: ObjectRef,
        /// Replicas today.
        from: i32,
        /// Replicas to have.
        to: i32,
    },
    /// Have the StatefulSet controller try again at once: after a refusal it waits about as
    /// long as it has been refused.
    Retry {
        /// The StatefulSet.
        set: ObjectRef,
    },
    /// Take an annotation off an object.
    Unannotate {
        /// The object.
        object: ObjectRef,
        /// The annotation.
        key: String,
    },
    /// Something that only a person can do.
    Manual {
        /// What.
        #[serde(flatten)]
        instruction: Instruction,
        /// Commands that show what it takes to do it; they change nothing.
        look: Vec<Vec<String>>,
    },
}

/// A right on a kind of object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Right {
    /// A verb on a resource in the run's namespace.
    InNamespace(&'static str, Kind),
    /// A verb on a resource that is for administrators of the cluster.
    InCluster(&'static str, Kind),
    /// What an administrator of the cluster has.
    Administrator,
    /// To change the Task.
    Task,
    /// None that is known: it is for whoever has to do with it.
    Person,
}

/// What an operation endangers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Risk {
    /// A new run starts from its first task; the old one is cancelled, over, or left.
    NewRun(OldRun),
    /// Nodes are kept for something.
    ReservedNodes,
    /// A step may run short of what it asked for.
    LessResources,
    /// What is kept in a workspace lives no longer than a task.
    Scratch(String),
    /// A new volume is empty, and made for each run.
    NewVolume(String),
    /// What a claim of this workspace held stays where it is.
    LeftBehind(String),
    /// All runs of the cluster are concerned.
    AllRuns(Mode),
    /// Containers that need root then fail, cluster-wide.
    RootlessContainers,
    /// Tekton's own containers then carry no restrictions, cluster-wide.
    PlainContainers,
    /// Every pod of the namespace may do what a level allows.
    Level(&'static str),
    /// Whom a grant reaches.
    Grant(Reach),
    /// A queue that holds the run loses its order.
    Queue,
    /// A task that runs on the old node keeps its volume there.
    VolumeStays,
    /// Two pods hold a volume for a moment.
    TwoHolders,
    /// Records and logs go with the run.
    RecordsLost,
    /// The new object is empty, or has no rights yet.
    NewObject(Kind),
}

/// What becomes of the old run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OldRun {
    /// It is over already.
    Ended,
    /// It is cancelled, which cannot be undone.
    Cancelled,
    /// It is left as it is.
    Left,
}

/// What a flag makes of the assistants of all runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// None.
    Off,
    /// One for each run.
    PerRun,
}

/// How much is at stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// Only the run is concerned, and nothing is lost.
    Low,
    /// The old run ends, or the new one gets less than it asked for.
    Medium,
    /// Others than the run are concerned, or something is lost for good.
    High,
}

impl Risk {
    /// How much is at stake.
    pub fn danger(&self) -> Danger {
        match self {
            Self::NewRun(OldRun::Ended | OldRun::Left) | Self::NewVolume(_) | Self::NewObject(_) => Danger::Low,
            Self::NewRun(OldRun::Cancelled)
            | Self::LessResources
            | Self::Scratch(_)
            | Self::LeftBehind(_)
            | Self::ReservedNodes
            | Self::VolumeStays => Danger::Medium,
            Self::AllRuns(_)
            | Self::RootlessContainers
            | Self::PlainContainers
            | Self::Level(_)
            | Self::Grant(_)
            | Self::Queue
            | Self::TwoHolders
            | Self::RecordsLost => Danger::High,
        }
    }
}

impl Op {
    /// How much is at stake whatever else it risks: what is not the run's own concerns
    /// others.
    pub fn danger(&self) -> Danger {
        match self {
            Self::Submit { .. }
            | Self::Release { .. }
            | Self::Scale { .. }
            | Self::Retry { .. }
            | Self::Unannotate { .. } => Danger::Low,
            Self::Create { object, .. }
                if !matches!(object.kind, Kind::LimitRange | Kind::SecurityContextConstraints) =>
            {
                Danger::Low
            }
            Self::Create { .. }
            | Self::Delete { .. }
            | Self::Grant { .. }
            | Self::SetFlags { .. }
            | Self::Uncordon { .. }
            | Self::Enforce { .. }
            | Self::RaiseQuota { .. }
            | Self::MoveBounds { .. }
            | Self::Manual { .. } => Danger::High,
        }
    }

    /// The rights that its writes take.
    pub fn rights(&self) -> Vec<Right> {
        match self {
            Self::Submit { cancel_old, .. } => {
                let cancel = cancel_old.then_some(Right::InNamespace("patch", Kind::PipelineRun));
                std::iter::once(Right::InNamespace("create", Kind::PipelineRun)).chain(cancel).collect()
            }
            Self::Manual { instruction: Instruction::AskForLess { .. }, .. } => vec![Right::Task],
            Self::Manual { instruction: Instruction::CreateSource { .. }, .. } => {
                vec![Right::InNamespace("create", Kind::ConfigMap)]
            }
            Self::Manual { instruction, .. } if !instruction.is_administrators() => vec![Right::Person],
            Self::Manual { .. } => vec![Right::Administrator],
            _ => self.requests("").iter().map(Request::right).collect(),
        }
    }

    /// The operation that takes it back; absent where nothing does.
    pub fn inverse(&self) -> Option<Self> {
        match self {
            Self::Create { object, .. } => Some(Self::Delete { object: object.clone(), force: false }),
            Self::RaiseQuota { quota, hard } => {
                let hard = hard.iter().map(|h| Hard { resource: h.resource.clone(), old: h.new, new: h.old });
                Some(Self::RaiseQuota { quota: quota.clone(), hard: hard.collect() })
            }
            Self::MoveBounds { range, bounds } => {
                let back = |bound: &Bound| Some(Bound { old: bound.new?, new: Some(bound.old), ..bound.clone() });
                let bounds = bounds.iter().map(back).collect::<Option<Vec<Bound>>>()?;
                Some(Self::MoveBounds { range: range.clone(), bounds })
            }
            Self::Scale { set, from, to } => Some(Self::Scale { set: set.clone(), from: *to, to: *from }),
            // What a submitted run did, a deleted object held, or a flag was before, is not
            // part of the operation.
            _ => None,
        }
    }

    /// The new run's edits, where it submits one.
    pub fn edits(&self) -> Option<&[Edit]> {
        match self {
            Self::Submit { edits, .. } => Some(edits),
            _ => None,
        }
    }

    /// Whether a person has to decide or do something that is not known here.
    pub fn is_manual(&self) -> bool {
        matches!(self, Self::Manual { .. })
    }
}
