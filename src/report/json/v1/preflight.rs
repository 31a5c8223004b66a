//! `check -o json`.

use std::borrow::Cow;

use serde::Serialize;

use crate::checks::preflight;
use crate::finding::Finding;
use crate::report::secrets;

use super::Kind;
use super::diagnosis::{Certainty, Level, RunEvidence, evidence};

/// What is known before any run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Preflight<'a> {
    /// Version of Tekton.
    tekton_version: Option<&'a str>,
    /// Object and field that say so.
    version_source: Option<&'a str>,
    /// Namespace of Tekton.
    namespace: Option<&'a str>,
    /// The mode of the affinity assistant in force; null when it is unknown.
    coschedule: Option<&'static str>,
    /// Keys that decide, as each place has them.
    flags: Vec<Flag<'a>>,
    /// What it means and what follows from it.
    notes: Vec<Note<'a>>,
    /// Namespaces that were looked at.
    namespaces: Vec<Place<'a>>,
    /// What is unknown, with the right that would tell it.
    cannot_tell: &'a [String],
}

/// A key in one of the places that hold flags.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Flag<'a> {
    /// `ConfigMap/feature-flags`, `TektonConfig/config` or `PipelineRun/NAME`.
    source: String,
    /// Key.
    key: &'a str,
    /// Value.
    value: &'a str,
    /// Whether this version reads the key.
    read: bool,
}

/// A finding about the installation or a namespace.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Note<'a> {
    /// Permanent code.
    code: &'static str,
    /// Cause id.
    cause: &'static str,
    /// How bad it is.
    severity: Level,
    /// How sure it is.
    confidence: Certainty,
    /// One sentence.
    text: Cow<'a, str>,
    /// Proof.
    evidence: Vec<RunEvidence<'a>>,
}

/// A namespace as an assistant meets it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    /// Name.
    name: &'a str,
    /// `openshift.io/sa.scc.uid-range`.
    uid_range: Option<&'a str>,
    /// The one fsGroup that restricted-v2 accepts.
    fs_group: Option<i64>,
    /// Level of Pod Security that is enforced.
    pod_security: Option<&'a str>,
    /// ServiceAccounts that runs may name.
    service_accounts: &'a [String],
    /// What would refuse an assistant without settings of its own.
    notes: Vec<Note<'a>>,
    /// What is unknown.
    cannot_tell: &'a [String],
}

impl Kind for Preflight<'_> {
    const KIND: &'static str = "Preflight";
}

impl<'a> Preflight<'a> {
    /// A preflight in this shape.
    pub(crate) fn of(found: &'a preflight::Preflight) -> Self {
        Self {
            tekton_version: found.tekton_version.as_deref(),
            version_source: found.version_source.as_deref(),
            namespace: found.namespace.as_deref(),
            coschedule: found.coschedule,
            flags: found.flags.iter().map(flag).collect(),
            notes: found.findings.iter().map(note).collect(),
            namespaces: found.namespaces.iter().map(place).collect(),
            cannot_tell: &found.cannot_tell,
        }
    }
}

fn flag(flag: &preflight::Flag) -> Flag<'_> {
    Flag { source: flag.source.to_string(), key: &flag.key, value: &flag.value, read: flag.read }
}

fn note(finding: &Finding) -> Note<'_> {
    Note {
        code: finding.cause.code(),
        cause: finding.cause.id(),
        severity: finding.severity.into(),
        confidence: finding.confidence().into(),
        text: secrets::text(&finding.summary),
        evidence: evidence(finding),
    }
}

fn place(place: &preflight::Place) -> Place<'_> {
    Place {
        name: &place.name,
        uid_range: place.uid_range.as_deref(),
        fs_group: place.fs_group,
        pod_security: place.pod_security.as_deref(),
        service_accounts: &place.service_accounts,
        notes: place.findings.iter().map(note).collect(),
        cannot_tell: &place.cannot_tell,
    }
}
