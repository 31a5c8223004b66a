//! Pure judgements over a [`Cluster`](crate::model::Cluster): what the
//! scheduler, admission and Tekton would decide, and why.

pub mod scheduler;
