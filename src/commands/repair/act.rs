//! Carries out the moves of a repair: prepared and shown first, asked for once, then sent
//! one by one and followed.

use std::time::Duration;

use serde_json::Value;

use crate::cli::{CommandError, Ui, exit};
use crate::commands::choice::Chosen;
use crate::finding::RunReport;
use crate::model::Kind;
use crate::ops::{ObjectRef, Request};
use crate::repairs;
use crate::report::repair as screens;
use crate::report::{diagnosis, wording};
use crate::sources::live::Connection;
use crate::sources::live::write::Target;
use crate::workflows::engine::{self, Carried, Prepared, Stop};
use crate::workflows::journal::{Journal, Lock, State};
use crate::workflows::operation::{Operation, Place, is_cancellation};

use super::events::{Event, Events};
use super::follow::{self, Followed};
use super::moves::{Move, Moves};

/// The moves, once the server has checked each write.
pub(in crate::commands) struct Ready {
    pub(in crate::commands) list: Vec<Move<Prepared>>,
    pub(in crate::commands) run: ObjectRef,
    pub(in crate::commands) is_new: bool,
    /// Whether the old run ends before the new one begins.
    pub(in crate::commands) cancels_first: bool,
    /// The place of the first write in its operation: an interrupted one goes on.
    pub(in crate::commands) first_step: usize,
}

impl Ready {
    pub(in crate::commands) fn writes(&self) -> impl Iterator<Item = &Prepared> {
        self.list.iter().filter_map(|one| match one {
            Move::Write(prepared) => Some(prepared),
            Move::Follow | Move::CarriedOver(_) | Move::Gone(_) => None,
        })
    }
}

/// Has the server check every write.
pub(in crate::commands) async fn prepare(connection: &Connection, moves: Moves) -> Result<Ready, CommandError> {
    let Moves { list, run, is_new, cancels_first } = moves;
    let mut ready = Ready { list: Vec::new(), run, is_new, cancels_first, first_step: 0 };
    for one in list {
        ready.list.push(match one {
            Move::Write(request) => Move::Write(engine::prepare(connection, request).await?),
            Move::Follow => Move::Follow,
            Move::CarriedOver(request) => Move::CarriedOver(request),
            Move::Gone(run) => Move::Gone(run),
        });
    }
    Ok(ready)
}

/// A new operation in the user's journal. Without a journal nothing can be taken back or
/// gone on with, so nothing is begun.
pub(in crate::commands) async fn begin(
    connection: &Connection,
    chosen: &Chosen,
    plan: &str,
    mark: &str,
    ready: &Ready,
) -> Result<(Operation, Lock), CommandError> {
    let journal = Journal::of_user().ok_or_else(|| {
        CommandError::unreadable("there is no home folder for the journal of changes; nothing was changed")
            .hint("name a folder with TEKTON_FIX_STATE")
    })?;
    let place = Place {
        server: connection.server.clone(),
        cluster: cluster_uid(connection).await,
        run: ObjectRef::new(Kind::PipelineRun, &chosen.namespace, &chosen.name),
    };
    let path = journal.path().display().to_string();
    let unwritable = |error: std::io::Error| {
        CommandError::unreadable(format!("the journal {path} cannot be written: {error}; nothing was changed"))
            .hint("free the disk, or name another folder with TEKTON_FIX_STATE")
    };
    let lock = lock(&journal, mark)?;
    let operation = Operation::new(journal, mark, place, plan, ready.writes().count());
    operation.plan(ready.writes()).map_err(unwritable)?;
    Ok((operation, lock))
}

/// Takes an operation for this process.
///
/// # Errors
/// When another process works on it.
pub(in crate::commands) fn lock(journal: &Journal, id: &str) -> Result<Lock, CommandError> {
    let lock = journal.lock(id).map_err(|error| {
        CommandError::unreadable(format!("operation {id} cannot be locked in the folder of the journal: {error}"))
    })?;
    lock.ok_or_else(|| {
        CommandError::incomplete(format!("operation {id} is being carried out by another process"))
            .hint("wait until that has ended")
    })
}

/// The uid by which clusters are told apart; few may be denied it.
pub(in crate::commands) async fn cluster_uid(connection: &Connection) -> Option<String> {
    let target = Target { kind: Kind::Namespace, namespace: "", name: "kube-system" };
    let namespace = connection.find(target).await.ok()?;
    engine::uid(namespace.as_ref()).map(str::to_owned)
}

/// What became of a repair.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::commands) enum Ended {
    /// The run goes on.
    Repaired,
    /// The run is stuck, or failed; the old one is left as it was unless it had to end first.
    Ill(Box<RunReport>),
    /// The run has no node yet.
    TimedOut,
    /// The run was deleted meanwhile.
    Gone,
    /// Nobody waited.
    NotFollowed,
}

/// Sends every write once, and follows the run.
///
/// # Errors
/// Why a write was not carried out; what came before it stays done and is recorded.
pub(in crate::commands) async fn act(
    ui: &mut Ui,
    events: &Events,
    connection: &Connection,
    operation: &Operation,
    ready: &Ready,
    wait: Duration,
) -> Result<Ended, CommandError> {
    let (run, mut step) = (&ready.run, ready.first_step);
    let mut ended = if wait.is_zero() { Ended::NotFollowed } else { Ended::Repaired };
    for one in &ready.list {
        let prepared = match one {
            Move::Write(prepared) => prepared,
            Move::Follow if wait.is_zero() => continue,
            Move::Follow => {
                events.emit(ui, &Event::waiting(run))?;
                // What held a run before the change, or while the old one is still going,
                // may show for a while.
                let at_once = ready.is_new && !ready.cancels_first;
                let followed = follow::follow(connection, &run.namespace, &run.name, wait, at_once).await;
                match followed {
                    Followed::Scheduled => {
                        events.emit(ui, &Event::of_run("scheduled", run, "its pods have a node"))?;
                    }
                    Followed::Succeeded(words) => events.emit(ui, &Event::of_run("succeeded", run, &words))?,
                    Followed::Ill(report) => {
                        events.emit(ui, &Event::ill(run, &report))?;
                        ended = Ended::Ill(report);
                        break;
                    }
                    Followed::Gone => {
                        events.emit(ui, &Event::of_run("gone", run, "it was deleted meanwhile"))?;
                        ended = Ended::Gone;
                        break;
                    }
                    Followed::TimedOut(last) => {
                        let last = last.map(|last| format!("; the last look at it failed: {last}"));
                        let words =
                            format!("no node for its pods after {} s{}", wait.as_secs(), last.unwrap_or_default());
                        events.emit(ui, &Event::of_run("timedOut", run, &words))?;
                        ended = Ended::TimedOut;
                        break;
                    }
                }
                continue;
            }
            Move::CarriedOver(request) => {
                events.emit(ui, &Event::carried_over(&request.object))?;
                if !is_carried_over(connection, request).await {
                    return Err(CommandError::timed_out(format!(
                        "{} {} has not taken over the change within {} s; nothing more was changed",
                        request.object.kind,
                        request.object.name,
                        CARRYING.as_secs()
                    ))
                    .hint(format!(
                        "to take the change back: {} undo {}",
                        wording::caller().program(),
                        operation.id()
                    )));
                }
                continue;
            }
            Move::Gone(old) => {
                events.emit(ui, &Event::going(old))?;
                wait_until_gone(connection, old).await;
                continue;
            }
        };
        let this = step;
        step += 1;
        if is_cancellation(&prepared.request) && is_over(connection, &prepared.request).await {
            let _ = operation.record(this, prepared, None, State::Failed("the run had ended by itself".to_owned()));
            events.emit(ui, &Event::of_run("kept", &prepared.request.object, "it has ended by itself"))?;
            continue;
        }
        if !prepared.is_needless() {
            events.emit(ui, &Event::write("started", this, prepared))?;
        }
        match engine::carry_out(connection, operation, this, prepared).await {
            Ok(Carried::Unchanged) => events.emit(ui, &Event::write("unchanged", this, prepared))?,
            Ok(Carried::Written(written)) => {
                for warning in written.warnings.iter().filter(|warning| !prepared.warnings.contains(warning)) {
                    ui.warn(warning);
                }
                events.emit(ui, &Event::write("done", this, prepared))?;
            }
            Err(stop) => {
                events.emit(ui, &Event::stopped(this, prepared, &stop))?;
                return Err(stopped(&stop, operation, this));
            }
        }
    }
    Ok(ended)
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

async fn is_over(connection: &Connection, request: &Request) -> bool {
    let found = connection.find(engine::target(&request.object)).await;
    matches!(found, Ok(Some(run)) if run.pointer("/status/completionTime").is_some_and(Value::is_string))
}

/// The error for a write that was not carried out.
pub(in crate::commands) fn stopped(stop: &Stop, operation: &Operation, step: usize) -> CommandError {
    let error = match stop {
        Stop::NotRecorded(error) => {
            CommandError::unreadable(format!("the journal cannot be written: {error}; nothing more was changed"))
        }
        Stop::Unread(error) => CommandError::from(error.clone()),
        Stop::Changed(object) => CommandError::incomplete(format!(
            "{} {} has changed since it was shown; it was not touched",
            object.kind, object.name
        ))
        .hint("run the command again"),
        Stop::Refused(error) | Stop::Unclear(error) => CommandError::from(error.clone()),
    };
    let error = match stop {
        Stop::Unclear(_) => {
            error.hint(format!("to find out and go on: {} resume {}", wording::caller().program(), operation.id()))
        }
        _ => error,
    };
    if step == 0 {
        return error;
    }
    error.hint(format!("to take back what was done before: {} undo {}", wording::caller().program(), operation.id()))
}

/// Whether the run that is to be repaired is still as it was read: somebody else may have
/// ended or deleted it meanwhile.
///
/// # Errors
/// That it has changed, and how.
pub(in crate::commands) async fn still_needed(connection: &Connection, chosen: &Chosen) -> Result<(), CommandError> {
    let run = chosen.run()?;
    let target = Target { kind: Kind::PipelineRun, namespace: &chosen.namespace, name: &chosen.name };
    let found = connection.find(target).await?;
    let name = format!("{}/{}", chosen.namespace, chosen.name);
    let Some(found) = found else {
        return Err(CommandError::incomplete(format!("{name} was deleted meanwhile; nothing was changed")));
    };
    let text = |at: &str| found.pointer(at).and_then(Value::as_str).unwrap_or_default();
    if text("/metadata/uid") != run.metadata.uid {
        return Err(CommandError::incomplete(format!(
            "{name} is another run of that name by now; nothing was changed"
        )));
    }
    let asked = run.spec.get("status").and_then(Value::as_str).unwrap_or_default();
    if text("/spec/status") != asked {
        return Err(CommandError::incomplete(format!(
            "somebody else has set spec.status of {name} to {:?} meanwhile; nothing was changed",
            text("/spec/status")
        )));
    }
    if !text("/status/completionTime").is_empty() && !run.is_done() {
        return Err(CommandError::incomplete(format!("{name} has ended meanwhile; nothing was changed"))
            .hint(format!("look at it again: {} diagnose {name}", wording::caller().program())));
    }
    Ok(())
}

/// Says how it ended, with the new diagnosis where the run is stuck again; the exit code.
pub(in crate::commands) async fn close(
    ui: &mut Ui,
    connection: &Connection,
    operation: &Operation,
    ready: &Ready,
    ended: &Ended,
) -> Result<u8, CommandError> {
    Ok(match ended {
        Ended::Repaired | Ended::NotFollowed => exit::OK,
        Ended::Gone => {
            ui.status("The run was deleted meanwhile; nothing more was changed.");
            exit::INCOMPLETE
        }
        Ended::TimedOut => {
            let ObjectRef { namespace, name, .. } = &ready.run;
            ui.status(&format!(
                "To see why: {} diagnose {namespace}/{name}. To take the repair back: {} undo {}",
                wording::caller().program(),
                wording::caller().program(),
                operation.id()
            ));
            exit::TIMED_OUT
        }
        Ended::Ill(report) => {
            let mut report = report.clone();
            let wanted = crate::sources::Wanted::namespace(&ready.run.namespace);
            if let Ok(cluster) = connection.read(&wanted).await {
                repairs::attach(&cluster, &mut report, crate::commands::choice::now(&cluster));
            }
            ui.tell(&diagnosis::one(&report, false));
            ui.tell(&screens::left(&ready.run, operation.id(), (ready.is_new, ready.cancels_first)));
            exit::FINDINGS
        }
    })
}
