//! Events: what controllers and the scheduler said, with times that mean
//! something whichever API the writer used.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::meta::{ObjectMeta, ObjectReference, null_as_default};

/// An event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Event {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// What it is about; events.k8s.io calls it `regarding`.
    #[serde(alias = "regarding")]
    pub involved_object: ObjectReference,
    /// Machine word, for example `FailedCreate`.
    #[serde(deserialize_with = "null_as_default")]
    pub reason: String,
    /// Text; events.k8s.io calls it `note`.
    #[serde(alias = "note", deserialize_with = "null_as_default")]
    pub message: String,
    /// `Normal` or `Warning`.
    #[serde(rename = "type", deserialize_with = "null_as_default")]
    pub kind: String,
    /// How often it was seen; 0 where the writer does not count.
    #[serde(alias = "deprecatedCount", deserialize_with = "null_as_default")]
    pub count: i32,
    /// First seen, in the old API.
    #[serde(alias = "deprecatedFirstTimestamp")]
    pub first_timestamp: Option<Timestamp>,
    /// Last seen, in the old API.
    #[serde(alias = "deprecatedLastTimestamp")]
    pub last_timestamp: Option<Timestamp>,
    /// When it happened, in the new API.
    pub event_time: Option<Timestamp>,
    /// Repetitions, in the new API.
    pub series: Option<EventSeries>,
    /// Who wrote it, in the new API.
    #[serde(alias = "reportingController", deserialize_with = "null_as_default")]
    pub reporting_component: String,
    /// Who wrote it, in the old API.
    #[serde(alias = "deprecatedSource", deserialize_with = "null_as_default")]
    pub source: EventSource,
}

/// Repetitions of an event.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EventSeries {
    /// How often.
    #[serde(deserialize_with = "null_as_default")]
    pub count: i32,
    /// Last time.
    pub last_observed_time: Option<Timestamp>,
}

/// Writer of an event in the old API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventSource {
    /// Component.
    #[serde(deserialize_with = "null_as_default")]
    pub component: String,
    /// Node.
    #[serde(deserialize_with = "null_as_default")]
    pub host: String,
}

impl Event {
    /// When it was seen last: the scheduler fills only `eventTime`, controllers
    /// only the old fields.
    pub fn last_seen(&self) -> Option<Timestamp> {
        self.series
            .as_ref()
            .and_then(|series| series.last_observed_time)
            .or(self.last_timestamp)
            .or(self.event_time)
            .or(self.first_timestamp)
            .or(self.metadata.creation_timestamp)
    }

    /// When it was seen first.
    pub fn first_seen(&self) -> Option<Timestamp> {
        self.first_timestamp.or(self.event_time).or(self.metadata.creation_timestamp)
    }

    /// How often it was seen, at least once.
    pub fn times(&self) -> i32 {
        self.series.as_ref().map_or(self.count, |series| series.count).max(1)
    }

    /// Who wrote it.
    pub fn writer(&self) -> &str {
        if self.source.component.is_empty() { &self.reporting_component } else { &self.source.component }
    }
}
