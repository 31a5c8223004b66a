//! `undo`: takes back what a repair has changed, as far as nobody else has changed it since.

use crate::cli::{CommandError, GlobalArgs, Ui, exit};
use crate::model::Kind;
use crate::ops::{ObjectRef, Write};
use crate::report::repair as screens;
use crate::report::wording;
use crate::sources::live::Connection;
use crate::sources::live::write::mark;
use crate::workflows::engine::{self, Prepared, Stop};
use crate::workflows::journal::{Entry, Journal, Part, State};
use crate::workflows::operation::{Operation, Place};

use super::dry_run::DryRun;
use super::history;
use super::repair::act;

/// Take back what a repair has changed, after showing it and asking
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # What has been changed, with the ids of the operations
  kubectl tekton-fix history

  # Take back the newest operation
  kubectl tekton-fix undo

  # See what would be taken back
  kubectl tekton-fix undo ID --dry-run=server")]
pub struct Args {
    /// The operation, as `history` shows it (default: the newest of this cluster)
    id: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// `server` has the server check it, `client` only names it; nothing is changed
    #[arg(long, value_enum, default_value_t = DryRun::None, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "client", ignore_case = true)]
    dry_run: DryRun,
}

/// The entries of an operation on this cluster: of the one named, else of the newest of
/// which an entry is `wanted`.
pub(super) fn operation(
    entries: &[Entry],
    id: Option<&str>,
    here: &Here,
    wanted: impl Fn(&Entry) -> bool,
) -> Result<Vec<Entry>, CommandError> {
    let id = match id {
        Some(id) => id.to_owned(),
        None => {
            // An undo is not an operation to work on: what it left is seen at what it undoes.
            let newest =
                entries.iter().rev().find(|entry| here.is_of(entry) && wanted(entry) && undone_by(entry).is_none());
            newest.map(|entry| entry.id.clone()).ok_or_else(|| {
                CommandError::incomplete("no operation on this cluster is left to work on")
                    .hint(format!("{} history shows all of them", wording::caller().program()))
            })?
        }
    };
    let mut found: Vec<Entry> = entries.iter().filter(|entry| entry.id == id).cloned().collect();
    let Some(first) = found.first() else {
        return Err(CommandError::incomplete(format!("there is no operation {id}"))
            .hint(format!("{} history shows all of them", wording::caller().program())));
    };
    if first.part.is_none() {
        let error = CommandError::usage(format!("operation {id} was recorded by an older version"));
        let undo = found.iter().find_map(|entry| entry.undo.clone());
        return Err(match undo {
            Some(undo) => error.hint(undo),
            None => error,
        });
    }
    if let Some(of) = undone_by(first) {
        return Err(CommandError::usage(format!("operation {id} is an undo of {of}"))
            .hint(format!("to complete it: {} undo {of}", wording::caller().program())));
    }
    if !here.is_of(first) {
        return Err(CommandError::usage(format!("operation {id} is of another cluster ({})", first.server))
            .hint("choose it with --context"));
    }
    found.sort_by_key(|entry| entry.part.as_ref().map(|part| part.step));
    Ok(found)
}

/// Records how a write of an operation stands now; that it could not be recorded is said.
pub(super) fn note(ui: &mut Ui, operation: &Operation, part: &Part, state: State) {
    if let Err(error) = operation.note(part, state) {
        ui.warn(&format!("the journal cannot be written: {error}"));
    }
}

/// The operation that an entry takes back.
fn undone_by(entry: &Entry) -> Option<&str> {
    entry.part.as_ref()?.plan.strip_prefix(UNDO)
}

/// What the plan of an undo begins with; the id of the operation follows.
const UNDO: &str = "undo ";

/// The cluster that the command works on.
pub(super) struct Here {
    uid: Option<String>,
    server: String,
}

impl Here {
    pub(super) async fn of(connection: &Connection) -> Self {
        Self { uid: act::cluster_uid(connection).await, server: connection.server.clone() }
    }

    /// By the uid where both are known, else by the address.
    fn is_of(&self, entry: &Entry) -> bool {
        match (&self.uid, entry.part.as_ref().and_then(|part| part.cluster.as_ref())) {
            (Some(here), Some(there)) => here == there,
            _ => self.server == entry.server,
        }
    }
}

/// What `undo` does about one change.
enum Back {
    /// It is taken back.
    Write(Box<Prepared>),
    /// It is not there any more.
    Gone,
    /// It has its old values.
    Already,
    /// It is left alone, because somebody else has changed it.
    Changed(&'static str),
    /// Nothing takes it back.
    Final,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let source = super::open(globals).await?;
    let connection = source.live()?;
    let here = Here::of(connection).await;
    let (journal, all) = history::recorded()?;
    let can = |entry: &Entry| entry.state == State::Done && entry.undo.is_some();
    let entries = operation(&all, args.id.as_deref(), &here, can)?;
    let first = entries[0].clone();
    let _lock = act::lock(&journal, &first.id)?;
    let Found { list, planned, left } = find(ui, connection, entries, Voice::Data).await?;
    let writes: Vec<&Prepared> =
        list.iter().filter_map(|(_, _, back)| if let Back::Write(one) = back { Some(&**one) } else { None }).collect();
    if !writes.is_empty() {
        ui.tell(&screens::taken_back(writes.iter().copied())?);
    }
    if args.dry_run != DryRun::None {
        ui.line("Nothing was changed (dry run).")?;
        return Ok(exit::OK);
    }
    if !writes.is_empty() && !args.yes && !ui.confirm("Take it back?")? {
        return Err(CommandError::declined("nothing was changed"));
    }
    take_back(ui, connection, (&journal, &first, &here), &list, Voice::Data).await?;
    drop_planned(ui, &journal, &first, &planned);
    Ok(if left { exit::FINDINGS } else { exit::OK })
}

/// What was not carried out is not to be carried out any more.
fn drop_planned(ui: &mut Ui, journal: &Journal, first: &Entry, planned: &[Entry]) {
    let Some(undone) = Operation::of(journal.clone(), std::slice::from_ref(first)) else { return };
    for part in planned.iter().filter_map(|entry| entry.part.as_ref()) {
        note(ui, &undone, part, State::Failed("the operation was taken back".to_owned()));
    }
}

/// Takes back all of an operation that this process works on, without asking: it said
/// before that it would.
///
/// # Errors
/// When something could not be taken back.
pub(super) async fn whole(ui: &mut Ui, connection: &Connection, id: &str, voice: Voice) -> Result<(), CommandError> {
    let here = Here::of(connection).await;
    let (journal, all) = history::recorded()?;
    let entries = operation(&all, Some(id), &here, |_| true)?;
    let Some(first) = entries.first().cloned() else { return Ok(()) };
    let Found { list, planned, .. } = find(ui, connection, entries, voice).await?;
    take_back(ui, connection, (&journal, &first, &here), &list, voice).await?;
    drop_planned(ui, &journal, &first, &planned);
    Ok(())
}

/// Where it is said what was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// On stdout.
    Data,
    /// Beside the data.
    Talk,
    /// Nowhere: the caller says it.
    Silent,
}

/// What an operation has changed, with how each change is taken back.
struct Found {
    list: Vec<(Entry, Part, Back)>,
    planned: Vec<Entry>,
    left: bool,
}

async fn find(ui: &mut Ui, connection: &Connection, entries: Vec<Entry>, voice: Voice) -> Result<Found, CommandError> {
    let planned: Vec<Entry> = entries.iter().filter(|entry| entry.state == State::Planned).cloned().collect();
    let mut left = false;
    let mut list: Vec<(Entry, Part, Back)> = Vec::new();
    for entry in entries.into_iter().rev() {
        let Some(part) = entry.part.clone() else { continue };
        match entry.state {
            State::Done => {}
            State::Sent | State::Unclear(_) => {
                return Err(CommandError::incomplete(format!("whether {} was changed is not known yet", entry.object))
                    .hint(format!("to find out: {} resume {}", wording::caller().program(), entry.id)));
            }
            State::Planned | State::Failed(_) | State::Undone => continue,
        }
        let back = back_of(connection, &part).await?;
        let said = match &back {
            Back::Write(_) => None,
            Back::Gone => Some("is gone already"),
            Back::Already => Some("has its old values already"),
            Back::Final => Some("this change cannot be undone"),
            Back::Changed(why) => {
                left = true;
                Some(*why)
            }
        };
        if let Some(said) = said.filter(|_| voice != Voice::Silent) {
            ui.status(&format!("{} {}: {said}.", part.request.object.kind, part.request.object.name));
        }
        list.push((entry, part, back));
    }
    Ok(Found { list, planned, left })
}

async fn take_back(
    ui: &mut Ui,
    connection: &Connection,
    (journal, first, here): (&Journal, &Entry, &Here),
    list: &[(Entry, Part, Back)],
    voice: Voice,
) -> Result<(), CommandError> {
    let part = first.part.as_ref();
    let (namespace, run) = part.map(|part| (part.run_namespace.clone(), part.run.clone())).unwrap_or_default();
    let place = Place {
        server: connection.server.clone(),
        cluster: here.uid.clone(),
        run: ObjectRef::new(Kind::PipelineRun, namespace, run),
    };
    let plan = format!("{UNDO}{}", first.id);
    let undo = Operation::new(journal.clone(), &mark(), place, &plan, list.len());
    let Some(undone) = Operation::of(journal.clone(), std::slice::from_ref(first)) else { return Ok(()) };
    for (step, (_, part, back)) in list.iter().enumerate() {
        match back {
            Back::Changed(_) | Back::Final => continue,
            Back::Gone | Back::Already => {}
            Back::Write(prepared) => {
                match engine::carry_out(connection, &undo, step, prepared).await {
                    Ok(_) if voice == Voice::Data => ui.line(&screens::done(&prepared.request))?,
                    Ok(_) if voice == Voice::Talk => ui.status(&screens::done(&prepared.request)),
                    Ok(_) => {}
                    // An assistant's StatefulSet goes when its run ends, for example.
                    Err(Stop::Changed(_)) if matches!(back_of(connection, part).await?, Back::Gone | Back::Already) => {
                    }
                    Err(stop) => return Err(act::stopped(&stop, &undo, 0)),
                }
            }
        }
        if let Err(error) = undone.note(part, State::Undone) {
            ui.warn(&format!("that it was taken back is not recorded: {error}"));
        }
    }
    Ok(())
}

/// How a change is taken back, by what the object is now.
async fn back_of(connection: &Connection, part: &Part) -> Result<Back, CommandError> {
    let Some(inverse) = &part.inverse else { return Ok(Back::Final) };
    let found = connection.find(engine::target(&part.request.object)).await?;
    let Some(found) = found else { return Ok(Back::Gone) };
    if part.uid.is_some() && part.uid.as_deref() != engine::uid(Some(&found)) {
        return Ok(match part.request.write {
            Write::Create(_) | Write::Ensure(_) => Back::Gone,
            _ => Back::Changed("is another object of that name by now; it was not touched"),
        });
    }
    let is_patch = matches!(part.request.write, Write::Merge(_) | Write::Json(_));
    if is_patch && inverse.is_in_force(Some(&found)) {
        return Ok(Back::Already);
    }
    if is_patch && !part.request.is_in_force(Some(&found)) {
        return Ok(Back::Changed("was changed by somebody else since; it was not touched"));
    }
    let prepared = engine::prepare(connection, inverse.clone()).await?;
    // Taking back is not taken back: the change is made anew by a new repair.
    Ok(Back::Write(Box::new(Prepared { inverse: None, ..prepared })))
}
