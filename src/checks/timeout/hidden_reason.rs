//! The timeout overwrote the reason why a run did not go on, or Tekton kept it.

use crate::checks::{past, while_under_way};
use crate::finding::{Cause, Finding};

use super::{TimedOut, with_evidence};

/// What the run waited for, by events; before it `timeout-hid-the-reason` where nothing
/// of that is left in the run's own words. From 1.13 on Tekton keeps a task's last words
/// behind those of the timeout.
pub(super) fn findings(ended: &TimedOut<'_, '_>, keeps_words: bool) -> Vec<Finding> {
    let focus = ended.focus;
    let behind = past::findings(focus, while_under_way);
    if keeps_words && !behind.is_empty() {
        return behind;
    }
    let summary = if keeps_words {
        "the run timed out while a task waited; its last words are kept, and what was behind them is gone"
    } else {
        "the run timed out, and the timeout overwrote the reason why it did not go on"
    };
    let finding = Finding::new(Cause::TimeoutHidTheReason, summary);
    let mut finding = with_evidence(finding, ended);
    if behind.is_empty() {
        finding = finding.not_proven().cannot_tell(format!(
            "why the run waited: no event of namespace {} tells; events live for hours only, collect them while the run is stuck",
            focus.namespace()
        ));
    }
    let mut findings = vec![finding];
    findings.extend(behind);
    findings
}
