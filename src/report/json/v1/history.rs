//! `history -o json`.

use serde::Serialize;

use crate::workflows::journal;

use super::Kind;

/// What the program has changed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct History<'a> {
    /// The entries, the oldest first.
    entries: Vec<Entry<'a>>,
}

/// A write to a cluster.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Entry<'a> {
    /// When, in UTC.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    time: String,
    /// One operation has one mark.
    id: &'a str,
    /// Address of the API server.
    server: &'a str,
    /// Namespace.
    namespace: &'a str,
    /// `create`, `cancel`, `patch` or `delete`.
    action: &'a str,
    /// `pipelinerun/NAME`.
    object: &'a str,
    /// The command that undoes it; null where nothing can.
    undo: Option<&'a str>,
    /// How it stands; `sent` when its outcome was never learnt.
    #[cfg_attr(test, schemars(extend("enum" = ["planned", "sent", "done", "failed", "unclear", "undone"])))]
    state: &'static str,
    /// Id of the plan that it was part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<&'a str>,
    /// The run that was repaired.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<&'a str>,
    /// Why it failed, or is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl Kind for History<'_> {
    const KIND: &'static str = "History";
    const LIST: Option<&'static str> = Some("entries");
}

impl<'a> History<'a> {
    /// The journal's entries in this shape.
    pub(crate) fn of(entries: &'a [journal::Entry]) -> Self {
        Self { entries: entries.iter().map(entry).collect() }
    }
}

fn entry(entry: &journal::Entry) -> Entry<'_> {
    let (state, reason) = match &entry.state {
        journal::State::Planned => ("planned", None),
        journal::State::Unclear(reason) => ("unclear", Some(reason.as_str())),
        journal::State::Undone => ("undone", None),
        journal::State::Sent => ("sent", None),
        journal::State::Done => ("done", None),
        journal::State::Failed(reason) => ("failed", Some(reason.as_str())),
    };
    Entry {
        time: entry.time.to_string(),
        id: &entry.id,
        server: &entry.server,
        namespace: &entry.namespace,
        action: &entry.action,
        object: &entry.object,
        undo: entry.undo.as_deref(),
        state,
        plan: entry.part.as_ref().map(|part| part.plan.as_str()),
        run: entry.part.as_ref().map(|part| part.run.as_str()),
        reason,
    }
}
