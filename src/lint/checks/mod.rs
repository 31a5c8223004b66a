//! What is looked for in an object.

pub(crate) mod assistant;
pub(crate) mod duplicates;
pub(crate) mod fields;
pub(crate) mod graph;
pub(crate) mod metadata;
pub(crate) mod names;
pub(crate) mod params;
pub(crate) mod patches;
pub(crate) mod pipeline;
pub(crate) mod places;
pub(crate) mod references;
pub(crate) mod run;
pub(crate) mod served;
pub(crate) mod task;
pub(crate) mod triggers;
pub(crate) mod values;
pub(crate) mod variables;
