//! `explain CODE`: what a finding means, offline.

use crate::cli::{CommandError, Ui, exit};

/// Explain a finding by its code (TKF101) or cause (assistant-refused-by-scc)
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # All findings
  kubectl tekton-fix explain

  # One, by code or by name
  kubectl tekton-fix explain TKF101")]
pub struct Args {
    /// Code or cause (default: list all)
    code: Option<String>,
}

/// The documentation itself is what is printed, so that the two cannot differ.
const FINDINGS: &str = include_str!("../../docs/findings.md");
/// The same of what `lint` finds.
const LINT: &str = include_str!("../../docs/lint.md");

fn sections() -> impl Iterator<Item = &'static str> {
    let of = |text: &'static str| text.split("\n## ").skip(1).filter(|section| section.starts_with("TKF"));
    of(FINDINGS).chain(of(LINT))
}

fn title(section: &str) -> &str {
    section.lines().next().unwrap_or_default()
}

/// Codes and names of all findings, each with the other.
pub(super) fn all() -> impl Iterator<Item = (String, String)> {
    sections().flat_map(|section| {
        let (code, name) = title(section).split_once(' ').unwrap_or((title(section), ""));
        [(code.to_owned(), name.to_owned()), (name.to_owned(), code.to_owned())]
    })
}

pub(super) fn run(ui: &mut Ui, args: Args) -> Result<u8, CommandError> {
    let sections: Vec<&str> = sections().collect();
    let Some(wanted) = args.code else {
        for section in sections {
            ui.line(title(section))?;
        }
        return Ok(exit::OK);
    };
    let matches = |section: &&&str| title(section).split(' ').any(|word| word.eq_ignore_ascii_case(&wanted));
    let Some(section) = sections.iter().find(matches) else {
        let known: Vec<String> = all().map(|(name, _)| name).collect();
        return Err(CommandError::incomplete(format!("{wanted:?} is not a finding code or cause"))
            .known("findings", &wanted, known.iter().map(String::as_str))
            .hint("`explain` without a code lists them"));
    };
    ui.text(&format!("{}\n", section.trim_end()))?;
    Ok(exit::OK)
}
