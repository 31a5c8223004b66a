//! `history`: what this program has changed, and how to undo it.

use super::print;
use crate::cli::output::OutputParser;
use crate::cli::{CommandError, Output, Ui, exit};
use crate::report;
use crate::report::json::v1::history::History;
use crate::workflows::journal::{Entry, Journal};

/// List what this program has changed on clusters, and how each change is undone
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # What was changed, and how each change is taken back
  kubectl tekton-fix history")]
pub struct Args {
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = OutputParser)]
    output: Option<Output>,
    /// Print the rows of tables alone, without their header
    #[arg(long)]
    no_headers: bool,
}

/// The journal of the user, with all its entries.
pub(super) fn recorded() -> Result<(Journal, Vec<Entry>), CommandError> {
    let journal = Journal::of_user()
        .ok_or_else(|| CommandError::unreadable("there is no home folder, so nothing was recorded"))?;
    let entries = journal.entries().map_err(|error| {
        CommandError::unreadable(format!("the journal {} cannot be read: {error}", journal.path().display()))
    })?;
    Ok((journal, entries))
}

pub(super) fn run(ui: &mut Ui, args: &Args) -> Result<u8, CommandError> {
    ui.without_headers(args.no_headers);
    let (journal, entries) = recorded()?;
    if print::document(ui, args.output.as_ref(), exit::OK, || History::of(&entries))? {
        return Ok(exit::OK);
    }
    if args.output == Some(Output::Name) {
        for entry in &entries {
            ui.line(&entry.object)?;
        }
        return Ok(exit::OK);
    }
    if entries.is_empty() {
        ui.status(&format!("No changes recorded ({}).", journal.path().display()));
    }
    ui.show(&report::history::document(&entries))?;
    Ok(exit::OK)
}
