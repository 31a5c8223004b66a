//! Which task of a pipeline waits for which.
//!
//! Mirrors tektoncd/pipeline `PipelineTask.Deps` and `PipelineTaskResultRefs`
//! (`pkg/apis/pipeline/v1`), `Matrix.CountCombinations`, and that finally tasks start
//! together when all others are over (v0.68.1 to v1.15.0). A retry takes the place of
//! the attempt before it, so retries add nothing to what runs at one time.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::run::PipelineRun;

/// One task of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Name in the pipeline.
    pub name: String,
    /// How many pods of it run at the same time: more than one with a matrix.
    pub copies: Copies,
    /// Runs after all others.
    pub is_finally: bool,
}

/// How often a task runs side by side with itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copies {
    /// So often.
    Exactly(usize),
    /// A result of another task decides; at least once.
    FromResults,
}

impl Copies {
    /// The number that is certain.
    pub fn at_least(self) -> usize {
        match self {
            Self::Exactly(count) => count,
            Self::FromResults => 1,
        }
    }
}

/// The tasks in an order in which each comes after those it waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    /// The tasks.
    pub steps: Vec<Step>,
    /// For each task all that come after it, directly or not.
    pub after: Vec<Vec<usize>>,
}

impl Graph {
    /// The graph of a run's pipeline. A circle, which Tekton refuses, is cut.
    pub fn of(run: &PipelineRun) -> Self {
        let spec = run.status.pipeline_spec.as_ref().or_else(|| run.spec_at("/pipelineSpec"));
        let part = |name: &str| spec.and_then(|spec| spec.get(name)?.as_array()).map_or(&[][..], Vec::as_slice);
        let (tasks, finally) = (part("tasks"), part("finally"));
        let order = ordered(tasks);
        let mut graph = Self::default();
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut direct: Vec<Vec<usize>> = Vec::new();
        for &at in &order {
            let before = waits_for(&tasks[at]).into_iter().filter_map(|name| places.get(name.as_str()).copied());
            direct.push(before.collect());
            places.insert(name(&tasks[at]), graph.steps.len());
            graph.steps.push(step(&tasks[at], false));
        }
        let all: Vec<usize> = (0..graph.steps.len()).collect();
        for task in finally {
            direct.push(all.clone());
            graph.steps.push(step(task, true));
        }
        graph.after = closed(&direct);
        graph
    }
}

fn name(task: &Value) -> &str {
    task.get("name").and_then(Value::as_str).unwrap_or_default()
}

fn step(task: &Value, is_finally: bool) -> Step {
    Step { name: name(task).to_owned(), copies: copies(task), is_finally }
}

/// Places of the tasks so that each comes after those it waits for.
fn ordered(tasks: &[Value]) -> Vec<usize> {
    let waits: Vec<Vec<String>> = tasks.iter().map(waits_for).collect();
    let mut order: Vec<usize> = Vec::with_capacity(tasks.len());
    let mut done = vec![false; tasks.len()];
    while order.len() < tasks.len() {
        let is_free = |at: &usize| {
            let open = |wanted: &String| tasks.iter().zip(&done).any(|(task, done)| name(task) == wanted && !done);
            !done[*at] && !waits[*at].iter().any(open)
        };
        let next = (0..tasks.len()).find(is_free).or_else(|| (0..tasks.len()).find(|at| !done[*at]));
        let Some(next) = next else { break };
        done[next] = true;
        order.push(next);
    }
    order
}

/// Names of the tasks that a task waits for.
fn waits_for(task: &Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let texts = task.get("runAfter").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    names.extend(texts.map(str::to_owned));
    for field in ["params", "matrix", "when"] {
        if let Some(value) = task.get(field) {
            results(value, &mut names);
        }
    }
    for field in ["steps", "sidecars"] {
        if let Some(value) = task.get("taskSpec").and_then(|spec| spec.get(field)) {
            results(value, &mut names);
        }
    }
    // How v1beta1 handed on PipelineResources.
    from(task.get("resources").unwrap_or(&Value::Null), &mut names);
    names.sort();
    names.dedup();
    names
}

/// Tasks named in `$(tasks.NAME.results.…)`.
fn results(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            for (at, opening) in text.match_indices("$(tasks.") {
                let rest = &text[at + opening.len()..];
                if let Some((name, rest)) = rest.split_once('.')
                    && rest.starts_with("results")
                {
                    names.push(name.to_owned());
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| results(item, names)),
        Value::Object(fields) => fields.values().for_each(|field| results(field, names)),
        _ => {}
    }
}

fn from(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| from(item, names)),
        Value::Object(fields) => {
            for (key, field) in fields {
                match field.as_array().filter(|_| key == "from") {
                    Some(list) => names.extend(list.iter().filter_map(Value::as_str).map(str::to_owned)),
                    None => from(field, names),
                }
            }
        }
        _ => {}
    }
}

/// The combinations of a matrix.
fn copies(task: &Value) -> Copies {
    let Some(matrix) = task.get("matrix").filter(|matrix| !matrix.is_null()) else { return Copies::Exactly(1) };
    let list = |field: &str| matrix.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let params = list("params");
    let mut count = usize::from(!params.is_empty());
    let mut values: BTreeMap<&str, &[Value]> = BTreeMap::new();
    for param in params {
        // A whole array that another task hands on stands there as one text.
        let Some(array) = param.get("value").and_then(Value::as_array) else { return Copies::FromResults };
        if array.iter().any(|value| value.as_str().is_some_and(|text| text.ends_with("[*])"))) {
            return Copies::FromResults;
        }
        count = count.saturating_mul(array.len().max(1));
        values.insert(name(param), array);
    }
    for include in list("include") {
        let own = include.get("params").and_then(Value::as_array).into_iter().flatten();
        // An include adds a combination when one of its values is not among the matrix's.
        let is_new = params.is_empty()
            || own.into_iter().any(|param| {
                let known = values.get(name(param));
                known.is_some_and(|known| param.get("value").is_some_and(|value| !known.contains(value)))
            });
        count += usize::from(is_new);
    }
    Copies::Exactly(count.max(1))
}

/// From what each waits for directly to all that come after it.
fn closed(direct: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut before: Vec<Vec<bool>> = Vec::with_capacity(direct.len());
    for waits in direct {
        let mut row = vec![false; direct.len()];
        for &earlier in waits {
            row[earlier] = true;
            for (at, reached) in before[earlier].iter().enumerate() {
                row[at] |= reached;
            }
        }
        before.push(row);
    }
    (0..direct.len()).map(|at| (at + 1..direct.len()).filter(|&later| before[later][at]).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn graph(spec: Value) -> Graph {
        let mut run = PipelineRun::default();
        run.status.pipeline_spec = Some(spec);
        Graph::of(&run)
    }

    fn after(graph: &Graph, task: &str) -> Vec<String> {
        let at = graph.steps.iter().position(|step| step.name == task).unwrap();
        graph.after[at].iter().map(|&later| graph.steps[later].name.clone()).collect()
    }

    #[test]
    fn order_words_and_results_make_edges() {
        let graph = graph(json!({
            "tasks": [
                { "name": "deploy", "runAfter": ["test"] },
                { "name": "clone" },
                { "name": "build", "params": [{ "name": "rev", "value": "x-$(tasks.clone.results.rev)" }] },
                { "name": "test", "when": [{ "input": "$(tasks.build.results.ok)", "operator": "in", "values": ["1"] }] },
                { "name": "scan", "taskSpec": { "steps": [{ "script": "echo $(tasks.clone.results.rev)" }] } },
                { "name": "alone", "params": [{ "name": "s", "value": "$(tasks.clone.status)" }] }],
            "finally": [{ "name": "tidy", "params": [{ "name": "s", "value": "$(tasks.build.status)" }] }, { "name": "tell" }] }));
        assert_eq!(after(&graph, "clone"), ["build", "test", "deploy", "scan", "tidy", "tell"]);
        assert_eq!(after(&graph, "build"), ["test", "deploy", "tidy", "tell"]);
        assert_eq!(after(&graph, "alone"), ["tidy", "tell"]);
        assert!(after(&graph, "tidy").is_empty());
    }

    #[test]
    fn a_matrix_multiplies_and_retries_do_not() {
        let copies = |task: Value| graph(json!({ "tasks": [task] })).steps[0].copies;
        let matrix = json!({ "name": "t", "matrix": {
            "params": [{ "name": "os", "value": ["a", "b"] }, { "name": "v", "value": ["1", "2", "3"] }],
            "include": [{ "name": "x", "params": [{ "name": "os", "value": "c" }] },
                { "name": "y", "params": [{ "name": "os", "value": "a" }, { "name": "extra", "value": "z" }] }] } });
        assert_eq!(copies(matrix), Copies::Exactly(7));
        let from_results =
            json!({ "name": "t", "matrix": { "params": [{ "name": "os", "value": "$(tasks.a.results.list[*])" }] } });
        assert_eq!(copies(from_results), Copies::FromResults);
        let includes = json!({ "name": "t", "matrix": { "include": [{ "name": "x" }, { "name": "y" }] } });
        assert_eq!(copies(includes), Copies::Exactly(2));
        assert_eq!(copies(json!({ "name": "t", "retries": 3 })), Copies::Exactly(1));
    }

    #[test]
    fn a_circle_does_not_hang() {
        let graph = graph(json!({ "tasks": [{ "name": "a", "runAfter": ["b"] }, { "name": "b", "runAfter": ["a"] }] }));
        assert_eq!(graph.steps.len(), 2);
    }
}
