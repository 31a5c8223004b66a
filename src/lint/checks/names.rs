//! Names of parameters and results, and what parameters of type object need
//! (pkg/apis/pipeline/v1/task_validation.go `ValidateNameFormat`,
//! `ValidateObjectParamsHaveProperties`, result_validation.go).

use std::rc::Rc;

use crate::documents::scalar::Resolved;
use crate::documents::{Entry, Node, Path};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;

use super::{task, variables};

const PARAM: &str = "a name that begins with a letter or _, of letters, digits, -, _ and .";
const OBJECT: &str = "a name that begins with a letter or _, of letters, digits, - and _";
const RESULT: &str = "a name of letters, digits, -, _ and . that begins and ends with a letter or digit";

/// Judges the default of a declared parameter; in a task also its name, and the properties of
/// an object.
pub(crate) fn param(out: &mut Collector<'_>, item: &Node, path: &Path, is_of_task: bool) {
    let is_object = variables::kind_of(item) == "object";
    let Some(entry) = item.entry("name") else { return };
    if is_of_task && entry.value.is_null() {
        let problem = Problem::Missing("name");
        out.add(Kind::MissingField, path.key("name"), &entry.key.span, problem, Effect::Webhook);
    }
    let allowed = item.list("enum");
    if let Some(default) = item.entry("default")
        && let Some(text) = default.value.text().filter(|_| !default.value.is_null() && !allowed.is_empty())
        && allowed.iter().all(|value| value.text() != Some(text))
        && !out.is_open(&default.value)
    {
        let at = path.key("default");
        out.add(Kind::InvalidValue, at, &default.key.span, Problem::NotInEnum, Effect::Webhook);
    }
    let Some(name) = text_of(out, entry).filter(|_| is_of_task) else { return };
    let (wanted, has_dots) = if is_object { (OBJECT, false) } else { (PARAM, true) };
    if !is_variable(name, has_dots) {
        let problem = Problem::Invalid(wanted);
        out.add(Kind::InvalidValue, path.key("name"), &entry.key.span, problem, Effect::Webhook);
    }
    if is_object && item.get("properties").is_none() && !task::has_near(item, "properties") {
        let problem = Problem::Missing("properties");
        out.add(Kind::MissingField, path.key("properties"), &entry.key.span, problem, Effect::Webhook);
    }
}

/// Judges the names of a task's or step's results, and the properties of objects.
pub(crate) fn results(out: &mut Collector<'_>, list: &[Rc<Node>], path: &Path) {
    for (index, item) in list.iter().enumerate() {
        let at = path.item(index);
        let Some(entry) = item.entry("name") else {
            if item.is_mapping() && !task::has_near(item, "name") {
                let problem = Problem::Missing("name");
                out.add(Kind::MissingField, at.key("name"), &item.span, problem, Effect::Webhook);
            }
            continue;
        };
        if entry.value.is_null() {
            let problem = Problem::Missing("name");
            out.add(Kind::MissingField, at.key("name"), &entry.key.span, problem, Effect::Webhook);
        }
        let Some(name) = text_of(out, entry) else { continue };
        if !is_result(name) {
            let problem = Problem::Invalid(RESULT);
            out.add(Kind::InvalidValue, at.key("name"), &entry.key.span, problem, Effect::Webhook);
        }
        if item.text_of("type") == Some("object")
            && item.get("properties").is_none()
            && !task::has_near(item, "properties")
        {
            let problem = Problem::Missing("properties");
            out.add(Kind::MissingField, at.key("properties"), &entry.key.span, problem, Effect::Webhook);
        }
    }
}

/// The text of a name that stands there as such.
fn text_of<'a>(out: &Collector<'_>, entry: &'a Entry) -> Option<&'a str> {
    let is_text = entry.value.resolved() == Some(Resolved::Text);
    entry.value.text().filter(|_| is_text && !out.is_open(&entry.value))
}

fn is_variable(name: &str, has_dots: bool) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-') || c == '.' && has_dots)
}

fn is_result(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables() {
        for right in ["a", "_b", "a.b-c_1", "A"] {
            assert!(is_variable(right, true), "{right}");
        }
        for wrong in ["", "1a", "a b", "-a", "a/b", ".a"] {
            assert!(!is_variable(wrong, true), "{wrong}");
        }
        assert!(!is_variable("a.b", false));
    }
}
