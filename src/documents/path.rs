//! The place of a value in its document.

use std::fmt;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Segment {
    /// A key.
    Key(String),
    /// An item, from 0 on.
    Item(usize),
}

/// The place of a value in its document, from its root on.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Path(pub(crate) Vec<Segment>);

impl Path {
    /// The place of a key below this one.
    pub(crate) fn key(&self, name: &str) -> Self {
        self.with(Segment::Key(name.to_owned()))
    }

    /// The place of several keys below this one.
    pub(crate) fn keys(&self, names: &[&str]) -> Self {
        names.iter().fold(self.clone(), |path, name| path.key(name))
    }

    /// The place of an item of this list.
    pub(crate) fn item(&self, index: usize) -> Self {
        self.with(Segment::Item(index))
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// The place one step up.
    pub(crate) fn parent(&self) -> Option<Self> {
        let (_, above) = self.0.split_last()?;
        Some(Self(above.to_vec()))
    }

    /// The last key.
    pub(crate) fn last_key(&self) -> Option<&str> {
        match self.0.last() {
            Some(Segment::Key(name)) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Path {
    /// `spec.tasks[0].name`, `metadata.annotations["a.b/c"]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Item(index) => write!(f, "[{index}]")?,
                Segment::Key(name) if is_plain(name) => write!(f, "{}{name}", if at == 0 { "" } else { "." })?,
                Segment::Key(name) => write!(f, "[{name:?}]")?,
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$'))
}
