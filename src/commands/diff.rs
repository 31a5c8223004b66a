//! `diff`: what sets two runs apart, and which of it matters.

use std::process::Command;

use clap::ValueEnum;
use serde::Serialize;

use crate::analysis::comparison::{self, Difference};
use crate::checks::consequence::{self, Consequence};
use crate::checks::{self};
use crate::cli::{CommandError, GlobalArgs, Ui, exit};
use crate::finding::RunReport;
use crate::model::Cluster;
use crate::model::run::PipelineRun;
use crate::ops::edit;
use crate::output::{Style, diff as text_diff, json_v1, plain, wrap};
use crate::sources::{Source, Wanted};
use crate::yaml;

use super::choice::{self, RunName};
use super::print;

/// Compare two runs and tell which difference matters; with one run, against the newest good run of its pipeline
#[derive(Debug, clap::Args)]
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
    #[arg(short, long, value_enum)]
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    schema_version: &'static str,
    exit_code: u8,
    left: String,
    right: String,
    verdict: String,
    differences: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    path: &'a str,
    level: &'static str,
    left: &'a Option<String>,
    right: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matters: Option<Matters<'a>>,
}

#[derive(Serialize)]
struct Matters<'a> {
    consequence: &'a str,
    cause: &'static str,
    evidence: Vec<String>,
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
        self.cluster.pipeline_run(&self.namespace, &self.name).ok_or_else(|| {
            CommandError::unreadable(format!("there is no PipelineRun {} in namespace {}", self.name, self.namespace))
        })
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
    let found = comparison::compare((&left.cluster, left.run()?), (&right.cluster, right.run()?));
    let levels = chosen_levels(&args.level);
    let (left_report, right_report) = (left.report()?, right.report()?);
    let left_is_worse = right_report.findings.is_empty();
    let worse = if left_is_worse { &left_report } else { &right_report };
    let mut rows: Vec<(Difference, Option<Consequence>)> = found
        .into_iter()
        .map(|difference| {
            let matters = consequence::of(&difference, worse, left_is_worse);
            (difference, matters)
        })
        .collect();
    rows.sort_by_key(|(_, matters)| matters.is_none());
    // The verdict is that of the whole comparison, whatever part of it is shown.
    let verdict = verdict(&rows, worse, left.file.is_some() || right.file.is_some());
    rows.retain(|(difference, _)| args.level.is_empty() || levels.contains(&difference.level));
    let code = if rows.is_empty() { exit::OK } else { exit::FINDINGS };
    let style = ui.style();
    match args.output {
        Some(Format::Unified) => return unified(ui, &levels, (&left, &right), &verdict),
        Some(format) => {
            let report = document(&left, &right, &rows, verdict, code);
            if format == Format::Json {
                print::json(ui, &report)?;
            } else {
                print::yaml(ui, &report)?;
            }
        }
        None => render(&left.title(), &right.title(), &rows, &verdict, style, ui.out())?,
    }
    Ok(code)
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
        None => format!("runs {}", edit::stem(run)),
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
            CommandError::unreadable(format!(
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

fn verdict(rows: &[(Difference, Option<Consequence>)], worse: &RunReport, is_from_file: bool) -> String {
    let matter: Vec<&str> = rows.iter().filter(|(_, m)| m.is_some()).map(|(d, _)| d.path.as_str()).collect();
    let spec = rows.iter().filter(|(d, _)| d.level == comparison::Level::Spec).count();
    match (matter.as_slice(), worse.findings.first()) {
        ([], None) if rows.is_empty() => "the runs do not differ".to_owned(),
        ([], None) if is_from_file => format!(
            "the runs differ in {} points; how a run goes cannot be told from its file alone: read it with its pods and events (--from)",
            rows.len()
        ),
        ([], None) => format!("the runs differ in {} points; none of them is stuck or has failed", rows.len()),
        ([], Some(finding)) if spec == 0 => {
            format!("the runs ask for the same; the difference lies in the environment: {}", finding.summary)
        }
        ([], Some(finding)) => {
            format!(
                "none of the {spec} differences in what the runs ask for explains it; it lies in the environment: {}",
                finding.summary
            )
        }
        (paths, Some(finding)) => {
            let shown = common(paths);
            format!("{shown} is the difference that matters: {}", finding.summary)
        }
        (paths, None) => format!("{} matters", paths.join(", ")),
    }
}

/// The paths as one, where they have more in common than their root: `securityContext`
/// for its two fields.
fn common(paths: &[&str]) -> String {
    let Some((first, rest)) = paths.split_first() else { return String::new() };
    let mut shared = *first;
    for path in rest {
        while !is_below(path, shared) {
            shared = parent(shared);
        }
    }
    let is_root = matches!(shared, "" | "spec" | "metadata" | "spec.taskRunTemplate");
    if is_root { paths.join(", ") } else { shared.to_owned() }
}

/// Whether a path is the other one, or a field or entry below it.
fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The path without its last part.
fn parent(path: &str) -> &str {
    let cut = if path.ends_with(']') { path.rfind('[') } else { path.rfind('.') };
    cut.map_or("", |at| &path[..at])
}

fn document<'a>(
    left: &Side,
    right: &Side,
    rows: &'a [(Difference, Option<Consequence>)],
    verdict: String,
    exit_code: u8,
) -> Report<'a> {
    Report {
        schema_version: json_v1::SCHEMA_VERSION,
        exit_code,
        left: left.title(),
        right: right.title(),
        verdict,
        differences: rows
            .iter()
            .map(|(difference, matters)| Row {
                path: &difference.path,
                level: difference.level.as_str(),
                left: &difference.left,
                right: &difference.right,
                matters: matters.as_ref().map(|consequence| Matters {
                    consequence: &consequence.sentence,
                    cause: consequence.cause.id(),
                    evidence: consequence
                        .evidence
                        .iter()
                        .map(|item| format!("{} {}: {}", item.object, item.field, item.value))
                        .collect(),
                }),
            })
            .collect(),
    }
}

fn render(
    left: &str,
    right: &str,
    rows: &[(Difference, Option<Consequence>)],
    verdict: &str,
    style: Style,
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    let headline = format!("{} against {}: {}", style.bold(&plain(right)), style.bold(&plain(left)), plain(verdict));
    writeln!(out, "{}", wrap(&headline, style.width, "", "  "))?;
    for matters in [true, false] {
        let mut chosen = rows.iter().filter(|(_, consequence)| consequence.is_some() == matters).peekable();
        if chosen.peek().is_none() {
            continue;
        }
        let title = if matters { style.bad("Matters") } else { style.bold("Does not explain it") };
        writeln!(out, "\n{title}")?;
        for (difference, consequence) in chosen {
            writeln!(out, "  {} ({})", plain(&difference.path), difference.level.as_str())?;
            let side = |text: &Option<String>| {
                text.as_deref().map_or_else(|| "(absent)".to_owned(), |text| plain(text).into_owned())
            };
            writeln!(out, "    {}", style.bad(&format!("- {}", side(&difference.left))))?;
            writeln!(out, "    {}", style.good(&format!("+ {}", side(&difference.right))))?;
            if let Some(consequence) = consequence {
                writeln!(out, "{}", wrap(&plain(&consequence.sentence), style.width, "    → ", "      "))?;
            }
        }
    }
    Ok(())
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
            return Ok(yaml::write(&run.spec)?);
        }
        let facts = levels.iter().flat_map(|level| comparison::facts(*level, &side.cluster, run));
        Ok(facts.map(|(path, text)| format!("{path}: {text}\n")).collect())
    };
    let (a, b) = (text(left)?, text(right)?);
    let external = std::env::var("KUBECTL_EXTERNAL_DIFF").ok().filter(|value| !value.trim().is_empty());
    let Some(external) = external else {
        let shown = text_diff::unified(&a, &b, &left.title(), &right.title(), ui.style());
        write!(ui.out(), "{shown}")?;
        ui.status(&plain(verdict));
        return Ok(if shown.is_empty() { exit::OK } else { exit::FINDINGS });
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
    ui.status(&plain(verdict));
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(exit::UNREADABLE))
}

#[cfg(test)]
mod tests {
    use super::common;

    #[test]
    fn paths_are_told_by_what_they_share() {
        assert_eq!(common(&["spec.a.fsGroup", "spec.a.runAsUser"]), "spec.a");
        assert_eq!(
            common(&["spec.t[x].podTemplate.tolerations[k].key", "spec.t[x].podTemplate.nodeSelector[a.b/c]"]),
            "spec.t[x].podTemplate"
        );
        assert_eq!(
            common(&["spec.params[a].value", "spec.timeouts.pipeline"]),
            "spec.params[a].value, spec.timeouts.pipeline"
        );
        assert_eq!(common(&["spec.ab", "spec.a"]), "spec.ab, spec.a");
        assert_eq!(common(&["spec.x"]), "spec.x");
    }
}
