//! `diagnose --watch`: follows a live run until it is scheduled, done or stuck.

use std::time::{Duration, Instant};

use crate::checks;
use crate::checks::focus::Focus;
use crate::checks::progress::{self, Progress};
use crate::cli::{CommandError, Ui};
use crate::finding::Severity;
use crate::sources::{Source, Wanted};

use super::choice::Chosen;

/// Between two readings.
const EVERY: Duration = Duration::from_secs(3);
/// Without any change for this long, a run that waits has stalled.
const STALLED: Duration = Duration::from_secs(60);

/// Follows the run, saying on stderr what changes. Tells whether the time was up
/// before the run was over, stuck, or had all its pods running.
///
/// # Errors
/// For exports, and when the cluster can no longer be read.
pub(super) async fn follow(
    ui: &mut Ui,
    source: &Source,
    chosen: &mut Chosen,
    patience: Option<Duration>,
) -> Result<bool, CommandError> {
    let connection = source.live()?;
    let wanted = Wanted::run(&chosen.namespace, &chosen.name);
    let begin = Instant::now();
    let mut last: Option<Progress> = None;
    let mut changed = Instant::now();
    let mut told_stall = false;
    let mut is_carried = false;
    loop {
        let (report, progress, is_done) = chosen
            .look(source, |cluster, run, now| {
                let progress = progress::progress(&Focus::new(cluster, run, now));
                (checks::diagnose(cluster, run, now), progress, run.is_done())
            })
            .await?;
        if last.as_ref().is_none_or(|last| last.mark != progress.mark) {
            ui.status(&line(begin, &progress));
            changed = Instant::now();
            told_stall = false;
        } else if !told_stall && changed.elapsed() >= STALLED && progress.running.is_empty() {
            let seconds = changed.elapsed().as_secs();
            ui.status(&format!("{} stalled: nothing has changed for {seconds}s", clock(begin)));
            told_stall = true;
        }
        let is_stuck = report.findings.iter().any(|finding| finding.severity == Severity::Error);
        let is_scheduled = progress.waiting.is_empty() && !progress.running.is_empty();
        let is_late = patience.is_some_and(|patience| begin.elapsed() >= patience);
        if is_done || is_stuck || is_scheduled || is_late {
            if !is_carried {
                return Ok(!(is_done || is_stuck || is_scheduled));
            }
            // The last word is said of the cluster as it is now.
            is_carried = false;
            last = Some(progress);
            chosen.cluster = connection.begin(&wanted).await?;
            continue;
        }
        last = Some(progress);
        tokio::time::sleep(EVERY).await;
        let (cluster, ()) = connection.look_on(Some(&chosen.cluster), &wanted, |_| ()).await?;
        chosen.cluster = cluster;
        is_carried = true;
    }
}

fn clock(begin: Instant) -> String {
    let seconds = begin.elapsed().as_secs();
    format!("{:>2}:{:02}", seconds / 60, seconds % 60)
}

fn line(begin: Instant, progress: &Progress) -> String {
    let mut line = format!("{} {}", clock(begin), progress.words);
    for (what, tasks) in [("running", &progress.running), ("waiting", &progress.waiting)] {
        if !tasks.is_empty() {
            line.push_str(&format!("; {what}: {}", tasks.join(", ")));
        }
    }
    line
}
