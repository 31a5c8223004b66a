//! Workflows: what there is, what is wrong with one, what one comes to.

use crate::finding::{Outcome, RunReport};
use crate::model::run::PipelineRun;
use crate::ops::Op;
use crate::ops::{edit, resubmission};
use crate::scripts::library::{Document as Script, Origin};
use crate::scripts::lint::Problem;
use crate::scripts::plan::{Fit, Planned, PlannedStep, Verdict, What};
use crate::scripts::schema::RepairWorkflow;
use crate::workflows::gate::{Gate, OnFailure, Until};
use crate::yaml::YamlError;

use super::comparison::unified;
use super::document::{Cell, Column, Table};
use super::{Block, Document, Text, Tone, diagnosis, secrets, source, wording};

/// A workflow in the list.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Where it was read.
    pub(crate) origin: Origin,
    /// What it says; absent where it is not valid.
    pub(crate) workflow: Option<RepairWorkflow>,
    /// Whether it is for the run that was named.
    pub(crate) fit: Option<Fit>,
}

fn place(origin: &Origin) -> String {
    match origin {
        Origin::BuiltIn(name) => format!("built-in {name}"),
        Origin::File(path) => path.display().to_string(),
    }
}

/// The workflows; those that are for the run first.
pub(crate) fn list(listed: &[Listed]) -> Document {
    let mut listed: Vec<&Listed> = listed.iter().collect();
    listed.sort_by_key(|one| one.fit.as_ref().map_or(0, |fit| usize::from(*fit != Fit::Yes)));
    let columns = vec![
        Column::needed("NAME"),
        Column::needed("FOR THE RUN"),
        Column::needed("FROM"),
        Column::reason("WHAT IT DOES"),
    ];
    let row = |one: &&Listed| {
        let (name, what) = match &one.workflow {
            Some(workflow) => (workflow.metadata.name.inner.clone(), workflow.spec.description.inner.clone()),
            None => ("-".to_owned(), format!("{} is not valid: see `workflow lint`", place(&one.origin))),
        };
        let from = match &one.origin {
            Origin::BuiltIn(_) => "built-in",
            Origin::File(_) => "your own",
        };
        let fit = match &one.fit {
            None => String::new(),
            Some(Fit::Yes) => "yes".to_owned(),
            Some(Fit::OtherCauses | Fit::Not(_)) => "no".to_owned(),
            Some(Fit::Unknown(..)) => "unknown".to_owned(),
        };
        vec![Cell::from(name), Cell::from(fit), Cell::from(from), Cell::from(what)]
    };
    let rows = listed.iter().map(row).collect();
    Document { blocks: vec![Block::Table(Table { columns, rows, is_whole: false, has_header: true })] }
}

/// That nothing is wrong with a workflow.
pub(crate) fn fine(script: &Script, workflow: &RepairWorkflow) -> Document {
    let text = Text::from(format!("{}: workflow {} ", place(&script.origin), workflow.metadata.name.inner))
        .and(Tone::Good.of("is valid"));
    Document { blocks: vec![Block::Line(text)] }
}

/// What is wrong with a workflow, each with the line that it is about.
pub(crate) fn problems(script: &Script, problems: &[Problem]) -> Document {
    let mut document = Document::default();
    let text = source::shown(&script.text);
    for problem in problems {
        document.push(Block::Line(Tone::Bad.of("error").and(format!(": {}", problem.message))));
        document.push(Block::Quotation(snippet(script, &text, problem)));
    }
    document
}

fn snippet(script: &Script, text: &str, problem: &Problem) -> String {
    let place = place(&script.origin);
    let line = problem.line.checked_sub(1).and_then(|at| text.lines().nth(at));
    let Some(line) = line else { return format!(" --> {place}") };
    let number = problem.line.to_string();
    let margin = " ".repeat(number.len());
    // A mark below a line stands right only where what is before it is as wide as it.
    let before: String = line.chars().take(problem.column.saturating_sub(1)).collect();
    let before: String = before.chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    format!(
        "{margin} --> {place}:{}:{}\n{margin}  |\n{number}  | {line}\n{margin}  | {before}^",
        problem.line, problem.column
    )
}

/// What a workflow comes to for a run.
///
/// # Errors
/// When a run cannot be written as YAML, which no run is.
pub(crate) fn planned(
    workflow: &RepairWorkflow,
    planned: &Planned,
    report: &RunReport,
    run: &PipelineRun,
) -> Result<Document, YamlError> {
    let mut document = diagnosis::head(report);
    let description = &workflow.spec.description.inner;
    document.section(
        Tone::Strong.of(format!("Workflow {}: {description}", workflow.metadata.name.inner)),
        planned.steps.iter().zip(1..).flat_map(|(one, number)| step(one, number)).collect(),
    );
    let left_out = planned.left_out.iter().map(|(name, when)| Block::item("-", format!("{name}: not {when}")));
    document.section(Tone::Dim.of("Left out"), left_out.collect());
    for op in planned.offer.iter().flat_map(|offer| &offer.ops) {
        let Op::Submit { edits, .. } = op else { continue };
        let before = secrets::yaml(&resubmission::manifest(run, &run.metadata.name))?;
        let Ok(new) = edit::edited(run, edits) else { continue };
        let name = format!("{} (new)", run.metadata.name);
        document.append(unified((&before, &run.metadata.name), (&secrets::yaml(&new)?, &name)));
    }
    Ok(document)
}

fn step(step: &PlannedStep, number: usize) -> Vec<Block> {
    let mut body = Vec::new();
    let what = match &step.what {
        What::Gate(gate) => self::gate(gate),
        What::Ops(ops) if ops.is_empty() => "nothing is to be done".to_owned(),
        What::Ops(ops) => {
            for op in ops.iter().filter(|op| !matches!(op, Op::Submit { .. })) {
                body.extend(op.commands(wording::caller()).into_iter().map(|command| Block::Command(command.line())));
            }
            ops.iter().map(wording::op).collect::<Vec<_>>().join("; ")
        }
    };
    let name = step.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    let otherwise = match step.on_failure {
        OnFailure::Stop => "",
        OnFailure::Continue => " (goes on if that fails)",
        OnFailure::Undo => " (all is taken back if that fails)",
    };
    let text = Text::from(format!("{number}. {name}{what}")).and(Tone::Dim.of(otherwise));
    vec![Block::Item { mark: "", text, body }]
}

/// What stands between two changes, in one sentence.
pub(crate) fn gate(gate: &Gate) -> String {
    match gate {
        Gate::Wait { until, seconds } => {
            let until = match until {
                Until::Scheduled => "wait until the run's pods have a node",
                Until::Succeeded => "wait until the run has succeeded",
            };
            let most = seconds.map(|seconds| format!(", at most {seconds} s")).unwrap_or_default();
            format!("{until}{most}")
        }
        Gate::CarriedOver { request } => format!("wait until {} has taken over the change", request.object.target()),
        Gate::Gone { run } => format!("wait until the pods of {} are gone", run.name),
        Gate::Confirm { question, always: true } => format!("ask, with --yes as well: {question}"),
        Gate::Confirm { question, always: false } => format!("ask: {question}"),
        Gate::Verify { that } => format!("verify that {that}"),
        Gate::Probe { task: Some(task) } => format!("try a minimal TaskRun in the place of task {task}"),
        Gate::Probe { task: None } => "try a minimal TaskRun in the place of the first task that waits".to_owned(),
        Gate::Diagnose => "diagnose the run".to_owned(),
    }
}

/// What is forecast, and what that means for the workflow.
pub(crate) fn verdict(verdict: Verdict, planned: &Planned) -> Document {
    let mut document = Document { blocks: vec![Block::Line(Text::default())] };
    let rights = wording::rights_of_workflow(planned);
    let Some(offer) = &planned.offer else {
        document.push(Block::Verdict("Prediction: nothing is changed, so nothing is predicted.".into()));
        if !rights.is_empty() {
            document.push(Block::Paragraph(format!("Requires: {rights}.").into()));
        }
        return document;
    };
    let why = wording::because(&offer.forecast).join("; ");
    let (answer, link) = match offer.forecast.outcome() {
        Outcome::GoesOn => (Tone::Good.of("works"), ", because "),
        Outcome::Blocked => (Tone::Bad.of("does not help"), ": "),
        Outcome::Unknown => (Tone::Careful.of("unknown"), ": "),
    };
    let why = if why.is_empty() { ".".to_owned() } else { format!("{link}{why}.") };
    document.push(Block::Verdict(Text::from("Prediction: ").and(answer).and(why)));
    let meaning = match verdict {
        Verdict::Fine => None,
        Verdict::Careful => Some("The workflow may be carried out all the same; it says so itself."),
        Verdict::Refused => Some("The workflow is not carried out: it demands another forecast."),
    };
    document.blocks.extend(meaning.map(|meaning| Block::Paragraph(Tone::Careful.of(meaning))));
    for (title, text) in [("Risk", wording::risks(offer)), ("Requires", rights)] {
        if !text.is_empty() {
            document.push(Block::Paragraph(format!("{title}: {text}.").into()));
        }
    }
    document
}
