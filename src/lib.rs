//! oc-tekton-fix: why a Tekton run is stuck, and how to heal it.

pub mod analysis;
pub mod model;
