//! What is left to do of a run of which some tasks have succeeded.
//!
//! Tekton cannot run a part of a pipeline: a run of the tasks that are left has to bring
//! along a pipeline of its own, in which whatever came from the others is filled in: their
//! results as literals (tektoncd/pipeline docs/variables.md, v1.15), their order left out.
//! What they left in workspaces stays where it is, if the volume does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::RunTree;
use crate::model::run::{PipelineRun, TaskRun};

/// The pipeline that is left.
#[derive(Debug, Clone, PartialEq)]
pub struct Remaining {
    /// Its tasks, finally included.
    pub tasks: Vec<String>,
    /// Tasks that have succeeded and are left out.
    pub left_out: Vec<String>,
    /// The pipeline, to be submitted inline.
    pub pipeline: Value,
    /// Workspaces of the run through which a task that is left out may hand something on.
    pub workspaces: Vec<String>,
}

/// Why the rest of a run cannot be run alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Which tasks there are is not known: the pipeline was never resolved.
    Unresolved,
    /// These TaskRuns were not read.
    Unread(Vec<String>),
    /// No task has succeeded.
    NothingSucceeded,
    /// No task is left.
    NothingLeft,
    /// These tasks are under way.
    UnderWay(Vec<String>),
    /// The task is run by a controller of its own, whose outcome was not read.
    Custom(String),
    /// A task needs something of a task that would be left out, and it cannot be filled in.
    Needs {
        /// The variable.
        variable: String,
        /// Why it cannot be filled in.
        why: Missing,
    },
}

/// Why a variable cannot be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The TaskRun has no such result.
    NoResult,
    /// The result holds a variable itself, which would be filled in once more.
    HoldsVariable,
    /// The task was fanned out: its results are of several TaskRuns.
    Matrix,
    /// It is a list or an object in the middle of a text.
    NotText,
    /// It is not one that this program knows.
    Unknown,
}

/// What is left of a run. `pipeline` is the pipeline with its variables, where it is known to
/// be the one that the run has used; else that of the status is taken, in which parameters
/// are filled in.
///
/// # Errors
/// Why it cannot be run alone.
pub fn of(tree: &RunTree<'_>, pipeline: Option<&Value>, ends_first: bool) -> Result<Remaining, Refusal> {
    let run = tree.run;
    let source = pipeline.or_else(|| run.spec_at("/pipelineSpec")).or(run.status.pipeline_spec.as_ref());
    let source = source.filter(|spec| spec["tasks"].is_array()).ok_or(Refusal::Unresolved)?;
    if !tree.missing_children.is_empty() {
        return Err(Refusal::Unread(tree.missing_children.clone()));
    }
    if let Some(custom) = run.status.child_references.iter().find(|child| child.kind != "TaskRun") {
        return Err(Refusal::Custom(custom.pipeline_task_name.clone()));
    }
    let mut by_task: BTreeMap<&str, Vec<&TaskRun>> = BTreeMap::new();
    for node in &tree.tasks {
        by_task.entry(node.task).or_default().push(node.task_run);
    }
    let is_under_way = |runs: &&Vec<&TaskRun>| runs.iter().any(|task_run| !task_run.is_done());
    let under_way: Vec<String> =
        by_task.iter().filter(|(_, runs)| is_under_way(runs)).map(|(task, _)| (*task).to_owned()).collect();
    if !under_way.is_empty() && !ends_first {
        return Err(Refusal::UnderWay(under_way));
    }
    let finally: BTreeSet<&str> = names(&source["finally"]).collect();
    let has_succeeded = |task_run: &&TaskRun| task_run.succeeded().is_some_and(|condition| condition.status == "True");
    // What is done at the end is done at the end of the new run.
    by_task.retain(|task, runs| !finally.contains(task) && runs.iter().all(has_succeeded));
    if by_task.is_empty() {
        return Err(Refusal::NothingSucceeded);
    }
    let mut pipeline = source.clone();
    let list = pipeline["tasks"].as_array_mut().ok_or(Refusal::Unresolved)?;
    list.retain(|task| task["name"].as_str().is_some_and(|name| !by_task.contains_key(name)));
    if list.is_empty() {
        return Err(Refusal::NothingLeft);
    }
    for task in list.iter_mut() {
        without_order(task, &by_task);
    }
    let filled = Filling { succeeded: &by_task };
    for part in ["tasks", "finally", "results"] {
        if let Some(value) = pipeline.get_mut(part) {
            *value = filled.value(value)?;
        }
    }
    let tasks: Vec<String> = names(&pipeline["tasks"]).chain(names(&pipeline["finally"])).map(str::to_owned).collect();
    let workspaces = shared(run, source, &by_task);
    let left_out = names(&source["tasks"]).filter(|name| by_task.contains_key(name)).map(str::to_owned).collect();
    Ok(Remaining { tasks, left_out, pipeline, workspaces })
}

fn names(tasks: &Value) -> impl Iterator<Item = &str> {
    tasks.as_array().into_iter().flatten().filter_map(|task| task["name"].as_str())
}

/// Takes what is done already out of what a task waits for.
fn without_order(task: &mut Value, done: &BTreeMap<&str, Vec<&TaskRun>>) {
    let Some(task) = task.as_object_mut() else { return };
    if let Some(after) = task.get_mut("runAfter").and_then(Value::as_array_mut) {
        after.retain(|name| name.as_str().is_none_or(|name| !done.contains_key(name)));
        if after.is_empty() {
            task.remove("runAfter");
        }
    }
}

/// Workspaces that both a task that is done and one that is left use.
fn shared(run: &PipelineRun, pipeline: &Value, done: &BTreeMap<&str, Vec<&TaskRun>>) -> Vec<String> {
    let (mut of_done, mut of_left) = (BTreeSet::new(), BTreeSet::new());
    for task in ["tasks", "finally"].iter().filter_map(|part| pipeline[*part].as_array()).flatten() {
        let is_done = task["name"].as_str().is_some_and(|name| done.contains_key(name));
        let used = if is_done { &mut of_done } else { &mut of_left };
        for bound in task["workspaces"].as_array().into_iter().flatten() {
            used.extend(bound["workspace"].as_str().or_else(|| bound["name"].as_str()));
        }
    }
    let of_run = run.spec.get("workspaces").and_then(Value::as_array);
    let of_run = of_run.into_iter().flatten().filter_map(|binding| binding["name"].as_str());
    of_run.filter(|name| of_done.contains(name) && of_left.contains(name)).map(str::to_owned).collect()
}

/// Fills in what the tasks that have succeeded gave.
struct Filling<'f> {
    succeeded: &'f BTreeMap<&'f str, Vec<&'f TaskRun>>,
}

impl Filling<'_> {
    fn value(&self, value: &Value) -> Result<Value, Refusal> {
        Ok(match value {
            Value::String(text) => self.text(text)?,
            Value::Array(items) => {
                let mut filled = Vec::new();
                for item in items {
                    match (item, self.value(item)?) {
                        // `[*]` in a list stands for its items.
                        (Value::String(_), Value::Array(inner)) => filled.extend(inner),
                        (_, other) => filled.push(other),
                    }
                }
                Value::Array(filled)
            }
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, value)| Ok((key.clone(), self.value(value)?)));
                Value::Object(fields.collect::<Result<Map<String, Value>, Refusal>>()?)
            }
            other => other.clone(),
        })
    }

    fn text(&self, text: &str) -> Result<Value, Refusal> {
        const OPEN: &str = "$(tasks.";
        let (mut filled, mut rest) = (String::new(), text);
        while let Some(at) = rest.find(OPEN) {
            let after = &rest[at + OPEN.len()..];
            let Some((inner, behind)) = after.split_once(')') else { break };
            filled.push_str(&rest[..at]);
            let variable = &rest[at..at + OPEN.len() + inner.len() + 1];
            let found = inner.split_once('.').and_then(|(task, of)| Some((self.succeeded.get(task)?, of)));
            match found {
                None => filled.push_str(variable),
                Some((runs, of)) => {
                    let needs = |why| Refusal::Needs { variable: variable.to_owned(), why };
                    let value = given(runs, of).map_err(needs)?;
                    if value.to_string().contains("$(") {
                        return Err(needs(Missing::HoldsVariable));
                    }
                    match value {
                        whole if variable == text => return Ok(whole),
                        Value::String(part) => filled.push_str(&part),
                        _ => return Err(needs(Missing::NotText)),
                    }
                }
            }
            rest = behind;
        }
        filled.push_str(rest);
        Ok(Value::String(filled))
    }
}

/// What a task gave: `results.NAME`, with an index, a key or `[*]`, or how it ended.
fn given(runs: &[&TaskRun], of: &str) -> Result<Value, Missing> {
    let rest = match of {
        "status" | "reason" => return Ok(Value::from("Succeeded")),
        _ => of.strip_prefix("results").ok_or(Missing::Unknown)?,
    };
    let [run] = runs else { return Err(Missing::Matrix) };
    let (name, rest) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(['[', '.']).unwrap_or(rest.len())),
        None => in_brackets(rest).ok_or(Missing::Unknown)?,
    };
    let result = run.status.results.iter().find(|result| result["name"] == name);
    let value = result.and_then(|result| result.get("value")).ok_or(Missing::NoResult)?;
    let found = match rest {
        "" | "[*]" => Some(value),
        key if key.starts_with('.') => value.get(&key[1..]),
        index => {
            let inner = index.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).ok_or(Missing::Unknown)?;
            value.get(inner.parse::<usize>().map_err(|_| Missing::Unknown)?)
        }
    };
    found.cloned().ok_or(Missing::NoResult)
}

/// A name in brackets and quotes, and what follows it.
fn in_brackets(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix('[')?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, rest) = rest[1..].split_once(quote)?;
    Some((name, rest.strip_prefix(']')?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Cluster;

    fn task_run(task: &str, status: &str, results: Value) -> TaskRun {
        serde_json::from_value(json!({ "metadata": { "name": format!("r-{task}"), "namespace": "n", "labels":
                { "tekton.dev/pipelineRun": "r", "tekton.dev/pipelineTask": task } },
            "status": { "results": results, "conditions": [{ "type": "Succeeded", "status": status }] } }))
        .unwrap()
    }

    fn run(pipeline: Value) -> PipelineRun {
        serde_json::from_value(json!({ "metadata": { "name": "r", "namespace": "n" }, "spec": { "pipelineSpec": pipeline,
            "workspaces": [{ "name": "source", "persistentVolumeClaim": { "claimName": "c" } }, { "name": "other" }] } }))
        .unwrap()
    }

    fn left(run: &PipelineRun, task_runs: Vec<TaskRun>) -> Result<Remaining, Refusal> {
        let mut cluster = Cluster::default();
        cluster.task_runs.extend(task_runs);
        cluster.sort();
        of(&RunTree::of(&cluster, run), None, false)
    }

    #[test]
    fn results_of_what_is_left_out_are_filled_in() {
        let run = run(json!({ "tasks": [
            { "name": "fetch", "workspaces": [{ "name": "w", "workspace": "source" }] },
            { "name": "build", "runAfter": ["fetch"], "workspaces": [{ "name": "source" }], "params": [
                { "name": "a", "value": "v$(tasks.fetch.results.commit)-$(tasks.fetch.status)" },
                { "name": "b", "value": ["x", "$(tasks.fetch.results['a.list'][*])"] },
                { "name": "c", "value": "$(tasks.fetch.results['a.list'][1])$(tasks.fetch.results.object.key)" },
                { "name": "d", "value": "$(tasks.fetch.results.object[*])" }] },
            { "name": "push", "runAfter": ["build"], "params": [{ "name": "x", "value": "$(tasks.build.results.y)" }] }],
            "finally": [{ "name": "say", "params": [{ "name": "s", "value": "$(tasks.build.status)" }] }],
            "results": [{ "name": "commit", "value": "$(tasks.fetch.results.commit)" }] }));
        let results = json!([{ "name": "commit", "value": "abc" }, { "name": "a.list", "value": ["1", "2"] },
            { "name": "object", "value": { "key": "k" } }]);
        let fetch = task_run("fetch", "True", results);
        let left =
            left(&run, vec![fetch, task_run("build", "False", json!([])), task_run("say", "True", json!([]))]).unwrap();
        assert_eq!((left.tasks.join(" ").as_str(), left.left_out.join(" ").as_str()), ("build push say", "fetch"));
        assert_eq!(left.workspaces, ["source"]);
        let build = &left.pipeline["tasks"][0];
        assert_eq!(build["runAfter"], Value::Null);
        let values: Vec<&Value> = build["params"].as_array().unwrap().iter().map(|param| &param["value"]).collect();
        assert_eq!(values, [&json!("vabc-Succeeded"), &json!(["x", "1", "2"]), &json!("2k"), &json!({ "key": "k" })]);
        assert_eq!(left.pipeline["tasks"][1], run.spec["pipelineSpec"]["tasks"][2]);
        assert_eq!(left.pipeline["finally"], run.spec["pipelineSpec"]["finally"]);
        assert_eq!(left.pipeline["results"][0]["value"], "abc");
    }

    #[test]
    fn what_cannot_be_filled_in_is_named() {
        let with = |value: &str| {
            run(json!({ "tasks": [{ "name": "a" }, { "name": "b", "params": [{ "name": "p", "value": value }] }] }))
        };
        let results = json!([{ "name": "odd", "value": "$(params.x)" }, { "name": "list", "value": ["1"] }]);
        let refused = |value: &str| {
            left(&with(value), vec![task_run("a", "True", results.clone()), task_run("b", "False", json!([]))])
                .unwrap_err()
        };
        for (value, why) in [
            ("$(tasks.a.results.none)", Missing::NoResult),
            ("$(tasks.a.results.odd)", Missing::HoldsVariable),
            ("x$(tasks.a.results.list[*])", Missing::NotText),
            ("$(tasks.a.outputs.x)", Missing::Unknown),
            ("$(tasks.a.results.list[9])", Missing::NoResult),
        ] {
            let variable = value.trim_start_matches('x').to_owned();
            assert_eq!(refused(value), Refusal::Needs { variable, why });
        }
        let plain = with("x");
        let all = |a: &str, b: &str| left(&plain, vec![task_run("a", a, json!([])), task_run("b", b, json!([]))]);
        assert_eq!(all("False", "False"), Err(Refusal::NothingSucceeded));
        assert_eq!(all("True", "True"), Err(Refusal::NothingLeft));
        assert_eq!(all("True", "Unknown"), Err(Refusal::UnderWay(vec!["b".to_owned()])));
        assert_eq!(left(&run(json!({})), Vec::new()), Err(Refusal::Unresolved));
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_filled_in(text in "(\\$\\(tasks\\.a\\.|results|[\\.\\[\\]'\"*)0-9ax]|\\(|é){0,12}") {
            let run = run(json!({ "tasks": [{ "name": "a" }, { "name": "b", "params": [{ "name": "p", "value": text }] }] }));
            let _ = left(&run, vec![task_run("a", "True", json!([{ "name": "x", "value": "1" }]))]);
        }
    }
}
