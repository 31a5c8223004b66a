//! Which taints a pod bears.
//!
//! Mirrors `k8s.io/api/core/v1/toleration.go` and
//! `k8s.io/component-helpers/scheduling/corev1/helpers.go` (0.33.13). The operators
//! `Lt` and `Gt` are behind an alpha gate in every release and match nothing.

use crate::model::node::Taint;
use crate::model::pod::Toleration;

/// Whether one of the tolerations bears the taint.
pub(super) fn tolerated(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|toleration| tolerates(toleration, taint))
}

/// Whether a toleration bears the taint.
pub(super) fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    (toleration.effect.is_empty() || toleration.effect == taint.effect)
        && (toleration.key.is_empty() || toleration.key == taint.key)
        && match toleration.operator.as_str() {
            "" | "Equal" => toleration.value == taint.value,
            "Exists" => true,
            _ => false,
        }
}

/// The first taint, in the node's order, that keeps pods away and is not borne.
pub(super) fn first_untolerated<'a>(taints: &'a [Taint], tolerations: &[Toleration]) -> Option<&'a Taint> {
    taints
        .iter()
        .filter(|taint| matches!(taint.effect.as_str(), "NoSchedule" | "NoExecute"))
        .find(|taint| !tolerated(tolerations, taint))
}
