//! References to pipelines, tasks and step actions
//! (pkg/apis/pipeline/v1/container_validation.go, `validateRef`).

use crate::documents::{Entry, Node, Path};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;

use super::{params, task, values};

/// Judges the reference under a key.
pub(crate) fn check(out: &mut Collector<'_>, reference: &Entry, path: &Path) {
    let node = reference.value.target();
    if !node.is_mapping() || node.get("bundle").is_some() {
        return;
    }
    let filled = |key: &str| node.entry(key).filter(|entry| entry.value.text().is_some_and(|text| !text.is_empty()));
    let (name, resolver) = (filled("name").filter(is_set), filled("resolver").filter(is_set));
    let params = node.entry("params").filter(|entry| !entry.value.is_null());
    params::given(out, node.list("params"), &path.key("params"));
    if params.is_some() && resolver.is_none() && !task::has_near(node, "resolver") {
        let problem = Problem::Missing("resolver");
        out.add(Kind::MissingField, path.key("resolver"), &reference.key.span, problem, Effect::Webhook);
    }
    match (name, resolver, params) {
        (Some(_), _, Some(params)) => {
            let problem = Problem::Both("name", "params");
            out.add(Kind::ConflictingFields, path.key("params"), &params.key.span, problem, Effect::Webhook);
        }
        (Some(name), Some(_), None) if !is_url(name) && !out.is_open(&name.value) => {
            let problem = Problem::Both("name", "resolver");
            out.add(Kind::ConflictingFields, path.key("name"), &name.key.span, problem, Effect::Webhook);
        }
        (Some(name), None, None) => named(out, name, path),
        (None, None, None) if !has_name(node) => {
            let problem = Problem::Missing("name");
            out.add(Kind::MissingField, path.key("name"), &reference.key.span, problem, Effect::Webhook);
        }
        _ => {}
    }
}

fn is_set(entry: &&Entry) -> bool {
    !entry.value.is_null()
}

/// Whether a name stands there that is open, misspelt or of another type: said as such.
fn has_name(node: &Node) -> bool {
    ["name", "resolver"].iter().any(|key| {
        node.entry(key).is_some_and(|entry| entry.value.text().is_none())
            || node.entries().iter().any(|entry| entry.name() != *key && task::is_near(entry.name(), key))
    }) || node.entries().iter().any(|entry| entry.name().to_lowercase().ends_with("name") && entry.name() != "name")
}

fn is_url(entry: &Entry) -> bool {
    let text = entry.value.text().unwrap_or_default();
    text.split_once(":/").is_some_and(|(scheme, _)| {
        scheme.chars().last().is_some_and(|last| last.is_alphanumeric() || matches!(last, '_' | '-'))
    })
}

fn named(out: &mut Collector<'_>, name: &Entry, path: &Path) {
    let text = name.value.text().unwrap_or_default();
    if out.is_open(&name.value) || text.contains("$(") {
        return;
    }
    if is_url(name) {
        let problem = Problem::Missing("resolver");
        out.add(Kind::MissingField, path.key("resolver"), &name.key.span, problem, Effect::Webhook);
    } else if name.value.resolved() == Some(crate::documents::scalar::Resolved::Text) && !values::is_label_key(text) {
        let problem = Problem::Invalid("the name of an object");
        out.add(Kind::InvalidValue, path.key("name"), &name.key.span, problem, Effect::Webhook);
    }
}
