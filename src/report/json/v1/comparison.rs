//! `diff -o json`.

use serde::Serialize;

use crate::analysis::comparison::Difference;
use crate::checks::consequence::Consequence;
use crate::report::comparison;

use super::Kind;

/// Two runs compared.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Comparison<'a> {
    /// `NAMESPACE/NAME` of the good run, or its file.
    left: &'a str,
    /// The other run.
    right: &'a str,
    /// One sentence about the whole comparison, whatever `--level` shows.
    verdict: &'a str,
    /// The differences, those that matter first.
    differences: Vec<Row<'a>>,
}

/// One difference.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Row<'a> {
    /// Path of the field; entries of lists by name.
    path: &'a str,
    /// What was asked for, what became of it, or how it went.
    #[cfg_attr(test, schemars(extend("enum" = ["spec", "pods", "outcome"])))]
    level: &'static str,
    /// Text on the left; null where the field is absent.
    left: Option<&'a str>,
    /// Text on the right.
    right: Option<&'a str>,
    /// What it leads to; absent where it explains nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    matters: Option<Matters<'a>>,
}

/// Why a difference matters.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Matters<'a> {
    /// One sentence.
    consequence: &'a str,
    /// Cause that it leads to.
    cause: &'static str,
    /// The proof, a line each.
    evidence: Vec<String>,
}

impl Kind for Comparison<'_> {
    const KIND: &'static str = "Comparison";
}

impl<'a> Comparison<'a> {
    /// A comparison in this shape.
    pub(crate) fn of(comparison: &'a comparison::Comparison) -> Self {
        let row = |(difference, matters): &'a (Difference, Option<Consequence>)| Row {
            path: &difference.path,
            level: difference.level.as_str(),
            left: difference.left.as_deref(),
            right: difference.right.as_deref(),
            matters: matters.as_ref().map(of_consequence),
        };
        Self {
            left: &comparison.left,
            right: &comparison.right,
            verdict: &comparison.verdict,
            differences: comparison.differences.iter().map(row).collect(),
        }
    }
}

fn of_consequence(consequence: &Consequence) -> Matters<'_> {
    let evidence = consequence.evidence.iter();
    Matters {
        consequence: &consequence.sentence,
        cause: consequence.cause.id(),
        evidence: evidence.map(|item| format!("{} {}: {}", item.object, item.field, item.value)).collect(),
    }
}
