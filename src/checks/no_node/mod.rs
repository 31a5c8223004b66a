//! Why a pod finds no node, a cause to a file: what a task's pod can meet, whether it
//! stands alone or must join its assistant, and what an assistant's pod meets in the
//! same way.

pub mod anti_affinity;
pub mod claim_being_deleted;
pub mod claim_lost;
pub mod claim_missing;
pub mod claim_unbound;
pub mod cordoned;
pub mod host_port;
pub mod insufficient_resources;
pub mod node_selector;
pub mod pod_affinity;
pub mod taint;
pub mod topology_spread;
pub mod unexplained;
pub mod unhealthy;
pub mod volume_in_use;
pub mod volume_limit;
pub mod volume_node_affinity;
pub mod volumes_apart;
