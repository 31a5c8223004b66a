//! What was read and what was not: absence proves something only where a kind
//! was listed.

use std::collections::{BTreeMap, BTreeSet};

use super::demand::Demand;
use super::kind::Kind;

/// How completely a kind was read in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Every object was seen.
    Listed,
    /// Some objects were seen; the text says why not all.
    Partly(String),
    /// The server refused; the text is its answer.
    Forbidden(String),
    /// The server does not serve the kind.
    NotServed,
    /// Not asked for, or absent from the export.
    NotRead,
}

impl Reading {
    /// Whether an object that was not found does not exist.
    pub fn proves_absence(&self) -> bool {
        matches!(self, Self::Listed | Self::NotServed)
    }
}

/// What was read, by kind and namespace. The empty namespace stands for the
/// whole cluster.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    readings: BTreeMap<(Kind, String), Reading>,
    /// What the source has not read, and could.
    offered: BTreeSet<(Kind, String)>,
    demand: Demand,
    /// A run, by namespace and name, of which all TaskRuns and pods were read.
    run: Option<(String, String)>,
}

impl Coverage {
    /// Records how a kind was read: in one namespace, or everywhere (`""`).
    pub fn record(&mut self, kind: Kind, namespace: &str, reading: Reading) {
        self.offered.remove(&(kind, namespace.to_owned()));
        self.readings.insert((kind, namespace.to_owned()), reading);
    }

    /// Records that a kind was not read, and could be.
    pub(super) fn offer(&mut self, kind: Kind, namespace: &str) {
        self.offered.insert((kind, namespace.to_owned()));
    }

    /// Where a kind could still be read.
    pub fn offers(&self, kind: Kind) -> Vec<String> {
        self.offered.iter().filter(|(of, _)| *of == kind).map(|(_, place)| place.clone()).collect()
    }

    /// All that could still be read.
    pub fn offered(&self) -> &BTreeSet<(Kind, String)> {
        &self.offered
    }

    /// Records that all TaskRuns and pods of a run were read, whatever of others was.
    pub fn read_run(&mut self, namespace: &str, name: &str) {
        self.run = Some((namespace.to_owned(), name.to_owned()));
    }

    /// Somebody looks for the objects of a run: of another one than that which was read they
    /// may not be there.
    pub(super) fn note_unless_read(&self, kind: Kind, namespace: &str, run: Option<&str>) {
        let is_read = self.run.as_ref().is_some_and(|(at, name)| at == namespace && Some(name.as_str()) == run);
        if !is_read {
            // Asking is what notes it.
            let _ = self.of(kind, namespace);
        }
    }

    /// What was asked for of that which was not read.
    pub fn demand(&self) -> &Demand {
        &self.demand
    }

    /// Records a reading unless a better one is known.
    pub fn record_if_unknown(&mut self, kind: Kind, namespace: &str, reading: Reading) {
        self.readings.entry((kind, namespace.to_owned())).or_insert(reading);
    }

    /// Takes everything for read: what was not seen does not exist.
    pub fn assume_whole(&mut self) {
        self.readings.clear();
        self.offered.clear();
        for kind in Kind::ALL {
            self.record(*kind, "", Reading::Listed);
        }
    }

    /// Forgets that a kind was read anywhere.
    pub fn forget(&mut self, kind: Kind) {
        self.offered.retain(|(of, _)| *of != kind);
        self.readings.retain(|(of, _), _| *of != kind);
    }

    /// How a kind was read in a namespace (`""` for cluster-scoped kinds, or for
    /// "in all namespaces"). A complete list of the whole cluster covers every
    /// namespace.
    pub fn of(&self, kind: Kind, namespace: &str) -> &Reading {
        let reading = self.known(kind, namespace);
        if !reading.proves_absence() {
            // The place itself, or the whole cluster where that is what could be read.
            let mut places = [namespace, ""].into_iter();
            if let Some(place) = places.find(|place| self.offered.contains(&(kind, (*place).to_owned()))) {
                self.demand.note(kind, place);
            }
        }
        reading
    }

    fn known(&self, kind: Kind, namespace: &str) -> &Reading {
        const NOT_READ: &Reading = &Reading::NotRead;
        let everywhere = self.readings.get(&(kind, String::new()));
        // What is known to be missing somewhere is missing, whatever else was listed.
        let is_partly = |reading: &&Reading| matches!(reading, Reading::Partly(_));
        let lost = if namespace.is_empty() {
            self.readings
                .iter()
                .find(|((of, _), reading)| *of == kind && is_partly(reading))
                .map(|(_, reading)| reading)
        } else {
            self.readings.get(&(kind, namespace.to_owned())).filter(is_partly)
        };
        if let Some(lost) = lost.filter(|_| everywhere.is_some_and(Reading::proves_absence)) {
            return lost;
        }
        if everywhere.is_some_and(Reading::proves_absence) || namespace.is_empty() {
            return everywhere.unwrap_or(NOT_READ);
        }
        self.readings.get(&(kind, namespace.to_owned())).or(everywhere).unwrap_or(NOT_READ)
    }

    /// Whether an object of the kind that was not found there does not exist.
    pub fn proves_absence(&self, kind: Kind, namespace: &str) -> bool {
        self.of(kind, namespace).proves_absence()
    }

    /// Everything recorded, for reports.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, &str, &Reading)> {
        self.readings.iter().map(|((kind, namespace), reading)| (*kind, namespace.as_str(), reading))
    }
}
