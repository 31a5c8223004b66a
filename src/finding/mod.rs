//! Findings: what is wrong, the evidence for it, and what would heal it.

mod cause;

use serde_json::Value;

pub use cause::{Cause, Stage, Survival};

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

/// A fact that proves a finding, and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// `Kind/name`, or `Event on Kind/name`.
    pub object: String,
    /// Path of the field.
    pub field: String,
    /// Its exact text.
    pub value: String,
    /// resourceVersion, or file and line.
    pub source: String,
}

/// What is predicted of a repair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Prediction {
    /// The same analysis finds nothing that would still block the run.
    Heals,
    /// Something would still block it.
    DoesNotHeal,
    /// Something decisive was not read.
    #[default]
    Unknown,
}

impl Prediction {
    /// The word for it in outputs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Heals => "heals",
            Self::DoesNotHeal => "doesNotHeal",
            Self::Unknown => "unknown",
        }
    }
}

/// A way to heal a run. Its default is a repair of which nothing is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Repair {
    /// Permanent id.
    pub id: &'static str,
    /// One sentence.
    pub summary: String,
    /// The exact command.
    pub command: String,
    /// What is predicted.
    pub predicted: Prediction,
    /// Why that is predicted, or what cannot be told; a clause each.
    pub because: Vec<String>,
    /// Rights and circumstances that it needs.
    pub needs: String,
    /// What it costs or endangers.
    pub risk: String,
    /// Fields that it changes, with their new values; `null` removes.
    pub changes: Value,
}

/// Something that is wrong with a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it is.
    pub cause: Cause,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence.
    pub summary: String,
    /// Name of the object that a repair has to change or make, where there is one.
    pub about: String,
    /// The chain from symptom to cause, a sentence a link.
    pub chain: Vec<String>,
    /// What proves it.
    pub evidence: Vec<Evidence>,
    /// What could not be told, with what to collect.
    pub cannot_tell: Vec<String>,
    /// What would heal it, the best first.
    pub repairs: Vec<Repair>,
}

impl Finding {
    /// A finding that is proven and breaks the run; the builders below add to it.
    pub fn new(cause: Cause, summary: impl Into<String>) -> Self {
        Self {
            cause,
            severity: Severity::Error,
            confidence: Confidence::Proven,
            summary: summary.into(),
            about: String::new(),
            chain: Vec::new(),
            evidence: Vec::new(),
            cannot_tell: Vec::new(),
            repairs: Vec::new(),
        }
    }

    /// Sets how sure it is.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }

    /// Sets how bad it is.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Names the object that a repair has to change or make.
    #[must_use]
    pub fn about(mut self, name: impl Into<String>) -> Self {
        self.about = name.into();
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
            if !self.evidence.contains(&item) {
                self.evidence.push(item);
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

    /// Adds repairs.
    #[must_use]
    pub fn repairs(mut self, repairs: impl IntoIterator<Item = Repair>) -> Self {
        self.repairs.extend(repairs);
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

/// What is known of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunReport {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// How it stands.
    pub state: RunState,
    /// One sentence on how it stands.
    pub headline: String,
    /// What is wrong, what must be cured first standing first.
    pub findings: Vec<Finding>,
}
