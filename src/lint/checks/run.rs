//! What Tekton's webhook and its controller say of a run
//! (pkg/apis/pipeline/v1/pipelinerun_validation.go, taskrun_validation.go,
//! pkg/reconciler/pipelinerun/pipelinerun.go).

use std::collections::HashSet;
use std::rc::Rc;

use crate::documents::{Entry, Node, Path};
use crate::lint::collector::Collector;
use crate::lint::finding::{Effect, Problem};
use crate::lint::kind::Kind;
use crate::lint::subject::Subject;

use super::variables::Declared;
use super::{params, pipeline, references, task, values};

/// What a workspace can be bound to.
pub(crate) const VOLUMES: &[&str] =
    &["persistentVolumeClaim", "volumeClaimTemplate", "emptyDir", "configMap", "secret", "projected", "csi"];

/// Judges a PipelineRun or TaskRun.
pub(crate) fn check(out: &mut Collector<'_>, subject: &Subject<'_>) {
    let Some(entry) = subject.node.entry("spec") else {
        if !subject.is_partial
            && let Some(kind) = subject.node.entry("kind")
            && !task::has_near(subject.node, "spec")
        {
            let path = subject.path.key("spec");
            out.add(Kind::MissingField, path, &kind.key.span, Problem::Missing("spec"), Effect::Webhook);
        }
        return;
    };
    let spec = entry.value.target();
    let path = subject.path.key("spec");
    if spec.is_null() && !subject.is_partial {
        let names = if subject.kind == "TaskRun" { TASK } else { PIPELINE };
        out.add(Kind::MissingField, path, &entry.key.span, Problem::MissingOneOf(names), Effect::Webhook);
        return;
    }
    if !spec.is_mapping() {
        return;
    }
    params::given(out, spec.list("params"), &path.key("params"));
    if subject.kind == "PipelineRun" {
        no_results(out, spec, &path);
    }
    if let (Some(entry), None) = (spec.entry("statusMessage"), spec.get("status"))
        && entry.value.text().is_some_and(|text| !text.is_empty())
        && subject.kind == "TaskRun"
    {
        let problem = Problem::Missing("status");
        out.add(Kind::MissingField, path.key("statusMessage"), &entry.key.span, problem, Effect::Webhook);
    }
    bindings(out, spec, &path);
    if let Some(entry) = spec.entry("status") {
        let allowed: &[&str] = if subject.kind == "TaskRun" {
            &["TaskRunCancelled", "TaskRunPending"]
        } else {
            &["Cancelled", "CancelledRunFinally", "StoppedRunFinally", "PipelineRunPending"]
        };
        task::choice(out, entry, &path.key("status"), allowed);
    }
    if subject.kind == "TaskRun" {
        of_task(out, subject, entry, &path);
    } else {
        of_pipeline(out, subject, entry, &path);
    }
}

/// Values of a run's parameters cannot come from tasks (`validatePipelineRunParameters`).
fn no_results(out: &mut Collector<'_>, spec: &Node, path: &Path) {
    for (index, param) in spec.list("params").iter().enumerate() {
        let Some(entry) = param.entry("value") else { continue };
        let at = path.key("params").item(index).key("value");
        let mut wrong = Vec::new();
        params::scalars(&entry.value, &at, &entry.key.span, &mut |scalar, path, span| {
            for expression in params::expressions(scalar.text().unwrap_or_default()) {
                if super::graph::result_of(expression.inner).is_some() {
                    let place = params::pointed(out, scalar, span, expression.inner);
                    wrong.push((path.clone(), place, expression.inner.to_owned()));
                }
            }
        });
        for (path, place, name) in wrong {
            out.add(Kind::UndefinedReference, path, &place, Problem::NoVariable(name), Effect::Webhook);
        }
    }
}

const PIPELINE: &[&str] = &["pipelineRef", "pipelineSpec"];
const TASK: &[&str] = &["taskRef", "taskSpec"];

/// Exactly one of two sources has to be there.
fn one_source(
    out: &mut Collector<'_>,
    subject: &Subject<'_>,
    spec: &Entry,
    path: &Path,
    names: &'static [&'static str],
) {
    let is_given = |name: &&&str| spec.value.entry(name).is_some_and(|entry| !entry.value.is_null());
    let count = names.iter().filter(is_given).count();
    if count == 0 && !subject.is_partial && !names.iter().any(|name| task::has_near_other(spec.value.target(), name)) {
        out.add(Kind::MissingField, path.clone(), &spec.key.span, Problem::MissingOneOf(names), Effect::Webhook);
    }
    if count > 1
        && let Some(entry) = spec.value.entry(names[1])
    {
        let problem = Problem::Both(names[0], names[1]);
        out.add(Kind::ConflictingFields, path.key(names[1]), &entry.key.span, problem, Effect::Webhook);
    }
}

fn of_task(out: &mut Collector<'_>, subject: &Subject<'_>, entry: &Entry, path: &Path) {
    let spec = entry.value.target();
    one_source(out, subject, entry, path, TASK);
    if let Some(reference) = spec.entry("taskRef") {
        pipeline::task_ref(out, reference, &path.key("taskRef"), false, subject.is_partial);
    }
    let Some(embedded) = spec.entry("taskSpec").filter(|entry| entry.value.is_mapping()) else { return };
    let given = Declared::given(spec.list("params"));
    let scope = task::Scope { params: &given, undeclared: Effect::Webhook };
    task::check(out, &embedded.value, &path.key("taskSpec"), &embedded.key.span, &scope);
    if !subject.is_partial {
        bound(out, spec, &embedded.value, &path.key("taskSpec"));
    }
}

fn of_pipeline(out: &mut Collector<'_>, subject: &Subject<'_>, entry: &Entry, path: &Path) {
    let spec = entry.value.target();
    one_source(out, subject, entry, path, PIPELINE);
    timeouts(out, spec, path);
    if let Some(reference) = spec.entry("pipelineRef") {
        pipeline::bundle(out, &reference.value, &path.key("pipelineRef"));
        if !subject.is_partial {
            references::check(out, reference, &path.key("pipelineRef"));
        }
    }
    let Some(embedded) = spec.entry("pipelineSpec").filter(|entry| entry.value.is_mapping()) else { return };
    let inner = embedded.value.target();
    let at = path.key("pipelineSpec");
    // Parameters and workspaces of a run reach the tasks without being declared in between.
    let mut declared = Declared::given(spec.list("params"));
    declared.join(Declared::of(inner.list("params")));
    let mut given = params::names(spec.list("params"));
    given.extend(params::names(inner.list("params")));
    for task in inner.list("tasks").iter().chain(inner.list("finally")) {
        declared.join(Declared::given(task.list("params")));
        if let Some(spec) = task.get("taskSpec") {
            declared.join(Declared::of(spec.list("params")));
        }
        if let Some(matrix) = task.get("matrix") {
            declared.join(Declared::given(matrix.list("params")));
        }
    }
    let mut workspaces = params::names(spec.list("workspaces"));
    workspaces.extend(params::names(inner.list("workspaces")));
    let scope = pipeline::Scope { params: declared, given, workspaces, is_embedded: true };
    pipeline::check(out, inner, &at, &embedded.key.span, &scope);
    if !subject.is_partial {
        bound(out, spec, inner, &at);
        specs(out, spec, path, inner);
    }
}

/// Parameters and workspaces that the run has to provide.
fn bound(out: &mut Collector<'_>, run: &Node, spec: &Node, path: &Path) {
    let given = params::names(run.list("params"));
    for (index, param) in spec.list("params").iter().enumerate() {
        let Some(entry) = param.entry("name") else { continue };
        let Some(name) = entry.value.text() else { continue };
        if param.entry("default").is_none() && !given.contains(name) && !out.is_open(&entry.value) {
            let at = path.key("params").item(index).key("name");
            let problem = Problem::UnboundParam(name.to_owned());
            out.add(Kind::MissingBinding, at, &entry.key.span, problem, Effect::RunFails);
        }
    }
    let given = params::names(run.list("workspaces"));
    for (index, workspace) in spec.list("workspaces").iter().enumerate() {
        let Some(entry) = workspace.entry("name") else { continue };
        let Some(name) = entry.value.text() else { continue };
        let is_optional = workspace.text_of("optional").is_some_and(|text| text != "false");
        if !is_optional && !given.contains(name) && !out.is_open(&entry.value) {
            let at = path.key("workspaces").item(index).key("name");
            let problem = Problem::UnboundWorkspace(name.to_owned());
            out.add(Kind::MissingBinding, at, &entry.key.span, problem, Effect::RunFails);
        }
    }
}

/// `taskRunSpecs` for tasks that the pipeline does not have.
fn specs(out: &mut Collector<'_>, run: &Node, path: &Path, pipeline: &Node) {
    let mut tasks: HashSet<String> = params::names(pipeline.list("tasks"));
    tasks.extend(params::names(pipeline.list("finally")));
    for (index, item) in run.list("taskRunSpecs").iter().enumerate() {
        let Some(entry) = item.entry("pipelineTaskName") else { continue };
        if let Some(name) = entry.value.text()
            && !tasks.contains(name)
            && !out.is_open(&entry.value)
        {
            let at = path.key("taskRunSpecs").item(index).key("pipelineTaskName");
            let problem = Problem::NoTask(name.to_owned());
            out.add(Kind::UndefinedReference, at, &entry.key.span, problem, Effect::RunFails);
        }
    }
}

/// Workspaces of a run: one volume each.
fn bindings(out: &mut Collector<'_>, spec: &Node, path: &Path) {
    let list = spec.list("workspaces");
    params::duplicates(out, list, &path.key("workspaces"), true);
    for (index, binding) in list.iter().enumerate() {
        let at = path.key("workspaces").item(index);
        if !binding.is_mapping() {
            continue;
        }
        let given: Vec<&Entry> =
            VOLUMES.iter().filter_map(|name| binding.entry(name)).filter(|entry| !entry.value.is_null()).collect();
        // What is misspelt or misplaced is told as such. A null is none: `emptyDir:` lacks its `{}`.
        let is_known = |entry: &&Entry| matches!(entry.name(), "name" | "subPath") || VOLUMES.contains(&entry.name());
        if given.is_empty() && binding.entries().iter().all(is_known) {
            out.add(Kind::MissingField, at.clone(), &binding.span, Problem::MissingOneOf(VOLUMES), Effect::Webhook);
        }
        if let [_, second, ..] = given.as_slice() {
            let problem = Problem::MissingOneOf(VOLUMES);
            let at = at.key(second.name());
            out.add(Kind::ConflictingFields, at, &second.key.span, problem, Effect::Webhook);
        }
        for (volume, field, problem) in [
            ("persistentVolumeClaim", "claimName", Problem::Missing("claimName")),
            ("secret", "secretName", Problem::Missing("secretName")),
            ("configMap", "name", Problem::Missing("name")),
            ("csi", "driver", Problem::Missing("driver")),
        ] {
            let Some(entry) = binding.entry(volume).filter(|entry| entry.value.is_mapping()) else { continue };
            let value = entry.value.target();
            let is_empty = value.text_of(field).is_none_or(str::is_empty);
            if is_empty && !has_other_name(value, field) {
                out.add(Kind::MissingField, at.keys(&[volume, field]), &entry.key.span, problem, Effect::Webhook);
            }
        }
        modes(out, binding, &at);
    }
}

/// A name under another key is said as misspelt.
fn has_other_name(value: &Node, field: &str) -> bool {
    value.entries().iter().any(|entry| {
        let name = entry.name().to_lowercase();
        entry.name() != field && (name.ends_with("name") || name.starts_with("claim") || name.starts_with("secret"))
    })
}

const MODES: &[&str] = &["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"];

fn modes(out: &mut Collector<'_>, binding: &Rc<Node>, path: &Path) {
    let Some(modes) = binding.at(&["volumeClaimTemplate", "spec", "accessModes"]) else { return };
    for (index, mode) in modes.items().iter().enumerate() {
        if let Some(text) = mode.text()
            && !out.is_open(mode)
            && !MODES.contains(&text)
        {
            let at = path.keys(&["volumeClaimTemplate", "spec", "accessModes"]).item(index);
            out.add(Kind::InvalidValue, at, &mode.span, Problem::Choice(MODES), Effect::RunFails);
        }
    }
}

/// The timeout that the webhook fills in (config-defaults, default-timeout-minutes).
const DEFAULT_TIMEOUT: i128 = 3_600_000_000_000;

/// Timeouts of single tasks, which are compared with those of the run
/// (`validateTaskRunSpecTimeout`).
fn of_tasks(out: &mut Collector<'_>, spec: &Node, path: &Path) {
    if !out.schema.prunes() {
        return;
    }
    let text = |node: &Node| {
        let is_text = node.resolved() == Some(crate::documents::scalar::Resolved::Text);
        node.text().filter(|_| is_text).and_then(values::duration)
    };
    let of_run = ["tasks", "pipeline"].iter().find_map(|name| spec.at(&["timeouts", name]));
    let (limit, is_default) = match of_run {
        Some(node) => (text(node), false),
        None => (Some(DEFAULT_TIMEOUT), true),
    };
    let Some(limit) = limit.filter(|limit| *limit > 0) else { return };
    for (index, item) in spec.list("taskRunSpecs").iter().enumerate() {
        if let Some(entry) = item.entry("timeout")
            && text(&entry.value).is_some_and(|timeout| timeout > limit)
        {
            let at = path.key("taskRunSpecs").item(index).key("timeout");
            let problem = Problem::TimeoutAbove { is_default };
            out.add(Kind::ConflictingFields, at, &entry.key.span, problem, Effect::Webhook);
        }
    }
}

fn timeouts(out: &mut Collector<'_>, spec: &Node, path: &Path) {
    of_tasks(out, spec, path);
    let Some(entry) = spec.entry("timeouts").filter(|entry| entry.value.is_mapping()) else { return };
    let at = path.key("timeouts");
    let value = |name: &str| {
        let entry = entry.value.entry(name)?;
        let is_text = entry.value.resolved() == Some(crate::documents::scalar::Resolved::Text);
        let duration = entry.value.text().filter(|_| is_text).and_then(values::duration)?;
        Some((entry, duration))
    };
    for name in ["pipeline", "tasks", "finally"] {
        if let Some((entry, duration)) = value(name)
            && duration < 0
        {
            let problem = Problem::Invalid("a duration of at least 0");
            out.add(Kind::InvalidValue, at.key(name), &entry.key.span, problem, Effect::Webhook);
        }
    }
    let whole = entry.value.entry("pipeline").filter(|entry| !entry.value.is_null());
    let (limit, is_default) = match (whole, value("pipeline")) {
        (None, _) => (DEFAULT_TIMEOUT, true),
        (Some(_), Some((_, duration))) => (duration, false),
        // What cannot be read is said as such.
        (Some(_), None) => return,
    };
    let mut is_above = false;
    for name in ["tasks", "finally"] {
        if let Some((entry, duration)) = value(name)
            && limit != 0
            && (duration > limit || duration == 0)
        {
            is_above = true;
            let problem = Problem::TimeoutAbove { is_default };
            out.add(Kind::ConflictingFields, at.key(name), &entry.key.span, problem, Effect::Webhook);
        }
    }
    if let (Some((_, tasks)), Some((_, finally))) = (value("tasks"), value("finally"))
        && !is_above
        && tasks + finally > limit
        && limit != 0
    {
        out.add(Kind::ConflictingFields, at, &entry.key.span, Problem::TimeoutSum, Effect::Webhook);
    }
}
