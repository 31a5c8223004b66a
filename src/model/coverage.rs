//! What was read and what was not: absence proves something only where a kind
//! was listed.

use std::collections::BTreeMap;

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    readings: BTreeMap<(Kind, String), Reading>,
}

impl Coverage {
    /// Records how a kind was read: in one namespace, or everywhere (`""`).
    pub fn record(&mut self, kind: Kind, namespace: &str, reading: Reading) {
        self.readings.insert((kind, namespace.to_owned()), reading);
    }

    /// Records a reading unless a better one is known.
    pub fn record_if_unknown(&mut self, kind: Kind, namespace: &str, reading: Reading) {
        self.readings.entry((kind, namespace.to_owned())).or_insert(reading);
    }

    /// Takes everything for read: what was not seen does not exist.
    pub fn assume_whole(&mut self) {
        self.readings.clear();
        for kind in Kind::ALL {
            self.record(*kind, "", Reading::Listed);
        }
    }

    /// Forgets that a kind was read anywhere.
    pub fn forget(&mut self, kind: Kind) {
        self.readings.retain(|(of, _), _| *of != kind);
    }

    /// How a kind was read in a namespace (`""` for cluster-scoped kinds, or for
    /// "in all namespaces"). A complete list of the whole cluster covers every
    /// namespace.
    pub fn of(&self, kind: Kind, namespace: &str) -> &Reading {
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
