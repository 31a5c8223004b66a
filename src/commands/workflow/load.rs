//! Finds the workflow that is meant, and reads it.

use std::path::PathBuf;

use crate::cli::{CommandError, Ui};
use crate::report::workflow as screens;
use crate::scripts::library::{self, Document, Origin};
use crate::scripts::lint;
use crate::scripts::schema::RepairWorkflow;

/// Which workflow, and for which run: NAME and RUN, or with a file RUN alone.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Which {
    /// The workflow, by name; left out with -f
    #[arg(value_name = "WORKFLOW")]
    name: Option<String>,
    /// The run: NAME or NAMESPACE/NAME (default: the newest in progress)
    run: Option<String>,
    /// Read the workflow from this file
    #[arg(short = 'f', long = "file", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    file: Option<PathBuf>,
}

impl Which {
    /// A workflow by its name, for a run.
    pub(super) fn named(name: String, run: Option<String>) -> Self {
        Self { name: Some(name), run, file: None }
    }

    /// The workflow, and the run as it was typed.
    pub(super) fn load(&self, ui: &mut Ui) -> Result<(RepairWorkflow, Option<&str>), CommandError> {
        let (document, run) = match (&self.file, &self.name, &self.run) {
            // The one word beside a file is the run.
            (Some(file), run, None) => (file_of(file.clone())?, run.as_deref()),
            (Some(_), _, Some(_)) => {
                return Err(CommandError::usage("with -f the workflow is not named: only the run is"));
            }
            (None, Some(name), run) => (named(name)?, run.as_deref()),
            (None, None, _) => {
                return Err(CommandError::usage("no workflow is named")
                    .hint("`workflow list` lists them; -f FILE reads one from a file"));
            }
        };
        Ok((parsed(ui, &document)?, run))
    }
}

/// Reads a workflow; what is wrong with it is shown.
fn parsed(ui: &mut Ui, document: &Document) -> Result<RepairWorkflow, CommandError> {
    lint::read(&document.text).map_err(|problems| {
        ui.tell(&screens::problems(document, &problems));
        CommandError::usage("the workflow is not valid; nothing was done")
    })
}

/// The text of a file.
pub(in crate::commands) fn file_of(path: PathBuf) -> Result<Document, CommandError> {
    library::read(&path)
        .map_err(|error| CommandError::unreadable(format!("{} cannot be read: {error}", path.display())))
}

/// All workflows, those of the user's folder first.
pub(in crate::commands) fn all() -> Result<Vec<Document>, CommandError> {
    let files = library::own_files().map_err(|error| {
        let folder = library::folder().unwrap_or_default();
        CommandError::unreadable(format!("{} cannot be read: {error}", folder.display()))
    })?;
    let own = files.into_iter().map(file_of).collect::<Result<Vec<_>, _>>()?;
    Ok(own.into_iter().chain(library::built_in()).collect())
}

/// The names of workflows that can be read, each with what it does.
pub(in crate::commands) fn names(all: &[Document]) -> impl Iterator<Item = (String, String)> {
    let mut seen = Vec::new();
    all.iter().filter_map(|document| lint::read(&document.text).ok()).filter_map(move |workflow| {
        let (name, what) = (workflow.metadata.name.inner, workflow.spec.description.inner);
        if seen.contains(&name) {
            return None;
        }
        seen.push(name.clone());
        Some((name, what))
    })
}

/// The workflow of a name: the user's own, else that of this program.
pub(in crate::commands) fn named(name: &str) -> Result<Document, CommandError> {
    let all = all()?;
    let is_meant = |document: &&Document| match (&document.origin, lint::read(&document.text)) {
        (_, Ok(workflow)) => workflow.metadata.name.inner == name,
        // A broken file is named by its file, so that it is said what is wrong with it.
        (Origin::File(path), Err(_)) => path.file_stem().is_some_and(|stem| stem == name),
        (Origin::BuiltIn(known), Err(_)) => *known == name,
    };
    all.iter().find(is_meant).cloned().ok_or_else(|| {
        let known: Vec<String> = names(&all).map(|(name, _)| name).collect();
        CommandError::incomplete(format!("there is no workflow {name:?}"))
            .known("workflows", name, known.iter().map(String::as_str))
            .hint("`workflow list` tells what they do; -f FILE reads one from a file")
    })
}
