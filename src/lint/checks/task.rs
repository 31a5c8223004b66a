//! What Tekton's webhook says of a Task's spec (pkg/apis/pipeline/v1/task_validation.go,
//! container_validation.go).

use std::collections::HashSet;
use std::ops::Range;

use crate::documents::scalar::Resolved;
use crate::documents::{Node, Path};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;

use super::variables::{self, Declared, Room};
use super::{names, params, references, values};

/// Who declares what a task's steps may use.
pub(crate) struct Scope<'a> {
    /// Parameters declared outside of the task's spec.
    pub(crate) params: &'a Declared,
    /// What becomes of a use of a parameter that nobody declares.
    pub(crate) undeclared: Effect,
}

/// Fields of a step in which the webhook looks for variables.
const STEP_FIELDS: [(&str, Room); 6] = [
    ("image", Room::Text),
    ("workingDir", Room::Text),
    ("script", Room::Text),
    ("command", Room::Words),
    ("args", Room::Words),
    ("volumeMounts", Room::Text),
];

/// Judges a task's spec; `span` is that of the key under which it stands.
pub(crate) fn check(out: &mut Collector<'_>, spec: &Node, path: &Path, span: &Range<usize>, scope: &Scope<'_>) {
    if !spec.is_mapping() {
        return;
    }
    params::declarations(out, spec, path, true);
    let steps = spec.list("steps");
    match spec.entry("steps") {
        Some(entry) if is_empty(&entry.value) => {
            let problem = Problem::Invalid("a list of at least one step");
            out.add(Kind::MissingField, path.key("steps"), &entry.key.span, problem, Effect::Webhook);
        }
        None if !has_near(spec, "steps") => {
            out.add(Kind::MissingField, path.key("steps"), span, Problem::Missing("steps"), Effect::Webhook);
        }
        _ => {}
    }
    params::duplicates(out, steps, &path.key("steps"), true);
    params::duplicates(out, spec.list("workspaces"), &path.key("workspaces"), true);
    params::duplicates(out, spec.list("volumes"), &path.key("volumes"), true);
    let mut declared = Declared::of(spec.list("params"));
    declared.join(scope.params.clone());
    let results = params::names(spec.list("results"));
    let workspaces = params::names(spec.list("workspaces"));
    let template_image = spec.at(&["stepTemplate", "image"]).is_some();
    for (index, step) in steps.iter().enumerate() {
        let at = path.key("steps").item(index);
        one_step(out, step, &at, template_image);
        uses_workspaces(out, step, &at, &workspaces);
        uses(out, step, &at, &declared, scope.undeclared);
        if let Some(script) = step.entry("script") {
            for expression in params::expressions(script.value.text().unwrap_or_default()) {
                let Some(name) = params::variable(expression.inner, "results") else { continue };
                let name = name.strip_suffix(".path").unwrap_or(name);
                if !results.contains(name) {
                    let place = params::pointed(out, &script.value, &script.key.span, expression.inner);
                    let problem = Problem::NoResult(name.to_owned());
                    out.add(Kind::UndefinedReference, at.key("script"), &place, problem, Effect::Webhook);
                }
            }
        }
    }
    for (index, sidecar) in spec.list("sidecars").iter().enumerate() {
        if sidecar.is_mapping()
            && sidecar.entry("image").is_none_or(|entry| is_empty(&entry.value))
            && !has_near_other(sidecar, "image")
        {
            let at = path.key("sidecars").item(index).key("image");
            out.add(Kind::MissingField, at, &sidecar.span, Problem::Missing("image"), Effect::Webhook);
        }
        uses_workspaces(out, sidecar, &path.key("sidecars").item(index), &workspaces);
    }
    names::results(out, spec.list("results"), &path.key("results"));
    for (index, result) in spec.list("results").iter().enumerate() {
        if let Some(entry) = result.entry("type").filter(|entry| !entry.value.is_null() && !out.is_open(&entry.value))
            && entry.value.text().is_some_and(|text| !params::TYPES.contains(&text))
        {
            let at = path.key("results").item(index).key("type");
            out.add(Kind::InvalidValue, at, &entry.key.span, Problem::Choice(params::TYPES), Effect::Webhook);
        }
    }
}

/// Judges a StepAction's spec (pkg/apis/pipeline/v1beta1/stepaction_validation.go).
pub(crate) fn step_action(out: &mut Collector<'_>, spec: &Node, path: &Path, span: &Range<usize>) {
    params::declarations(out, spec, path, true);
    names::results(out, spec.list("results"), &path.key("results"));
    if spec.entry("image").is_none_or(|entry| is_empty(&entry.value)) && !has_near_other(spec, "image") {
        out.add(Kind::MissingField, path.key("image"), span, Problem::Missing("image"), Effect::Webhook);
    }
    if let (Some(script), Some(command)) = (spec.entry("script"), spec.entry("command"))
        && !is_empty(&script.value)
        && !is_empty(&command.value)
    {
        let problem = Problem::Both("script", "command");
        out.add(Kind::ConflictingFields, path.key("script"), &script.key.span, problem, Effect::Webhook);
    }
    if let Some(script) = spec.entry("script")
        && let Some(used) = params::expressions(script.value.text().unwrap_or_default())
            .iter()
            .find(|expression| params::variable(expression.inner, "params").is_some())
    {
        let place = params::pointed(out, &script.value, &script.key.span, used.inner);
        let problem = Problem::InScript(used.inner.to_owned());
        out.add(Kind::InvalidValue, path.key("script"), &place, problem, Effect::Webhook);
    }
    uses(out, spec, path, &Declared::of(spec.list("params")), Effect::Webhook);
}

/// Parameters and variables of the context in the fields of a step.
fn uses(out: &mut Collector<'_>, step: &Node, path: &Path, declared: &Declared, effect: Effect) {
    for (field, room) in STEP_FIELDS {
        let Some(entry) = step.entry(field) else { continue };
        let at = path.key(field);
        variables::check(out, &entry.value, &at, &entry.key.span, declared, room, effect);
        contexts(out, &entry.value, &at, &entry.key.span);
    }
    // Of the environment the webhook looks at values only, not at `valueFrom`.
    for (index, variable) in step.list("env").iter().enumerate() {
        let Some(entry) = variable.entry("value") else { continue };
        let at = path.key("env").item(index).key("value");
        variables::check(out, &entry.value, &at, &entry.key.span, declared, Room::Text, effect);
        contexts(out, &entry.value, &at, &entry.key.span);
    }
}

/// Whether a key may be meant as another one.
pub(crate) fn is_near(key: &str, name: &str) -> bool {
    strsim::osa_distance(&key.to_lowercase(), &name.to_lowercase()) <= 2
}

/// Whether a mapping has a key that may be a misspelt one: it is said as such.
pub(crate) fn has_near(node: &Node, name: &str) -> bool {
    node.entries().iter().any(|entry| is_near(entry.name(), name))
}

/// Whether a mapping has another key that may be meant as this one.
pub(crate) fn has_near_other(node: &Node, name: &str) -> bool {
    node.entries().iter().any(|entry| entry.name() != name && is_near(entry.name(), name))
}

/// Whether a value is null, empty text or an empty list.
fn is_empty(node: &Node) -> bool {
    node.is_null()
        || node.text() == Some("") && node.resolved() == Some(Resolved::Text)
        || node.is_list() && node.items().is_empty()
}

fn one_step(out: &mut Collector<'_>, step: &Node, path: &Path, template_image: bool) {
    if !step.is_mapping() {
        return;
    }
    let has_ref = step.get("ref").is_some();
    if let Some(reference) = step.entry("ref") {
        references::check(out, reference, &path.key("ref"));
    }
    names::results(out, step.list("results"), &path.key("results"));
    params::valued(out, step.list("params"), &path.key("params"));
    if let Some(entry) = step.entry("params").filter(|entry| !has_ref && !entry.value.items().is_empty()) {
        let problem = Problem::Missing("ref");
        out.add(Kind::MissingField, path.key("params"), &entry.key.span, problem, Effect::Webhook);
    }
    let has_image = step.entry("image").is_some_and(|entry| !is_empty(&entry.value));
    if !has_ref && !template_image && !has_image && !has_near_other(step, "image") {
        out.add(Kind::MissingField, path.key("image"), &step.span, Problem::Missing("image"), Effect::Webhook);
    }
    if let (Some(script), Some(command)) = (step.entry("script"), step.entry("command"))
        && script.value.text().is_some_and(|text| !text.is_empty())
        && !command.value.items().is_empty()
    {
        let problem = Problem::Both("script", "command");
        out.add(Kind::ConflictingFields, path.key("script"), &script.key.span, problem, Effect::Webhook);
    }
    if has_ref {
        for (field, problem) in [
            ("image", Problem::Both("ref", "image")),
            ("command", Problem::Both("ref", "command")),
            ("args", Problem::Both("ref", "args")),
            ("script", Problem::Both("ref", "script")),
            ("workingDir", Problem::Both("ref", "workingDir")),
            ("env", Problem::Both("ref", "env")),
            ("volumeMounts", Problem::Both("ref", "volumeMounts")),
        ] {
            if let Some(entry) = step.entry(field).filter(|entry| !is_empty(&entry.value)) {
                out.add(Kind::ConflictingFields, path.key(field), &entry.key.span, problem, Effect::Webhook);
            }
        }
    }
    if let Some(entry) = step.entry("name")
        && let Some(name) = entry.value.text().filter(|name| !name.is_empty())
        && !out.is_open(&entry.value)
        && entry.value.resolved() == Some(Resolved::Text)
        && !values::is_dns_label(name)
    {
        let problem = Problem::Invalid("a name of lower case letters, digits and -");
        out.add(Kind::InvalidValue, path.key("name"), &entry.key.span, problem, Effect::Webhook);
    }
    if let Some(entry) = step.entry("onError") {
        choice(out, entry, &path.key("onError"), &["continue", "stopAndFail"]);
    }
}

/// A value that has to be one of a few; expressions are left for the controller.
pub(crate) fn choice(
    out: &mut Collector<'_>,
    entry: &crate::documents::Entry,
    path: &Path,
    allowed: &'static [&'static str],
) {
    let Some(text) = entry.value.text().filter(|_| !entry.value.is_null()) else { return };
    if !text.is_empty() && !text.contains("$(") && !out.is_open(&entry.value) && !allowed.contains(&text) {
        let problem = Problem::Choice(allowed);
        out.add(Kind::InvalidValue, path.clone(), &entry.key.span, problem, Effect::Webhook);
    }
}

fn uses_workspaces(out: &mut Collector<'_>, container: &Node, path: &Path, declared: &HashSet<String>) {
    for (index, used) in container.list("workspaces").iter().enumerate() {
        let Some(entry) = used.entry("name") else { continue };
        let Some(name) = entry.value.text() else { continue };
        if !declared.contains(name) && !out.is_open(&entry.value) {
            let at = path.key("workspaces").item(index).key("name");
            let problem = Problem::NoWorkspace(name.to_owned());
            out.add(Kind::UndefinedReference, at, &entry.key.span, problem, Effect::Webhook);
        }
    }
}

/// Variables of the context that do not exist.
fn contexts(out: &mut Collector<'_>, node: &Node, path: &Path, span: &Range<usize>) {
    let mut wrong = Vec::new();
    params::scalars(node, path, span, &mut |scalar, path, span| {
        for expression in params::expressions(scalar.text().unwrap_or_default()) {
            let known: &[&str] = if expression.inner.starts_with("context.taskRun.") {
                &["context.taskRun.name", "context.taskRun.namespace", "context.taskRun.uid"]
            } else if expression.inner.starts_with("context.task.") {
                &["context.task.name", "context.task.retry-count"]
            } else {
                continue;
            };
            if !known.contains(&expression.inner) {
                let place = params::pointed(out, scalar, span, expression.inner);
                wrong.push((path.clone(), place, expression.inner.to_owned()));
            }
        }
    });
    for (path, place, name) in wrong {
        out.add(Kind::UndefinedReference, path, &place, Problem::NoVariable(name), Effect::Webhook);
    }
}
