//! YAML and JSON as people write it: values with the place of every key, and edits that
//! leave every other byte as it is.
//!
//! Documents are read here with spans (`granit-parser`, which serde-saphyr links anyway);
//! that an edit means what it should is proven with another reader (`crate::yaml`).

pub(crate) mod edit;
pub(crate) mod embedded;
mod flow;
pub(crate) mod graft;
pub(crate) mod lines;
pub(crate) mod path;
pub(crate) mod proof;
mod read;
pub(crate) use crate::yaml::scalar;
#[cfg(test)]
mod random;
pub(crate) mod slices;
pub(crate) mod templating;
mod tree;
mod written;

pub(crate) use lines::Lines;
pub(crate) use path::{Path, Segment};
pub(crate) use read::{Document, read};
pub(crate) use tree::{Content, Entry, Node, Style};
