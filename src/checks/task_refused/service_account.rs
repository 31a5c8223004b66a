//! A task's ServiceAccount that does not exist.

use crate::checks::focus::Focus;
use crate::checks::missing;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;

/// `service-account-missing`.
pub fn finding(focus: &Focus<'_>, task: &str, missing: &str) -> Finding {
    let known = missing::of(focus, Kind::ServiceAccount, missing);
    let summary = format!("ServiceAccount {missing} of task {task} {}", known.words);
    Finding::new(Cause::ServiceAccountMissing, summary).facts(Facts::Account(missing.to_owned())).evidence(known.now)
}
