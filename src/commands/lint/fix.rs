//! `lint --fix`: shows what would change, asks, and writes the file whole.

use super::files::{self, Source};
use crate::cli::{CommandError, Ui, exit};
use crate::lint::{self, Linted, Rules};
use crate::report;

/// How fixes are made.
pub(super) struct Fixer {
    proposes: bool,
    yes: bool,
    only_diff: bool,
    only_check: bool,
    is_shown: bool,
    pending: bool,
    declined: bool,
}

impl Fixer {
    /// By the flags of the command.
    pub(super) fn new(proposes: bool, yes: bool, only_diff: bool, only_check: bool, is_shown: bool) -> Self {
        Self { proposes, yes, only_diff, only_check, is_shown, pending: false, declined: false }
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
        if is_printed && self.proposes {
            return Err(CommandError::usage("--fix=unsafe asks, and standard input is the manifest")
                .hint("fix it as a file: lint --fix=unsafe FILE"));
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
        let mut after = text.to_owned();
        if fixed.made > 0 && fixed.text != text {
            if self.is_shown {
                ui.show(&report::lint::change(&linted.file, text, &fixed.text))?;
            }
            let changes =
                if fixed.made == 1 { "this change".to_owned() } else { format!("these {} changes", fixed.made) };
            if self.agrees(ui, &format!("Make {changes} in {}?", linted.file))? {
                after = fixed.text;
            }
        }
        if self.proposes {
            after = self.proposed(ui, &linted.file, after, rules)?;
        }
        if after == text || self.only_diff || self.only_check {
            return Ok(());
        }
        let bytes = [mark, after.as_bytes()].concat();
        files::replace(&source.path, source.bytes(), &bytes)?;
        linted.judgement = lint::judge(&after, rules);
        linted.text = after;
        Ok(())
    }

    /// Whether a change that was shown is to be made. Where nothing is to be written it goes on
    /// as if it were, so that what follows from it is shown as well.
    fn agrees(&mut self, ui: &mut Ui, question: &str) -> Result<bool, CommandError> {
        if self.only_diff || self.only_check {
            self.pending = true;
            return Ok(true);
        }
        let is_agreed = self.yes || ui.confirm(question)?;
        self.declined |= !is_agreed;
        Ok(is_agreed)
    }

    /// The text after the unsafe fixes to which somebody agrees, each shown and asked for.
    fn proposed(&mut self, ui: &mut Ui, file: &str, mut text: String, rules: &Rules) -> Result<String, CommandError> {
        let mut declined = Vec::new();
        while let Some(proposal) = lint::propose(&text, rules, &declined) {
            if self.is_shown {
                ui.show(&report::lint::change(file, &text, &proposal.text))?;
            }
            let (code, id) = (proposal.finding.kind.code(), proposal.finding.kind.id());
            let question = format!("Make this change for {code} ({id}) in {file}? It may not be what was meant.");
            if self.agrees(ui, &question)? {
                text = proposal.text;
            } else {
                declined.push(proposal.finding);
            }
        }
        Ok(text)
    }
}
