//! `history`: what this program has changed, and how to undo it.

use super::print;
use crate::cli::{CommandError, Output, Ui, exit};
use crate::output::plain;
use crate::workflows::journal::{Entry, Journal, State};

/// List what this program has changed on clusters, and how each change is undone
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Output format
    #[arg(short, long, value_enum)]
    output: Option<Output>,
}

pub(super) fn run(ui: &mut Ui, args: &Args) -> Result<u8, CommandError> {
    let Some(journal) = Journal::of_user() else {
        return Err(CommandError::unreadable("there is no home folder, so nothing was recorded"));
    };
    let entries = journal.entries().map_err(|error| {
        CommandError::unreadable(format!("the journal {} cannot be read: {error}", journal.path().display()))
    })?;
    match args.output {
        Some(Output::Json) => print::json(ui, &entries)?,
        Some(Output::Yaml) => print::yaml(ui, &entries)?,
        Some(Output::Name) => {
            for entry in &entries {
                writeln!(ui.out(), "{}", plain(&entry.object))?;
            }
        }
        Some(Output::Wide) | None => {
            if entries.is_empty() {
                ui.status(&format!("Nothing was changed so far ({}).", journal.path().display()));
            }
            for entry in &entries {
                show(ui, entry)?;
            }
        }
    }
    Ok(exit::OK)
}

fn show(ui: &mut Ui, entry: &Entry) -> Result<(), CommandError> {
    let state = match &entry.state {
        State::Sent => "outcome unknown: the program ended before an answer came".to_owned(),
        State::Done => "done".to_owned(),
        State::Failed(reason) => format!("failed: {reason}"),
    };
    let Entry { time, action, namespace, object, server, .. } = entry;
    let line = format!("{time:.0}  {action} {object} in {namespace} ({server}): {state}");
    writeln!(ui.out(), "{}", plain(&line))?;
    if entry.state == State::Done {
        let undo = entry.undo.as_ref().map_or_else(|| "cannot be undone".to_owned(), |undo| format!("undo: {undo}"));
        writeln!(ui.out(), "    {}", plain(&undo))?;
    }
    Ok(())
}
