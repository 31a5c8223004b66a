//! Forecasts as values: what would become of a run, and why.

use crate::analysis::admission;
use crate::analysis::incoming;
use crate::analysis::pipeline_fit::Obstacle;

use super::Cause;

/// Whom a ground or a block is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The affinity assistant.
    Assistant,
    /// The pod of a task.
    Task(String),
    /// An assistant and the tasks beside it, or all pods of a run that is pinned.
    Pods,
}

/// What a forecast comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Every pod is admitted and gets a node, and nothing that stopped the run is left.
    GoesOn,
    /// Something stands in the way.
    Blocked,
    /// Something decisive was not read, or only a person can judge it.
    #[default]
    Unknown,
}

/// Something that stands in a run's way.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// The change does not fit the run.
    NoSuchChange(String),
    /// No SCC admits a pod.
    Scc {
        /// Whose pod.
        who: Who,
        /// The complaints of the SCCs that may be used.
        reasons: Vec<String>,
    },
    /// An admission plugin refuses a pod.
    Admission {
        /// Whose pod.
        who: Who,
        /// The refusal.
        refusal: admission::Refusal,
    },
    /// The API server refuses a pod before it is stored.
    Incoming {
        /// Whose pod.
        who: Who,
        /// The refusal.
        refused: incoming::Refused,
    },
    /// Tekton finds a variable of the pipeline invalid.
    Variable {
        /// The task that has it.
        task: String,
        /// Its name.
        name: String,
    },
    /// An admission plugin refuses a new claim.
    Claim(admission::Refusal),
    /// A task binds two claims, which Tekton refuses.
    TwoClaims(String),
    /// A task would wait for an assistant that Tekton does not create: two workspaces bind
    /// one claim.
    NoAssistant(String),
    /// A storage class has no provisioner, and no volume of it is free.
    NoProvisioner(String),
    /// A new claim names no class, and there is neither a default class nor a free volume.
    NoDefaultClass,
    /// The storage class of a new claim does not exist.
    NoSuchClass(String),
    /// No node takes pods.
    NoNode {
        /// Whose.
        who: Who,
        /// What speaks against the nodes, each with those of which it holds.
        against: Vec<(Option<Obstacle>, Vec<String>)>,
        /// The scheduler's sentence where the pod exists already.
        message: Option<String>,
    },
    /// A cause that a new run meets again, in the words of its finding.
    Remains(Cause, String),
}

/// Something that was not read, or cannot be read.
#[derive(Debug, Clone, PartialEq)]
pub enum Gap {
    /// Nodes were not read.
    Nodes,
    /// Pods of other namespaces were not read, so free capacity is unknown.
    FreeCapacity,
    /// What the run's pods ask for: its pipeline was not resolved.
    Pipeline,
    /// How the assistant looks: its StatefulSet was not read.
    StatefulSet,
    /// Whether SCC admission accepts a pod.
    Scc(Who, String),
    /// Whether admission refuses a pod: these were not read.
    Admission(Who, String),
    /// Whether a ServiceAccount exists.
    Account(String),
    /// Whether a new claim gets a volume: storage classes were not read.
    StorageClasses,
    /// Whether a class provisions: no claim of the namespace was bound with it.
    Provisioning(String),
    /// Which node takes pods.
    Node(Who, Vec<(Option<Obstacle>, Vec<String>)>, Vec<String>),
    /// The scheduler may put the assistant on a node where not all pods fit; another one
    /// avoids that.
    Misled {
        /// Whose pods.
        who: Who,
        /// Where the assistant may go.
        elsewhere: String,
        /// What speaks against it.
        obstacle: Option<Obstacle>,
        /// A node on which all fit.
        better: String,
    },
    /// Tasks that share a volume for one node are kept together by nothing.
    SharedVolumes(Vec<String>),
    /// Which key decides: the version of Tekton was not read.
    TektonVersion,
    /// What else the flags say: they were not read.
    Flags,
    /// What Tekton adds to every pod: its ConfigMaps were not read.
    Settings,
    /// Whether images run on nodes of another architecture.
    Architecture(String),
    /// How soon a volume is detached from a lost node.
    Detach(String),
    /// The run is over: it has to be submitted again.
    RunEnded,
    /// The refusal itself is not proven.
    NotProven,
    /// A person has to do or decide something that is not known here.
    Manual,
    /// Whether a cause is met again.
    Open(Cause, String),
    /// A refusal was observed, and nothing that was read explains it.
    Unexplained(Cause),
}

/// Why a run goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Ground {
    /// SCC admission accepts a pod.
    SccAdmits(Who),
    /// So many of all nodes take pods.
    Fits {
        /// Whose.
        who: Who,
        /// Nodes that take them.
        nodes: usize,
        /// All nodes.
        of: usize,
    },
    /// Pods get a node, though not all at one time.
    TakesTurns {
        /// Whose.
        who: Who,
        /// The node.
        node: String,
        /// What they wait for.
        obstacle: Option<Obstacle>,
    },
    /// Tekton tries again every minute.
    TektonRetries,
    /// A class provisions the new claim.
    Provisioned {
        /// The provisioner.
        provisioner: String,
        /// The class.
        class: String,
    },
}

/// What would become of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Forecast {
    /// What stands in the way.
    pub blocks: Vec<Block>,
    /// What is not known.
    pub gaps: Vec<Gap>,
    /// Why it goes on otherwise.
    pub grounds: Vec<Ground>,
    /// Whether anything was judged at all.
    pub is_judged: bool,
}

impl Forecast {
    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        if !self.blocks.is_empty() {
            Outcome::Blocked
        } else if !self.gaps.is_empty() || !self.is_judged {
            Outcome::Unknown
        } else {
            Outcome::GoesOn
        }
    }

    /// Adds a block, once.
    pub fn block(&mut self, block: Block) {
        if !self.blocks.contains(&block) {
            self.blocks.push(block);
        }
    }

    /// Adds a gap, once.
    pub fn gap(&mut self, gap: Gap) {
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// Adds a ground, once.
    pub fn ground(&mut self, ground: Ground) {
        if !self.grounds.contains(&ground) {
            self.grounds.push(ground);
        }
    }
}

impl Block {
    /// The cause that a finding gives to such a block.
    pub fn cause(&self) -> Option<Cause> {
        use admission::Plugin;
        let of = |who: &Who, assistant: Cause, task: Cause| match who {
            Who::Assistant => assistant,
            Who::Task(_) | Who::Pods => task,
        };
        Some(match self {
            Self::Scc { who, .. } => of(who, Cause::AssistantRefusedByScc, Cause::TaskPodRefusedByScc),
            Self::Admission { who, refusal } => match refusal.plugin {
                Plugin::ServiceAccount => of(who, Cause::AssistantServiceAccountMissing, Cause::ServiceAccountMissing),
                Plugin::LimitRanger => of(who, Cause::AssistantLimitrange, Cause::TaskPodLimitrange),
                Plugin::PodSecurity => {
                    of(who, Cause::AssistantRefusedByPodSecurity, Cause::TaskPodRefusedByPodSecurity)
                }
                Plugin::ResourceQuota => of(who, Cause::AssistantQuota, Cause::QuotaExceeded),
            },
            Self::Variable { .. } => Cause::RunInvalid,
            Self::Claim(_) => Cause::WorkspaceClaimRefused,
            Self::Remains(cause, _) => *cause,
            Self::TwoClaims(_) => Cause::TwoClaimsInOneTask,
            Self::NoAssistant(_) => Cause::AssistantMissingSharedClaim,
            Self::NoProvisioner(_) | Self::NoDefaultClass | Self::NoSuchClass(_) => Cause::PvcUnbound,
            Self::NoSuchChange(_) | Self::Incoming { .. } | Self::NoNode { .. } => return None,
        })
    }
}
