//! `lint --fix`: shows what would change, asks, and writes the file whole.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::files::Source;
use crate::cli::{CommandError, Ui, exit};
use crate::lint::{self, Linted, Rules};
use crate::report;

/// How fixes are made.
pub(super) struct Fixer {
    yes: bool,
    only_diff: bool,
    only_check: bool,
    is_shown: bool,
    pending: bool,
    declined: bool,
}

impl Fixer {
    /// By the flags of the command.
    pub(super) fn new(yes: bool, only_diff: bool, only_check: bool, is_shown: bool) -> Self {
        Self { yes, only_diff, only_check, is_shown, pending: false, declined: false }
    }

    /// The exit code where nothing else is wrong.
    pub(super) fn code(&self) -> u8 {
        if self.pending {
            exit::FINDINGS
        } else if self.declined {
            exit::DECLINED
        } else {
            exit::OK
        }
    }

    /// Makes the safe fixes of a file; what is left of its findings is put into `linted`.
    pub(super) fn fix(
        &mut self,
        ui: &mut Ui,
        source: &Source,
        linted: &mut Linted,
        rules: &Rules,
    ) -> Result<(), CommandError> {
        let is_printed = source.path.as_os_str() == "-" && !self.only_diff && !self.only_check;
        let has_fix = linted.findings().iter().any(|finding| finding.fix.is_some());
        let Some((text, mark)) = source.text() else {
            if is_printed {
                return Err(CommandError::unreadable("standard input is not UTF-8; nothing was fixed"));
            }
            if has_fix {
                ui.status(&format!("{}: nothing is fixed: it is not UTF-8", linted.file));
            }
            return Ok(());
        };
        if !has_fix && !is_printed {
            return Ok(());
        }
        let fixed = lint::fix(text, rules);
        for (kind, path, reason) in &fixed.refused {
            let why = report::wording::lint::refused(*reason);
            ui.status(&format!("{}: {} at {path} is not fixed: {why}", linted.file, kind.code()));
        }
        if is_printed {
            // The output is made clean for terminals: what that would change is not printed.
            if !mark.is_empty() || report::clean::lines(&fixed.text) != fixed.text {
                return Err(CommandError::unreadable("standard input holds hidden characters; nothing was fixed")
                    .hint("fix it as a file: lint --fix FILE"));
            }
            ui.text(&fixed.text)?;
            linted.judgement = lint::judge(&fixed.text, rules);
            linted.text = fixed.text;
            return Ok(());
        }
        if fixed.made == 0 || fixed.text == text {
            return Ok(());
        }
        if self.is_shown {
            ui.show(&report::lint::change(&linted.file, text, &fixed.text))?;
        }
        if self.only_diff || self.only_check {
            self.pending = true;
            return Ok(());
        }
        if !self.yes {
            let changes =
                if fixed.made == 1 { "this change".to_owned() } else { format!("these {} changes", fixed.made) };
            if !ui.confirm(&format!("Make {changes} in {}?", linted.file))? {
                self.declined = true;
                return Ok(());
            }
        }
        let bytes = [mark, fixed.text.as_bytes()].concat();
        write(&source.path, source.bytes(), &bytes)?;
        linted.judgement = lint::judge(&fixed.text, rules);
        linted.text = fixed.text;
        Ok(())
    }
}

/// Replaces a file by a new one of the same mode, unless it has changed since it was read.
/// A link stays one: the file that it names is replaced.
fn write(path: &Path, before: &[u8], bytes: &[u8]) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| CommandError::unreadable(format!("cannot write {}: {error}", path.display()));
    let path = path.canonicalize().map_err(failed)?;
    if fs::read(&path).map_err(failed)? != before {
        return Err(CommandError::unreadable(format!("{} has changed meanwhile; nothing was written", path.display())));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    let metadata = fs::metadata(&path).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().set_permissions(metadata.permissions()).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&path).map_err(|error| failed(error.error))?;
    Ok(())
}
