//! Reading on demand: what a source could still read, and what of it somebody looked for.
//!
//! A list that was not read, or not wholly, notes that it is looked through; so does the
//! coverage when it is asked whether absence proves something. Whoever judged a cluster
//! without asking for anything would judge it the same had everything been read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::kind::Kind;

/// What was asked for: a kind in a namespace, or everywhere (`""`).
pub type Asked = BTreeSet<(Kind, String)>;

/// The notes of what was asked for; all overlays of a cluster write into the same.
#[derive(Debug, Clone, Default)]
pub struct Demand {
    asked: Arc<Mutex<Asked>>,
}

impl Demand {
    /// Notes that somebody needs it.
    pub(super) fn note(&self, kind: Kind, place: &str) {
        // A note that is lost to a panic elsewhere is asked for again.
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).insert((kind, place.to_owned()));
    }

    /// Takes the notes.
    pub fn take(&self) -> Asked {
        std::mem::take(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What of a list was not read, and could be.
#[derive(Debug, Clone)]
pub(super) struct Unread {
    /// Kind of the list.
    pub(super) kind: Kind,
    /// In which namespaces; `""` for everywhere.
    pub(super) places: Vec<String>,
    /// Where to note who looks.
    pub(super) demand: Demand,
}

impl Unread {
    /// Somebody looks at all of it.
    pub(super) fn note_all(&self) {
        for place in &self.places {
            self.demand.note(self.kind, place);
        }
    }

    /// Somebody looks at what is in a namespace.
    pub(super) fn note(&self, namespace: &str) {
        let is_in = |place: &&String| *place == namespace;
        let place = self.places.iter().find(is_in).or_else(|| self.places.iter().find(|place| place.is_empty()));
        if let Some(place) = place {
            self.demand.note(self.kind, place);
        }
    }
}
