//! `repair -o json` and `resume -o json`: one event a line.

use jiff::Timestamp;
use serde::Serialize;

use crate::ops::ObjectRef;

use super::Kind;

/// Something that happened while a repair was carried out.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RepairEvent<'a> {
    /// When, in UTC.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    time: String,
    /// The operation, as `undo` and `resume` take it.
    operation: &'a str,
    /// What happened.
    #[cfg_attr(test, schemars(extend("enum" = ["started", "done", "unchanged", "refused", "unclear", "waiting", "scheduled",
        "succeeded", "stuck", "timedOut", "gone", "kept", "declined", "verified", "unverified", "probed"])))]
    event: &'a str,
    /// `pipelinerun/NAME`.
    object: String,
    /// Namespace of the object; empty for kinds without.
    namespace: &'a str,
    /// Which write of the operation it is about, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<usize>,
    /// What there is to say of it.
    message: &'a str,
    /// Cause of a run that is stuck.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
}

impl Kind for RepairEvent<'_> {
    const KIND: &'static str = "RepairEvent";
}

impl<'a> RepairEvent<'a> {
    /// An event that happens now.
    pub(crate) fn of(
        operation: &'a str,
        event: &'a str,
        object: &'a ObjectRef,
        step: Option<usize>,
        message: &'a str,
        cause: Option<&'a str>,
    ) -> Self {
        let (target, namespace) = (object.target(), object.namespace.as_str());
        Self { time: Timestamp::now().to_string(), operation, event, object: target, namespace, step, message, cause }
    }
}
