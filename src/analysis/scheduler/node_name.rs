//! NodeName: pods that name their node.
//!
//! Mirrors `plugins/nodename/node_name.go` (1.27 to 1.36).

use super::filter::{Outcome, View};
use super::plugin::Plugin;
use super::verdict::Refusal;
use crate::model::pod::Pod;

/// Refuses every node but the one in `spec.nodeName`.
pub(super) fn filter(pod: &Pod, view: &View<'_, '_>) -> Outcome {
    if pod.spec.node_name.is_empty() || pod.spec.node_name == view.info.name() {
        return Outcome::Pass;
    }
    Refusal::unresolvable(Plugin::NodeName, "node(s) didn't match the requested node name").into()
}
