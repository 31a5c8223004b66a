//! Questions to OpenShift's own SCC plugin, and its answers beside ours.

#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, dead_code, reason = "shared by tests")]
#![allow(clippy::cast_possible_truncation, reason = "a test")]

pub mod compare;
pub mod generate;
pub mod library;
