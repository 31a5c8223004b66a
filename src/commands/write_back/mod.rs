//! `--write-back`: what makes a run go on is carried into the manifest from which it came, by
//! the same edits; otherwise the next commit undoes it.

mod find;
mod shape;

use std::path::{Path as FilePath, PathBuf};

use serde_json::Value;

use self::find::{Found, find};
use super::lint::files::{self, Source};
use super::repair::act::Ended;
use crate::cli::{CommandError, Ui};
use crate::documents::edit::{Change, Refused};
use crate::documents::graft::{Graft, difference, grafted};
use crate::documents::{Path, proof, read};
use crate::lint::{self, Rules};
use crate::model::origin::Origin;
use crate::model::run::PipelineRun;
use crate::ops::Edit;
use crate::ops::edit::apply;
use crate::report;
use crate::report::wording;

/// What the reader has in place of the shortest placeholder, `{{x}}`.
const MASKED: &str = "xxxxx";

/// A manifest with the change that it is to get.
pub(super) struct WriteBack {
    source: Source,
    /// The text afterwards; absent where there is nothing to change.
    after: Option<String>,
    /// What the manifest is called, and on which line it begins.
    place: String,
}

/// Finds the run's manifest in a file or folder, and works out what the edits make of it.
///
/// # Errors
/// When the manifest is not there, or more than once; when the change cannot be proven.
pub(super) fn prepare(path: &FilePath, run: &PipelineRun, edits: &[Edit]) -> Result<WriteBack, CommandError> {
    if path.as_os_str() == "-" {
        return Err(CommandError::usage("--write-back: standard input is not a file that can be written"));
    }
    if !path.exists() {
        return Err(CommandError::unreadable(format!("cannot read {}: there is no such file", path.display())));
    }
    let sources = files::find(&[path.to_owned()])?;
    let Found { source, slice, object, is_beta, place } = find(path, sources, run)?;
    let (text, _) = source.text().ok_or_else(|| refused(&source.path, "it is not UTF-8"))?;
    let document = &text[slice.clone()];
    let changed = carried(document, &object, is_beta, run, edits).map_err(|error| error.at(&source.path, &place))?;
    let after = (changed != document).then(|| [&text[..slice.start], &changed, &text[slice.end..]].concat());
    Ok(WriteBack { source, after, place })
}

fn refused(path: &FilePath, why: &str) -> CommandError {
    CommandError::incomplete(format!("--write-back: {} cannot be changed: {why}", path.display()))
}

/// Why edits could not be carried into a document.
enum Failed {
    /// An edit does not fit the manifest.
    Misfit(String),
    /// The text does not take a change at this place.
    Text(Path, Refused),
    /// The document cannot be read by the second reader.
    Unread,
    /// Its pod template stands where Tekton does not read it.
    Misplaced,
}

impl Failed {
    fn at(&self, path: &FilePath, place: &str) -> CommandError {
        let error = match self {
            Self::Misfit(why) => refused(path, why),
            Self::Text(at, reason) => refused(path, &format!("{at} of {place}: {}", wording::lint::refused(*reason))),
            Self::Misplaced => {
                refused(path, &format!("spec.podTemplate of {place} is ignored where it stands; move it first"))
            }
            Self::Unread => refused(path, "it holds placeholders that have to be filled in first"),
        };
        match self {
            Self::Misplaced => error.hint(format!(
                "{} {}",
                wording::caller().program(),
                shlex::try_join(["lint", "--fix", &path.display().to_string()]).unwrap_or_default()
            )),
            _ => error.hint("change it by hand, and omit --write-back"),
        }
    }
}

/// The text of one document after the edits of a run.
fn carried(document: &str, object: &Path, is_beta: bool, run: &PipelineRun, edits: &[Edit]) -> Result<String, Failed> {
    let mut text = document.to_owned();
    // What was written at the wrong place moves, with its comments, before it is changed.
    let corrects = edits.iter().any(|edit| matches!(edit, Edit::PodTemplate { .. }));
    if corrects && !is_beta {
        let (documents, _) = read(&text);
        let change = Change::Move {
            from: object.keys(&["spec", "podTemplate"]),
            to: object.keys(&["spec", "taskRunTemplate", "podTemplate"]),
        };
        if let [document] = documents.as_slice()
            && let Ok(moved) = proof::changed(&text, &document.root, &change)
        {
            text = moved;
        }
    }
    let root = proof::value(&text).ok_or(Failed::Unread)?;
    let before = value_at(&root, object).ok_or(Failed::Unread)?;
    let tasks: Vec<String> = run.task_names().map(str::to_owned).collect();
    let mut shaped = shape::to_v1(before.clone(), is_beta);
    for edit in edits {
        // The tasks of one run are no matter of its manifest.
        if !matches!(edit, Edit::OnlyTasks { .. }) {
            apply(&mut shaped, edit, &tasks).map_err(Failed::Misfit)?;
        }
    }
    let after = shape::from_v1(shaped, before, is_beta);
    // What stands at a wrong place is ignored, and must not be joined by what is not.
    let is_misplaced = !is_beta && !corrects && before.pointer("/spec/podTemplate").is_some();
    if is_misplaced && after.pointer("/spec/taskRunTemplate") != before.pointer("/spec/taskRunTemplate") {
        return Err(Failed::Misplaced);
    }
    let grafts: Vec<_> = difference(before, &after).into_iter().map(|graft| graft.below(object)).collect();
    // Letters in place of a placeholder are nothing to write.
    let is_masked = |graft: &Graft| graft.value().is_some_and(|value| value.to_string().contains(MASKED));
    if document.contains("{{") && !document.contains(MASKED) && grafts.iter().any(is_masked) {
        return Err(Failed::Unread);
    }
    grafted(&text, &grafts).map_err(|(at, reason)| Failed::Text(at, reason))
}

fn value_at<'v>(root: &'v Value, path: &Path) -> Option<&'v Value> {
    path.0.iter().try_fold(root, |value, segment| match segment {
        crate::documents::Segment::Key(name) => value.get(name.as_str()),
        crate::documents::Segment::Item(index) => value.get(index),
    })
}

impl WriteBack {
    fn file(&self) -> String {
        self.source.path.display().to_string()
    }

    /// Shows what will be written.
    fn show(&self, ui: &mut Ui) {
        let Some((after, (before, _))) = self.after.as_ref().zip(self.source.text()) else {
            ui.status(&format!("{}: {} needs no change: it asks for that already.", self.file(), self.place));
            return;
        };
        ui.tell(&report::lint::change(&self.file(), before, after));
    }

    /// Writes the manifest once the run is known to go on, after asking; says what is still
    /// wrong with it.
    ///
    /// # Errors
    /// When the file has changed meanwhile, or cannot be written.
    fn write(&self, ui: &mut Ui, yes: bool) -> Result<(), CommandError> {
        let Some((after, (_, mark))) = self.after.as_ref().zip(self.source.text()) else { return Ok(()) };
        let file = self.file();
        if !yes && !ui.confirm(&format!("The run goes on. Write the change to {file}?"))? {
            ui.status(&format!("{file} was not changed."));
            return Ok(());
        }
        files::replace(&self.source.path, self.source.bytes(), &[mark, after.as_bytes()].concat())?;
        ui.status(&format!("{file} was changed; commit it, or the next run has the old one."));
        let left = match lint::judge(after, &Rules::newest()) {
            lint::Judgement::Read(findings) => findings.len(),
            _ => 0,
        };
        if left > 0 {
            let program = wording::caller().program();
            let command = shlex::try_join(["lint", &file]).unwrap_or_default();
            let findings = if left == 1 { "a finding".to_owned() } else { format!("{left} findings") };
            ui.status(&format!("It has {findings}: {program} {command}"));
        }
        Ok(())
    }

    /// Says that nothing was written, because how the run goes on is not known.
    fn leave(&self, ui: &mut Ui) {
        if self.after.is_some() {
            ui.status(&format!("{} was not changed: whether the run goes on is not known.", self.file()));
        }
    }
}

/// The manifest that a command is to change, with what that comes to.
///
/// # Errors
/// Those of [`prepare`].
pub(super) fn of_args(
    path: Option<&PathBuf>,
    run: &PipelineRun,
    edits: &[Edit],
) -> Result<Option<WriteBack>, CommandError> {
    path.map(|path| prepare(path, run, edits)).transpose()
}

/// Shows what is to be written; without a manifest, says where the run has to be changed
/// besides, as far as it is marked.
pub(super) fn show(ui: &mut Ui, write_back: Option<&WriteBack>, edits: &[Edit], origins: &[Origin]) {
    match write_back {
        Some(write_back) => write_back.show(ui),
        None if edits.is_empty() => {}
        None => wording::origins::warnings(origins).iter().for_each(|line| ui.warn(line)),
    }
}

/// Writes the manifest where the run is known to go on.
///
/// # Errors
/// Those of writing.
pub(super) fn after(
    ui: &mut Ui,
    write_back: Option<&WriteBack>,
    ended: Option<&Ended>,
    yes: bool,
) -> Result<(), CommandError> {
    match (write_back, ended) {
        (Some(write_back), Some(Ended::Repaired)) => write_back.write(ui, yes),
        (Some(write_back), Some(_)) => {
            write_back.leave(ui);
            Ok(())
        }
        _ => Ok(()),
    }
}
