//! A real control plane for the tests: etcd, kube-apiserver (with OpenShift's SCC
//! admission), kube-controller-manager, kube-scheduler and Tekton as plain
//! processes, with nodes and pods played by a simulated kubelet.
//!
//! ```no_run
//! # async fn example() -> rig::Result<()> {
//! let rig = rig::Rig::start(rig::TektonVersion::V1_6_6, rig::Platform::OpenShift).await?;
//! let incident = rig::scenario::incident(&rig, "private-models").await?;
//! rig.wait_for_refused_assistant(&incident).await?;
//! # Ok(()) }
//! ```

pub mod api;
pub mod https;
pub mod install;
pub mod kubelet;
pub mod log_server;
pub mod pki;
pub mod ports;
pub mod process;
pub mod record;
pub mod rig;
pub mod scenario;
pub mod webhook;

pub use rig::{Platform, Rig, TektonVersion};

/// What goes wrong, as a sentence.
pub type Result<T> = std::result::Result<T, String>;
