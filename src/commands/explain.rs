//! `explain CODE`: what a finding means, offline.

use crate::cli::{CommandError, Ui, exit};

/// Explain a finding by its code (TKF101) or cause (assistant-refused-by-scc)
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Code or cause (default: list all)
    code: Option<String>,
}

/// The documentation itself is what is printed, so that the two cannot differ.
const FINDINGS: &str = include_str!("../../docs/findings.md");
/// The same of what `lint` finds.
const LINT: &str = include_str!("../../docs/lint.md");

pub(super) fn run(ui: &mut Ui, args: Args) -> Result<u8, CommandError> {
    let of = |text: &'static str| text.split("\n## ").skip(1).filter(|section| section.starts_with("TKF"));
    let sections: Vec<&str> = of(FINDINGS).chain(of(LINT)).collect();
    let Some(wanted) = args.code else {
        for section in sections {
            ui.line(section.lines().next().unwrap_or_default())?;
        }
        return Ok(exit::OK);
    };
    let matches = |section: &&&str| {
        let title = section.lines().next().unwrap_or_default();
        title.split(' ').any(|word| word.eq_ignore_ascii_case(&wanted))
    };
    let Some(section) = sections.iter().find(matches) else {
        return Err(CommandError::usage(format!("{wanted:?} is not a finding code or cause"))
            .hint("`explain` without a code lists them"));
    };
    ui.text(&format!("{}\n", section.trim_end()))?;
    Ok(exit::OK)
}
