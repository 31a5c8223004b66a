//! What stands between two writes: waiting, asking, verifying, probing.

use std::time::Duration;

use crate::checks;
use crate::checks::focus::Focus;
use crate::cli::{CommandError, Ui};
use crate::commands::{choice, probe};
use crate::finding::RunReport;
use crate::model::Cluster;
use crate::ops::{ObjectRef, Request};
use crate::report::diagnosis;
use crate::report::probe::Outcome;
use crate::scripts::{self, expression::Expression};
use crate::sources::Wanted;
use crate::sources::live::Connection;
use crate::workflows::engine;
use crate::workflows::gate::{Gate, Until};

use super::act::{Ended, Manner};
use super::events::{Event, Events};
use super::follow::{self, Followed};

/// Where an operation stands.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Place {
    /// The run that is there now: the new one, once it was created.
    pub(in crate::commands) run: ObjectRef,
    /// Whether that is a new run.
    pub(in crate::commands) is_new: bool,
    /// Whether it may have to wait for what the old one holds.
    pub(in crate::commands) waits_first: bool,
}

/// Why a gate did not open.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) enum Closed {
    /// A person said no, or nobody could be asked.
    Declined(String),
    /// A condition does not hold, or cannot be told.
    Unverified(String),
    /// The probe did not run.
    Probe(String),
}

impl Closed {
    pub(in crate::commands) fn words(&self) -> &str {
        let (Self::Declined(words) | Self::Unverified(words) | Self::Probe(words)) = self;
        words
    }

    pub(in crate::commands) fn is_declined(&self) -> bool {
        matches!(self, Self::Declined(_))
    }
}

/// Goes through a gate; what stopped it there, if anything.
///
/// # Errors
/// When others have not carried a change over, or a terminal has gone.
pub(super) async fn pass(
    ui: &mut Ui,
    events: &Events,
    connection: &Connection,
    place: &Place,
    gate: &Gate,
    manner: Manner,
) -> Result<Option<Ended>, CommandError> {
    match gate {
        Gate::Wait { until, seconds } => {
            let wait = seconds.map_or(manner.wait, Duration::from_secs);
            if wait.is_zero() {
                return Ok(None);
            }
            followed(ui, events, connection, place, (*until, wait)).await
        }
        Gate::CarriedOver { request } => {
            events.emit(ui, &Event::carried_over(&request.object))?;
            if is_carried_over(connection, request).await {
                return Ok(None);
            }
            let ObjectRef { kind, name, .. } = &request.object;
            Err(CommandError::timed_out(format!(
                "{kind} {name} has not taken over the change within {} s; nothing more was changed",
                CARRYING.as_secs()
            ))
            .hint(format!(
                "to take the change back: {} undo {}",
                crate::report::wording::caller().program(),
                events.operation
            )))
        }
        Gate::Gone { run } => {
            events.emit(ui, &Event::going(run))?;
            wait_until_gone(connection, run).await;
            Ok(None)
        }
        Gate::Confirm { question, always } => {
            if manner.yes && !always {
                return Ok(None);
            }
            let declined = match ui.can_prompt() {
                true if ui.confirm(question)? => return Ok(None),
                true => format!("declined: {question}"),
                false => format!("a person has to answer {question:?}, and there is no terminal"),
            };
            events.emit(ui, &Event::of_run("declined", &place.run, &declined))?;
            Ok(Some(Ended::Closed(Closed::Declined(declined))))
        }
        Gate::Verify { that } => verified(ui, events, connection, place, that).await,
        Gate::Diagnose => {
            let (_, report) = read(connection, &place.run).await?;
            ui.tell(&diagnosis::one(&report, false));
            Ok(None)
        }
        Gate::Probe { task } => {
            let outcome = probe::of_gate(ui, connection, &place.run, task.as_deref(), manner).await?;
            let words = match &outcome {
                Outcome::Ran => {
                    events.emit(ui, &Event::of_run("probed", &place.run, "the probe ran"))?;
                    return Ok(None);
                }
                Outcome::Failed(words) | Outcome::Waits(words) => format!("the probe did not run: {words}"),
            };
            events.emit(ui, &Event::of_run("unverified", &place.run, &words))?;
            Ok(Some(Ended::Closed(Closed::Probe(words))))
        }
    }
}

async fn followed(
    ui: &mut Ui,
    events: &Events,
    connection: &Connection,
    place: &Place,
    (until, wait): (Until, Duration),
) -> Result<Option<Ended>, CommandError> {
    let run = &place.run;
    events.emit(ui, &Event::waiting(run, until))?;
    // What held a run before the change, or while the old one is still going, may show for a
    // while.
    let at_once = place.is_new && !place.waits_first;
    let place = (run.namespace.as_str(), run.name.as_str());
    match follow::follow(connection, place, (until, Some(wait)), at_once, &mut |_, _, _| {}).await {
        Followed::Scheduled => {
            events.emit(ui, &Event::of_run("scheduled", run, "its pods have a node"))?;
            Ok(None)
        }
        Followed::Succeeded(words) => {
            events.emit(ui, &Event::of_run("succeeded", run, &words))?;
            Ok(None)
        }
        Followed::Ill(report) => {
            events.emit(ui, &Event::ill(run, &report))?;
            Ok(Some(Ended::Ill(report)))
        }
        Followed::Gone => {
            events.emit(ui, &Event::of_run("gone", run, "it was deleted meanwhile"))?;
            Ok(Some(Ended::Gone))
        }
        Followed::TimedOut(last) => {
            let last = last.map(|last| format!("; the last look at it failed: {last}")).unwrap_or_default();
            let not_yet = match until {
                Until::Scheduled => "no node for its pods",
                Until::Succeeded => "it has not succeeded",
            };
            let words = format!("{not_yet} after {} s{last}", wait.as_secs());
            events.emit(ui, &Event::of_run("timedOut", run, &words))?;
            Ok(Some(Ended::TimedOut))
        }
    }
}

/// Whether a condition holds of the run as it is now.
async fn verified(
    ui: &mut Ui,
    events: &Events,
    connection: &Connection,
    place: &Place,
    that: &str,
) -> Result<Option<Ended>, CommandError> {
    let (cluster, report) = read(connection, &place.run).await?;
    let run = cluster.pipeline_run(&report.namespace, &report.name);
    let holds = match (Expression::parse(that), run) {
        (Ok(condition), Some(run)) => {
            let focus = Focus::new(&cluster, run, choice::now(&cluster));
            condition.holds(&scripts::scope::of(&focus, &report))
        }
        (Err(bad), _) => Err(bad.message),
        (_, None) => Err("the run does not exist".to_owned()),
    };
    let words = match holds {
        Ok(true) => {
            events.emit(ui, &Event::of_run("verified", &place.run, that))?;
            return Ok(None);
        }
        Ok(false) => format!("not as it has to be: {that}"),
        Err(error) => format!("cannot tell whether {that}: {error}"),
    };
    events.emit(ui, &Event::of_run("unverified", &place.run, &words))?;
    Ok(Some(Ended::Closed(Closed::Unverified(words))))
}

/// The run as it is now.
async fn read(connection: &Connection, run: &ObjectRef) -> Result<(Cluster, RunReport), CommandError> {
    let cluster = connection.read(&Wanted::namespace(&run.namespace)).await?;
    let found = cluster
        .pipeline_run(&run.namespace, &run.name)
        .ok_or_else(|| CommandError::incomplete(format!("{}/{} was not found any more", run.namespace, run.name)))?;
    let now = choice::now(&cluster);
    let mut report = checks::diagnose(&cluster, found, now);
    crate::repairs::attach(&cluster, &mut report, now);
    Ok((cluster, report))
}

/// How long others may take to carry a change over.
const CARRYING: Duration = Duration::from_secs(90);
/// How long the pods of a cancelled run may take to go; after that the new one is made all
/// the same, and waits for them.
const GOING: Duration = Duration::from_secs(60);
const EVERY: Duration = Duration::from_secs(1);

async fn is_carried_over(connection: &Connection, request: &Request) -> bool {
    let target = engine::target(&request.object);
    until(CARRYING, async || matches!(connection.find(target).await, Ok(found) if request.is_in_force(found.as_ref())))
        .await
}

async fn wait_until_gone(connection: &Connection, run: &ObjectRef) {
    until(GOING, async || {
        let progress = connection.progress(&run.namespace, &run.name).await;
        matches!(progress, Ok(progress) if progress.is_done && !progress.has_pods)
    })
    .await;
}

/// Looks again and again until something is so; false when the time is up.
async fn until(limit: Duration, is_so: impl AsyncFn() -> bool) -> bool {
    let deadline = tokio::time::Instant::now() + limit;
    loop {
        if is_so().await {
            return true;
        }
        if tokio::time::Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(EVERY).await;
    }
}
