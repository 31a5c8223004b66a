//! SCC admission refused the assistant, and the timeout kept the words on affinity only.

use crate::finding::{Cause, Finding};

use super::{TimedOut, with_evidence};

/// `timeout-after-assistant-refused-by-scc`.
pub(super) fn finding(ended: &TimedOut<'_, '_>) -> Finding {
    let finding = Finding::new(
        Cause::TimeoutAfterAssistantRefusedByScc,
        "the run timed out while its assistant was refused by SCC admission; what Tekton kept speaks of affinity only",
    );
    with_evidence(finding, ended)
}
