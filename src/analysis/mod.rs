//! Pure judgements over a `Cluster`: as Tekton, the scheduler and admission make
//! them.

pub mod access;
pub mod admission;
pub mod comparison;
pub mod incoming;
pub mod pipeline_fit;
pub mod scc;
pub mod scheduler;
pub mod tekton;
