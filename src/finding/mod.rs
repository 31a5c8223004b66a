//! Findings: what is wrong, the evidence for it, and what would fix it.

mod cause;

pub mod forecast;

use std::borrow::Cow;
use std::fmt;

use jiff::SignedDuration;

use crate::analysis::{access, scc};
use crate::model::origin::Origin;
use crate::model::{Cluster, Kind};
use crate::ops::{Danger, Field, Op, Risk};

pub use cause::{Cause, Stage, Survival};
pub use forecast::{Forecast, Outcome};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing is broken by it.
    Info,
    /// Will hurt later, or hurts in part.
    Warning,
    /// The run is stuck or has failed because of it.
    Error,
}

impl Severity {
    /// The word for it in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How sure a finding is; follows from its evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Points that way; something decisive was not read.
    Likely,
    /// Computed from the rules and the objects read.
    Computed,
    /// The component that refused said so itself.
    Proven,
}

impl Confidence {
    /// The word for it in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Likely => "likely",
            Self::Computed => "computed",
            Self::Proven => "proven",
        }
    }
}

/// What a piece of evidence was read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// An object.
    Object {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// An event.
    Event {
        /// Kind of the object that it concerns, as the event writes it.
        kind: String,
        /// Name of that object.
        name: String,
        /// Reason of the event.
        reason: String,
    },
    /// The log of a pod.
    Log {
        /// Its name.
        pod: String,
    },
}

impl About {
    /// Whether it is an object of the kind.
    pub fn is_object(&self, wanted: Kind) -> bool {
        matches!(self, Self::Object { kind, .. } if *kind == wanted)
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { kind, name } => write!(f, "{kind}/{name}"),
            Self::Event { kind, name, .. } => write!(f, "Event on {kind}/{name}"),
            Self::Log { pod } => write!(f, "Log of Pod/{pod}"),
        }
    }
}

/// What kind of proof a piece of evidence is, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// A rule, applied to what was read.
    Computed,
    /// A field of an object.
    Read,
    /// A component said so: an event, a condition, a log.
    Said,
}

/// A fact that proves a finding, and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What kind of proof it is.
    pub proof: Proof,
    /// What it was read from.
    pub object: About,
    /// Path of the field.
    pub field: String,
    /// Its exact text.
    pub value: String,
    /// resourceVersion, or file and line.
    pub source: String,
}

/// What stands for the place of an object that is not there.
const ABSENT: &str = "absent from what was read";

/// Where an object was read, as evidence says it.
pub(crate) fn place(cluster: &Cluster, kind: Kind, namespace: &str, name: &str) -> String {
    cluster.origin(kind, namespace, name).map_or_else(|| ABSENT.to_owned(), |origin| origin.to_string())
}

impl Evidence {
    /// A field of an object, with the place where the object was read; `namespace` is "" for
    /// kinds without one.
    pub fn read(
        cluster: &Cluster,
        (kind, namespace, name): (Kind, &str, &str),
        field: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        Self {
            proof: Proof::Read,
            object: About::Object { kind, name: name.to_owned() },
            field: field.into(),
            value: value.into(),
            source: place(cluster, kind, namespace, name),
        }
    }

    /// The same as what a rule makes of it: no component has said it of this object.
    #[must_use]
    pub fn computed(mut self) -> Self {
        self.proof = Proof::Computed;
        self
    }
}

/// A way to repair a run: operations and nothing else, with what is forecast of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// Permanent id.
    pub id: Cow<'static, str>,
    /// What is done, in this order.
    pub ops: Vec<Op>,
    /// What would become of the run then.
    pub forecast: Forecast,
    /// What it endangers.
    pub risks: Vec<Risk>,
    /// Fields that it changes.
    pub fields: Vec<Field>,
}

impl Offer {
    /// Whether it makes a new run.
    pub fn submits(&self) -> bool {
        self.ops.iter().any(|op| matches!(op, Op::Submit { .. }))
    }

    /// How much is at stake.
    pub fn danger(&self) -> Danger {
        let risks = self.risks.iter().map(Risk::danger);
        risks.chain(self.ops.iter().map(Op::danger)).max().unwrap_or(Danger::Low)
    }

    /// Whether the run goes on then. Only a forecast says so.
    pub fn works(&self) -> bool {
        self.forecast.outcome() == Outcome::GoesOn
    }
}

/// What the offers of a finding need to know, as far as its objects do not say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Facts {
    /// Nothing.
    #[default]
    None,
    /// Nodes that would do but for the cause.
    Nodes(Vec<String>),
    /// A quota, and the refusal's own words.
    Quota {
        /// Its name.
        name: String,
        /// The words.
        words: String,
    },
    /// A claim.
    Claim(String),
    /// A ServiceAccount.
    Account(String),
    /// Secrets and ConfigMaps that do not exist, as `secret/NAME`.
    Sources(Vec<String>),
    /// An image that does not come.
    Image {
        /// The image.
        image: String,
        /// Why not.
        trouble: ImageTrouble,
    },
    /// Pods that hold host ports, each with the ports.
    Ports(Vec<(String, String)>),
    /// A pod that SCC admission refuses.
    Denied {
        /// The account that it runs as.
        account: String,
        /// What the constraints complain of.
        reasons: Vec<scc::Refusal>,
    },
    /// What a policy or webhook refuses.
    Refused {
        /// Its name; empty where the refusal does not say it.
        by: String,
        /// The refusal's own words.
        words: String,
    },
    /// A queue that holds the run.
    Queue {
        /// Its name; empty where the run names none.
        name: String,
        /// Its own words.
        words: String,
    },
    /// The API server, or the way to it, failed for the moment.
    Passing,
    /// The reason that a controller gives, in its one word.
    Reason(String),
    /// The exit code of a step.
    ExitCode(i32),
    /// Why a file was denied to a step.
    FileDenied(access::Cause),
    /// A step, or an init container, of a task, with its memory limit.
    Step {
        /// The task.
        task: String,
        /// The step.
        step: String,
        /// The limit, where there is one.
        memory: Option<String>,
    },
    /// A StatefulSet.
    Set(String),
    /// The architecture of a node.
    Architecture(String),
    /// Runs that hold what the run needs, each with the node on which they do.
    Holders(Vec<(String, String)>),
    /// A container of a pod.
    Container {
        /// The pod.
        pod: String,
        /// The container.
        container: String,
    },
}

impl Facts {
    /// The facts without what belongs to one run alone: the same for all runs that suffer
    /// from one root cause.
    #[must_use]
    pub fn shared(&self) -> Self {
        match self {
            Self::Quota { name, .. } => Self::Quota { name: name.clone(), words: String::new() },
            Self::Refused { by, .. } => Self::Refused { by: by.clone(), words: String::new() },
            Self::Queue { name, .. } => Self::Queue { name: name.clone(), words: String::new() },
            Self::Ports(holders) => {
                Self::Ports(holders.iter().map(|(_, ports)| (String::new(), ports.clone())).collect())
            }
            Self::Step { memory, .. } => {
                Self::Step { task: String::new(), step: String::new(), memory: memory.clone() }
            }
            Self::Container { container, .. } => Self::Container { pod: String::new(), container: container.clone() },
            // The set is that of one run's assistant.
            Self::Set(_) => Self::None,
            Self::None
            | Self::Nodes(_)
            | Self::Claim(_)
            | Self::Account(_)
            | Self::Sources(_)
            | Self::Image { .. }
            | Self::Denied { .. }
            | Self::Passing
            | Self::Reason(_)
            | Self::ExitCode(_)
            | Self::FileDenied(_)
            | Self::Architecture(_)
            | Self::Holders(_) => self.clone(),
        }
    }
}

/// Why a node cannot pull an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ImageTrouble {
    /// The registry is not reached.
    Unreachable,
    /// It asks for credentials, or other ones.
    Unauthorized,
    /// Its certificate is not trusted.
    Untrusted,
    /// It limits requests.
    RateLimited,
    /// It has no such image.
    NotFound,
    /// It has the image for other processors or systems only.
    OtherPlatform,
    /// The name is no name of an image.
    Invalid,
    /// The name says no registry, and the node is told of none to try.
    ShortName,
    /// The pod forbids pulling, and the node does not have it.
    NeverPulled,
    /// Something else.
    #[default]
    Other,
}

/// Something that is wrong with a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it is.
    pub cause: Cause,
    /// How bad.
    pub severity: Severity,
    /// Whether something decisive is among what it cannot tell.
    is_open: bool,
    /// One sentence.
    pub summary: String,
    /// What its offers need to know.
    pub facts: Facts,
    /// The chain from symptom to cause, a sentence a link.
    pub chain: Vec<String>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// What could not be told, with what to collect.
    pub cannot_tell: Vec<String>,
    /// What could be done about it, the best first.
    pub offers: Vec<Offer>,
}

impl Finding {
    /// A finding that breaks the run; the builders below add to it. Without evidence it is
    /// no more than likely.
    pub fn new(cause: Cause, summary: impl Into<String>) -> Self {
        Self {
            cause,
            severity: Severity::Error,
            is_open: false,
            summary: summary.into(),
            facts: Facts::None,
            chain: Vec::new(),
            evidence: Vec::new(),
            cannot_tell: Vec::new(),
            offers: Vec::new(),
        }
    }

    /// How sure it is. It follows from the evidence: what no component has said of the
    /// object itself is computed; where something decisive was not read, it is likely.
    pub fn confidence(&self) -> Confidence {
        let weakest = self.evidence.iter().map(|item| item.proof).min();
        match weakest {
            _ if self.is_open => Confidence::Likely,
            None => Confidence::Likely,
            Some(Proof::Computed) => Confidence::Computed,
            Some(Proof::Read | Proof::Said) => Confidence::Proven,
        }
    }

    /// Says that what it cannot tell is decisive.
    #[must_use]
    pub fn not_proven(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// Sets how bad it is.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds what its offers need to know.
    #[must_use]
    pub fn facts(mut self, facts: Facts) -> Self {
        self.facts = facts;
        self
    }

    /// Adds a link of the chain.
    #[must_use]
    pub fn link(mut self, sentence: impl Into<String>) -> Self {
        self.chain.push(sentence.into());
        self
    }

    /// Adds evidence; what is there already is not repeated.
    #[must_use]
    pub fn evidence(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        for item in evidence {
            let is_same = |known: &&mut Evidence| {
                (&known.object, &known.field, &known.value, &known.source)
                    == (&item.object, &item.field, &item.value, &item.source)
            };
            match self.evidence.iter_mut().find(is_same) {
                Some(known) => known.proof = known.proof.min(item.proof),
                None => self.evidence.push(item),
            }
        }
        self
    }

    /// Puts links and evidence before those that are there: the situation in which a
    /// cause was met comes first.
    #[must_use]
    pub fn preceded_by(mut self, links: Vec<String>, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        let own = std::mem::take(&mut self.evidence);
        self.chain.splice(0..0, links);
        self.evidence(evidence).evidence(own)
    }

    /// Adds what could not be told.
    #[must_use]
    pub fn cannot_tell(mut self, sentence: impl Into<String>) -> Self {
        self.cannot_tell.push(sentence.into());
        self
    }
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Succeeded, or makes progress.
    Healthy,
    /// Waits, for a reason that passes or on purpose.
    Waiting,
    /// Will not go on by itself.
    Stuck,
    /// Ended badly.
    Failed,
    /// Ended by somebody's wish.
    Cancelled,
    /// Cannot be told.
    Unknown,
}

impl RunState {
    /// The word for it in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Waiting => "waiting",
            Self::Stuck => "stuck",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Unknown => "unknown",
        }
    }
}

impl RunReport {
    /// Whether it waits because somebody holds it on purpose, and nothing else is wrong: no
    /// failure, and nothing to repair.
    pub fn is_held(&self) -> bool {
        let holds = |cause| matches!(cause, Cause::PendingBySpecStatus | Cause::HeldByQueue);
        self.state == RunState::Waiting
            && self.findings.first().is_some_and(|first| holds(first.cause))
            && self.findings.iter().all(|finding| finding.severity < Severity::Error)
    }
}

/// What is known of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// How it stands.
    pub state: RunState,
    /// How old it is, or how long it took.
    pub age: Option<SignedDuration>,
    /// Tasks that wait for a pod, or whose pod waits for a node.
    pub waiting: Vec<String>,
    /// One sentence on how it stands.
    pub headline: String,
    /// What is wrong, what must be fixed first standing first.
    pub findings: Vec<Finding>,
    /// What manages the run or its pipeline outside of the cluster, as far as it is marked.
    pub origins: Vec<Origin>,
}
