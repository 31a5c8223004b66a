//! Plain data about a cluster: no I/O, no clock, no Kubernetes client.
//!
//! Types hold just what verdicts read, decoded straight from JSON, so that a list
//! of a hundred thousand pods stays small. Names follow the Kubernetes API.

pub mod access;
pub mod cluster;
pub mod coverage;
pub mod demand;
pub mod device;
pub mod event;
mod index;
pub mod kind;
pub mod list;
pub mod meta;
pub mod namespace;
pub mod node;
pub mod origin;
pub mod page;
pub mod pod;
pub mod pod_security;
pub mod quantity;
mod room;
pub mod run;
pub mod secrecy;
pub mod selector;
pub mod shared;
pub mod volume;
pub mod workload;

pub use cluster::{Cluster, Object, Origin};
pub use coverage::{Coverage, Reading};
pub use kind::Kind;
pub use meta::{Condition, ObjectMeta};
pub use quantity::Quantity;
