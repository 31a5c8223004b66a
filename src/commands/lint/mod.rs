//! `lint`: what is wrong with manifests, and its safe fixes.

mod files;
mod fix;

use std::path::PathBuf;

use clap::ValueEnum;

use super::print;
use crate::cli::{CommandError, Output, Ui, exit};
use crate::lint::{Judgement, Kind, Linted, Rules, Schema};
use crate::report;
use crate::report::json::v1::lint::Lint;

/// Check manifests of Tekton before they are submitted, and fix what can be fixed safely
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # Everything below this folder; .gitignore is respected
  kubectl tekton-fix lint

  # One manifest, or standard input
  kubectl tekton-fix lint run.yaml
  kubectl tekton-fix lint -

  # Show the safe fixes, then make them
  kubectl tekton-fix lint --fix --diff .tekton/
  kubectl tekton-fix lint --fix .tekton/

  # In CI: fail on anything that lint --fix would change
  kubectl tekton-fix lint --fix --check

  # By the fields of another version, and by the ids that a namespace allows
  kubectl tekton-fix lint --tekton-version 1.6 --against cluster/ run.yaml")]
pub struct Args {
    /// Files or folders; `-` for standard input (default: this folder)
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// As PATH, the way kubectl takes it
    #[arg(short = 'f', long, value_name = "PATH")]
    filename: Vec<PathBuf>,
    /// Read folders with all that is below them, which is the default
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Output format
    #[arg(short, long, value_enum, ignore_case = true)]
    output: Option<Format>,
    /// Version of Tekton whose fields are taken (default: the newest that is known)
    #[arg(long, value_name = "VERSION")]
    tekton_version: Option<String>,
    /// Folder or file with Namespaces: their ids are compared with those of runs
    #[arg(long, value_name = "DIR|FILE")]
    against: Option<PathBuf>,
    /// Findings that are not reported, by code or id; may be repeated
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    suppress: Vec<String>,
    /// Make the safe fixes, after showing them and asking
    #[arg(long)]
    fix: bool,
    /// Do not ask
    #[arg(short, long, requires = "fix")]
    yes: bool,
    /// Show the fixes and change nothing
    #[arg(long, requires = "fix", conflicts_with = "yes")]
    diff: bool,
    /// Change nothing, and exit with 1 where a fix is to be made
    #[arg(long, requires = "fix", conflicts_with = "yes")]
    check: bool,
    /// Say which files were not judged, and why
    #[arg(short, long)]
    verbose: bool,
}

/// How to print findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// Annotations of a GitHub workflow
    Github,
}

impl Format {
    /// As a document, where it is one.
    fn document(self) -> Option<Output> {
        match self {
            Self::Json => Some(Output::Json),
            Self::Yaml => Some(Output::Yaml),
            Self::Github => None,
        }
    }
}

/// Codes and names of what it finds, each with the other.
pub(super) fn all() -> impl Iterator<Item = (String, String)> {
    Kind::ALL.iter().flat_map(|kind| {
        [(kind.code().to_owned(), kind.id().to_owned()), (kind.id().to_owned(), kind.code().to_owned())]
    })
}

pub(super) fn run(ui: &mut Ui, args: &Args) -> Result<u8, CommandError> {
    let suppressed = args
        .suppress
        .iter()
        .map(|name| {
            Kind::named(name).ok_or_else(|| {
                CommandError::usage(format!("--suppress: there is no finding {name:?}"))
                    .hint("expected a code such as TKF701 or an id such as misplaced-field")
            })
        })
        .collect::<Result<Vec<Kind>, _>>()?;
    let schema = match &args.tekton_version {
        None => Schema::newest(),
        Some(version) => Schema::of(version).ok_or_else(|| {
            CommandError::usage(format!("--tekton-version: {version:?} is not a version; expected 1.6 for example"))
        })?,
    };
    let allowed = match &args.against {
        Some(path) => files::namespaces(path)?,
        None => Vec::new(),
    };
    let mut rules = Rules { schema, allowed, is_patch: false, suppressed };
    let mut paths: Vec<PathBuf> = args.paths.iter().chain(&args.filename).cloned().collect();
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    let prints_manifest = args.fix && !args.diff && !args.check && paths.iter().any(|path| path.as_os_str() == "-");
    if prints_manifest && args.output.is_some() {
        return Err(CommandError::usage(
            "--fix prints the manifest that comes from standard input, so -o has no place",
        )
        .hint("add --diff or --check, or fix a file"));
    }
    let mut linted = Vec::new();
    let mut fixer = fix::Fixer::new(args.yes, args.diff, args.check, args.output.is_none());
    for source in files::find(&paths)? {
        rules.is_patch = source.is_patch;
        let mut one = source.judge(&rules);
        if args.fix {
            fixer.fix(ui, &source, &mut one, &rules)?;
        }
        linted.push(one);
    }
    if prints_manifest {
        ui.tell(&report::lint::document(&linted));
    } else {
        show(ui, args, &linted, schema)?;
    }
    let code = code(&linted);
    Ok(if code == exit::OK { fixer.code() } else { code })
}

fn code(linted: &[Linted]) -> u8 {
    if linted.iter().any(|file| matches!(file.judgement, Judgement::Unreadable(_))) {
        exit::UNREADABLE
    } else if linted.iter().any(|file| !file.findings().is_empty()) {
        exit::FINDINGS
    } else {
        exit::OK
    }
}

fn show(ui: &mut Ui, args: &Args, linted: &[Linted], schema: Schema) -> Result<(), CommandError> {
    let document = args.output.and_then(Format::document);
    if print::document(ui, document, code(linted), || Lint::of(linted, schema.version()))? {
        return Ok(());
    }
    if args.verbose {
        for file in linted.iter().filter(|file| file.judgement == Judgement::Template) {
            ui.status(&format!("{}: skipped: a template that has to be filled in first", file.file));
        }
    }
    if args.output == Some(Format::Github) {
        for line in report::lint::annotations(linted) {
            ui.line(&line)?;
        }
        return Ok(());
    }
    ui.show(&report::lint::document(linted))?;
    Ok(())
}
