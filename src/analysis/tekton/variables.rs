//! Variables in the tasks of a pipeline.
//!
//! Mirrors tektoncd/pipeline `validateVarSubstitutionExpressions` in
//! `pkg/apis/pipeline/v1/pipeline_validation.go` (since 1.14.0, b0feac468): the webhook asks it
//! of inline pipelines, the controller of those that it has fetched.

use serde_json::Value;

/// What a variable of a pipeline may begin with.
const PREFIXES: [&str; 6] = ["params", "tasks", "finally", "context", "workspaces", "results"];

/// Variables of a pipeline's tasks that begin otherwise, each with the task that has it.
pub fn invalid(pipeline: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let list = |field: &str| pipeline.get(field).and_then(Value::as_array).into_iter().flatten();
    for task in list("tasks").chain(list("finally")) {
        let name = task.get("name").and_then(Value::as_str).unwrap_or_default();
        let values = |params: Option<&Value>| -> Vec<Value> {
            let params = params.and_then(Value::as_array);
            params.into_iter().flatten().filter_map(|param| param.get("value").cloned()).collect()
        };
        let mut places = values(task.get("params"));
        places.extend(values(task.pointer("/matrix/params")));
        let include = task.pointer("/matrix/include").and_then(Value::as_array);
        places.extend(include.into_iter().flatten().flat_map(|include| values(include.get("params"))));
        let when = task.get("when").and_then(Value::as_array).into_iter().flatten();
        places.extend(
            when.flat_map(|when| ["input", "values"].map(|field| when.get(field).cloned().unwrap_or_default())),
        );
        let mut variables = Vec::new();
        places.iter().for_each(|value| gather(value, &mut variables));
        let invalid = variables.into_iter().filter(|variable| {
            let prefix = variable.split('.').next().unwrap_or_default();
            !PREFIXES.contains(&prefix)
        });
        found.extend(invalid.map(|variable| (name.to_owned(), variable)));
    }
    found.dedup();
    found
}

/// All `$(NAME)` in the texts of a value.
fn gather(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            for (at, opening) in text.match_indices("$(") {
                let Some((name, _)) = text[at + opening.len()..].split_once(')') else { continue };
                let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
                // An element of an array, or all of them.
                let is_index = |index: &str| index == "*" || index.bytes().all(|b| b.is_ascii_digit());
                let index = name.strip_suffix(']').and_then(|rest| rest.split_once('['));
                let name = index.filter(|(_, index)| is_index(index)).map_or(name, |(name, _)| name);
                if !name.is_empty() && name.chars().all(is_name) {
                    found.push(name.to_owned());
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| gather(field, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_texts_that_tekton_itself_fills_in_are_looked_at() {
        let pipeline = json!({ "tasks": [
            { "name": "a", "params": [{ "name": "p", "value": "$(params.x) $(env_value)" }, { "name": "q", "value": ["$(tasks.b.results.r[*])", "$(date)", "$(list[0])"] }],
              "taskSpec": { "steps": [{ "script": "echo $(hostname)" }] } },
            { "name": "b", "when": [{ "input": "$(context.pipelineRun.name)", "operator": "in", "values": ["$(wrong.y)"] }],
              "matrix": { "params": [{ "name": "m", "value": ["$(z)"] }], "include": [{ "params": [{ "name": "i", "value": "$(i.j)" }] }] } }],
            "finally": [{ "name": "c", "params": [{ "name": "p", "value": "$(basename a/b) ${SHELL} $$(x y)" }] }] });
        let found = invalid(&pipeline);
        let pairs: Vec<(&str, &str)> =
            found.iter().map(|(task, variable)| (task.as_str(), variable.as_str())).collect();
        assert_eq!(
            pairs,
            [("a", "env_value"), ("a", "date"), ("a", "list"), ("b", "z"), ("b", "i.j"), ("b", "wrong.y")]
        );
    }
}
