//! What a workflow has to know: what may be given, what is proposed, what is right.

use serde_json::Value;

use crate::assess::placement::NoBest;
use crate::checks::focus::Focus;
use crate::model::secrecy::is_secret;
use crate::model::{Kind, Quantity};

use super::arguments::is_name;
use super::expression::{Scope, Template};
use super::maker::{known_node, scalar_text};
use super::misfit::Misfit;
use super::schema::{Input, InputType, Options};
use super::scope::BEST_NODE;

/// Characters of a value at most.
const LENGTH: usize = 1024;
/// Options of a choice at most.
const MOST: usize = 100;

/// What is asked for an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub prompt: String,
    /// What may be chosen, where that is known.
    pub options: Option<Vec<String>>,
    /// What it is unless something else is said.
    pub default: Option<String>,
}

/// What is asked for an input, by what is known of the run and by the inputs before it.
///
/// # Errors
/// When its default or its options have no value here.
pub fn question(
    input: &Input,
    focus: &Focus<'_>,
    scope: &Scope,
    best_node: &dyn Fn() -> Result<String, NoBest>,
) -> Result<Question, Misfit> {
    let name = &input.name.inner;
    let of_input = |misfit: Misfit| misfit.of(&format!("input {name}"));
    let prompt = input.prompt.as_ref().map_or_else(|| name.clone(), |prompt| prompt.inner.clone());
    let scope = with_best_node(input, scope, best_node)?;
    let default = input.default.as_ref().map(|default| scalar_text(&default.inner, &scope)).transpose();
    let default = default.map_err(|error| of_input(Misfit::Situation(error)))?;
    let options = options(input, focus, &scope).map_err(of_input)?;
    Ok(Question { prompt, options, default })
}

fn options(input: &Input, focus: &Focus<'_>, scope: &Scope) -> Result<Option<Vec<String>>, Misfit> {
    let situation = Misfit::Situation;
    let cluster = focus.cluster;
    let options: Vec<String> = match (input.kind, input.options.as_ref().map(|options| &options.inner)) {
        (InputType::Choice, Some(Options::List(list))) => {
            list.iter().map(|one| scalar_text(one, scope)).collect::<Result<_, _>>().map_err(situation)?
        }
        (InputType::Choice, Some(Options::Expression(text))) => {
            let template = Template::parse(text).map_err(|bad| situation(bad.message))?;
            let value = template.evaluate(scope).map_err(situation)?;
            let Value::Array(items) = value else { return Err(situation(format!("{text}: gives no list"))) };
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        (InputType::Node, _) => cluster.nodes.iter().map(|node| node.metadata.name.clone()).collect(),
        (InputType::ServiceAccount, _) if cluster.coverage.proves_absence(Kind::ServiceAccount, focus.namespace()) => {
            let accounts = cluster.service_accounts.iter().map(|account| &account.metadata);
            accounts
                .filter(|account| account.namespace == focus.namespace())
                .map(|account| account.name.clone())
                .collect()
        }
        _ => return Ok(None),
    };
    if options.is_empty() {
        let what = match input.kind {
            InputType::Node => "nodes were not read, so none can be chosen",
            InputType::ServiceAccount => "the namespace has no ServiceAccount",
            _ => "there is nothing to choose from",
        };
        return Err(situation(what.to_owned()));
    }
    // A list that nobody reads: it is typed, and checked.
    Ok((options.len() <= MOST).then_some(options))
}

/// The best node is looked for only where an input speaks of it: that takes a while on a
/// large cluster.
fn with_best_node(
    input: &Input,
    scope: &Scope,
    best_node: &dyn Fn() -> Result<String, NoBest>,
) -> Result<Scope, Misfit> {
    let mut scope = scope.clone();
    let default = input.default.as_ref().map(|default| format!("{:?}", default.inner)).unwrap_or_default();
    let options = input.options.as_ref().map(|options| format!("{:?}", options.inner)).unwrap_or_default();
    if default.contains(BEST_NODE) || options.contains(BEST_NODE) {
        let node = best_node().map_err(Misfit::NoNode)?;
        scope.insert(BEST_NODE.to_owned(), Value::from(node));
    }
    Ok(scope)
}

/// That a value is right for an input.
///
/// # Errors
/// What is wrong with it, and what was expected.
pub fn check(input: &Input, question: &Question, value: &str, focus: &Focus<'_>) -> Result<(), Misfit> {
    let wrong = |expected: &str| {
        // An error is on screens and in logs for long.
        let but = if is_secret(&input.name.inner) { String::new() } else { format!(", not {value:?}") };
        Err(Misfit::Value(format!("expected {expected}{but}")))
    };
    if value.chars().count() > LENGTH || value.chars().any(char::is_control) {
        return wrong(&format!("one line of at most {LENGTH} characters"));
    }
    match input.kind {
        InputType::Node => known_node(focus, value),
        InputType::Choice => match &question.options {
            Some(options) if !options.iter().any(|option| option == value) => {
                wrong(&format!("one of {}", options.join(", ")))
            }
            _ => Ok(()),
        },
        InputType::ServiceAccount => match &question.options {
            _ if !is_name(value) => wrong("the name of a ServiceAccount"),
            Some(options) if !options.iter().any(|option| option == value) => {
                Err(Misfit::Name { what: "ServiceAccount", name: value.to_owned(), known: options.clone() })
            }
            _ => Ok(()),
        },
        InputType::Quantity if value.parse::<Quantity>().is_err() => wrong("a quantity, 500m or 2Gi for example"),
        InputType::Quantity | InputType::Text => Ok(()),
    }
}
