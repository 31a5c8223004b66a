//! `workflow show`: the text of a workflow, to be copied and changed.

use crate::cli::{CommandError, Ui, exit};

use super::load;

/// Print a workflow, or the JSON Schema of workflows
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # The text of a workflow, as a start for one of your own
  kubectl tekton-fix workflow show pin-node

  # The schema, for an editor
  kubectl tekton-fix workflow show --schema")]
pub struct Args {
    /// The workflow
    #[arg(required_unless_present = "schema")]
    name: Option<String>,
    /// Print the JSON Schema of workflows
    #[arg(long, conflicts_with = "name")]
    schema: bool,
}

const SCHEMA: &str = include_str!("../../../docs/schema/workflow/v1/RepairWorkflow.json");

pub(super) fn run(ui: &mut Ui, args: &Args) -> Result<u8, CommandError> {
    match &args.name {
        Some(name) => ui.text(&load::named(name)?.text)?,
        None => ui.text(SCHEMA)?,
    }
    Ok(exit::OK)
}
