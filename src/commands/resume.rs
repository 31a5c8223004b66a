//! `resume`: finds out how far an interrupted repair came, and goes on with it or ends it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::cli::args::duration;
use crate::cli::{CommandError, GlobalArgs, Ui, exit};
use crate::model::Kind;
use crate::model::run::PipelineRun;
use crate::ops::{ObjectRef, Request, Write, resubmission};
use crate::report::comparison::unified;
use crate::report::repair as screens;
use crate::report::{Document, secrets, wording};
use crate::sources::Wanted;
use crate::sources::live::Connection;
use crate::workflows::engine;
use crate::workflows::gate::{Gate, Move};
use crate::workflows::journal::{Entry, Part, State};
use crate::workflows::operation::{Operation, is_cancellation, is_submission};

use super::history;
use super::repair::EventOutput;
use super::repair::act::{self, Ready};
use super::repair::events::Events;
use super::repair::moves;
use super::undo::{Here, note, operation};

/// Find out how far an interrupted repair came, and go on with it or end it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # The newest repair that was interrupted
  kubectl tekton-fix resume

  # One of several, as history shows them
  kubectl tekton-fix resume ID --yes")]
pub struct Args {
    /// The operation, as `history` shows it (default: the newest interrupted one of this cluster)
    id: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// How long to wait until the run's pods have nodes
    #[arg(long, default_value = "2m", value_name = "DURATION")]
    wait: String,
    /// `json` prints an event a line
    #[arg(short, long, value_enum, ignore_case = true)]
    output: Option<EventOutput>,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let wait = duration("--wait", &args.wait)?;
    let source = super::open(globals).await?;
    let connection = source.live()?;
    let here = Here::of(connection).await;
    let (journal, all) = history::recorded()?;
    let is_open = |entry: &Entry| matches!(entry.state, State::Planned | State::Sent | State::Unclear(_));
    let mut entries = operation(&all, args.id.as_deref(), &here, is_open)?;
    let Some(recorded) = Operation::of(journal.clone(), &entries) else {
        return Err(CommandError::usage("the operation was recorded by an older version"));
    };
    let _lock = act::lock(&journal, recorded.id())?;
    settle_all(ui, connection, &recorded, &mut entries).await?;
    let is_whole = entries.iter().all(|entry| entry.part.as_ref().is_some_and(|part| part.steps == entries.len()));
    let is_undone = entries.iter().any(|entry| entry.state == State::Undone);
    let rest: Vec<&Entry> = entries.iter().filter(|entry| entry.state == State::Planned).collect();
    let has_failed = entries.iter().any(|entry| matches!(entry.state, State::Failed(_)));
    // A run is made once more only where something was done for it already: else a new
    // diagnosis is the better start.
    let has_begun = entries.iter().any(|entry| entry.state == State::Done);
    let is_lost = |entry: &&Entry| {
        let part = entry.part.as_ref();
        part.is_some_and(|part| is_submission(&part.request) && (part.edits.is_none() || !has_begun))
            || part.is_some_and(|part| is_empty(&part.request))
    };
    if rest.is_empty() && !has_failed {
        ui.status("Nothing is left to do: every change of this operation has been carried out.");
        return Ok(exit::OK);
    }
    if rest.is_empty() || has_failed || is_undone || !is_whole || rest.iter().any(is_lost) {
        return end(ui, &recorded, &entries);
    }
    let remade = match rest.iter().find_map(|entry| entry.part.as_ref().filter(|part| part.edits.is_some())) {
        Some(part) => Some(Remade::of(connection, &entries, part).await?),
        None => None,
    };
    let ready = ready(connection, &entries, &rest, remade.as_ref()).await?;
    if let Some(remade) = &remade {
        ui.tell(&remade.change()?);
    }
    ui.tell(&screens::taken_back(ready.writes())?);
    if !args.yes && !ui.confirm("Go on with it?")? {
        return Err(CommandError::declined("nothing was changed"));
    }
    let events = Events { as_json: args.output.is_some(), is_quiet: false, operation: recorded.id().to_owned() };
    let manner = act::Manner { wait, yes: args.yes };
    let course = act::act(ui, &events, connection, &recorded, &ready, manner).await;
    act::close(ui, connection, &recorded, &ready, course).await.map(|(code, _)| code)
}

/// Finds out about every write whose outcome is not known.
async fn settle_all(
    ui: &mut Ui,
    connection: &Connection,
    recorded: &Operation,
    entries: &mut [Entry],
) -> Result<(), CommandError> {
    for entry in entries {
        if let Some(part) = entry.part.as_mut()
            && matches!(entry.state, State::Sent | State::Unclear(_))
        {
            entry.state = settle(connection, part, entry.time).await?;
            // What never took place can be done still, once: what is made has its name, and what is
            // changed or deleted is read again before.
            let is_kept = !is_empty(&part.request) && (!is_submission(&part.request) || part.edits.is_some());
            if matches!(entry.state, State::Failed(_)) && is_kept {
                entry.state = State::Planned;
            }
            note(ui, recorded, part, entry.state.clone());
            let ObjectRef { kind, name, .. } = &part.request.object;
            let outcome = if entry.state == State::Done { "took place" } else { "did not take place" };
            ui.status(&format!("{} of {kind} {name} {outcome}.", entry.action));
        }
    }
    Ok(())
}

/// Finds out about the writes of an operation that this process works on.
///
/// # Errors
/// When their objects could not be read.
pub(super) async fn settled(ui: &mut Ui, connection: &Connection, id: &str) -> Result<(), CommandError> {
    let (journal, all) = history::recorded()?;
    let mut entries = operation(&all, Some(id), &Here::of(connection).await, |_| true)?;
    match Operation::of(journal, &entries) {
        Some(recorded) => settle_all(ui, connection, &recorded, &mut entries).await,
        None => Ok(()),
    }
}

/// How long a write may be on its way: the longest request, and a while for proxies.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_secs(40);
const EVERY: Duration = Duration::from_secs(1);

/// Whether a write whose outcome was not recorded took place. That it did not is believed
/// only once it cannot be on its way any more.
async fn settle(connection: &Connection, part: &mut Part, sent: Timestamp) -> Result<State, CommandError> {
    loop {
        let state = look(connection, part).await?;
        let age = Timestamp::now().duration_since(sent);
        if state == State::Done || age >= ON_ITS_WAY || age.is_negative() {
            return Ok(state);
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn look(connection: &Connection, part: &mut Part) -> Result<State, CommandError> {
    let found = connection.find(engine::target(&part.request.object)).await?;
    let took_place = engine::took_place(&part.request, found.as_ref(), part.uid.as_deref());
    if took_place && part.uid.is_none() {
        part.uid = engine::uid(found.as_ref()).map(str::to_owned);
    }
    Ok(if took_place { State::Done } else { State::Failed("it did not take place".to_owned()) })
}

/// Ends an operation that cannot go on: a run that was never created is made anew by a new
/// diagnosis, because the journal holds no manifests.
fn end(ui: &mut Ui, recorded: &Operation, entries: &[Entry]) -> Result<u8, CommandError> {
    for entry in entries.iter().filter(|entry| entry.state == State::Planned) {
        if let Some(part) = &entry.part {
            note(ui, recorded, part, State::Failed("the operation was ended".to_owned()));
        }
    }
    let run = entries.iter().find_map(|entry| entry.part.as_ref()).map(|part| (&part.run_namespace, &part.run));
    let program = wording::caller().program();
    ui.line("The operation has ended; nothing more is carried out.")?;
    if let Some((namespace, run)) = run {
        ui.status(&format!("To repair the run from where it is now: {program} repair {namespace}/{run}"));
    }
    if entries.iter().any(|entry| entry.state == State::Done && entry.undo.is_some()) {
        ui.status(&format!("To take back what was done: {program} undo {}", recorded.id()));
    }
    Ok(exit::FINDINGS)
}

/// A run that was to be made, and was not before the interruption.
struct Remade {
    old: PipelineRun,
    new: Value,
}

impl Remade {
    /// Made of the old run as it is now, which was cancelled at most.
    async fn of(connection: &Connection, entries: &[Entry], part: &Part) -> Result<Self, CommandError> {
        let (namespace, name) = (&part.run_namespace, &part.run);
        let cluster = connection.read(&Wanted::namespace(namespace)).await?;
        let name_it = |why: &str| {
            CommandError::incomplete(format!("{namespace}/{name} {why}, so the new run cannot be made of it"))
                .hint("`undo` takes back what was done, as far as it can be")
        };
        let old = cluster.pipeline_run(namespace, name).ok_or_else(|| name_it("does not exist any more"))?;
        let of_old = |known: &&Part| known.request.object.name == *name && !is_submission(&known.request);
        let uid =
            entries.iter().filter_map(|entry| entry.part.as_ref()).find(of_old).and_then(|known| known.uid.as_ref());
        if uid.is_some_and(|uid| *uid != old.metadata.uid) {
            return Err(name_it("is another run of that name by now"));
        }
        let mark = entries.first().map(|entry| entry.id.as_str()).unwrap_or_default();
        let edits = part.edits.as_deref().unwrap_or_default();
        let mut new = moves::resubmission(old, edits, mark).map_err(CommandError::incomplete)?;
        new["metadata"]["name"] = Value::from(part.request.object.name.clone());
        Ok(Self { old: old.clone(), new })
    }

    /// What it changes of the old one.
    fn change(&self) -> Result<Document, CommandError> {
        let name = &self.old.metadata.name;
        let before = secrets::yaml(&resubmission::manifest(&self.old, name))?;
        let new_name = self.new["metadata"]["name"].as_str().unwrap_or_default();
        Ok(unified((&before, name), (&secrets::yaml(&self.new)?, new_name)))
    }
}

/// Whether the contents of a new object were not kept.
fn is_empty(request: &Request) -> bool {
    let (Write::Create(object) | Write::Ensure(object)) = &request.write else { return false };
    !is_submission(request) && object.get("kind").is_none()
}

/// What is left, checked by the server; a run that was created is waited for before the old
/// one is cancelled.
async fn ready(
    connection: &Connection,
    entries: &[Entry],
    rest: &[&Entry],
    remade: Option<&Remade>,
) -> Result<Ready, CommandError> {
    let parts = || entries.iter().filter_map(|entry| entry.part.as_ref().map(|part| (entry, part)));
    let created = parts().find(|(entry, part)| {
        entry.state == State::Done
            && part.request.object.kind == Kind::PipelineRun
            && matches!(part.request.write, Write::Create(_))
    });
    let run = match (&created, parts().next()) {
        (Some((_, part)), _) => part.request.object.clone(),
        (None, Some((_, part))) => ObjectRef::new(Kind::PipelineRun, &part.run_namespace, &part.run),
        (None, None) => return Err(CommandError::usage("the operation is empty")),
    };
    let first_step = rest.first().and_then(|entry| Some(entry.part.as_ref()?.step)).unwrap_or_default();
    let cancels_first = parts().any(|(entry, part)| entry.state == State::Done && is_cancellation(&part.request));
    let old = run.clone();
    let to_make = rest.iter().filter_map(|entry| entry.part.as_ref()).find(|part| is_submission(&part.request));
    let run = to_make.map_or(run, |part| part.request.object.clone());
    let is_new = created.is_some() || to_make.is_some();
    let mut ready = Ready { list: Vec::new(), old, run, is_new, cancels_first, edits: None, first_step };
    for part in rest.iter().filter_map(|entry| entry.part.as_ref()) {
        // Versions before the gates were recorded waited here.
        if part.before.is_empty() && is_cancellation(&part.request) && ready.is_new {
            ready.list.push(Move::follow());
        }
        ready.list.extend(part.before.iter().cloned().map(Move::Gate));
        let mut request = part.request.clone();
        if let (true, Some(remade)) = (is_submission(&request), remade) {
            request.write = Write::Create(remade.new.clone());
        }
        ready.list.push(Move::Write(engine::prepare(connection, request).await?, part.on_failure));
        ready.list.extend(part.after.iter().cloned().map(Move::Gate));
    }
    if !ready.list.iter().any(|one| matches!(one, Move::Gate(gate) if matches!(gate.gate, Gate::Wait { .. }))) {
        ready.list.push(Move::follow());
    }
    Ok(ready)
}
