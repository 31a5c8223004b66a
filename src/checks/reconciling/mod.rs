//! Nobody takes up a run, or goes on with it: it is left to another controller, waits for
//! one, or Tekton's own does not work.

mod controller_not_running;
mod custom_run;
mod other_controller;
pub mod resolver;

use super::focus::Focus;
use crate::finding::Finding;

/// Runs the checks on runs that are not taken up, or not gone on with.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    if run.is_done() || run.spec_at("/status").is_some() {
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
