//! Reads what verdicts read, and keeps all fields: for a snapshot.

use std::sync::PoisonError;

use serde_json::Value;

use super::Connection;
use crate::model::{Cluster, Kind};
use crate::sources::{Raw, SourceError, Wanted};

impl Connection {
    /// Reads what is wanted, with all fields of the objects.
    ///
    /// # Errors
    /// Those of [`read`](Self::read).
    pub async fn read_raw(&self, wanted: &Wanted) -> Result<(Cluster, Vec<Raw>), SourceError> {
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Vec::new());
        let cluster = self.read(wanted).await;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok((cluster?, kept.unwrap_or_default()))
    }

    /// Whether objects are kept with all fields.
    pub(super) fn keeps(&self) -> bool {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Keeps objects with all fields.
    pub(super) fn keep(&self, objects: Vec<Raw>) {
        if let Some(kept) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            kept.extend(objects);
        }
    }
}

/// The objects of a page; none of a page that is no list, which its reader says.
pub(super) fn objects(kind: Kind, version: &str, page: &[u8]) -> Vec<Raw> {
    let group = kind.group();
    let version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut list: Value = serde_json::from_slice(page).unwrap_or_default();
    let items = list["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
    items.into_iter().map(|object| Raw::new(kind, &version, object)).collect()
}
