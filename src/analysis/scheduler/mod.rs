//! What kube-scheduler would decide about a pod, node by node.
//!
//! One file per filter plugin, named as upstream; the releases 1.27 to 1.36 differ
//! by the rows of one table ([`version`]). Everything is a pure function of a
//! [`Cluster`](crate::model::Cluster): what was not read becomes a doubt, never a pass.

mod csi_translation;
mod cycle;
mod dynamic_resources;
mod filter;
mod inter_pod_affinity;
mod judge;
mod labels;
pub mod message;
mod node_affinity;
mod node_declared_features;
mod node_name;
mod node_ports;
mod node_resources_fit;
mod node_unschedulable;
mod node_volume_limits;
pub mod plugin;
mod pod_topology_spread;
mod preemption;
mod profile;
pub mod proven;
pub mod requests;
mod scheduling_gates;
mod score;
pub mod snapshot;
mod storage;
mod taint_toleration;
mod tolerations;
pub mod verdict;
pub mod version;
mod volume_binding;
mod volume_restrictions;
mod volume_zone;

pub use judge::{Options, drop_assistant_affinity, judge, judge_in};
pub use plugin::{Plugin, ScorePlugin};
pub use snapshot::{Assumed, NodeInfo, Snapshot};
pub use verdict::{Code, Doubt, Judgement, NodeVerdict, PreFilterRefusal, Reason, Refusal, Score, Unread, Verdict};
pub use version::{Behaviour, KubernetesVersion};
