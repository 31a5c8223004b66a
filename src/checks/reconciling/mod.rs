//! Nobody takes up a run, or goes on with it: it is left to another controller, waits for
//! one, or Tekton's own does not work.

pub mod controller_not_running;
mod custom_run;
mod other_controller;
pub mod reference_not_fetched;
pub mod resolver;

use jiff::SignedDuration;

use super::focus::Focus;
use super::held_by_queue;
use crate::finding::Finding;

/// After its last task has ended, a run goes on or ends within moments; this is long.
pub const LONG: SignedDuration = SignedDuration::from_secs(90);

/// Runs the checks on runs that are not taken up, or not gone on with.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    if run.is_done() || run.spec_at("/status").is_some() || held_by_queue::is_held(focus) {
        return Vec::new();
    }
    if run.succeeded().is_some() {
        if let Some(finding) = resolver::waiting(focus).or_else(|| controller_not_running::not_gone_on(focus)) {
            return vec![finding];
        }
        return custom_run::check(focus);
    }
    if !focus.is_past_grace(run.metadata.creation_timestamp) {
        return Vec::new();
    }
    vec![other_controller::finding(focus).unwrap_or_else(|| controller_not_running::not_taken_up(focus))]
}
