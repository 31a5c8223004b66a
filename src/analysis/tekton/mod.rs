//! Tekton's semantics by version: which flags are in force, which assistant a run
//! gets and with which pod, how a run's objects hang together.

pub mod assistant;
pub mod assistant_pod;
pub mod defaults;
pub mod flags;
pub mod installation;
pub mod params;
pub mod pod_template;
pub mod remaining;
pub mod run_tree;
pub mod step_resources;
pub mod task_pod;
pub mod timeouts;
pub mod variables;
pub mod version;
pub mod workspaces;

pub use assistant::Coschedule;
pub use defaults::Defaults;
pub use installation::Installation;
pub use run_tree::{RunTree, TaskNode};
pub use version::TektonVersion;
