//! NodeUnschedulable: cordoned nodes.
//!
//! Mirrors `plugins/nodeunschedulable/node_unschedulable.go` (1.27 to 1.36).

use super::filter::{Outcome, View};
use super::plugin::Plugin;
use super::tolerations::tolerated;
use super::verdict::Refusal;
use crate::model::node::Taint;
use crate::model::pod::Pod;

/// Refuses a cordoned node unless the pod bears the taint that stands for it.
pub(super) fn filter(pod: &Pod, view: &View<'_, '_>) -> Outcome {
    if !view.info.node.spec.unschedulable {
        return Outcome::Pass;
    }
    let taint = Taint {
        key: "node.kubernetes.io/unschedulable".to_owned(),
        value: String::new(),
        effect: "NoSchedule".to_owned(),
    };
    if tolerated(&pod.spec.tolerations, &taint) {
        return Outcome::Pass;
    }
    Refusal::unresolvable(Plugin::NodeUnschedulable, "node(s) were unschedulable").into()
}
