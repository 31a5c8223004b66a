//! `workflow lint`: what is wrong with workflows, where.

use std::path::PathBuf;

use crate::cli::{CommandError, Ui, exit};
use crate::report::workflow as screens;
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
    let mut is_fine = true;
    for file in files {
        let document = load::file_of(file)?;
        match lint::read(&document.text) {
            Ok(workflow) => ui.show(&screens::fine(&document, &workflow))?,
            Err(problems) => {
                is_fine = false;
                ui.show(&screens::problems(&document, &problems))?;
            }
        }
    }
    Ok(if is_fine { exit::OK } else { exit::FINDINGS })
}
