//! `lint`: what is wrong with manifests, and its safe fixes.

pub(super) mod files;
mod fix;
mod forecast;
mod repository;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::ValueEnum;

use self::forecast::Against;
use super::{choice, print};
use crate::analysis::tekton::Installation;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::commands;
use crate::lint::finding::Severity;
use crate::lint::schema::{self, NoSchema};
use crate::lint::{self, Allowed, Judgement, Kind, Linted, Rules, Schema};
use crate::model::namespace::Metadata;
use crate::report;
use crate::report::forecasts::Forecasted;
use crate::report::json::v1::lint::Lint;
use crate::report::scanners::{self, Scanned};
use crate::sources::{Wanted, export};

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

  # The others as well, each shown and asked for
  kubectl tekton-fix lint --fix=unsafe run.yaml

  # In CI: fail on anything that lint --fix would change
  kubectl tekton-fix lint --fix --check

  # By the fields of another version
  kubectl tekton-fix lint --tekton-version 1.6 run.yaml

  # What becomes of a run once it is submitted: to the cluster, or to that of an export
  kubectl tekton-fix lint --against live -n team-a run.yaml
  kubectl tekton-fix lint --against must-gather/ run.yaml")]
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
    /// The cluster (`live`), an export or objects in a file: its version and its ids are taken,
    /// and what becomes of each run is forecast
    #[arg(long, value_name = "live|DIR|FILE")]
    pub(super) against: Option<PathBuf>,
    /// Findings that are not reported, by code or id; may be repeated
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    suppress: Vec<String>,
    /// Print the JSON Schema of KIND (`v1beta1/TaskRun`), or of all kinds, for editors
    #[arg(long, value_name = "KIND", num_args = 0..=1, require_equals = true, default_missing_value = "",
        conflicts_with_all = ["paths", "filename", "fix"])]
    print_schema: Option<String>,
    /// The least severity that makes the exit code 1
    #[arg(long, value_name = "SEVERITY", value_enum, ignore_case = true, default_value = "info")]
    fail_on: FailOn,
    /// Make the safe fixes, after showing them and asking; `unsafe` proposes the others as well, one by one
    #[arg(long, value_enum, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "safe", ignore_case = true)]
    fix: Option<Fixes>,
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
    #[arg(long)]
    verbose: bool,
}

/// Which fixes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Fixes {
    /// Where the file says plainly what is meant
    Safe,
    /// Those that somebody has to agree to, too
    Unsafe,
}

/// What makes the exit code 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// What is refused, changed, or makes the run fail or hang
    Error,
    /// What depends on the cluster, or works for now, as well
    Warning,
    /// Any finding
    Info,
    /// Nothing; files that cannot be read still end with 3
    Never,
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
    /// SARIF 2.1.0, with the safe fixes
    Sarif,
    /// A report of GitLab's Code Quality
    Gitlab,
}

impl Format {
    /// As a document, where it is one.
    fn document(self) -> Option<Output> {
        match self {
            Self::Json => Some(Output::Json),
            Self::Yaml => Some(Output::Yaml),
            Self::Github | Self::Sarif | Self::Gitlab => None,
        }
    }
}

/// Codes and names of what it finds, each with the other.
pub(super) fn all() -> impl Iterator<Item = (String, String)> {
    Kind::ALL.iter().flat_map(|kind| {
        [(kind.code().to_owned(), kind.id().to_owned()), (kind.id().to_owned(), kind.code().to_owned())]
    })
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: &Args) -> Result<u8, CommandError> {
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
    let against = against(ui, globals, args).await?;
    let schema = table(ui, args, against.as_ref())?;
    if let Some(kind) = &args.print_schema {
        let wanted = Some(kind.as_str()).filter(|kind| !kind.is_empty());
        let body = schema::json::schema_of(schema, wanted).ok_or_else(|| {
            CommandError::usage(format!("--print-schema: there is no kind {kind:?}"))
                .hint(format!("there are {}", schema::json::kinds(schema).join(", ")))
        })?;
        ui.text(&report::json::json(&body)?)?;
        return Ok(exit::OK);
    }
    let allowed = match (&args.against, &against) {
        (Some(path), _) if !is_live(path) => files::namespaces(path)?,
        (_, Some(against)) => against.cluster.namespaces.iter().filter_map(allowed).collect(),
        _ => Vec::new(),
    };
    let mut rules = Rules { schema, allowed, is_patch: false, versions: BTreeMap::new(), suppressed };
    let paths = paths(args);
    let prints_manifest =
        args.fix.is_some() && !args.diff && !args.check && paths.iter().any(|path| path.as_os_str() == "-");
    if prints_manifest && args.output.is_some() {
        return Err(CommandError::usage(
            "--fix prints the manifest that comes from standard input, so -o has no place",
        )
        .hint("add --diff or --check, or fix a file"));
    }
    let mut linted = Vec::new();
    let mut fixer =
        fix::Fixer::new(args.fix == Some(Fixes::Unsafe), args.yes, args.diff, args.check, args.output.is_none());
    let sources = files::find(&paths)?;
    rules.versions = files::versions(&sources);
    for source in sources {
        rules.is_patch = source.is_patch;
        let mut one = source.judge(&rules);
        if args.fix.is_some() {
            fixer.fix(ui, &source, &mut one, &rules)?;
        }
        linted.push(one);
    }
    let mut is_blocked = false;
    if prints_manifest {
        ui.tell(&report::lint::document(&linted));
    } else {
        let forecasts = against.as_ref().map(|against| against.forecasts(&linted)).unwrap_or_default();
        is_blocked = args.fail_on != FailOn::Never && forecasts.iter().any(Forecasted::is_blocked);
        show(ui, args, &linted, schema, &forecasts)?;
    }
    let code = code(&linted, args.fail_on, is_blocked);
    Ok(if code == exit::OK { fixer.code() } else { code })
}

fn code(linted: &[Linted], fail_on: FailOn, is_blocked: bool) -> u8 {
    let fails = |severity: Severity| match fail_on {
        FailOn::Error => severity == Severity::Error,
        FailOn::Warning | FailOn::Info => true,
        FailOn::Never => false,
    };
    if linted.iter().any(|file| matches!(file.judgement, Judgement::Unreadable(_))) {
        exit::UNREADABLE
    } else if is_blocked || linted.iter().flat_map(Linted::findings).any(|finding| fails(finding.severity())) {
        exit::FINDINGS
    } else {
        exit::OK
    }
}

fn is_live(path: &std::path::Path) -> bool {
    path.as_os_str() == "live"
}

/// The cluster that manifests are compared with.
async fn against(ui: &mut Ui, globals: &GlobalArgs, args: &Args) -> Result<Option<Against>, CommandError> {
    let Some(path) = &args.against else { return Ok(None) };
    if !is_live(path) {
        // A file with a Namespace alone holds what its ids need, and little else.
        return Ok(match export::read(&path.to_string_lossy()) {
            Ok(cluster) => Some(Against::of(cluster, globals.namespace.clone())),
            Err(error) => {
                ui.status(&format!("nothing is forecast: {error}"));
                None
            }
        });
    }
    let source = commands::open(globals).await?;
    let own = choice::namespace(&source, globals.namespace.as_deref())?;
    let mut rules = Rules::newest();
    let mut linted = Vec::new();
    for source in files::find(&paths(args))? {
        rules.is_patch = source.is_patch;
        linted.push(source.judge(&rules));
    }
    let mut namespaces: Vec<String> = Against::namespaces(&linted).into_iter().collect();
    namespaces.push(own.clone());
    namespaces.sort();
    namespaces.dedup();
    let cluster = source.read(&Wanted { namespaces: Some(namespaces), run: None, all_pods: true }).await?;
    choice::warn_of_unread(ui, &cluster);
    Ok(Some(Against::of(cluster, Some(own))))
}

/// The ids that a namespace allows.
fn allowed(namespace: &Metadata) -> Option<Allowed> {
    let text = serde_json::json!({"kind": "Namespace", "metadata": namespace.metadata}).to_string();
    lint::allowed(&text).into_iter().next()
}

/// The table of the version that is asked for, else that of the cluster, else the newest.
fn table(ui: &mut Ui, args: &Args, against: Option<&Against>) -> Result<Schema, CommandError> {
    let Some(version) = &args.tekton_version else {
        let installed = against.and_then(|against| Installation::find(&against.cluster).version);
        let Some((version, _)) = installed else { return Ok(Schema::newest()) };
        let version = version.to_string();
        let schema = Schema::of(&version).unwrap_or_else(|_| Schema::newest());
        say_version(ui, &version, schema);
        return Ok(schema);
    };
    let schema = Schema::of(version).map_err(|reason| match reason {
        NoSchema::NotOne => {
            CommandError::usage(format!("--tekton-version: {version:?} is not a version; expected 1.6 for example"))
        }
        NoSchema::TooOld(oldest) => CommandError::usage(format!(
            "--tekton-version: the fields of {version} are not known; the oldest version that is known is {oldest}"
        )),
    })?;
    say_version(ui, version, schema);
    Ok(schema)
}

fn say_version(ui: &mut Ui, version: &str, schema: Schema) {
    if !schema.is_of(version) {
        ui.status(&format!(
            "Tekton {version} is judged by the fields of {}, the nearest that is known",
            schema.version()
        ));
    }
}

/// The files and folders that are asked for.
fn paths(args: &Args) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = args.paths.iter().chain(&args.filename).cloned().collect();
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    paths
}

fn scanned(file: &Linted, format: Format) -> Scanned<'_> {
    let fix = |finding| lint::fix_one(&file.text, finding).filter(|_| format == Format::Sarif);
    let fixed = file.findings().iter().map(fix).collect();
    Scanned { linted: file, path: repository::path_of(&file.file), fixed }
}

fn show(
    ui: &mut Ui,
    args: &Args,
    linted: &[Linted],
    schema: Schema,
    forecasts: &[Forecasted],
) -> Result<(), CommandError> {
    let document = args.output.and_then(Format::document);
    let is_blocked = args.fail_on != FailOn::Never && forecasts.iter().any(Forecasted::is_blocked);
    let code = code(linted, args.fail_on, is_blocked);
    if print::document(ui, document.as_ref(), code, || Lint::of(linted, schema.version(), forecasts))? {
        return Ok(());
    }
    if args.verbose {
        for file in linted.iter().filter(|file| file.judgement == Judgement::Template) {
            ui.status(&format!("{}: skipped: a template that has to be filled in first", file.file));
        }
    }
    match args.output {
        Some(Format::Github) => {
            let places: Vec<String> = linted.iter().map(|file| repository::path_of(&file.file)).collect();
            for line in report::lint::annotations(linted, &places) {
                ui.line(&line)?;
            }
            return Ok(());
        }
        Some(format @ (Format::Sarif | Format::Gitlab)) => {
            let scanned: Vec<Scanned<'_>> = linted.iter().map(|file| scanned(file, format)).collect();
            let body = if format == Format::Sarif { scanners::sarif(&scanned) } else { scanners::gitlab(&scanned) };
            ui.text(&report::json::json(&body)?)?;
            return Ok(());
        }
        _ => {}
    }
    let mut document = report::forecasts::document(forecasts);
    document.append(report::lint::document(linted));
    ui.show(&document)?;
    Ok(())
}
