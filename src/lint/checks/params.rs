//! Declared parameters, and the expressions `$(…)` that name them
//! (pkg/substitution/substitution.go).

use std::collections::HashSet;
use std::ops::Range;
use std::rc::Rc;

use crate::documents::scalar::Resolved;
use crate::documents::{Content, Entry, Node, Path, Segment, Style};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;

/// An expression of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression<'a> {
    /// What stands between `$(` and `)`.
    pub(crate) inner: &'a str,
    /// Its bytes in the text.
    pub(crate) span: Range<usize>,
}

/// All expressions of a text.
pub(crate) fn expressions(text: &str) -> Vec<Expression<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("$(").map(|start| at + start) {
        let rest = &text[start + 2..];
        let end = rest.find([')', '\n']).unwrap_or(rest.len());
        // A name that a shell puts together is no one's to judge.
        if rest[end..].starts_with(')') && !rest[..end].contains('$') {
            found.push(Expression { inner: &rest[..end], span: start..start + end + 3 });
        }
        at = start + 2;
    }
    found
}

/// The name of what an expression with a prefix refers to: `foo` for `params.foo`,
/// `params["foo"]`, `params.foo[0]` and `params.foo[*]`.
pub(crate) fn variable<'a>(inner: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = inner.strip_prefix(prefix)?;
    if let Some(name) = rest.strip_prefix('.') {
        let name = name.split('[').next().unwrap_or(name);
        return (!name.is_empty()).then_some(name);
    }
    let name = rest.strip_prefix("[\"").and_then(|rest| rest.split_once("\"]"));
    let name = name.or_else(|| rest.strip_prefix("['").and_then(|rest| rest.split_once("']")));
    name.map(|(name, _)| name)
}

/// Every scalar below a value, with the entry or item that holds it.
pub(crate) fn scalars(
    node: &Node,
    path: &Path,
    span: &Range<usize>,
    visit: &mut dyn FnMut(&Node, &Path, &Range<usize>),
) {
    match &node.target().content {
        Content::Scalar(_) => visit(node.target(), path, span),
        Content::List(items) => {
            for (index, item) in items.iter().enumerate() {
                scalars(item, &path.item(index), &item.span, visit);
            }
        }
        Content::Mapping(_) => {
            for entry in node.entries() {
                scalars(&entry.value, &path.key(entry.name()), &entry.key.span, visit);
            }
        }
        Content::Alias(_) => {}
    }
}

/// Whether a scalar is the name of a parameter, in which nobody fills in variables.
pub(crate) fn is_name(path: &Path) -> bool {
    matches!(path.0.as_slice(), [.., Segment::Key(list), Segment::Item(_), Segment::Key(key)] if list == "params" && key == "name")
}

/// Where a finding about an expression of a scalar points: at the expression in a text of
/// several lines, else at the key.
pub(crate) fn pointed(out: &Collector<'_>, node: &Node, key: &Range<usize>, inner: &str) -> Range<usize> {
    let node = node.target();
    if node.style == Style::Block
        && let Some(source) = out.text.get(node.span.clone())
        && let Some(at) = source.find(&format!("$({inner})"))
    {
        let start = node.span.start + at;
        return start..start + inner.len() + 3;
    }
    key.clone()
}

/// Names in a list of mappings.
pub(crate) fn names(list: &[Rc<Node>]) -> HashSet<String> {
    list.iter().filter_map(|item| item.text_of("name")).map(str::to_owned).collect()
}

/// Judges declared parameters: names that stand twice, types, defaults; those of a task by
/// their names as well, which nobody looks at in a pipeline
/// (pkg/apis/pipeline/v1/pipeline_validation.go, `PipelineSpec.Validate`, 0.68 to 1.15).
pub(crate) fn declarations(out: &mut Collector<'_>, holder: &Node, path: &Path, is_of_task: bool) {
    let list = holder.list("params");
    let path = path.key("params");
    duplicates(out, list, &path, true);
    for (index, item) in list.iter().enumerate() {
        let at = path.item(index);
        if is_of_task && item.is_mapping() && item.get("name").is_none() && item.entry("name").is_none() {
            out.add(Kind::MissingField, at.clone(), &item.span, Problem::Missing("name"), Effect::Webhook);
        }
        super::names::param(out, item, &at, is_of_task);
        let kind = item.entry("type").filter(|entry| !out.is_open(&entry.value));
        if let Some(entry) = kind
            && let Some(text) = entry.value.text()
            && !entry.value.is_null()
            && !text.is_empty()
            && !TYPES.contains(&text)
        {
            out.add(Kind::InvalidValue, at.key("type"), &entry.key.span, Problem::Choice(TYPES), Effect::Webhook);
            continue;
        }
        default_fits(out, item, &at);
    }
}

/// Types of parameters (pkg/apis/pipeline/v1/param_types.go).
pub(crate) const TYPES: &[&str] = &["string", "array", "object"];

fn is_text(out: &Collector<'_>, node: &Node) -> bool {
    matches!(node.resolved(), Some(Resolved::Text | Resolved::Null)) || out.is_open(node)
}

fn default_fits(out: &mut Collector<'_>, item: &Node, path: &Path) {
    let declared = item.text_of("type");
    let Some(default) = item.entry("default").filter(|entry| !entry.value.is_null()) else { return };
    if out.is_open(&default.value) && default.value.text().is_some() {
        return;
    }
    // What holds more than texts is read as one text (param_types.go, `ParamValue.UnmarshalJSON`).
    let actual = match &default.value.target().content {
        Content::List(items) if items.iter().all(|item| is_text(out, item)) => "array",
        Content::Mapping(entries) if entries.iter().all(|entry| is_text(out, &entry.value)) => "object",
        _ => "string",
    };
    // Without a type, properties make an object, and the default's type is taken otherwise.
    let wanted = match declared {
        Some("string") => "string",
        Some("array") => "array",
        Some("object") => "object",
        None if item.get("properties").is_some() => "object",
        _ => return,
    };
    if wanted != actual {
        let problem = Problem::DefaultType(wanted);
        out.add(Kind::ConflictingFields, path.key("default"), &default.key.span, problem, Effect::Webhook);
    }
}

/// Judges given parameters: names that stand twice, values that are missing.
pub(crate) fn given(out: &mut Collector<'_>, list: &[Rc<Node>], path: &Path) {
    duplicates(out, list, path, true);
    valued(out, list, path);
}

/// Judges given parameters whose names nobody compares: values that are missing.
pub(crate) fn valued(out: &mut Collector<'_>, list: &[Rc<Node>], path: &Path) {
    for (index, item) in list.iter().enumerate() {
        if !item.is_mapping() {
            continue;
        }
        let at = path.item(index);
        // Where the CRD describes the field, the API server takes a null away; elsewhere it is
        // an empty text for the decoder.
        let is_pruned = out.schema.prunes() && !path.0.iter().any(is_kept);
        let null = item.entry("value").filter(|entry| entry.value.is_null());
        if let Some(entry) = null {
            if is_pruned {
                let problem = Problem::Missing("value");
                out.add(Kind::MissingField, at.key("value"), &entry.key.span, problem, Effect::Webhook);
            }
        } else if item.entry("value").is_none() {
            let place = item.entry("name").map_or(&item.span, |entry| &entry.key.span);
            let near = item.entries().iter().any(|entry| is_near_value(entry));
            if !near {
                let problem = Problem::Missing("value");
                out.add(Kind::MissingField, at.key("value"), place, problem, Effect::Webhook);
            }
        }
    }
}

/// Whether the CRDs keep whatever stands below a field.
fn is_kept(segment: &Segment) -> bool {
    matches!(segment, Segment::Key(key) if matches!(key.as_str(), "pipelineSpec" | "taskSpec"))
}

/// A key that is a misspelt `value` is said as such.
fn is_near_value(entry: &Entry) -> bool {
    entry.name() != "value" && strsim::osa_distance(&entry.name().to_lowercase(), "value") <= 2
}

/// Names that stand twice in a list.
pub(crate) fn duplicates(out: &mut Collector<'_>, list: &[Rc<Node>], path: &Path, is_webhook: bool) {
    let mut seen = HashSet::new();
    for (index, item) in list.iter().enumerate() {
        let Some(entry) = item.entry("name") else { continue };
        let Some(name) = entry.value.text().filter(|name| !name.is_empty()) else { continue };
        if out.is_open(&entry.value) || seen.insert(name) {
            continue;
        }
        let effect = if is_webhook { Effect::Webhook } else { Effect::RunFails };
        let at = path.item(index).key("name");
        out.add(Kind::DuplicateName, at, &entry.key.span, Problem::NameTwice(name.to_owned()), effect);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_and_their_names() {
        let found = expressions("a $(params.x) $(params['a.b']) $(date) $(open");
        let inner: Vec<_> = found.iter().map(|expression| expression.inner).collect();
        assert_eq!(inner, ["params.x", "params['a.b']", "date"]);
        assert_eq!(variable("params.x[*]", "params"), Some("x"));
        assert_eq!(variable("params['a.b']", "params"), Some("a.b"));
        assert_eq!(variable("params", "params"), None);
        assert_eq!(variable("paramsx.y", "params"), None);
    }
}
