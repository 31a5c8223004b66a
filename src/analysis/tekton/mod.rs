//! Tekton's semantics by version: which flags are in force, which assistant a run
//! gets and with which pod, how a run's objects hang together.

pub mod assistant;
pub mod flags;
pub mod installation;
pub mod run_tree;
pub mod version;

pub use assistant::Coschedule;
pub use installation::Installation;
pub use run_tree::{RunTree, TaskNode};
pub use version::TektonVersion;
