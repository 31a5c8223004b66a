//! Why a value or a step is not right for a run: what was typed is wrong, a name does not
//! exist, or the run and its cluster are not as the step needs them.

use std::fmt;

use crate::assess::placement::NoBest;

/// Why something is not right for a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Misfit {
    /// A value is not what it has to be.
    Value(String),
    /// There is nothing of that name.
    Name {
        /// What it is, `node` for example.
        what: &'static str,
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The run, or what was read of its cluster, is not as it has to be.
    Situation(String),
    /// No node can be proposed.
    NoNode(NoBest),
}

impl Misfit {
    /// The same, said of something.
    #[must_use]
    pub fn of(self, subject: &str) -> Self {
        match self {
            Self::Value(text) => Self::Value(format!("{subject}: {text}")),
            Self::Situation(text) => Self::Situation(format!("{subject}: {text}")),
            other @ (Self::Name { .. } | Self::NoNode(_)) => other,
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(text) | Self::Situation(text) => f.write_str(text),
            Self::Name { what, name, .. } => write!(f, "there is no {what} {name:?}"),
            Self::NoNode(NoBest::Unread) => f.write_str("nodes were not read, so none can be chosen"),
            Self::NoNode(_) => f.write_str("no node can be chosen for the whole pipeline"),
        }
    }
}
