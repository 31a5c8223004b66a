//! Writes to a cluster, one recorded step at a time.

pub mod engine;
pub mod gate;
pub mod journal;
pub mod operation;
