//! Scheduling verdicts.
use crate::model::Cluster;
use crate::model::pod::Pod;
use std::collections::BTreeSet;
/// What keeps a pod from one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeObstacles {
    /// Node.
    pub node: String,
    /// Refusals: plugin with reasons.
    pub refusals: Vec<(String, Vec<String>)>,
}
impl NodeObstacles {
    /// Whether a plugin refuses.
    pub fn has(&self, plugin: &str) -> bool {
        self.refusals.iter().any(|(name, _)| name == plugin)
    }
    /// Plugins that refuse.
    pub fn plugins(&self) -> BTreeSet<&str> {
        self.refusals.iter().map(|(name, _)| name.as_str()).collect()
    }
    /// All reasons.
    pub fn reasons(&self) -> impl Iterator<Item = &str> {
        self.refusals.iter().flat_map(|(_, r)| r).map(String::as_str)
    }
}
/// All obstacles per node.
pub fn obstacles(_: &Cluster, _: &Pod) -> Vec<NodeObstacles> {
    Vec::new()
}
