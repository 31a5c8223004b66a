//! The inputs of a workflow: given, proposed or asked for; and the run that it is for.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::assess::placement::NoBest;
use crate::checks::focus::Focus;
use crate::cli::{CommandError, Ui};
use crate::commands::choice;
use crate::finding::{Offer, RunReport};
use crate::model::secrecy::is_secret;
use crate::report::repair as repair_screens;
use crate::scripts::expression::Scope;
use crate::scripts::inputs::{self, Question};
use crate::scripts::maker::Maker;
use crate::scripts::misfit::Misfit;
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
            let error = CommandError::usage(format!("the workflow has no input {name:?}"));
            return Err(if known.is_empty() { error.hint("it has none") } else { error.known("inputs", name, known) });
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
    let best_node = || scope::best_node(focus, workflow.keeps_old());
    for input in &workflow.spec.inputs {
        scope.insert(scope::INPUTS.to_owned(), Value::Object(values.clone()));
        let value = answer(ui, (input, &best_node), focus, &scope, (given.get(&input.name.inner), answers))?;
        values.insert(input.name.inner.clone(), Value::from(value));
    }
    scope.insert(scope::INPUTS.to_owned(), Value::Object(values));
    let maker = Maker { focus, scope: &scope };
    plan::plan(workflow, report, maker, &mut |which: &Choose, plans: &[&Offer]| choose(ui, which, plans, answers))
}

fn answer(
    ui: &mut Ui,
    (input, best_node): (&Input, &dyn Fn() -> Result<String, NoBest>),
    focus: &Focus<'_>,
    scope: &Scope,
    (given, answers): (Option<&String>, Answers),
) -> Result<String, CommandError> {
    let name = &input.name.inner;
    let made = inputs::question(input, focus, scope, best_node);
    if let Some(value) = given {
        // What is proposed matters to nobody then.
        let question = made.unwrap_or_else(|_| Question { prompt: name.clone(), options: None, default: None });
        let wrong = |misfit: Misfit| CommandError::from(misfit.of(&format!("--set: input {name:?}")));
        return inputs::check(input, &question, value, focus).map(|()| value.clone()).map_err(wrong);
    }
    let missing = |error: CommandError| error.hint(format!("give it with --set {name}=VALUE"));
    if answers == Answers::Proposed || !ui.can_prompt() {
        let question = made.map_err(|misfit| match misfit {
            Misfit::NoNode(none) => choice::no_best_node(&none, |node| format!("--set {name}={node}")),
            other => missing(other.into()),
        })?;
        let Some(value) = &question.default else {
            let text = format!("input {name} is missing, and nothing is proposed for it");
            return Err(missing(CommandError::usage(text)));
        };
        return inputs::check(input, &question, value, focus)
            .map(|()| value.clone())
            .map_err(|misfit| missing(misfit.of(&format!("what is proposed for input {name}")).into()));
    }
    let question = match made {
        Ok(question) => question,
        // Without a proposal it is typed.
        Err(error) => {
            ui.status(&error.to_string());
            Question { prompt: name.clone(), options: None, default: None }
        }
    };
    match &question.options {
        Some(options) => {
            let proposed = question.default.as_ref().and_then(|value| options.iter().position(|one| one == value));
            let at = ui.choose_from(&question.prompt, options, proposed.unwrap_or_default())?;
            at.and_then(|at| options.get(at).cloned()).ok_or_else(|| CommandError::declined("nothing was changed"))
        }
        None if is_secret(name) => ui.ask_hidden(&question.prompt, question.default.as_deref(), |line| {
            inputs::check(input, &question, line, focus).map_err(|misfit| misfit.to_string())
        }),
        None => {
            let check = |line: &str| inputs::check(input, &question, line, focus).map_err(|misfit| misfit.to_string());
            ui.ask(&question.prompt, question.default.as_deref(), check)
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
    fn from(Trouble { step, why }: Trouble) -> Self {
        let mut error = Self::from(why);
        error.message = format!("step {step}: {}", error.message);
        error
    }
}

impl From<Misfit> for CommandError {
    fn from(misfit: Misfit) -> Self {
        let text = misfit.to_string();
        match misfit {
            Misfit::Value(_) => Self::usage(text),
            Misfit::Situation(_) => Self::incomplete(text),
            Misfit::Name { what, name, known } => {
                Self::incomplete(text).known(&format!("{what}s"), &name, known.iter().map(String::as_str))
            }
            Misfit::NoNode(none) => choice::no_best_node(&none, |node| format!("--set INPUT={node}")),
        }
    }
}
