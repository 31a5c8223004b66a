//! Carries out the moves of a repair: prepared and shown first, asked for once, then sent
//! one by one and followed.

use std::time::Duration;

use serde_json::Value;

use crate::cli::{CommandError, Ui, exit};
use crate::commands::choice::Chosen;
use crate::finding::RunReport;
use crate::model::Kind;
use crate::ops::{Edit, ObjectRef, Request};
use crate::repairs;
use crate::report::repair as screens;
use crate::report::{diagnosis, wording};
use crate::sources::live::Connection;
use crate::sources::live::write::Target;
use crate::workflows::engine::{self, Carried, Prepared, Stop};
use crate::workflows::gate::{Move, OnFailure};
use crate::workflows::journal::{Journal, Lock, State};
use crate::workflows::operation::{Operation, Place, is_cancellation, is_submission};

use super::events::{Event, Events};
use super::gates::{self, Place as Standing};
use super::moves::Moves;

/// The moves, once the server has checked each write.
pub(in crate::commands) struct Ready {
    pub(in crate::commands) list: Vec<Move<Prepared>>,
    /// The run that is there before the first move.
    pub(in crate::commands) old: ObjectRef,
    /// The run that is to go on.
    pub(in crate::commands) run: ObjectRef,
    pub(in crate::commands) is_new: bool,
    /// Whether the old run ends before the new one begins.
    pub(in crate::commands) cancels_first: bool,
    /// What makes the new run of the old one.
    pub(in crate::commands) edits: Option<Vec<Edit>>,
    /// The place of the first write in its operation: an interrupted one goes on.
    pub(in crate::commands) first_step: usize,
}

impl Ready {
    pub(in crate::commands) fn writes(&self) -> impl Iterator<Item = &Prepared> {
        self.list.iter().filter_map(|one| match one {
            Move::Write(prepared, _) => Some(prepared),
            Move::Gate(_) => None,
        })
    }

    /// Where the first write stands in the list.
    fn first_write(&self) -> usize {
        self.list.iter().position(|one| matches!(one, Move::Write(..))).unwrap_or(self.list.len())
    }

    /// Whether `resume` can go on from a move: a new run has to be made from the journal,
    /// which holds its edits unless they may be secret, and only once something was done.
    fn goes_on(&self, at: usize) -> bool {
        let mut left = self.list[at..].iter().filter_map(|one| match one {
            Move::Write(prepared, _) => Some(&prepared.request),
            Move::Gate(_) => None,
        });
        let is_kept = self.edits.as_ref().is_some_and(|edits| !edits.iter().any(Edit::may_hold_secrets));
        let can_be_made = is_kept && at > self.first_write();
        left.clone().next().is_some() && (can_be_made || !left.any(is_submission))
    }

    /// Records that what is left is not carried out.
    fn give_up(&self, operation: &Operation, at: usize) {
        let mut step = self.first_step;
        for (place, one) in self.list.iter().enumerate() {
            let Move::Write(prepared, _) = one else { continue };
            if place >= at {
                // What cannot be noted stays planned, and `resume` ends it.
                let _ = operation.record(step, prepared, None, State::Failed("the operation was ended".to_owned()));
            }
            step += 1;
        }
    }
}

/// Has the server check every write.
pub(in crate::commands) async fn prepare(connection: &Connection, moves: Moves) -> Result<Ready, CommandError> {
    let Moves { list, old, run, is_new, cancels_first, edits } = moves;
    let mut ready = Ready { list: Vec::new(), old, run, is_new, cancels_first, edits, first_step: 0 };
    for one in list {
        ready.list.push(match one {
            Move::Write(request, on_failure) => Move::Write(engine::prepare(connection, request).await?, on_failure),
            Move::Gate(gate) => Move::Gate(gate),
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
    let operation = operation.with_edits(ready.edits.clone());
    operation.plan(&ready.list).map_err(unwritable)?;
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
    /// A gate did not open: something was declined, or is not as it has to be.
    Closed(gates::Closed),
}

/// How the carrying out went.
#[derive(Debug)]
pub(in crate::commands) struct Course {
    /// What became of the repair.
    pub(in crate::commands) ended: Result<Ended, CommandError>,
    /// Whether what was done is to be taken back, as the step that failed wants it.
    pub(in crate::commands) takes_back: bool,
    /// Which move it ended at.
    at: usize,
}

/// How the moves are carried out.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct Manner {
    /// How long the run is waited for, where a step does not say it itself.
    pub(in crate::commands) wait: Duration,
    /// Whether nobody is to be asked.
    pub(in crate::commands) yes: bool,
}

/// Sends every write once, and follows the run. What came before a write that was not
/// carried out stays done and is recorded.
pub(in crate::commands) async fn act(
    ui: &mut Ui,
    events: &Events,
    connection: &Connection,
    operation: &Operation,
    ready: &Ready,
    manner: Manner,
) -> Course {
    let mut step = ready.first_step;
    let mut standing = Standing {
        run: ready.old.clone(),
        // An interrupted operation goes on with the run that it has made.
        is_new: ready.is_new && ready.old == ready.run,
        waits_first: ready.cancels_first,
    };
    let mut ended = if manner.wait.is_zero() { Ended::NotFollowed } else { Ended::Repaired };
    for (at, one) in ready.list.iter().enumerate() {
        let (result, on_failure) = match one {
            Move::Gate(gate) => {
                (gates::pass(ui, events, connection, &standing, &gate.gate, manner).await, gate.on_failure)
            }
            Move::Write(prepared, on_failure) => {
                step += 1;
                let sent = send(ui, events, connection, operation, (step - 1, prepared)).await;
                let Request { object, .. } = &prepared.request;
                if sent.is_ok() && *object == ready.run && ready.is_new {
                    standing.run = ready.run.clone();
                    standing.is_new = true;
                }
                (sent.map(|()| None), *on_failure)
            }
        };
        match result {
            Ok(None) => {}
            Ok(Some(_)) if on_failure == OnFailure::Continue => {}
            Ok(Some(failed)) => {
                ended = failed;
                return Course { ended: Ok(ended), takes_back: on_failure == OnFailure::Undo, at };
            }
            Err(error) => return Course { ended: Err(error), takes_back: on_failure == OnFailure::Undo, at },
        }
    }
    Course { ended: Ok(ended), takes_back: false, at: ready.list.len() }
}

/// Sends one write, once.
async fn send(
    ui: &mut Ui,
    events: &Events,
    connection: &Connection,
    operation: &Operation,
    (step, prepared): (usize, &Prepared),
) -> Result<(), CommandError> {
    if is_cancellation(&prepared.request) && is_over(connection, &prepared.request).await {
        let _ = operation.record(step, prepared, None, State::Failed("the run had ended by itself".to_owned()));
        return events.emit(ui, &Event::of_run("kept", &prepared.request.object, "it has ended by itself"));
    }
    if !prepared.is_needless() {
        events.emit(ui, &Event::write("started", step, prepared))?;
    }
    match engine::carry_out(connection, operation, step, prepared).await {
        Ok(Carried::Unchanged) => events.emit(ui, &Event::write("unchanged", step, prepared)),
        Ok(Carried::Written(written)) => {
            for warning in written.warnings.iter().filter(|warning| !prepared.warnings.contains(warning)) {
                ui.warn(warning);
            }
            events.emit(ui, &Event::write("done", step, prepared))
        }
        Err(stop) => {
            events.emit(ui, &Event::stopped(step, prepared, &stop))?;
            Err(stopped(&stop, operation, step))
        }
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
    course: Course,
) -> Result<(u8, Ended), CommandError> {
    let code = match &course.ended {
        Ok(ended) => said(ui, connection, operation, ready, (ended, course.at)).await,
        Err(_) => exit::FINDINGS,
    };
    if course.takes_back {
        ui.status("What was changed is taken back, as the step that failed wants it.");
        crate::commands::undo::whole(ui, connection, operation.id(), crate::commands::undo::Voice::Talk).await?;
    }
    course.ended.map(|ended| (code, ended))
}

/// Says how it ended; the exit code.
async fn said(
    ui: &mut Ui,
    connection: &Connection,
    operation: &Operation,
    ready: &Ready,
    (ended, at): (&Ended, usize),
) -> u8 {
    match ended {
        Ended::Closed(closed) => {
            let goes_on = closed.is_declined() && ready.goes_on(at);
            if !goes_on {
                ready.give_up(operation, at);
            }
            ui.status(&screens::closed(closed.words(), operation.id(), (at > ready.first_write(), goes_on)));
            if closed.is_declined() { exit::DECLINED } else { exit::FINDINGS }
        }
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
    }
}
