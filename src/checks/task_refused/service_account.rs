//! A task's ServiceAccount that does not exist.

use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};

/// `service-account-missing`.
pub fn finding(focus: &Focus<'_>, task: &str, missing: &str) -> Finding {
    Finding::new(
        Cause::ServiceAccountMissing,
        format!("ServiceAccount {missing} of task {task} does not exist in namespace {}", focus.namespace()),
    )
    .facts(Facts::Account(missing.to_owned()))
}
