//! A manifest of `tekton.dev/v1beta1` in the shape of v1 and back, so that the edits of a run,
//! which is read as v1, fit it.
//!
//! Mirrors tektoncd/pipeline pkg/apis/pipeline/v1beta1/pipelinerun_conversion.go (v1.15.0) in
//! both directions, as far as edits reach.

use serde_json::{Map, Value};

use crate::model::Kind;
use crate::sources::conversion;

/// Fields of `taskRunSpecs` in v1beta1, with their names in v1.
const OF_TASKS: [(&str, &str); 4] = [
    ("taskPodTemplate", "podTemplate"),
    ("taskServiceAccountName", "serviceAccountName"),
    ("stepOverrides", "stepSpecs"),
    ("sidecarOverrides", "sidecarSpecs"),
];

/// The manifest as v1.
pub(super) fn to_v1(manifest: Value, is_beta: bool) -> Value {
    if !is_beta {
        return manifest;
    }
    let mut shaped = conversion::to_v1(Kind::PipelineRun, "tekton.dev/v1beta1", manifest);
    each_override(&mut shaped, ["stepSpecs", "sidecarSpecs"], |entry| rename(entry, "resources", "computeResources"));
    shaped
}

/// The manifest in the version in which it was written; `before` is how it was.
pub(super) fn from_v1(mut shaped: Value, before: &Value, is_beta: bool) -> Value {
    if !is_beta {
        return shaped;
    }
    shaped["apiVersion"] = before["apiVersion"].clone();
    each_override(&mut shaped, ["stepSpecs", "sidecarSpecs"], |entry| rename(entry, "computeResources", "resources"));
    let Some(spec) = shaped.get_mut("spec").and_then(Value::as_object_mut) else { return shaped };
    if let Some(Value::Object(template)) = spec.remove("taskRunTemplate") {
        spec.extend(template);
    }
    // One timeout stays what it was; several can only be written the new way.
    let had_one = before.pointer("/spec/timeout").is_some();
    let one = spec.get("timeouts").and_then(Value::as_object).filter(|all| all.len() == 1);
    if let (true, Some(timeout)) = (had_one, one.and_then(|all| all.get("pipeline")).cloned()) {
        spec.remove("timeouts");
        spec.insert("timeout".to_owned(), timeout);
    }
    let entries = spec.get_mut("taskRunSpecs").and_then(Value::as_array_mut);
    for entry in entries.into_iter().flatten().filter_map(Value::as_object_mut) {
        for (beta, v1) in OF_TASKS {
            rename(entry, v1, beta);
        }
    }
    shaped
}

fn rename(entry: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = entry.remove(from) {
        entry.insert(to.to_owned(), value);
    }
}

/// Changes the settings of every step and sidecar in `taskRunSpecs`.
fn each_override(run: &mut Value, lists: [&str; 2], change: impl Fn(&mut Map<String, Value>)) {
    let tasks = run.pointer_mut("/spec/taskRunSpecs").and_then(Value::as_array_mut);
    for task in tasks.into_iter().flatten() {
        for list in lists {
            let entries = task.get_mut(list).and_then(Value::as_array_mut);
            entries.into_iter().flatten().filter_map(Value::as_object_mut).for_each(&change);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn there_and_back_is_the_same() {
        let beta = json!({ "apiVersion": "tekton.dev/v1beta1", "kind": "PipelineRun", "spec": {
            "podTemplate": { "nodeSelector": { "a": "b" } }, "serviceAccountName": "sa", "timeout": "1h",
            "taskRunSpecs": [{ "pipelineTaskName": "t", "taskPodTemplate": {}, "taskServiceAccountName": "x",
                "stepOverrides": [{ "name": "s", "resources": { "requests": { "cpu": "1" } } }] }] } });
        let v1 = to_v1(beta.clone(), true);
        assert_eq!(v1["spec"]["taskRunSpecs"][0]["stepSpecs"][0]["computeResources"]["requests"]["cpu"], "1");
        assert_eq!(from_v1(v1, &beta, true), beta);
    }
}
