//! `workflow show`: the text of a workflow, to be copied and changed.

use std::path::PathBuf;

use crate::cli::{CommandError, Ui, exit};
use crate::report::json;
use crate::scripts::library;
use crate::yaml;

use super::load;

/// Print a workflow, or the JSON Schema of workflows
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # The text of a workflow, as a start for one of your own
  kubectl tekton-fix workflow show pin-node

  # The same as a file of your own folder, with the schema for the editor beside it
  kubectl tekton-fix workflow show pin-node --save

  # The schema alone
  kubectl tekton-fix workflow show --schema")]
pub struct Args {
    /// The workflow
    #[arg(required_unless_present = "schema", value_name = "WORKFLOW")]
    name: Option<String>,
    /// Print the JSON Schema of workflows
    #[arg(long, conflicts_with = "name")]
    schema: bool,
    /// Write it into this folder (default: that of your own workflows), with the schema beside it
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, conflicts_with = "schema", value_hint = clap::ValueHint::DirPath)]
    save: Option<Option<PathBuf>>,
    /// Output format
    #[arg(short, long, value_enum, ignore_case = true, conflicts_with_all = ["schema", "save"])]
    output: Option<Format>,
}

/// How a workflow is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// As it is written
    Yaml,
    /// As JSON
    Json,
    /// Its name only
    Name,
}

pub(super) fn run(ui: &mut Ui, args: &Args) -> Result<u8, CommandError> {
    let Some(name) = &args.name else {
        ui.text(library::SCHEMA)?;
        return Ok(exit::OK);
    };
    let document = load::named(name)?;
    let text = library::beside_its_schema(&document.text);
    if let Some(folder) = &args.save {
        return save(ui, folder.clone(), name, &text);
    }
    match args.output {
        Some(Format::Name) => ui.line(name)?,
        Some(Format::Json) => {
            let read = yaml::read_documents(&document.text)
                .map_err(|error| CommandError::unreadable(format!("{name} is not valid YAML: {error}")))?;
            for (_, value) in &read {
                ui.text(&json::json(value)?)?;
            }
        }
        Some(Format::Yaml) | None => ui.text(&text)?,
    }
    Ok(exit::OK)
}

fn save(ui: &mut Ui, folder: Option<PathBuf>, name: &str, text: &str) -> Result<u8, CommandError> {
    let folder = folder.or_else(library::folder).ok_or_else(|| {
        CommandError::unreadable("there is no home folder for workflows").hint("name a folder: --save=DIR")
    })?;
    let saved = library::save(&folder, name, text).map_err(|error| {
        let error = CommandError::unreadable(format!("{name}.yaml cannot be written to {}: {error}", folder.display()));
        error.hint("a file that exists is not overwritten; name another folder: --save=DIR")
    })?;
    for path in saved {
        ui.line(&path.display().to_string())?;
    }
    Ok(exit::OK)
}
