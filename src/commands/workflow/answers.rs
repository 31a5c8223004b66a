//! The inputs of a workflow: given, proposed or asked for; and the run that it is for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::checks::focus::Focus;
use crate::cli::{CommandError, Ui};
use crate::finding::{Offer, RunReport};
use crate::report::repair as repair_screens;
use crate::scripts::expression::Scope;
use crate::scripts::inputs::{self, Question};
use crate::scripts::maker::Maker;
use crate::scripts::plan::{self, Fit, Planned, Trouble};
use crate::scripts::schema::{Choose, Input, RepairWorkflow};
use crate::scripts::scope;

/// Reads `--set NAME=VALUE`.
///
/// # Errors
/// When one is not of that form, names no input, or names one twice.
fn given(workflow: &RepairWorkflow, set: &[String]) -> Result<BTreeMap<String, String>, CommandError> {
    let mut given = BTreeMap::new();
    for text in set {
        let (name, value) =
            text.split_once('=').ok_or_else(|| CommandError::usage(format!("--set {text:?}: expected NAME=VALUE")))?;
        if !workflow.spec.inputs.iter().any(|input| input.name.inner == name) {
            let known: Vec<&str> = workflow.spec.inputs.iter().map(|input| input.name.inner.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(
                CommandError::usage(format!("the workflow has no input {name:?}")).hint(format!("inputs: {known}"))
            );
        }
        if given.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(CommandError::usage(format!("--set names {name} twice")));
        }
    }
    Ok(given)
}

/// Who answers what was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// A person.
    Asked,
    /// Nobody: what is proposed is taken.
    Proposed,
}

/// What a workflow comes to for a run.
pub(super) fn planned(
    ui: &mut Ui,
    workflow: &RepairWorkflow,
    focus: &Focus<'_>,
    report: &RunReport,
    (set, answers): (&[String], Answers),
) -> Result<Planned, CommandError> {
    let given = given(workflow, set)?;
    let mut scope = scope::of(focus, report);
    let name = format!("{}/{}", report.namespace, report.name);
    match plan::fit(workflow, &report.findings, &scope) {
        Fit::Yes => {}
        Fit::OtherCauses => {
            let causes: Vec<&str> = workflow.spec.matching.causes.iter().map(|cause| cause.inner.as_str()).collect();
            return Err(CommandError::incomplete(format!(
                "the workflow is not for {name}: it is for {}",
                causes.join(", ")
            ))
            .hint("`workflow list RUN` tells which are for it"));
        }
        Fit::Not(condition) => {
            return Err(CommandError::incomplete(format!("the workflow is not for {name}: {condition} does not hold"))
                .hint("`workflow list RUN` tells which are for it"));
        }
        Fit::Unknown(condition, error) => {
            return Err(CommandError::incomplete(format!(
                "cannot tell whether the workflow is for {name}: {condition}: {error}"
            )));
        }
    }
    let mut values = Map::new();
    for input in &workflow.spec.inputs {
        scope.insert(scope::INPUTS.to_owned(), Value::Object(values.clone()));
        let value = answer(ui, input, focus, &scope, (given.get(&input.name.inner), answers))?;
        values.insert(input.name.inner.clone(), Value::from(value));
    }
    scope.insert(scope::INPUTS.to_owned(), Value::Object(values));
    let maker = Maker { focus, scope: &scope };
    plan::plan(workflow, report, maker, &mut |which: &Choose, plans: &[&Offer]| choose(ui, which, plans, answers))
}

fn answer(
    ui: &mut Ui,
    input: &Input,
    focus: &Focus<'_>,
    scope: &Scope,
    (given, answers): (Option<&String>, Answers),
) -> Result<String, CommandError> {
    let name = &input.name.inner;
    let made = inputs::question(input, focus, scope);
    if let Some(value) = given {
        // What is proposed matters to nobody then.
        let question = made.unwrap_or_else(|_| Question { prompt: name.clone(), options: None, default: None });
        let wrong = |error| CommandError::usage(format!("--set {name}={error}"));
        return inputs::check(input, &question, value, focus).map(|()| value.clone()).map_err(wrong);
    }
    let missing = |why: String| CommandError::usage(why).hint(format!("give it with --set {name}=VALUE"));
    if answers == Answers::Proposed || !ui.can_prompt() {
        let question = made.map_err(missing)?;
        let Some(value) = &question.default else {
            return Err(missing(format!("input {name} is missing, and nothing is proposed for it")));
        };
        return inputs::check(input, &question, value, focus)
            .map(|()| value.clone())
            .map_err(|error| missing(format!("input {name}: what is proposed is not right: {error}")));
    }
    let question = match made {
        Ok(question) => question,
        // Without a proposal it is typed.
        Err(error) => {
            ui.status(&error);
            Question { prompt: name.clone(), options: None, default: None }
        }
    };
    match &question.options {
        Some(options) => {
            let proposed = question.default.as_ref().and_then(|value| options.iter().position(|one| one == value));
            let at = ui.choose_from(&question.prompt, options, proposed.unwrap_or_default())?;
            at.and_then(|at| options.get(at).cloned()).ok_or_else(|| CommandError::declined("nothing was changed"))
        }
        None => {
            ui.ask(&question.prompt, question.default.as_deref(), |line| inputs::check(input, &question, line, focus))
        }
    }
}

fn choose(ui: &mut Ui, which: &Choose, plans: &[&Offer], answers: Answers) -> Result<usize, CommandError> {
    if answers == Answers::Proposed || !ui.can_prompt() || plans.len() == 1 {
        return Ok(0);
    }
    let mut items: Vec<String> = plans.iter().map(|offer| repair_screens::choice(offer)).collect();
    items.push("none of them".to_owned());
    let question = which.question.as_ref().map_or("Which plan?", |question| question.inner.as_str());
    match ui.choose_from(question, &items, 0)? {
        Some(at) if at < plans.len() => Ok(at),
        _ => Err(CommandError::declined("nothing was changed")),
    }
}

impl From<Trouble> for CommandError {
    fn from(trouble: Trouble) -> Self {
        Self::incomplete(format!("step {}: {}", trouble.step, trouble.message))
    }
}
