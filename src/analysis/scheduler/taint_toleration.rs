//! TaintToleration: taints that the pod does not bear.
//!
//! Mirrors `plugins/tainttoleration/taint_toleration.go` (1.27 to 1.36).

use super::filter::{Outcome, View};
use super::plugin::Plugin;
use super::tolerations::first_untolerated;
use super::verdict::{Reason, Refusal};
use super::version::Behaviour;
use crate::model::pod::Pod;

/// Refuses a node with a taint that the pod does not bear. The effect
/// `PreferNoSchedule` only scores.
pub(super) fn filter(pod: &Pod, view: &View<'_, '_>, behaviour: &Behaviour) -> Outcome {
    let Some(taint) = first_untolerated(&view.info.node.spec.taints, &pod.spec.tolerations) else {
        return Outcome::Pass;
    };
    let reason: Reason = if behaviour.taint_text_is_constant {
        "node(s) had untolerated taint(s)".into()
    } else {
        format!("node(s) had untolerated taint {{{}: {}}}", taint.key, taint.value).into()
    };
    Refusal::unresolvable(Plugin::TaintToleration, reason).into()
}
