//! The frozen JSON shape, version 1. Types of its own, so that the inside may change
//! without the contract.

use serde::Serialize;
use serde_json::Value;

use super::{admission, wording};
use crate::checks::ruled_out::RuledOut;
use crate::finding::{Finding, Offer, RunReport};
use crate::ops::Op;

/// Version of every JSON and YAML document that commands print.
pub const SCHEMA_VERSION: &str = "v1";

/// What `diagnose -o json` prints.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Diagnosis<'a> {
    /// Version of this shape.
    pub schema_version: &'static str,
    /// The process's exit code, because some shells lose it.
    pub exit_code: u8,
    /// Runs.
    pub runs: Vec<Run<'a>>,
    /// What was ruled out; only with `--why-not`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ruled_out: Vec<Cleared<'a>>,
}

/// A suspect that was cleared.
#[derive(Debug, Serialize)]
pub struct Cleared<'a> {
    /// Cause, or a family of them.
    pub cause: &'static str,
    /// Why not.
    pub because: &'a str,
}

/// One run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run<'a> {
    /// Namespace.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
    /// How it stands.
    pub state: &'static str,
    /// One sentence.
    pub headline: &'a str,
    /// What is wrong.
    pub findings: Vec<RunFinding<'a>>,
}

/// One finding.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFinding<'a> {
    /// Permanent code.
    pub code: &'static str,
    /// Cause id.
    pub cause: &'static str,
    /// `info`, `warning` or `error`.
    pub severity: &'static str,
    /// `likely`, `computed` or `proven`.
    pub confidence: &'static str,
    /// One sentence.
    pub summary: &'a str,
    /// From symptom to cause.
    pub chain: &'a [String],
    /// Proof.
    pub evidence: Vec<RunEvidence<'a>>,
    /// What could not be told.
    pub cannot_tell: &'a [String],
    /// What heals.
    pub repairs: Vec<RunRepair<'a>>,
}

/// One piece of evidence.
#[derive(Debug, Serialize)]
pub struct RunEvidence<'a> {
    /// Object.
    pub object: &'a str,
    /// Field.
    pub field: &'a str,
    /// Text.
    pub value: &'a str,
    /// Where it was read.
    pub source: &'a str,
}

/// One repair.
#[derive(Debug, Serialize)]
pub struct RunRepair<'a> {
    /// Permanent id.
    pub id: &'a str,
    /// One sentence.
    pub summary: String,
    /// Exact commands, a line each.
    pub command: String,
    /// `heals`, `doesNotHeal` or `unknown`.
    pub predicted: &'static str,
    /// Why.
    pub because: Vec<String>,
    /// What it needs.
    pub needs: String,
    /// What it endangers.
    pub risk: String,
    /// Fields with their new values.
    pub changes: Value,
    /// The operations, in their order.
    pub ops: &'a [Op],
}

impl<'a> RunRepair<'a> {
    fn of(offer: &'a Offer) -> Self {
        Self {
            id: &offer.id,
            summary: wording::summary(offer),
            command: admission::commands(offer),
            predicted: wording::predicted(offer.forecast.outcome()),
            because: wording::because(&offer.forecast),
            needs: wording::rights(offer),
            risk: wording::risks(offer),
            changes: wording::fields(offer),
            ops: &offer.ops,
        }
    }
}

impl<'a> Diagnosis<'a> {
    /// The document for some reports.
    pub fn of(reports: &'a [RunReport], cleared: &'a [RuledOut], exit_code: u8) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            exit_code,
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
            state: report.state.as_str(),
            headline: &report.headline,
            findings: report.findings.iter().map(RunFinding::of).collect(),
        }
    }
}

impl<'a> RunFinding<'a> {
    fn of(finding: &'a Finding) -> Self {
        Self {
            code: finding.cause.code(),
            cause: finding.cause.id(),
            severity: finding.severity.as_str(),
            confidence: finding.confidence.as_str(),
            summary: &finding.summary,
            chain: &finding.chain,
            evidence: finding
                .evidence
                .iter()
                .map(|item| RunEvidence {
                    object: &item.object,
                    field: &item.field,
                    value: &item.value,
                    source: &item.source,
                })
                .collect(),
            cannot_tell: &finding.cannot_tell,
            repairs: finding.offers.iter().map(RunRepair::of).collect(),
        }
    }
}
