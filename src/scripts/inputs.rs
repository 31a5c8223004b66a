//! What a workflow has to know: what may be given, what is proposed, what is right.

use serde_json::Value;

use crate::checks::focus::Focus;
use crate::model::{Kind, Quantity};

use super::arguments::is_name;
use super::expression::{Scope, Template};
use super::maker::{known_node, scalar_text};
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
pub fn question(input: &Input, focus: &Focus<'_>, scope: &Scope) -> Result<Question, String> {
    let name = &input.name.inner;
    let of_input = |error: String| format!("input {name}: {error}");
    let prompt = input.prompt.as_ref().map_or_else(|| name.clone(), |prompt| prompt.inner.clone());
    let scope = with_best_node(input, focus, scope);
    let default = input.default.as_ref().map(|default| scalar_text(&default.inner, &scope)).transpose();
    let default = default.map_err(of_input)?;
    let options = options(input, focus, &scope).map_err(of_input)?;
    Ok(Question { prompt, options, default })
}

fn options(input: &Input, focus: &Focus<'_>, scope: &Scope) -> Result<Option<Vec<String>>, String> {
    let cluster = focus.cluster;
    let options: Vec<String> = match (input.kind, input.options.as_ref().map(|options| &options.inner)) {
        (InputType::Choice, Some(Options::List(list))) => {
            list.iter().map(|one| scalar_text(one, scope)).collect::<Result<_, _>>()?
        }
        (InputType::Choice, Some(Options::Expression(text))) => {
            let value = Template::parse(text).map_err(|bad| bad.message)?.evaluate(scope)?;
            let Value::Array(items) = value else { return Err(format!("{text}: gives no list")) };
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
        return Err(what.to_owned());
    }
    // A list that nobody reads: it is typed, and checked.
    Ok((options.len() <= MOST).then_some(options))
}

/// The best node is looked for only where an input speaks of it: that takes a while on a
/// large cluster.
fn with_best_node(input: &Input, focus: &Focus<'_>, scope: &Scope) -> Scope {
    let mut scope = scope.clone();
    let default = input.default.as_ref().map(|default| format!("{:?}", default.inner)).unwrap_or_default();
    let options = input.options.as_ref().map(|options| format!("{:?}", options.inner)).unwrap_or_default();
    if (default.contains(BEST_NODE) || options.contains(BEST_NODE))
        && let Some(node) = super::scope::best_node(focus)
    {
        scope.insert(BEST_NODE.to_owned(), Value::from(node));
    }
    scope
}

/// That a value is right for an input.
///
/// # Errors
/// What is wrong with it, and what was expected.
pub fn check(input: &Input, question: &Question, value: &str, focus: &Focus<'_>) -> Result<(), String> {
    let wrong = |expected: &str| Err(format!("{value:?}: expected {expected}"));
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
                Err(format!("there is no ServiceAccount {value:?} in namespace {}", focus.namespace()))
            }
            _ => Ok(()),
        },
        InputType::Quantity if value.parse::<Quantity>().is_err() => wrong("a quantity, 500m or 2Gi for example"),
        InputType::Quantity | InputType::Text => Ok(()),
    }
}
