//! Versions, as a document of version 1.

use serde::Serialize;

use super::Kind;

/// Versions of this program and of what it talks to.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Version {
    /// Of this program.
    pub(crate) client: &'static str,
    /// Of the API server; null where it was not asked.
    pub(crate) kubernetes: Option<String>,
    /// Of Tekton; null where it was not asked, or may not be read.
    pub(crate) tekton: Option<String>,
}

impl Kind for Version {
    const KIND: &'static str = "Version";
}
