//! What a workflow comes to for a run: which steps apply, the operations and gates that
//! they are, and what is forecast of all of them together. Everything is decided before
//! anything is done, on what was read, so that the whole can be shown and forecast.

use std::borrow::Cow;

use crate::finding::{Finding, Offer, RunReport};
use crate::ops::Op;
use crate::repairs::{self, Plan};
use crate::workflows::gate::{Gate, OnFailure};

use super::changes::Change;
use super::expression::{Expression, Scope, Template};
use super::lint::cause;
use super::maker::Maker;
use super::misfit::Misfit;
use super::schema::{Answer, Choose, Demand, RepairWorkflow, Step, Verb};
use super::scope;

/// A workflow for a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Planned {
    /// The steps that apply, in their order.
    pub steps: Vec<PlannedStep>,
    /// Steps that do not apply, with their conditions.
    pub left_out: Vec<(String, String)>,
    /// All operations with what is forecast of them; absent where nothing is changed.
    pub offer: Option<Offer>,
}

/// A step that applies.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStep {
    /// What the author calls it.
    pub name: Option<String>,
    /// What is done.
    pub what: What,
    /// What is done when it fails.
    pub on_failure: OnFailure,
}

/// What a step is.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Changes.
    Ops(Vec<Op>),
    /// Something between changes.
    Gate(Gate),
}

/// Whether a workflow is for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fit {
    /// It is.
    Yes,
    /// The run has none of its causes.
    OtherCauses,
    /// A condition does not hold.
    Not(String),
    /// Whether a condition holds cannot be told.
    Unknown(String, String),
}

/// Whether a workflow is for a run.
pub fn fit(workflow: &RepairWorkflow, findings: &[Finding], scope: &Scope) -> Fit {
    let matching = &workflow.spec.matching;
    let mut causes = matching.causes.iter().filter_map(|text| cause(&text.inner));
    let has = |wanted| findings.iter().any(|finding| finding.cause == wanted);
    if !matching.causes.is_empty() && !causes.any(has) {
        return Fit::OtherCauses;
    }
    let mut unknown = None;
    for condition in &matching.conditions {
        match holds(&condition.inner, scope) {
            Ok(true) => {}
            Ok(false) => return Fit::Not(condition.inner.clone()),
            Err(error) => unknown = unknown.or(Some(Fit::Unknown(condition.inner.clone(), error))),
        }
    }
    unknown.unwrap_or(Fit::Yes)
}

fn holds(condition: &str, scope: &Scope) -> Result<bool, String> {
    Expression::parse(condition).map_err(|bad| bad.message)?.holds(scope)
}

/// Why a workflow comes to nothing for a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    /// Which step, from 1.
    pub step: usize,
    /// What is wrong.
    pub why: Misfit,
}

/// Chooses among plans: which of them, by its place.
pub type Chooser<'c, E> = dyn FnMut(&Choose, &[&Offer]) -> Result<usize, E> + 'c;

/// What a workflow comes to.
///
/// # Errors
/// When a step does not fit the run, or nothing was chosen.
pub fn plan<E: From<Trouble>>(
    workflow: &RepairWorkflow,
    report: &RunReport,
    maker: Maker<'_>,
    choose: &mut Chooser<'_, E>,
) -> Result<Planned, E> {
    let mut planned = Planned { steps: Vec::new(), left_out: Vec::new(), offer: None };
    for (at, step) in workflow.spec.steps.iter().enumerate() {
        let trouble = |why: Misfit| Trouble { step: at + 1, why };
        let situation = |text: String| trouble(Misfit::Situation(text));
        let title = || step.name.as_ref().map_or_else(|| format!("step {}", at + 1), |name| name.inner.clone());
        if let Some(when) = &step.when
            && !holds(&when.inner, maker.scope)
                .map_err(|error| situation(format!("cannot tell whether {}: {error}", when.inner)))?
        {
            planned.left_out.push((title(), when.inner.clone()));
            continue;
        }
        let what = what(step, report, maker, choose).map_err(|error| match error {
            Stopped::Here(why) => E::from(trouble(why)),
            Stopped::There(error) => error,
        })?;
        let ops: Vec<Op> = all_ops(&planned.steps).chain(ops_of(&what)).cloned().collect();
        if ops.iter().filter(|op| matches!(op, Op::Submit { .. })).count() > 1 {
            return Err(situation("the run would be submitted a second time".to_owned()).into());
        }
        if ops.iter().any(Op::is_manual) {
            return Err(situation("the plan has a part that only a person can do".to_owned()).into());
        }
        planned.steps.push(PlannedStep {
            name: step.name.as_ref().map(|name| name.inner.clone()),
            what,
            on_failure: step.on_failure.as_ref().map(|it| it.inner).unwrap_or_default(),
        });
    }
    let ops: Vec<Op> = all_ops(&planned.steps).cloned().collect();
    if !ops.is_empty() {
        let id = Cow::Owned(workflow.metadata.name.inner.clone());
        planned.offer = Some(repairs::offer(maker.focus, &report.findings, Plan { id, ops }));
    }
    Ok(planned)
}

enum Stopped<E> {
    Here(Misfit),
    There(E),
}

fn ops_of(what: &What) -> &[Op] {
    match what {
        What::Ops(ops) => ops,
        What::Gate(_) => &[],
    }
}

fn all_ops(steps: &[PlannedStep]) -> impl Iterator<Item = &Op> {
    steps.iter().flat_map(|step| ops_of(&step.what))
}

fn what<E>(step: &Step, report: &RunReport, maker: Maker<'_>, choose: &mut Chooser<'_, E>) -> Result<What, Stopped<E>> {
    let here = |text: String| Stopped::Here(Misfit::Situation(text));
    let verbs = step.verbs();
    let Some((verb, _)) = verbs.first() else { return Err(here("the step does nothing".to_owned())) };
    Ok(What::Gate(match verb {
        Verb::Diagnose => Gate::Diagnose,
        Verb::Choose(which) => {
            let plans = choosable(report, which);
            if plans.is_empty() {
                return Err(here("none of the plans that may be chosen is predicted to work".to_owned()));
            }
            let at = choose(which, &plans).map_err(Stopped::There)?;
            let chosen = plans.get(at).ok_or_else(|| here("nothing was chosen".to_owned()))?;
            return Ok(What::Ops(chosen.ops.clone()));
        }
        Verb::Plan(id) => {
            let id = maker.text(id).map_err(Stopped::Here)?;
            let offers = || report.findings.iter().flat_map(|finding| &finding.offers);
            let offer = offers().find(|offer| offer.id == id.as_str()).ok_or_else(|| {
                let known = offers().map(|offer| offer.id.to_string()).collect();
                Stopped::Here(Misfit::Name { what: "plan", name: id.clone(), known })
            })?;
            return Ok(What::Ops(offer.ops.clone()));
        }
        Verb::Confirm(confirm) => {
            let template = Template::parse(&confirm.question.inner).map_err(|bad| here(bad.message))?;
            // What is asked is shown, and kept in the journal.
            let question = template.evaluate(&scope::without_secrets(maker.scope)).map_err(here)?;
            let question = question.as_str().map_or_else(|| question.to_string(), str::to_owned);
            Gate::Confirm { question, always: confirm.always }
        }
        Verb::Wait(wait) => {
            let seconds = wait.timeout.as_ref().map(|timeout| seconds(&timeout.inner));
            Gate::Wait { until: wait.until, seconds: seconds.transpose().map_err(here)? }
        }
        Verb::Verify(verify) => Gate::Verify { that: verify.that.inner.clone() },
        Verb::Probe(probe) => {
            let task = probe.task.as_ref().map(|task| maker.text(task)).transpose().map_err(Stopped::Here)?;
            Gate::Probe { task }
        }
        Verb::Change(change) => {
            return maker.ops(*change).map(What::Ops).map_err(|why| Stopped::Here(of_change(*change, why)));
        }
    }))
}

fn of_change(change: Change<'_>, why: Misfit) -> Misfit {
    match change {
        Change::Rerun(_) => why.of("the run cannot be submitted so"),
        _ => why,
    }
}

/// The plans that a step lets choose: they work, no person has to do a part of them, and
/// each comes once.
fn choosable<'r>(report: &'r RunReport, which: &Choose) -> Vec<&'r Offer> {
    let mut plans: Vec<&Offer> = Vec::new();
    for offer in report.findings.iter().flat_map(|finding| &finding.offers) {
        let is_known = plans.iter().any(|known| known.ops == offer.ops);
        if offer.works() && !offer.ops.iter().any(Op::is_manual) && !is_known {
            plans.push(offer);
        }
    }
    if !which.plans.is_empty() {
        let place = |offer: &&Offer| which.plans.iter().position(|id| offer.id == id.inner.as_str());
        plans.retain(|offer| place(offer).is_some());
        plans.sort_by_key(place);
    }
    plans
}

/// What a forecast means for a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It works, or changes nothing that could be forecast.
    Fine,
    /// It is carried out only after that was said.
    Careful,
    /// It is not carried out.
    Refused,
}

/// What the forecast means.
pub fn verdict(demand: Demand, offer: Option<&Offer>) -> Verdict {
    use crate::finding::Outcome;
    let of = |answer| match answer {
        Answer::Refuse => Verdict::Refused,
        Answer::Warn => Verdict::Careful,
    };
    match offer.map(|offer| offer.forecast.outcome()) {
        None | Some(Outcome::GoesOn) => Verdict::Fine,
        Some(Outcome::Blocked) => of(demand.if_blocked),
        Some(Outcome::Unknown) => of(demand.if_unknown),
    }
}

/// The seconds of a duration such as 1h30m.
fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("timeout {text:?}: expected 30s, 2m or 1h30m for example");
    let (mut total, mut number) = (0_u64, 0_u64);
    for c in text.chars() {
        let factor = match c {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => {
                let digit = c.to_digit(10).map(u64::from).ok_or_else(wrong)?;
                number = number.checked_mul(10).and_then(|n| n.checked_add(digit)).ok_or_else(wrong)?;
                continue;
            }
        };
        total = number.checked_mul(factor).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        number = 0;
    }
    Ok(total)
}
