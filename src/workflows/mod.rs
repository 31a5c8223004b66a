//! Writes to a cluster, one recorded step at a time.

pub mod journal;
