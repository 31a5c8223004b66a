//! SchedulingGates: pods that are kept from the scheduler.
//!
//! Mirrors `plugins/schedulinggates/scheduling_gates.go` (1.27 to 1.36): such a pod
//! has the condition reason `SchedulingGated` and no `FailedScheduling` event.

use crate::model::pod::Pod;

/// The text of a gated pod's condition.
pub(super) fn gated(pod: &Pod) -> Option<String> {
    let gates: Vec<&str> = pod.spec.scheduling_gates.iter().map(|gate| gate.name.as_str()).collect();
    (!gates.is_empty()).then(|| format!("waiting for scheduling gates: [{}]", gates.join(" ")))
}
