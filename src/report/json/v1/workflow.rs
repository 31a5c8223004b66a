//! `workflow list|lint|test|run` and `repair` that only look, for programs.

use serde::Serialize;

use crate::finding::{Offer, RunReport};
use crate::report::source;
use crate::report::wording;
use crate::report::workflow::{self as screens, Listed};
use crate::scripts::library::{Document as Script, Origin};
use crate::scripts::lint::Problem;
use crate::scripts::plan::{Fit, Planned, PlannedStep, Verdict, What};
use crate::scripts::schema::RepairWorkflow;
use crate::workflows::gate::OnFailure;

use super::Kind;
use super::diagnosis::RunRepair;

/// The workflows that there are.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WorkflowList<'a> {
    /// The workflows.
    workflows: Vec<Entry<'a>>,
}

/// A workflow in a list.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Entry<'a> {
    /// Its name; absent where it is not valid.
    name: Option<&'a str>,
    /// What it does; absent where it is not valid.
    description: Option<&'a str>,
    /// Its file; absent for one of this program.
    file: Option<String>,
    /// Whether it can be read.
    valid: bool,
    /// Whether it is for the run that was named; absent where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schemars(extend("enum" = ["yes", "no", "unknown"])))]
    for_run: Option<&'static str>,
}

impl Kind for WorkflowList<'_> {
    const KIND: &'static str = "WorkflowList";
    const LIST: Option<&'static str> = Some("workflows");
}

impl<'a> WorkflowList<'a> {
    pub(crate) fn of(listed: &'a [Listed]) -> Self {
        let entry = |one: &'a Listed| {
            let workflow = one.workflow.as_ref();
            Entry {
                name: workflow.map(|workflow| workflow.metadata.name.inner.as_str()),
                description: workflow.map(|workflow| workflow.spec.description.inner.as_str()),
                file: file(&one.origin),
                valid: workflow.is_some(),
                for_run: one.fit.as_ref().map(|fit| match fit {
                    Fit::Yes => "yes",
                    Fit::OtherCauses | Fit::Not(_) => "no",
                    Fit::Unknown(..) => "unknown",
                }),
            }
        };
        Self { workflows: listed.iter().map(entry).collect() }
    }
}

fn file(origin: &Origin) -> Option<String> {
    match origin {
        Origin::BuiltIn(_) => None,
        Origin::File(path) => Some(path.display().to_string()),
    }
}

/// What is wrong with workflows.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WorkflowLint {
    /// The files.
    files: Vec<LintedFile>,
}

/// A file that was checked.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LintedFile {
    /// Its path.
    file: String,
    /// Name of its workflow; null where it is not valid.
    workflow: Option<String>,
    /// What is wrong with it.
    problems: Vec<Wrong>,
}

/// Something that is wrong.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Wrong {
    /// What, in one sentence.
    message: String,
    /// Line, from 1; 0 where it is about the whole file.
    line: usize,
    /// Column, from 1; 0 where it is about the whole line.
    column: usize,
    /// The line.
    text: String,
}

impl Kind for WorkflowLint {
    const KIND: &'static str = "WorkflowLint";
    const LIST: Option<&'static str> = Some("files");
}

impl WorkflowLint {
    pub(crate) fn of(files: &[(Script, Result<RepairWorkflow, Vec<Problem>>)]) -> Self {
        let linted = |(script, read): &(Script, Result<RepairWorkflow, Vec<Problem>>)| {
            let text = source::shown(&script.text);
            let line = |at: usize| at.checked_sub(1).and_then(|at| text.lines().nth(at)).unwrap_or_default().to_owned();
            let wrong = |problem: &Problem| Wrong {
                message: problem.message.clone(),
                line: problem.line,
                column: problem.column,
                text: line(problem.line),
            };
            LintedFile {
                file: file(&script.origin).unwrap_or_default(),
                workflow: read.as_ref().ok().map(|workflow| workflow.metadata.name.inner.clone()),
                problems: read.as_ref().err().into_iter().flatten().map(wrong).collect(),
            }
        };
        Self { files: files.iter().map(linted).collect() }
    }
}

/// What a workflow comes to for a run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkflowPlan<'a> {
    /// `NAMESPACE/NAME` of the run.
    run: String,
    /// The workflow.
    workflow: &'a str,
    /// The steps that apply, in their order.
    steps: Vec<Step<'a>>,
    /// Steps that do not apply.
    left_out: Vec<LeftOut<'a>>,
    /// What is changed, with what is forecast of it; null where nothing is.
    plan: Option<RunRepair<'a>>,
    /// What it takes.
    needs: String,
    /// What the workflow makes of the forecast: `carriedOut`, `carriedOutWithCare` after it was
    /// said, or `refused`.
    #[cfg_attr(test, schemars(extend("enum" = ["carriedOut", "carriedOutWithCare", "refused"])))]
    verdict: &'static str,
}

/// A step that applies.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Step<'a> {
    /// What its author calls it.
    name: Option<&'a str>,
    /// What is done, in one sentence.
    what: String,
    /// What is done when it fails.
    #[cfg_attr(test, schemars(extend("enum" = ["stop", "continue", "undo"])))]
    on_failure: &'static str,
}

/// A step that does not apply.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct LeftOut<'a> {
    /// What its author calls it.
    name: &'a str,
    /// The condition that does not hold.
    when: &'a str,
}

impl Kind for WorkflowPlan<'_> {
    const KIND: &'static str = "WorkflowPlan";
}

impl<'a> WorkflowPlan<'a> {
    pub(crate) fn of(workflow: &'a RepairWorkflow, planned: &'a Planned, report: &RunReport, verdict: Verdict) -> Self {
        let step = |step: &'a PlannedStep| Step {
            name: step.name.as_deref(),
            what: match &step.what {
                What::Gate(gate) => screens::gate(gate),
                What::Ops(ops) => ops.iter().map(wording::op).collect::<Vec<_>>().join("; "),
            },
            on_failure: match step.on_failure {
                OnFailure::Stop => "stop",
                OnFailure::Continue => "continue",
                OnFailure::Undo => "undo",
            },
        };
        Self {
            run: format!("{}/{}", report.namespace, report.name),
            workflow: &workflow.metadata.name.inner,
            steps: planned.steps.iter().map(step).collect(),
            left_out: planned.left_out.iter().map(|(name, when)| LeftOut { name, when }).collect(),
            plan: planned.offer.as_ref().map(RunRepair::of),
            needs: wording::rights_of_workflow(planned),
            verdict: match verdict {
                Verdict::Fine => "carriedOut",
                Verdict::Careful => "carriedOutWithCare",
                Verdict::Refused => "refused",
            },
        }
    }
}

/// The plans that are predicted to work for a run.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RepairPlans<'a> {
    /// `NAMESPACE/NAME` of the run.
    run: String,
    /// The plans, the best first.
    plans: Vec<RunRepair<'a>>,
}

impl Kind for RepairPlans<'_> {
    const KIND: &'static str = "RepairPlans";
}

impl<'a> RepairPlans<'a> {
    pub(crate) fn of(report: &RunReport, plans: &[&'a Offer]) -> Self {
        let run = format!("{}/{}", report.namespace, report.name);
        Self { run, plans: plans.iter().copied().map(RunRepair::of).collect() }
    }
}
