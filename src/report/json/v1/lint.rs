//! `lint -o json`.

use serde::Serialize;

use crate::documents::Lines;
use crate::finding::Outcome;
use crate::lint::finding::Safety;
use crate::lint::{Judgement, Linted};
use crate::report::forecasts::Forecasted;
use crate::report::lint::Secrets;
use crate::report::wording::lint as wording;

use super::Kind;

/// What is wrong with manifests.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lint {
    /// The version of Tekton whose fields were taken.
    tekton_version: &'static str,
    /// The files that were read, those without findings included.
    files: Vec<File>,
    /// What becomes of each run in the cluster of `--against`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    forecasts: Vec<Forecast>,
}

/// What becomes of a run once it is submitted.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Forecast {
    /// The file.
    file: String,
    /// Line of its document, from 1 on.
    line: usize,
    /// `PipelineRun` or `TaskRun`.
    kind: String,
    /// Its name, or what its name begins with.
    name: String,
    /// The namespace; empty where none is known.
    namespace: String,
    /// `goesOn`, `blocked` or `unknown`.
    #[cfg_attr(test, schemars(extend("enum" = ["goesOn", "blocked", "unknown"])))]
    outcome: &'static str,
    /// Why, a clause each.
    because: Vec<String>,
    /// Codes of the causes that stand in the way.
    causes: Vec<&'static str>,
}

/// A file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct File {
    /// Its name.
    file: String,
    /// Why it was not judged: `template`.
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<&'static str>,
    /// Its findings, by their places.
    findings: Vec<Finding>,
}

/// A finding.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Finding {
    /// Permanent code.
    code: &'static str,
    /// Permanent id of the kind.
    kind: &'static str,
    /// `error`, or `warning` where it depends on the cluster or works for now.
    #[cfg_attr(test, schemars(extend("enum" = ["error", "warning"])))]
    severity: &'static str,
    /// Number of the document in its file, from 0 on.
    document: usize,
    /// Where in the document: `spec.tasks[0].name`.
    path: String,
    /// Line, from 1 on.
    line: usize,
    /// Column in characters, from 1 on.
    column: usize,
    /// What is wrong.
    message: String,
    /// What becomes of it once it is submitted.
    effect: &'static str,
    /// Where the field belongs.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_path: Option<String>,
    /// `safe` where `--fix` mends it, `unsafe` where somebody has to choose.
    #[cfg_attr(test, schemars(extend("enum" = ["safe", "unsafe", null])))]
    fix: Option<&'static str>,
}

impl Kind for Lint {
    const KIND: &'static str = "Lint";
    const LIST: Option<&'static str> = Some("files");
}

impl Lint {
    /// Files in this shape.
    pub(crate) fn of(files: &[Linted], tekton_version: &'static str, forecasts: &[Forecasted]) -> Self {
        let forecasts = forecasts.iter().map(|told| Forecast {
            file: told.file.clone(),
            line: told.line,
            kind: told.kind.clone(),
            name: told.name.clone(),
            namespace: told.namespace.clone(),
            outcome: match told.outcome() {
                Outcome::GoesOn => "goesOn",
                Outcome::Blocked => "blocked",
                Outcome::Unknown => "unknown",
            },
            because: told.because(),
            causes: told.causes(),
        });
        Self { tekton_version, files: files.iter().map(file).collect(), forecasts: forecasts.collect() }
    }
}

fn file(linted: &Linted) -> File {
    let lines = Lines::of(&linted.text);
    let secrets = Secrets::of(linted);
    let findings = linted.findings().iter().map(|finding| {
        let (line, column) = lines.place(&linted.text, finding.span.start);
        Finding {
            code: finding.kind.code(),
            kind: finding.kind.id(),
            severity: wording::severity(finding),
            document: finding.document,
            path: finding.holder.as_ref().unwrap_or(&finding.path).to_string(),
            line,
            column,
            message: wording::message(finding, secrets.covers(finding)),
            effect: wording::effect(finding),
            suggested_path: finding.right_path.as_ref().map(ToString::to_string),
            fix: finding.fix.as_ref().map(|fix| match fix.safety {
                Safety::Safe => "safe",
                Safety::Unsafe => "unsafe",
            }),
        }
    });
    let skipped = (linted.judgement == Judgement::Template).then_some("template");
    File { file: linted.file.clone(), skipped, findings: findings.collect() }
}
