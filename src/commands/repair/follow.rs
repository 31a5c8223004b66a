//! Follows a run after a change: two small reads a second, and everything only now and
//! then.

use std::time::Duration;

use crate::checks;
use crate::commands::choice;
use crate::finding::{RunReport, RunState};
use crate::model::Cluster;
use crate::model::run::PipelineRun;
use crate::sources::live::Connection;
use crate::sources::{SourceError, Wanted};
use crate::workflows::gate::Until;

/// How often a run that waits is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How often everything is read again to find out whether it is stuck: seldom, because that
/// is much to read.
const WHOLE_EVERY: u32 = 5;

/// What became of a run.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) enum Followed {
    /// Its pods have a node.
    Scheduled,
    /// It is over, and well; Tekton's words.
    Succeeded(String),
    /// It is stuck, has failed, or was cancelled.
    Ill(Box<RunReport>),
    /// It does not exist any more.
    Gone,
    /// The time is up; the error of the last look, if that failed.
    TimedOut(Option<SourceError>),
}

/// Readings that may fail one after another where no time limits them.
const FAILURES: u32 = 10;

/// Somebody who wants to see each reading of the whole.
pub(in crate::commands) type Spectator<'s> = dyn FnMut(&Cluster, &PipelineRun, &RunReport) + Send + 's;

/// Follows a run until it is over, its pods have a node, or it is stuck for a reason. A
/// reading that fails is tried again: the run exists, whatever happens here. With
/// `is_believed_at_once` being false, what holds a run may be of before the change, and
/// counts only when the time is up. Without a time to wait it goes on until one of that is so.
pub(in crate::commands) async fn follow(
    connection: &Connection,
    (namespace, name): (&str, &str),
    (until, wait): (Until, Option<Duration>),
    is_believed_at_once: bool,
    spectator: &mut Spectator<'_>,
) -> Followed {
    let deadline = wait.and_then(|wait| tokio::time::Instant::now().checked_add(wait));
    let mut last_error = None;
    let wanted = Wanted::run(namespace, name);
    let mut earlier: Option<Cluster> = None;
    let mut failures = 0;
    for beat in 1_u32.. {
        tokio::time::sleep(EVERY).await;
        let is_up = deadline.is_some_and(|deadline| tokio::time::Instant::now() >= deadline);
        let is_last = is_up || (deadline.is_none() && failures >= FAILURES);
        let progress = connection.progress(namespace, name).await;
        let waits_for_nodes = until == Until::Scheduled;
        let moved = progress.as_ref().is_ok_and(|progress| progress.is_done || (waits_for_nodes && progress.has_node));
        last_error = progress.err();
        if (moved || is_last || beat.is_multiple_of(WHOLE_EVERY)) && last_error.is_none() {
            let look = |cluster: &Cluster| {
                let run = cluster.pipeline_run(namespace, name)?;
                Some((checks::diagnose(cluster, run, choice::now(cluster)), run.is_done()))
            };
            let mut seen = connection.look_on(earlier.as_ref(), &wanted, look).await;
            let is_ill = |report: &RunReport| matches!(report.state, RunState::Stuck | RunState::Failed);
            if earlier.is_some()
                && seen.as_ref().is_ok_and(|(_, seen)| seen.as_ref().is_some_and(|(report, _)| is_ill(report)))
            {
                // Nodes may have come meanwhile.
                seen = connection.look(&wanted, look).await;
            }
            match seen {
                Ok((_, None)) => return Followed::Gone,
                Ok((cluster, Some((report, is_done)))) => {
                    if let Some(run) = cluster.pipeline_run(namespace, name) {
                        spectator(&cluster, run, &report);
                    }
                    earlier = Some(cluster);
                    let is_final = is_believed_at_once || is_last || is_done;
                    match report.state {
                        RunState::Stuck | RunState::Failed if is_final => return Followed::Ill(Box::new(report)),
                        RunState::Cancelled => return Followed::Ill(Box::new(report)),
                        RunState::Healthy if is_done => return Followed::Succeeded(report.headline),
                        RunState::Healthy | RunState::Waiting
                            if until == Until::Scheduled && moved && report.waiting.is_empty() =>
                        {
                            return Followed::Scheduled;
                        }
                        _ => {}
                    }
                }
                Err(error) => last_error = Some(error),
            }
        }
        failures = if last_error.is_some() { failures + 1 } else { 0 };
        if is_last {
            break;
        }
    }
    Followed::TimedOut(last_error)
}
