//! What a Pipeline is today against what a run used of it.

use serde_json::Value;

use super::{Difference, Level, between, spec};

/// What differs between the pipeline that a run has used, as its status keeps it, and the
/// Pipeline of today. In the status Tekton has put values in place of variables
/// (tektoncd/pipeline pkg/reconciler/pipelinerun, `ApplyParameters`): a text of today with
/// variables is compared by what stands around them.
pub fn drift(used: &Value, now: &Value) -> Vec<Difference> {
    let all = |value| {
        let mut found = Vec::new();
        spec::walk("spec", value, &mut found);
        found
    };
    let (all_used, all_now) = (all(used), all(now));
    // An entry of which one side says only the name: it is there on both.
    let is_there = |path: &str| {
        let entry = path.strip_suffix(".name").filter(|entry| entry.ends_with(']'));
        entry.is_some_and(|entry| {
            [&all_used, &all_now].iter().all(|side| side.iter().any(|(path, _)| path.starts_with(&format!("{entry}."))))
        })
    };
    let leaves = |side: &[(String, String)]| {
        let is_kept = |leaf: &&(String, String)| !is_default(&leaf.0, &leaf.1) && !is_there(&leaf.0);
        side.iter().filter(is_kept).cloned().collect::<Vec<_>>()
    };
    let now = leaves(&all_now);
    // A variable for a list may have become several entries.
    let open: Vec<String> = now
        .iter()
        .filter(|(_, text)| text.contains(VARIABLE))
        .map(|(path, _)| path.split_once('[').filter(|_| path.ends_with(']')).map_or(path.as_str(), |_| parent(path)))
        .map(str::to_owned)
        .collect();
    let is_filled = |difference: &Difference| match (&difference.left, &difference.right) {
        (Some(used), Some(now)) if now.contains(VARIABLE) => fits(used, now),
        (Some(_), None) => open.iter().any(|open| difference.path.starts_with(open.as_str())),
        _ => false,
    };
    let mut found = between(Level::Spec, leaves(&all_used), now);
    found.retain(|difference| !is_filled(difference));
    found
}

/// What Tekton fills in, and what it writes of a field that is empty (tektoncd/pipeline
/// pkg/apis/pipeline/v1, `SetDefaults`).
fn is_default(path: &str, text: &str) -> bool {
    text == "{}" || (path.ends_with(".type") && text == "string") || (path.ends_with("Ref.kind") && text == "Task")
}

const VARIABLE: &str = "$(";

/// A path without its last index.
fn parent(path: &str) -> &str {
    path.rfind('[').map_or(path, |at| &path[..at])
}

/// Whether a text comes of a text with variables.
fn fits(text: &str, pattern: &str) -> bool {
    let mut fixed = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(VARIABLE) {
        fixed.push(&rest[..at]);
        rest = rest[at..].split_once(')').map_or("", |(_, rest)| rest);
    }
    fixed.push(rest);
    let (Some(first), Some(last)) = (fixed.first(), fixed.last()) else { return true };
    let Some(mut middle) = text.strip_prefix(first).and_then(|text| text.strip_suffix(last)) else { return false };
    fixed[1..fixed.len() - 1].iter().all(|part| {
        let found = middle.find(part).map(|at| &middle[at + part.len()..]);
        middle = found.unwrap_or(middle);
        found.is_some()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_in_place_of_variables_are_no_drift() {
        let now = json!({ "params": [{ "name": "a", "default": "x" }], "tasks": [
            { "name": "build", "taskRef": { "name": "build" }, "params": [
                { "name": "image", "value": "$(params.registry)/app:$(params.tag)" },
                { "name": "list", "value": ["$(params.list[*])"] }] }] });
        let used = json!({ "params": [{ "name": "a", "default": "x" }], "tasks": [
            { "name": "build", "taskRef": { "name": "build", "kind": "Task" }, "taskSpec": { "metadata": {} }, "params": [
                { "name": "image", "value": "quay.io/app:1" },
                { "name": "list", "value": ["b", "c"] }] }] });
        assert_eq!(drift(&used, &now), []);
        assert_eq!(drift(&now, &now), []);
    }

    #[test]
    fn a_default_beside_a_name_is_no_drift() {
        let used = json!({ "params": [{ "name": "a", "type": "string" }] });
        assert_eq!(drift(&used, &json!({ "params": [{ "name": "a" }] })), []);
        assert_eq!(drift(&json!({ "params": [] }), &json!({ "params": [{ "name": "a" }] })).len(), 1);
    }

    #[test]
    fn what_is_another_text_or_another_task_is_drift() {
        let used = json!({ "tasks": [{ "name": "a", "taskRef": { "name": "t1" } },
            { "name": "b", "params": [{ "name": "image", "value": "quay.io/app:1" }] }] });
        let now = json!({ "tasks": [{ "name": "a", "taskRef": { "name": "t2" } },
            { "name": "b", "params": [{ "name": "image", "value": "$(params.registry)/other:1" }] },
            { "name": "c", "taskRef": { "name": "t3" } }] });
        let paths: Vec<String> = drift(&used, &now).into_iter().map(|difference| difference.path).collect();
        let expected =
            ["spec.tasks[a].taskRef.name", "spec.tasks[b].params[image].value", "spec.tasks[c].taskRef.name"];
        assert_eq!(paths, expected);
    }
}
