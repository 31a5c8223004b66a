//! A finding in a manifest, as a value: the sentences are made in `report`.

use std::ops::Range;

use crate::documents::Path;
use crate::documents::edit::{Change, Refused};

use super::kind::Kind;

/// What a mistake is, with the facts that its text needs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Problem {
    /// The text cannot be read: what the reader says.
    Unreadable(String),
    /// No field of this name is known here.
    UnknownField,
    /// The field belongs elsewhere.
    Misplaced,
    /// The field belongs to the run that uses the object.
    OfTheRun,
    /// The field is one of another API version.
    OtherVersion(&'static str),
    /// The field was removed.
    Removed,
    /// The name is misspelt.
    Misspelt {
        /// The name that is meant.
        right: String,
        /// Whether only upper and lower case differ.
        only_case: bool,
    },
    /// The value has another type.
    Type {
        /// What is wanted.
        wanted: &'static str,
        /// What stands there.
        found: &'static str,
    },
    /// An item of a list in which nothing stands.
    EmptyItem,
    /// Unquoted text that is read as something else.
    Lossy(String),
    /// The value is not a valid one: what is wanted.
    Invalid(&'static str),
    /// The value is too long.
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// The value is none of those that there are.
    Choice(&'static [&'static str]),
    /// Timeouts do not add up.
    TimeoutSum,
    /// A part's timeout is longer than the run's.
    TimeoutAbove {
        /// Whether the run's timeout is the default.
        is_default: bool,
    },
    /// A default is of another type than its parameter.
    DefaultType(&'static str),
    /// Fields that exclude each other.
    Both(&'static str, &'static str),
    /// A field that has to be there.
    Missing(&'static str),
    /// One of several fields has to be there.
    MissingOneOf(&'static [&'static str]),
    /// A parameter has neither default nor value.
    UnboundParam(String),
    /// A workspace is not bound.
    UnboundWorkspace(String),
    /// A parameter is not declared.
    NoParam(String),
    /// A parameter of type object has no such key.
    NoKey {
        /// The parameter.
        param: String,
        /// The key.
        key: String,
    },
    /// A step action's script names a parameter.
    InScript(String),
    /// A default that the parameter's enum does not have.
    NotInEnum,
    /// A list or mapping stands where text is wanted.
    NotText {
        /// The parameter.
        param: String,
        /// Its type.
        kind: &'static str,
    },
    /// A workspace is not declared.
    NoWorkspace(String),
    /// A task does not exist.
    NoTask(String),
    /// A task has no such result.
    NoResult(String),
    /// A variable does not exist.
    NoVariable(String),
    /// Tasks wait for each other.
    Cycle(Vec<String>),
    /// A key stands twice; the line of the other one.
    KeyTwice(usize),
    /// A name stands twice.
    NameTwice(String),
    /// ClusterTasks were removed.
    ClusterTask,
    /// References to bundles by `bundle` were removed.
    Bundle,
    /// No server serves the kind in this version.
    Unserved {
        /// The kind.
        kind: String,
        /// The API version.
        api_version: String,
    },
    /// A run with a fixed name can be created once.
    FixedName,
    /// Two workspaces bind one claim.
    SharedClaim {
        /// The claim.
        claim: String,
        /// A task that waits for an assistant that nobody makes; `None` where the tasks are
        /// not at hand.
        waits: Option<String>,
    },
    /// A task binds several claims.
    TwoClaims(Vec<String>),
    /// One pod may use the claim, and the assistant is it.
    SinglePod,
    /// The assistant does not get what is set for one task.
    NotOnAssistant(String),
    /// The assistant gets the security context and runs under another account.
    OnAssistant,
    /// The namespace does not allow the id.
    OutsideRange {
        /// What is allowed.
        allowed: String,
    },
    /// A JSON patch names a path that its kind does not have.
    PatchPath(String),
}

/// What becomes of the mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The API server drops the field with a warning.
    Pruned,
    /// Tekton's webhook refuses the object when it decodes it.
    Decoder,
    /// Tekton's webhook refuses the object when it validates it.
    Webhook,
    /// The API server refuses the object.
    Server,
    /// No server has such a kind.
    NoMatch,
    /// Accepted, and the run fails at once.
    RunFails,
    /// Accepted, and the run hangs.
    RunHangs,
    /// Accepted, and another value counts.
    Lost,
    /// Accepted, and the text stays as it is written.
    Literal,
    /// It works, for now.
    Works,
    /// kubectl cannot read the file.
    NotRead,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// It depends on the cluster, or works for now.
    Warning,
    /// The object is refused or changed, or the run fails or hangs.
    Error,
}

/// Whether a change may be made without a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Safety {
    /// The file says plainly what is meant.
    Safe,
    /// Somebody has to choose.
    Unsafe,
}

/// A change that mends a finding.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fix {
    /// Whether it may be made without a choice.
    pub(crate) safety: Safety,
    /// The change; `None` where nobody but a person knows it.
    pub(crate) change: Option<Change>,
    /// Why the change, safe as it is, has to be made by hand.
    pub(crate) obstacle: Option<Refused>,
}

impl Fix {
    /// A safe change.
    pub(crate) fn safe(change: Change) -> Self {
        Self { safety: Safety::Safe, change: Some(change), obstacle: None }
    }

    /// A change that somebody has to agree to.
    pub(crate) fn proposed(change: Change) -> Self {
        Self { safety: Safety::Unsafe, change: Some(change), obstacle: None }
    }

    /// A change that needs a choice.
    pub(crate) fn choice() -> Self {
        Self { safety: Safety::Unsafe, change: None, obstacle: None }
    }
}

impl Finding {
    /// How much it matters.
    pub(crate) fn severity(&self) -> Severity {
        match (self.effect, &self.problem) {
            (Effect::Works | Effect::Lost | Effect::Literal, problem) if !matches!(problem, Problem::KeyTwice(_)) => {
                Severity::Warning
            }
            (Effect::RunHangs, Problem::OnAssistant | Problem::SharedClaim { waits: None, .. }) => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Whether `--fix=unsafe` proposes how to mend it.
    pub(crate) fn is_proposed(&self) -> bool {
        self.fix
            .as_ref()
            .is_some_and(|fix| fix.safety == Safety::Unsafe && fix.change.is_some() && fix.obstacle.is_none())
    }

    /// Whether `--fix` is expected to mend it.
    pub(crate) fn is_mended(&self) -> bool {
        self.fix.as_ref().is_some_and(|fix| fix.safety == Safety::Safe && fix.obstacle.is_none())
    }
}

/// A finding in a manifest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    /// Its kind.
    pub(crate) kind: Kind,
    /// The number of the document.
    pub(crate) document: usize,
    /// Where in the document.
    pub(crate) path: Path,
    /// The bytes it points at.
    pub(crate) span: Range<usize>,
    /// What is wrong.
    pub(crate) problem: Problem,
    /// What becomes of it.
    pub(crate) effect: Effect,
    /// Where the field belongs.
    pub(crate) right_path: Option<Path>,
    /// The scalar in whose text it is, where it stands in a text within the document: a
    /// patch of a kustomization. The paths are those of that text then.
    pub(crate) holder: Option<Path>,
    /// How it is mended.
    pub(crate) fix: Option<Fix>,
}
