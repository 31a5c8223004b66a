//! `diagnose --watch`: follows a live run until it is scheduled, done or stuck.

use std::time::{Duration, Instant};

use crate::checks;
use crate::checks::focus::Focus;
use crate::checks::progress::{self, Progress};
use crate::cli::{CommandError, Ui};
use crate::finding::{RunReport, RunState};
use crate::model::Cluster;
use crate::model::run::PipelineRun;
use crate::sources::{Source, Wanted};
use crate::workflows::gate::Until;

use super::choice::{self, Chosen};
use super::repair::follow::{Followed, follow};

/// Without any change for this long, a run that waits has stalled.
const STALLED: Duration = Duration::from_secs(60);

/// Follows the run, saying on stderr what changes. Tells whether the time was up
/// before the run was over, stuck, or had all its pods running.
///
/// # Errors
/// For exports, when the run is deleted meanwhile, and when the cluster can no longer be
/// read.
pub(super) async fn watch(
    ui: &mut Ui,
    source: &Source,
    chosen: &mut Chosen,
    patience: Option<Duration>,
) -> Result<bool, CommandError> {
    let connection = source.live()?;
    let mut teller = Teller { begin: Instant::now(), last: None, changed: Instant::now(), told_stall: false };
    let wanted = Wanted::run(&chosen.namespace, &chosen.name);
    let (state, progress, is_done) = chosen
        .look(source, |cluster, run, now| {
            let progress = progress::progress(&Focus::new(cluster, run, now));
            (checks::diagnose(cluster, run, now).state, progress, run.is_done())
        })
        .await?;
    let is_placed = is_done || (progress.waiting.is_empty() && !progress.running.is_empty());
    teller.tell(ui, progress);
    if is_placed || matches!(state, RunState::Stuck | RunState::Failed | RunState::Cancelled) {
        return Ok(false);
    }
    let place = (chosen.namespace.clone(), chosen.name.clone());
    let mut look = |cluster: &Cluster, run: &PipelineRun, _: &RunReport| {
        teller.tell(ui, progress::progress(&Focus::new(cluster, run, choice::now(cluster))));
    };
    let until = (Until::Scheduled, patience);
    let followed = follow(connection, (&place.0, &place.1), until, true, &mut look).await;
    chosen.cluster = match followed {
        Followed::TimedOut(Some(error)) => return Err(error.into()),
        // What is gone is said where the run is looked up.
        _ => connection.begin(&wanted).await?,
    };
    chosen.run()?;
    Ok(matches!(followed, Followed::TimedOut(_)))
}

/// Says what has changed since the last reading.
struct Teller {
    begin: Instant,
    last: Option<Progress>,
    changed: Instant,
    told_stall: bool,
}

impl Teller {
    fn tell(&mut self, ui: &mut Ui, progress: Progress) {
        if self.last.as_ref().is_none_or(|last| last.mark != progress.mark) {
            ui.status(&line(self.begin, &progress));
            self.changed = Instant::now();
            self.told_stall = false;
        } else if !self.told_stall && self.changed.elapsed() >= STALLED && progress.running.is_empty() {
            let seconds = self.changed.elapsed().as_secs();
            ui.status(&format!("{} stalled: nothing has changed for {seconds}s", clock(self.begin)));
            self.told_stall = true;
        }
        self.last = Some(progress);
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
