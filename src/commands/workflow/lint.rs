//! `workflow lint`: what is wrong with workflows, where.

use std::path::PathBuf;

use crate::cli::output::OutputParser;
use crate::cli::{CommandError, Output, Ui, exit};
use crate::commands::print;
use crate::report::json::v1::workflow::WorkflowLint;
use crate::report::workflow as screens;
use crate::scripts::library::Origin;
use crate::scripts::{library, lint};

use super::load;

/// Check workflows without a cluster: shape, names, expressions
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # A file
  kubectl tekton-fix workflow lint my-repair.yaml

  # All files of your own folder
  kubectl tekton-fix workflow lint")]
pub struct Args {
    /// The files (default: those of your own folder)
    #[arg(value_hint = clap::ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Output format; `name` prints the files with something wrong
    #[arg(short, long, value_name = "FORMAT", value_parser = OutputParser)]
    output: Option<Output>,
}

pub(super) fn run(ui: &mut Ui, args: &Args) -> Result<u8, CommandError> {
    let files = match args.files.as_slice() {
        [] => library::own_files().map_err(|error| {
            let folder = library::folder().unwrap_or_default();
            CommandError::unreadable(format!("{} cannot be read: {error}", folder.display()))
        })?,
        files => files.to_vec(),
    };
    if files.is_empty() {
        let folder = library::folder().map(|folder| format!(" in {}", folder.display())).unwrap_or_default();
        ui.status(&format!("There are no workflows{folder}."));
        return Ok(exit::OK);
    }
    let mut linted = Vec::new();
    for file in files {
        let document = load::file_of(file)?;
        let read = lint::read(&document.text);
        linted.push((document, read));
    }
    let code = if linted.iter().all(|(_, read)| read.is_ok()) { exit::OK } else { exit::FINDINGS };
    if print::document(ui, args.output.as_ref(), code, || WorkflowLint::of(&linted))? {
        return Ok(code);
    }
    for (document, read) in &linted {
        match (read, &args.output, &document.origin) {
            (Ok(_), Some(Output::Name), _) => {}
            (Err(_), Some(Output::Name), Origin::File(path)) => ui.line(&path.display().to_string())?,
            (Ok(workflow), ..) => ui.show(&screens::fine(document, workflow))?,
            (Err(problems), ..) => ui.show(&screens::problems(document, problems))?,
        }
    }
    Ok(code)
}
