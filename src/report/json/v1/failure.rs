//! An error, as a document of version 1.

use serde::Serialize;

use super::Kind;

/// A command that could not give its answer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failure<'a> {
    /// What went wrong.
    pub(crate) message: &'a str,
    /// What to do next.
    pub(crate) hints: &'a [String],
}

impl<'a> Failure<'a> {
    /// What an error says.
    pub(crate) fn of(message: &'a str, hints: &'a [String]) -> Self {
        Self { message, hints }
    }
}

impl Kind for Failure<'_> {
    const KIND: &'static str = "Error";
}
