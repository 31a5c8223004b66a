//! What admission answers.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::pod::Pod;

use super::candidates::Usability;
use super::refusal::{self, Refusal};

/// Yes, no, or what would have to be read to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Admitted.
    Yes,
    /// Refused.
    No,
    /// Not to be told; each text names something that was not read.
    CannotTell(Vec<String>),
}

/// Which of the plugin's two passes refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The first, which fills in values.
    Admit,
    /// The second, after webhooks had their turn.
    Validate,
}

/// Whose right to use an SCC decided: the value of the annotation
/// `security.openshift.io/validated-scc-subject-type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SubjectType {
    /// The pod's ServiceAccount.
    ServiceAccount,
    /// The creator of the pod.
    User,
}

impl SubjectType {
    /// As the annotation has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ServiceAccount => "serviceaccount",
            Self::User => "user",
        }
    }
}

impl fmt::Display for SubjectType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The result of judging one pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Whether the pod is admitted.
    pub admitted: Answer,
    /// Which pass refused.
    pub denied_by: Option<Phase>,
    /// Why the plugin does not look at the pod at all, if so.
    pub ignored: Option<&'static str>,
    /// The SCC that took the pod; also known when `Validate` refused afterwards.
    pub scc: Option<String>,
    /// Whose right to use that SCC it was.
    pub subject_type: Option<SubjectType>,
    /// SCCs that would win over `scc` if rights that were not read allow them.
    pub maybe_instead: Vec<String>,
    /// Who may use which SCC, for every SCC that was considered.
    pub usable: BTreeMap<String, Usability>,
    /// The pod as it is stored; absent when it was refused by `Admit`.
    pub pod: Option<Pod>,
    /// All reasons, in the order of evaluation, repetitions included.
    pub refusals: Vec<Refusal>,
    /// The API server's text, when it is known to the letter.
    pub message: Option<String>,
}

impl Verdict {
    /// Admitted, for want of anything against it.
    pub fn blank() -> Self {
        Self {
            admitted: Answer::Yes,
            denied_by: None,
            ignored: None,
            scc: None,
            subject_type: None,
            maybe_instead: Vec::new(),
            usable: BTreeMap::new(),
            pod: None,
            refusals: Vec::new(),
            message: None,
        }
    }

    /// Whether the pod is certainly admitted.
    pub fn is_admitted(&self) -> bool {
        self.admitted == Answer::Yes
    }

    /// Whether the pod is certainly refused.
    pub fn is_refused(&self) -> bool {
        self.admitted == Answer::No
    }

    /// What was not read, when that keeps the answer open.
    pub fn missing(&self) -> &[String] {
        match &self.admitted {
            Answer::CannotTell(missing) => missing,
            _ => &[],
        }
    }

    /// Why the pod is refused, as sentences: the API server's own text where no
    /// constraint was tried.
    pub fn sentences(&self) -> Vec<String> {
        match &self.message {
            Some(message) if self.refusals.is_empty() => vec![message.clone()],
            _ => refusal::sentences(&self.refusals),
        }
    }
}
