//! `probe -o json`.

use serde::Serialize;

use crate::report::probe::{self, Outcome};

use super::Kind;

/// What a probe showed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Probe<'a> {
    /// `NAMESPACE/NAME` of the run.
    run: &'a str,
    /// Task that the probe stood for.
    task: &'a str,
    /// Whether its step ran, it failed before, or it still waited when the time was up.
    #[cfg_attr(test, schemars(extend("enum" = ["ran", "failed", "waits"])))]
    outcome: &'static str,
    /// What kept it from running, in Tekton's or the scheduler's words; null when it ran.
    message: Option<&'a str>,
    /// One sentence.
    verdict: String,
}

impl Kind for Probe<'_> {
    const KIND: &'static str = "Probe";
}

impl<'a> Probe<'a> {
    /// An outcome in this shape.
    pub(crate) fn of(run: &'a str, task: &'a str, outcome: &'a Outcome) -> Self {
        let (word, message) = match outcome {
            Outcome::Ran => ("ran", None),
            Outcome::Failed(message) => ("failed", Some(message.as_str())),
            Outcome::Waits(message) => ("waits", Some(message.as_str())),
        };
        let verdict = probe::verdict(task, outcome).0.into_iter().map(|span| span.text).collect();
        Self { run, task, outcome: word, message, verdict }
    }
}
