//! What Tekton's webhook says of a Pipeline's spec
//! (pkg/apis/pipeline/v1/pipeline_validation.go).

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use crate::documents::scalar::Resolved;
use crate::documents::{Entry, Node, Path};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;

use super::graph::{cycle, result_of};
use super::variables::{self, Declared, Room};
use super::{params, references, task, values};

/// What a pipeline's tasks may use.
pub(crate) struct Scope {
    /// Parameters.
    pub(crate) params: Declared,
    /// Parameters of a run and of its pipeline, which reach the tasks by their names.
    pub(crate) given: HashSet<String>,
    /// Workspaces.
    pub(crate) workspaces: HashSet<String>,
    /// Whether the run refuses what is not declared, not the webhook.
    pub(crate) is_embedded: bool,
}

/// Judges a pipeline's spec.
pub(crate) fn check(out: &mut Collector<'_>, spec: &Node, path: &Path, span: &Range<usize>, scope: &Scope) {
    if !spec.is_mapping() {
        return;
    }
    // In a run they reach its embedded tasks, which are judged with them, those of finally not
    // (pkg/apis/pipeline/v1/pipelinerun_validation.go, `validateInlineParameters`).
    let has_steps = |task: &Rc<Node>| task.at(&["taskSpec", "steps"]).is_some_and(|steps| !steps.items().is_empty());
    let is_of_task = scope.is_embedded && spec.list("tasks").iter().any(has_steps);
    params::declarations(out, spec, path, is_of_task);
    unnamed(out, spec.list("workspaces"), &path.key("workspaces"));
    params::duplicates(out, spec.list("workspaces"), &path.key("workspaces"), true);
    let (tasks, finally) = (spec.list("tasks"), spec.list("finally"));
    // An object that says anything at all passes without tasks, but for finally.
    let is_nothing = |value: &Node| value.is_null() || value.is_list() && value.items().is_empty();
    let is_empty = spec.entries().iter().all(|entry| is_nothing(&entry.value));
    let has_tasks = spec.get("tasks").is_some_and(|tasks| !tasks.is_list() || !tasks.items().is_empty());
    if (is_empty || !finally.is_empty()) && !has_tasks && !task::has_near_other(spec, "tasks") {
        out.add(Kind::MissingField, path.key("tasks"), span, Problem::Missing("tasks"), Effect::Webhook);
    }
    let known = Known::of(tasks, finally);
    let mut seen = HashSet::new();
    for (list, field) in [(tasks, "tasks"), (finally, "finally")] {
        for (index, item) in list.iter().enumerate() {
            let at = path.key(field).item(index);
            name(out, item, &at, &mut seen);
            one_task(out, item, &at, scope, field == "finally");
            references(out, item, &at, &known, field == "finally");
        }
    }
    if let Some(ring) = cycle(tasks)
        && let Some(entry) = spec.entry("tasks")
    {
        out.add(Kind::DependencyCycle, path.key("tasks"), &entry.key.span, Problem::Cycle(ring), Effect::Webhook);
    }
    results(out, spec, path, &known);
}

/// The tasks of a pipeline, and the results of those whose spec is at hand.
pub(crate) struct Known {
    tasks: HashSet<String>,
    finally: HashSet<String>,
    results: HashMap<String, HashSet<String>>,
}

impl Known {
    fn of(tasks: &[Rc<Node>], finally: &[Rc<Node>]) -> Self {
        let mut results = HashMap::new();
        for task in tasks.iter().chain(finally) {
            if let (Some(name), Some(spec)) = (task.text_of("name"), task.get("taskSpec"))
                && spec.get("steps").is_some()
            {
                results.insert(name.to_owned(), params::names(spec.list("results")));
            }
        }
        Self { tasks: params::names(tasks), finally: params::names(finally), results }
    }
}

fn name(out: &mut Collector<'_>, item: &Node, path: &Path, seen: &mut HashSet<String>) {
    if !item.is_mapping() {
        return;
    }
    let Some(entry) = item.entry("name").filter(|entry| !entry.value.is_null()) else {
        if !task::has_near_other(item, "name") {
            out.add(Kind::MissingField, path.key("name"), &item.span, Problem::Missing("name"), Effect::Webhook);
        }
        return;
    };
    let Some(text) = entry.value.text() else { return };
    if out.is_open(&entry.value) {
        return;
    }
    let at = path.key("name");
    if !seen.insert(text.to_owned()) {
        let problem = Problem::NameTwice(text.to_owned());
        out.add(Kind::DuplicateName, at, &entry.key.span, problem, Effect::Webhook);
    } else if !values::is_dns_label(text) && entry.value.resolved() == Some(Resolved::Text) {
        let problem = Problem::Invalid("a name of at most 63 lower case letters, digits and -");
        out.add(Kind::InvalidValue, at, &entry.key.span, problem, Effect::Webhook);
    }
}

const SOURCES: &[&str] = &["taskRef", "taskSpec"];

fn one_task(out: &mut Collector<'_>, item: &Node, path: &Path, scope: &Scope, is_final: bool) {
    if !item.is_mapping() {
        return;
    }
    let given: Vec<&Entry> = ["taskRef", "taskSpec", "pipelineRef", "pipelineSpec"]
        .iter()
        .filter_map(|field| item.entry(field))
        .filter(|entry| !entry.value.is_null())
        .collect();
    if given.is_empty() && !SOURCES.iter().any(|field| task::has_near_other(item, field)) {
        out.add(Kind::MissingField, path.clone(), &item.span, Problem::MissingOneOf(SOURCES), Effect::Webhook);
    }
    if let (Some(_), Some(spec)) = (item.get("taskRef"), item.entry("taskSpec").filter(|entry| !entry.value.is_null()))
    {
        let problem = Problem::Both("taskRef", "taskSpec");
        out.add(Kind::ConflictingFields, path.key("taskSpec"), &spec.key.span, problem, Effect::Webhook);
    }
    if let Some(entry) = item.entry("taskRef") {
        task_ref(out, entry, &path.key("taskRef"), true, false);
    }
    if let Some(entry) = item.entry("pipelineRef") {
        references::check(out, entry, &path.key("pipelineRef"));
    }
    params::given(out, item.list("params"), &path.key("params"));
    if let Some(matrix) = item.get("matrix") {
        params::given(out, matrix.list("params"), &path.keys(&["matrix", "params"]));
    }
    retries(out, item, path);
    if let Some(entry) = item.entry("onError") {
        task::choice(out, entry, &path.key("onError"), &["continue", "stopAndFail"]);
    }
    whens(out, item, path);
    // What a run embeds is looked through by the webhook but for finally.
    let effect = if scope.is_embedded && is_final { Effect::Literal } else { Effect::Webhook };
    for (field, room) in [("params", Room::Whole), ("matrix", Room::Any), ("when", Room::Any)] {
        if let Some(entry) = item.entry(field) {
            variables::check(out, &entry.value, &path.key(field), &entry.key.span, &scope.params, room, effect);
        }
    }
    workspaces(out, item, path, scope);
    if let Some(entry) = item.entry("taskSpec").filter(|entry| !is_custom(&entry.value)) {
        unbound(out, item, &entry.value, &path.key("taskSpec"), scope);
        let scope = task::Scope { params: &scope.params, undeclared: effect };
        task::check(out, &entry.value, &path.key("taskSpec"), &entry.key.span, &scope);
    }
}

/// Retries, which exclude going on after an error.
fn retries(out: &mut Collector<'_>, item: &Node, path: &Path) {
    let Some(entry) = item.entry("retries") else { return };
    let count = match entry.value.resolved() {
        Some(Resolved::Int(count)) => count,
        _ => return,
    };
    if count > 0 && item.text_of("onError") == Some("continue") {
        let problem = Problem::Both("onError: continue", "retries");
        out.add(Kind::ConflictingFields, path.key("retries"), &entry.key.span, problem, Effect::Webhook);
    }
}

/// Parameters of an embedded task to which nobody gives a value. One of the same name
/// further out may be meant to reach it and is not judged
/// (pkg/reconciler/taskrun/validate_taskrun.go, `missingParamsNames`).
fn unbound(out: &mut Collector<'_>, item: &Node, spec: &Node, path: &Path, scope: &Scope) {
    let mut given = params::names(item.list("params"));
    if let Some(matrix) = item.get("matrix") {
        given.extend(params::names(matrix.list("params")));
        given.extend(matrix.list("include").iter().flat_map(|include| params::names(include.list("params"))));
    }
    for (index, param) in spec.list("params").iter().enumerate() {
        let Some(entry) = param.entry("name") else { continue };
        let Some(name) = entry.value.text().filter(|name| !name.is_empty()) else { continue };
        let is_bound = param.get("default").is_some() || given.contains(name) || scope.given.contains(name);
        if !is_bound && !task::has_near(param, "default") && !out.is_open(&entry.value) {
            let at = path.key("params").item(index).key("name");
            let problem = Problem::UnboundParam(name.to_owned());
            out.add(Kind::MissingBinding, at, &entry.key.span, problem, Effect::RunFails);
        }
    }
}

/// Whether an embedded spec is one of a custom task.
pub(crate) fn is_custom(spec: &Node) -> bool {
    spec.get("apiVersion").is_some() || spec.text_of("kind").is_some_and(|kind| kind != "Task")
}

/// A reference to a Task: ClusterTasks and bundles are gone, custom tasks need a version.
pub(crate) fn task_ref(out: &mut Collector<'_>, reference: &Entry, path: &Path, may_be_custom: bool, is_partial: bool) {
    let node = reference.value.target();
    let kind = node.text_of("kind").unwrap_or("Task");
    let is_custom = may_be_custom && (node.get("apiVersion").is_some() || !matches!(kind, "Task" | "ClusterTask" | ""));
    if !is_partial && !is_custom {
        references::check(out, reference, path);
    }
    if let Some(entry) = node.entry("kind")
        && let Some(kind) = entry.value.text()
        && !out.is_open(&entry.value)
    {
        if kind == "ClusterTask" && out.schema.prunes() {
            let at = path.key("kind");
            // The webhook takes it for a custom task, which a TaskRun cannot be.
            let effect = if may_be_custom { Effect::Webhook } else { Effect::RunFails };
            out.add(Kind::RemovedFeature, at, &entry.key.span, Problem::ClusterTask, effect);
        } else if may_be_custom
            && !matches!(kind, "Task" | "" | "ClusterTask")
            && node.get("apiVersion").is_none()
            && !entry.value.is_null()
        {
            let problem = Problem::Missing("apiVersion");
            out.add(Kind::MissingField, path.key("apiVersion"), &entry.key.span, problem, Effect::Webhook);
        }
    }
    bundle(out, node, path);
}

/// A reference by bundle in v1beta1; v1 does not have the field at all, which is said as such.
pub(crate) fn bundle(out: &mut Collector<'_>, node: &Node, path: &Path) {
    if let Some(entry) = node.entry("bundle").filter(|_| out.is_beta) {
        out.add(Kind::RemovedFeature, path.key("bundle"), &entry.key.span, Problem::Bundle, Effect::Webhook);
    }
}

fn whens(out: &mut Collector<'_>, item: &Node, path: &Path) {
    for (index, when) in item.list("when").iter().enumerate() {
        let at = path.key("when").item(index);
        if let Some(entry) = when.entry("operator") {
            task::choice(out, entry, &at.key("operator"), &["in", "notin"]);
        } else if when.is_mapping() && when.get("cel").is_none() && !task::has_near(when, "operator") {
            out.add(Kind::MissingField, at.key("operator"), &when.span, Problem::Missing("operator"), Effect::Webhook);
        }
        if when.get("operator").is_some() && when.get("cel").is_none() {
            match when.entry("values") {
                Some(entry) if entry.value.is_null() || entry.value.is_list() && entry.value.items().is_empty() => {
                    let problem = Problem::Invalid("a list of at least one value");
                    out.add(Kind::InvalidValue, at.key("values"), &entry.key.span, problem, Effect::Webhook);
                }
                None if !task::has_near(when, "values") => {
                    out.add(
                        Kind::MissingField,
                        at.key("values"),
                        &when.span,
                        Problem::Missing("values"),
                        Effect::Webhook,
                    );
                }
                _ => {}
            }
        }
    }
}

/// Workspaces without a name: declared ones (`validatePipelineWorkspacesDeclarations`), and
/// those of tasks that name none of the pipeline's either.
fn unnamed(out: &mut Collector<'_>, list: &[Rc<Node>], path: &Path) {
    for (index, item) in list.iter().enumerate().filter(|(_, item)| item.is_mapping()) {
        let entry = item.entry("name");
        let has_none = entry.is_none_or(|entry| entry.value.is_null() || entry.value.text() == Some(""));
        let has_other = item.text_of("workspace").is_some_and(|name| !name.is_empty());
        if has_none && !has_other && (entry.is_some() || !task::has_near(item, "name")) {
            let span = entry.map_or(&item.span, |entry| &entry.key.span);
            let at = path.item(index).key("name");
            out.add(Kind::MissingField, at, span, Problem::Missing("name"), Effect::Webhook);
        }
    }
}

fn workspaces(out: &mut Collector<'_>, item: &Node, path: &Path, scope: &Scope) {
    let list = item.list("workspaces");
    params::duplicates(out, list, &path.key("workspaces"), !scope.is_embedded);
    if !scope.is_embedded {
        unnamed(out, list, &path.key("workspaces"));
    }
    for (index, binding) in list.iter().enumerate() {
        let entry = binding
            .entry("workspace")
            .filter(|entry| entry.value.text().is_some_and(|text| !text.is_empty()) && !entry.value.is_null())
            .or_else(|| binding.entry("name"));
        let Some(entry) = entry else { continue };
        let Some(name) = entry.value.text() else { continue };
        if scope.workspaces.contains(name)
            || out.is_open(&entry.value)
            || task::has_near(binding, "workspace") && binding.entry("workspace").is_none()
        {
            continue;
        }
        let at = path.key("workspaces").item(index).key(entry.name());
        let effect = if scope.is_embedded { Effect::RunFails } else { Effect::Webhook };
        out.add(Kind::UndefinedReference, at, &entry.key.span, Problem::NoWorkspace(name.to_owned()), effect);
    }
}

/// References to tasks and to their results.
fn references(out: &mut Collector<'_>, item: &Node, path: &Path, known: &Known, is_final: bool) {
    if let Some(entry) = item.entry("runAfter") {
        if is_final && !entry.value.items().is_empty() {
            let problem = Problem::Both("finally", "runAfter");
            out.add(Kind::ConflictingFields, path.key("runAfter"), &entry.key.span, problem, Effect::Webhook);
        }
        for (index, after) in entry.value.items().iter().enumerate().filter(|_| !is_final) {
            if let Some(name) = after.text()
                && !known.tasks.contains(name)
                && !out.is_open(after)
            {
                let at = path.key("runAfter").item(index);
                let problem = Problem::NoTask(name.to_owned());
                out.add(Kind::UndefinedReference, at, &after.span, problem, Effect::Webhook);
            }
        }
    }
    let mut wrong = Vec::new();
    for field in ["params", "matrix", "when"] {
        let Some(entry) = item.entry(field) else { continue };
        params::scalars(&entry.value, &path.key(field), &entry.key.span, &mut |scalar, path, span| {
            if params::is_name(path) {
                return;
            }
            for expression in params::expressions(scalar.text().unwrap_or_default()) {
                let problem = match reference(expression.inner, known, is_final) {
                    Some(problem) => problem,
                    None if has_no_prefix(expression.inner) && !out.is_open(scalar) => {
                        Problem::NoVariable(expression.inner.to_owned())
                    }
                    None => continue,
                };
                wrong.push((path.clone(), params::pointed(out, scalar, span, expression.inner), problem));
            }
        });
    }
    for (path, place, problem) in wrong {
        let effect = if matches!(problem, Problem::NoResult(_)) { Effect::RunFails } else { Effect::Webhook };
        out.add(Kind::UndefinedReference, path, &place, problem, effect);
    }
}

fn reference(inner: &str, known: &Known, is_final: bool) -> Option<Problem> {
    if let Some((task, result)) = result_of(inner) {
        if !known.tasks.contains(task) {
            return Some(Problem::NoTask(task.to_owned()));
        }
        let missing = known.results.get(task).is_some_and(|results| !results.contains(result));
        return missing.then(|| Problem::NoResult(result.to_owned()));
    }
    let status = inner
        .strip_prefix("tasks.")
        .and_then(|rest| rest.strip_suffix(".status").or_else(|| rest.strip_suffix(".reason")))?;
    if !is_final {
        return Some(Problem::NoVariable(inner.to_owned()));
    }
    (!known.tasks.contains(status)).then(|| Problem::NoTask(status.to_owned()))
}

/// Whether a variable begins with none of the words that there are: refused since 1.14.
fn has_no_prefix(inner: &str) -> bool {
    // `variableSubstitutionFormat`: names with dots, and an index behind them.
    let inner = inner.split_once('[').map_or(inner, |(name, index)| match index.strip_suffix(']') {
        Some(index) if index == "*" || index.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => "",
    });
    let is_variable =
        !inner.is_empty() && inner.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    let first = inner.split('.').next().unwrap_or(inner);
    is_variable && !matches!(first, "params" | "tasks" | "finally" | "context" | "workspaces" | "results" | "tt")
}

fn results(out: &mut Collector<'_>, spec: &Node, path: &Path, known: &Known) {
    for (index, result) in spec.list("results").iter().enumerate() {
        let Some(entry) = result.entry("value") else {
            if result.is_mapping() && !task::has_near_other(result, "value") {
                let at = path.key("results").item(index).key("value");
                let place = result.entry("name").map_or(&result.span, |entry| &entry.key.span);
                out.add(Kind::MissingField, at, place, Problem::Missing("value"), Effect::Webhook);
            }
            continue;
        };
        let at = path.key("results").item(index).key("value");
        if let Some(text) = entry.value.text()
            && params::expressions(text).is_empty()
            && !out.is_open(&entry.value)
        {
            let problem = Problem::Invalid("a result of a task: $(tasks.NAME.results.RESULT)");
            out.add(Kind::InvalidValue, at.clone(), &entry.key.span, problem, Effect::Webhook);
        }
        let mut wrong = Vec::new();
        params::scalars(&entry.value, &at, &entry.key.span, &mut |scalar, path, span| {
            for expression in params::expressions(scalar.text().unwrap_or_default()) {
                let (names, inner) = match expression.inner.strip_prefix("finally.") {
                    Some(rest) => (&known.finally, format!("tasks.{rest}")),
                    None => (&known.tasks, expression.inner.to_owned()),
                };
                let Some((task, name)) = result_of(&inner) else { continue };
                let problem = if !names.contains(task) {
                    Problem::NoTask(task.to_owned())
                } else if known.results.get(task).is_some_and(|results| !results.contains(name)) {
                    Problem::NoResult(name.to_owned())
                } else {
                    continue;
                };
                wrong.push((path.clone(), params::pointed(out, scalar, span, expression.inner), problem));
            }
        });
        for (path, place, problem) in wrong {
            let effect = if matches!(problem, Problem::NoResult(_)) { Effect::RunFails } else { Effect::Webhook };
            out.add(Kind::UndefinedReference, path, &place, problem, effect);
        }
    }
}
