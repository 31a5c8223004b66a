//! OpenShift's SecurityContextConstraints admission as pure functions: which SCC
//! takes a pod, with which ids, or why none does.
//!
//! Mirrors openshift/apiserver-library-go `pkg/securitycontextconstraints` at
//! a8019f39f (OpenShift 4.21, 4.22); where a later revision (cd3676268d31,
//! 2026-03) words things differently, `release` knows.

pub mod admission;
pub mod candidates;
pub mod defaults;
pub mod effective;
pub mod message;
pub mod order;
pub mod pod_creator;
mod provider;
pub mod ranges;
pub mod refusal;
pub mod release;
pub mod request;
pub mod run_pods;
mod strategies;
pub mod verdict;

pub use admission::{Considered, admit, admit_only, each, validate};
pub use refusal::{Refusal, RefusalKind, sentences};
pub use release::Release;
pub use request::{AdmissionRequest, Creator, Operation};
pub use verdict::{Answer, Phase, SubjectType, Verdict};
