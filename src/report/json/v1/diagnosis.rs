//! `diagnose -o json`. Tokens and passwords in texts are struck out as on the screen: documents
//! end up in the logs of CI.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::checks::ruled_out::RuledOut;
use crate::finding::{self, Confidence, Finding, Offer, RunReport, RunState, Severity};
use crate::ops::Op;
use crate::report::{secrets, wording};

use super::Kind;

/// The diagnosis of one or several runs.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Diagnosis<'a> {
    /// Runs.
    pub(crate) runs: Vec<Run<'a>>,
    /// What was ruled out; only with `--why-not`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ruled_out: Vec<Cleared<'a>>,
}

/// A suspect that was cleared.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Cleared<'a> {
    /// Cause, or a family of them.
    pub(crate) cause: &'static str,
    /// Why not.
    pub(crate) because: &'a str,
}

/// One run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Run<'a> {
    /// Namespace.
    pub(crate) namespace: &'a str,
    /// Name.
    pub(crate) name: &'a str,
    /// How it stands.
    pub(crate) state: State,
    /// One sentence.
    pub(crate) headline: Cow<'a, str>,
    /// How old it is, or how long it took, in seconds.
    pub(crate) age_seconds: Option<i64>,
    /// Tasks that wait for a pod, or whose pod waits for a node.
    pub(crate) waiting: &'a [String],
    /// What is wrong.
    pub(crate) findings: Vec<RunFinding<'a>>,
}

/// One finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RunFinding<'a> {
    /// Permanent code.
    pub(crate) code: &'static str,
    /// Cause id.
    pub(crate) cause: &'static str,
    /// How bad it is.
    pub(crate) severity: Level,
    /// How sure it is.
    pub(crate) confidence: Certainty,
    /// One sentence.
    pub(crate) summary: Cow<'a, str>,
    /// From symptom to cause.
    pub(crate) chain: Vec<Cow<'a, str>>,
    /// Proof.
    pub(crate) evidence: Vec<RunEvidence<'a>>,
    /// What could not be told.
    pub(crate) cannot_tell: Vec<Cow<'a, str>>,
    /// What fixes it, the best first.
    pub(crate) repairs: Vec<RunRepair<'a>>,
}

/// One piece of evidence.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RunEvidence<'a> {
    /// Object.
    pub(crate) object: String,
    /// Field.
    pub(crate) field: &'a str,
    /// Text.
    pub(crate) value: Cow<'a, str>,
    /// Where it was read.
    pub(crate) source: &'a str,
}

/// One repair.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RunRepair<'a> {
    /// Permanent id.
    pub(crate) id: &'a str,
    /// One sentence.
    pub(crate) summary: String,
    /// Exact commands, a line each.
    pub(crate) command: String,
    /// What is predicted of it.
    pub(crate) predicted: Outcome,
    /// Why.
    pub(crate) because: Vec<String>,
    /// What it needs.
    pub(crate) needs: String,
    /// What it endangers.
    pub(crate) risk: String,
    /// Fields with their new values.
    pub(crate) changes: Value,
    /// The operations, in their order.
    #[cfg_attr(test, schemars(with = "Vec<Operation>"))]
    pub(crate) ops: &'a [Op],
}

impl Kind for Diagnosis<'_> {
    const KIND: &'static str = "Diagnosis";
    const LIST: Option<&'static str> = Some("runs");
}

impl<'a> Diagnosis<'a> {
    /// The document for some reports.
    pub(crate) fn of(reports: &'a [RunReport], cleared: &'a [RuledOut]) -> Self {
        Self {
            runs: reports.iter().map(Run::of).collect(),
            ruled_out: cleared
                .iter()
                .map(|item| Cleared { cause: item.suspect.id(), because: &item.because })
                .collect(),
        }
    }
}

impl<'a> Run<'a> {
    fn of(report: &'a RunReport) -> Self {
        Self {
            namespace: &report.namespace,
            name: &report.name,
            state: report.state.into(),
            age_seconds: report.age.map(|age| age.as_secs()),
            waiting: &report.waiting,
            headline: secrets::text(&report.headline),
            findings: report.findings.iter().map(RunFinding::of).collect(),
        }
    }
}

/// What proves a finding.
pub(crate) fn evidence(finding: &Finding) -> Vec<RunEvidence<'_>> {
    let quoted = finding.evidence.iter().map(|item| RunEvidence {
        object: item.object.to_string(),
        field: &item.field,
        value: secrets::text(&item.value),
        source: &item.source,
    });
    quoted.collect()
}

impl<'a> RunFinding<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            code: finding.cause.code(),
            cause: finding.cause.id(),
            severity: finding.severity.into(),
            confidence: finding.confidence().into(),
            summary: secrets::text(&finding.summary),
            chain: finding.chain.iter().map(|link| secrets::text(link)).collect(),
            evidence: evidence(finding),
            cannot_tell: finding.cannot_tell.iter().map(|open| secrets::text(open)).collect(),
            repairs: finding.offers.iter().map(RunRepair::of).collect(),
        }
    }
}

impl<'a> RunRepair<'a> {
    pub(crate) fn of(offer: &'a Offer) -> Self {
        Self {
            id: &offer.id,
            summary: wording::summary(offer),
            command: wording::commands(offer).collect::<Vec<_>>().join("\n"),
            predicted: offer.forecast.outcome().into(),
            because: wording::because(&offer.forecast),
            needs: wording::rights(offer),
            risk: wording::risks(offer),
            changes: wording::fields(offer),
            ops: &offer.ops,
        }
    }
}

/// How a run stands.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) enum State {
    /// Succeeded, or makes progress.
    Healthy,
    /// Waits, for a reason that passes or on purpose.
    Waiting,
    /// Will not go on without help.
    Stuck,
    /// Has failed.
    Failed,
    /// Was cancelled.
    Cancelled,
    /// Too little was read to say.
    Unknown,
}

impl From<RunState> for State {
    fn from(value: RunState) -> Self {
        match value {
            RunState::Healthy => Self::Healthy,
            RunState::Waiting => Self::Waiting,
            RunState::Stuck => Self::Stuck,
            RunState::Failed => Self::Failed,
            RunState::Cancelled => Self::Cancelled,
            RunState::Unknown => Self::Unknown,
        }
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) enum Level {
    /// Worth knowing.
    Info,
    /// Will hurt later, or hurts in part.
    Warning,
    /// The run is stuck or has failed because of it.
    Error,
}

impl From<Severity> for Level {
    fn from(value: Severity) -> Self {
        match value {
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) enum Certainty {
    /// Something decisive was not read.
    Likely,
    /// Computed from the rules and the objects read.
    Computed,
    /// The component that refused said so itself.
    Proven,
}

impl From<Confidence> for Certainty {
    fn from(value: Confidence) -> Self {
        match value {
            Confidence::Likely => Self::Likely,
            Confidence::Computed => Self::Computed,
            Confidence::Proven => Self::Proven,
        }
    }
}

/// What is predicted of a repair.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) enum Outcome {
    /// Nothing blocks the run any more.
    Heals,
    /// Something still blocks it.
    DoesNotHeal,
    /// Something decisive was not read.
    Unknown,
}

impl From<finding::Outcome> for Outcome {
    fn from(value: finding::Outcome) -> Self {
        match value {
            finding::Outcome::GoesOn => Self::Heals,
            finding::Outcome::Blocked => Self::DoesNotHeal,
            finding::Outcome::Unknown => Self::Unknown,
        }
    }
}

/// An operation as the schema describes it: further fields depend on `op`.
#[cfg(test)]
#[derive(schemars::JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct Operation {
    /// What is done.
    #[schemars(extend("enum" = ["submit", "release", "delete", "create", "grant", "setFlags", "uncordon", "enforce", "raiseQuota", "moveBounds", "scale", "retry", "unannotate", "manual"]))]
    op: String,
}
