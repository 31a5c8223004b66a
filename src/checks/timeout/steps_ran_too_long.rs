//! A task that ran too long is a timeout and nothing more.

use crate::finding::{Cause, Finding};

use super::TimedOut;

/// `timeout`.
pub(super) fn finding(ended: &TimedOut<'_, '_>) -> Finding {
    let TimedOut { focus, task, .. } = ended;
    Finding::new(Cause::Timeout, "the run took longer than its timeout while its steps were running")
        .evidence(focus.quote_run())
        .evidence(task.and_then(|task| focus.quote_task_run(task.task_run)))
        .evidence(focus.quote_run_warnings())
}
