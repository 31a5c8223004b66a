//! SELinux levels of pods, and whether two of them can share a volume.

use std::collections::BTreeSet;

use crate::model::pod_security::SeLinuxOptions;

/// The level of a process and of what its volume is labelled with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Label {
    /// A level, for example `s0:c31,c20`.
    Level(String),
    /// None was set: the runtime makes up a pair of categories that no other pod has.
    Random,
    /// Not confined at all (`spc_t`).
    Unconfined,
}

/// Whether a process of one label can use what carries another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shares {
    /// The labels are the same.
    Yes,
    /// They differ: whoever starts last takes the volume from the other.
    No,
    /// Confined by type alone, or not on SELinux.
    Unconfined,
}

impl Label {
    /// Of a container's effective options.
    pub fn of(options: Option<&SeLinuxOptions>) -> Self {
        match options {
            Some(options) if options.kind == "spc_t" => Self::Unconfined,
            Some(options) if !options.level.is_empty() => Self::Level(options.level.clone()),
            _ => Self::Random,
        }
    }

    /// Whether both can use one volume at a time. The order of categories says nothing.
    pub fn shares_with(&self, other: &Self) -> Shares {
        match (self, other) {
            (Self::Unconfined, _) | (_, Self::Unconfined) => Shares::Unconfined,
            (Self::Level(own), Self::Level(other)) if parts(own) == parts(other) => Shares::Yes,
            _ => Shares::No,
        }
    }
}

fn parts(level: &str) -> (&str, BTreeSet<&str>) {
    let (sensitivity, categories) = level.split_once(':').unwrap_or((level, ""));
    (sensitivity, categories.split(',').filter(|category| !category.is_empty()).collect())
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Level(level) => write!(f, "SELinux level {level}"),
            Self::Random => f.write_str("a random SELinux level of its own"),
            Self::Unconfined => f.write_str("no SELinux confinement"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_compared_as_sets_of_categories() {
        let level = |text: &str| Label::Level(text.to_owned());
        assert_eq!(level("s0:c31,c20").shares_with(&level("s0:c20,c31")), Shares::Yes);
        assert_eq!(level("s0:c31,c20").shares_with(&level("s0:c1,c20")), Shares::No);
        assert_eq!(level("s0:c31,c20").shares_with(&Label::Random), Shares::No);
        assert_eq!(Label::Random.shares_with(&Label::Random), Shares::No);
        assert_eq!(Label::Unconfined.shares_with(&Label::Random), Shares::Unconfined);
    }
}
