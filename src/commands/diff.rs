//! `diff`: what sets two runs apart, and which of it matters.

use std::process::Command;

use clap::ValueEnum;

use crate::analysis::comparison::{self, Difference};
use crate::checks::consequence::{self, Consequence};
use crate::checks::{self};
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::finding::RunReport;
use crate::model::Cluster;
use crate::model::run::PipelineRun;
use crate::ops::resubmission;
use crate::report::comparison::{self as comparison_report, Comparison};
use crate::report::json::v1;
use crate::report::{Document, clean, secrets};
use crate::sources::{Source, Wanted};

use super::choice::{self, RunName};
use super::print;

/// Compare two runs and show which difference matters; with one run, against the newest good run of its pipeline
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # A run against the last good one of its pipeline
  kubectl tekton-fix diff NAMESPACE/RUN

  # Two runs
  kubectl tekton-fix diff NAMESPACE/GOOD NAMESPACE/BAD")]
pub struct Args {
    /// The run, or the good one of two: NAME, NAMESPACE/NAME or a file with one run
    #[arg(value_name = "RUN-A")]
    first: String,
    /// The run that is stuck or has failed; a name or a file as well
    #[arg(value_name = "RUN-B")]
    second: Option<String>,
    /// Only this level; may be repeated
    #[arg(long, value_enum)]
    level: Vec<Level>,
    /// Output format
    #[arg(short, long, value_enum, ignore_case = true)]
    output: Option<Format>,
}

/// A level of comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Level {
    /// What was asked
    Spec,
    /// What Tekton and admission made of it
    Pods,
    /// How it went
    Outcome,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A unified diff of what is compared (the specs, where no --level is given), through KUBECTL_EXTERNAL_DIFF if that is set
    Unified,
    /// JSON
    Json,
    /// YAML
    Yaml,
}

/// One of the two runs, with what it was read from.
struct Side {
    cluster: Cluster,
    namespace: String,
    name: String,
    /// The file that it was read from, when it was not read with all its objects.
    file: Option<String>,
}

impl Side {
    fn run(&self) -> Result<&PipelineRun, CommandError> {
        self.cluster
            .pipeline_run(&self.namespace, &self.name)
            .ok_or_else(|| choice::not_found(&self.cluster, &self.namespace, &self.name))
    }

    fn title(&self) -> String {
        self.file.clone().unwrap_or_else(|| format!("{}/{}", self.namespace, self.name))
    }

    /// A run in a file has no pods and no events to judge.
    fn report(&self) -> Result<RunReport, CommandError> {
        let mut report = checks::diagnose(&self.cluster, self.run()?, choice::now(&self.cluster));
        if self.file.is_some() {
            report.findings.clear();
        }
        Ok(report)
    }
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let mut source = None;
    let first = side(&mut source, globals, &args.first).await?;
    let (left, right) = match &args.second {
        Some(second) => (first, side(&mut source, globals, second).await?),
        None if first.file.is_some() => {
            return Err(
                CommandError::usage("a file is compared with a second run").hint("diff RUN FILE, or diff FILE FILE")
            );
        }
        None => (newest_good(&first)?, first),
    };
    if left.file.is_none() && right.file.is_none() && left.title() == right.title() {
        return Err(CommandError::usage(format!("{} is compared with itself", left.title()))
            .hint("name two runs, or one to compare with the newest good run of its pipeline"));
    }
    let mut found = comparison::compare((&left.cluster, left.run()?), (&right.cluster, right.run()?));
    if let Some(is_left) = only_asked(&left, &right)? {
        found.retain(|difference| difference.level == comparison::Level::Spec && !is_default(difference, is_left));
    }
    let levels = chosen_levels(&args.level);
    let (left_report, right_report) = (left.report()?, right.report()?);
    let left_is_worse = right_report.findings.is_empty();
    let worse = if left_is_worse { &left_report } else { &right_report };
    let mut rows: Vec<(Difference, Option<Consequence>)> = found
        .into_iter()
        .map(|difference| {
            let matters = consequence::of(&difference, worse, left_is_worse);
            (without_secrets(difference), matters)
        })
        .collect();
    rows.sort_by_key(|(_, matters)| matters.is_none());
    // The verdict is that of the whole comparison, whatever part of it is shown.
    let verdict = comparison_report::verdict(&rows, worse, left.file.is_some() || right.file.is_some());
    rows.retain(|(difference, _)| args.level.is_empty() || levels.contains(&difference.level));
    let code = if rows.is_empty() { exit::OK } else { exit::FINDINGS };
    let output = match args.output {
        Some(Format::Unified) => return unified(ui, &levels, (&left, &right), &verdict),
        Some(Format::Json) => Some(Output::Json),
        Some(Format::Yaml) => Some(Output::Yaml),
        None => None,
    };
    let comparison = Comparison { left: left.title(), right: right.title(), verdict, differences: rows };
    if !print::document(ui, output.as_ref(), code, || v1::comparison::Comparison::of(&comparison))? {
        ui.show(&comparison_report::document(&comparison))?;
    }
    Ok(code)
}

/// A difference as it may be shown.
fn without_secrets(mut difference: Difference) -> Difference {
    let shown = |path: &str, side: Option<String>| side.map(|text| secrets::at_path(path, &text));
    difference.left = shown(&difference.path, difference.left);
    difference.right = shown(&difference.path, difference.right);
    difference
}

/// Whether one side, the left one, is a file with a run that no server has seen: it can only be
/// compared in what it asks for.
fn only_asked(left: &Side, right: &Side) -> Result<Option<bool>, CommandError> {
    for (side, is_left) in [(left, true), (right, false)] {
        if side.file.is_some() && side.run()?.status.conditions.is_empty() {
            return Ok(Some(is_left));
        }
    }
    Ok(None)
}

/// Whether the server filled in what the file leaves open (tektoncd/pipeline
/// pkg/apis/pipeline/v1/pipelinerun_defaults.go, v1.15).
fn is_default(difference: &Difference, is_left: bool) -> bool {
    const FILLED_IN: [&str; 2] = ["spec.taskRunTemplate.serviceAccountName", "spec.timeouts.pipeline"];
    let of_file = if is_left { &difference.left } else { &difference.right };
    of_file.is_none() && FILLED_IN.contains(&difference.path.as_str())
}

/// The levels that were asked for; what the runs ask for, where none was.
fn chosen_levels(levels: &[Level]) -> Vec<comparison::Level> {
    let mut chosen: Vec<comparison::Level> = levels
        .iter()
        .map(|level| match level {
            Level::Spec => comparison::Level::Spec,
            Level::Pods => comparison::Level::Pods,
            Level::Outcome => comparison::Level::Outcome,
        })
        .collect();
    if chosen.is_empty() {
        chosen.push(comparison::Level::Spec);
    }
    chosen.sort();
    chosen.dedup();
    chosen
}

/// One side, from a file or from the cluster, which is opened for the first that
/// needs it.
async fn side(opened: &mut Option<Source>, globals: &GlobalArgs, name: &str) -> Result<Side, CommandError> {
    if is_file(name) {
        let cluster = crate::sources::export::read(name)?;
        let (Some(run), 1) = (cluster.pipeline_runs.first(), cluster.pipeline_runs.len()) else {
            return Err(CommandError::usage(format!("{name} holds {} PipelineRuns", cluster.pipeline_runs.len()))
                .hint("a file that is compared holds one PipelineRun; read exports with --from"));
        };
        let (namespace, run) = (run.metadata.namespace.clone(), run.metadata.name.clone());
        return Ok(Side { cluster, namespace, name: run, file: Some(name.to_owned()) });
    }
    let source = match opened {
        Some(source) => source,
        None => opened.insert(super::open(globals).await?),
    };
    let wanted = RunName::parse(Some(name), globals)?;
    let namespace = choice::namespace_of(source, &wanted)?;
    let cluster = source.read(&Wanted::namespace(&namespace)).await?;
    let side = Side { cluster, namespace, name: wanted.name.unwrap_or_default(), file: None };
    side.run()?;
    Ok(side)
}

/// Whether a name is that of a file: runs have no such endings.
fn is_file(name: &str) -> bool {
    let ending = std::path::Path::new(name).extension().and_then(|extension| extension.to_str());
    matches!(ending, Some("yaml" | "yml" | "json")) || name == "-"
}

/// What makes two runs runs of one pipeline: its name, the resolver with its parameters,
/// or, where the run brings its pipeline along, the run's own name without its ending.
fn pipeline_of(run: &PipelineRun) -> String {
    if let Some(name) = run.spec_at("/pipelineRef/name").and_then(|name| name.as_str()) {
        return format!("pipeline {name}");
    }
    match run.spec_at("/pipelineRef") {
        Some(reference) => format!("reference {reference}"),
        None => format!("runs {}", resubmission::stem(run)),
    }
}

/// The newest run of the same pipeline that succeeded.
fn newest_good(bad: &Side) -> Result<Side, CommandError> {
    let run = bad.run()?;
    let wanted = pipeline_of(run);
    let good = bad
        .cluster
        .pipeline_runs
        .iter()
        .filter(|other| other.metadata.namespace == bad.namespace && other.metadata.name != bad.name)
        .filter(|other| pipeline_of(other) == wanted)
        .filter(|other| other.succeeded().is_some_and(|condition| condition.status == "True"))
        .max_by_key(|other| other.metadata.creation_timestamp)
        .ok_or_else(|| {
            CommandError::incomplete(format!(
                "no run of the same pipeline as {} is known to have succeeded in namespace {}",
                bad.name, bad.namespace
            ))
            .hint("name the run to compare with: diff GOOD STUCK")
        })?;
    Ok(Side {
        cluster: bad.cluster.overlay(),
        namespace: bad.namespace.clone(),
        name: good.metadata.name.clone(),
        file: None,
    })
}

/// What is compared as text, through the program that kubectl would use. The verdict is
/// talk: it goes to stderr.
fn unified(
    ui: &mut Ui,
    levels: &[comparison::Level],
    (left, right): (&Side, &Side),
    verdict: &str,
) -> Result<u8, CommandError> {
    let text = |side: &Side| -> Result<String, CommandError> {
        let run = side.run()?;
        if levels == [comparison::Level::Spec] {
            return Ok(secrets::yaml(&run.spec)?);
        }
        let facts = levels.iter().flat_map(|level| comparison::facts(*level, &side.cluster, run));
        Ok(facts
            .map(|(path, text)| format!("{}\n", clean::line(&format!("{path}: {}", secrets::at_path(&path, &text)))))
            .collect())
    };
    let (a, b) = (text(left)?, text(right)?);
    let external = std::env::var("KUBECTL_EXTERNAL_DIFF").ok().filter(|value| !value.trim().is_empty());
    let Some(external) = external else {
        let shown = comparison_report::unified((&a, &left.title()), (&b, &right.title()));
        ui.show(&shown)?;
        ui.status(verdict);
        return Ok(if shown == Document::default() { exit::OK } else { exit::FINDINGS });
    };
    let folder = tempfile::tempdir()?;
    let mut command: Vec<&str> = external.split_whitespace().collect();
    let program = command.remove(0);
    let mut paths = Vec::new();
    for (name, content) in [("LEFT", &a), ("RIGHT", &b)] {
        let path = folder.path().join(format!("{name}.yaml"));
        std::fs::write(&path, content)?;
        paths.push(path);
    }
    let status = Command::new(program)
        .args(command)
        .args(&paths)
        .status()
        .map_err(|error| CommandError::usage(format!("cannot run KUBECTL_EXTERNAL_DIFF {external:?}: {error}")))?;
    ui.status(verdict);
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(exit::UNREADABLE))
}
