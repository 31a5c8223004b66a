//! Runs of `tekton.dev/v1beta1` in the shape of v1.
//!
//! Mirrors tektoncd/pipeline pkg/apis/pipeline/v1beta1/pipelinerun_conversion.go and
//! taskrun_conversion.go (v1.15.0), as far as placement and admission read them.

use serde_json::{Map, Value};

use crate::model::Kind;

/// The object as v1; other kinds and versions are returned as they are.
pub fn to_v1(kind: Kind, api_version: &str, mut object: Value) -> Value {
    if api_version != "tekton.dev/v1beta1" {
        return object;
    }
    let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return object };
    match kind {
        Kind::PipelineRun => pipeline_run(spec),
        Kind::TaskRun => task_run(spec),
        _ => return object,
    }
    object["apiVersion"] = Value::from("tekton.dev/v1");
    object
}

fn pipeline_run(spec: &mut Map<String, Value>) {
    let mut template = match spec.remove("taskRunTemplate") {
        Some(Value::Object(template)) => template,
        _ => Map::new(),
    };
    for (old, new) in [("podTemplate", "podTemplate"), ("serviceAccountName", "serviceAccountName")] {
        if let Some(value) = spec.remove(old) {
            template.insert(new.to_owned(), value);
        }
    }
    if !template.is_empty() {
        spec.insert("taskRunTemplate".to_owned(), Value::Object(template));
    }
    if let Some(timeout) = spec.remove("timeout") {
        let timeouts = spec.entry("timeouts").or_insert_with(|| Value::Object(Map::new()));
        if let Some(timeouts) = timeouts.as_object_mut() {
            timeouts.entry("pipeline").or_insert(timeout);
        }
    }
    let specs = spec.get_mut("taskRunSpecs").and_then(Value::as_array_mut);
    for entry in specs.into_iter().flatten().filter_map(Value::as_object_mut) {
        for (old, new) in [
            ("taskPodTemplate", "podTemplate"),
            ("taskServiceAccountName", "serviceAccountName"),
            ("stepOverrides", "stepSpecs"),
            ("sidecarOverrides", "sidecarSpecs"),
        ] {
            if let Some(value) = entry.remove(old) {
                entry.insert(new.to_owned(), value);
            }
        }
    }
}

fn task_run(spec: &mut Map<String, Value>) {
    for (old, new) in [("stepOverrides", "stepSpecs"), ("sidecarOverrides", "sidecarSpecs")] {
        if let Some(value) = spec.remove(old) {
            spec.insert(new.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn v1beta1_fields_move_to_their_v1_places() {
        let old = json!({ "apiVersion": "tekton.dev/v1beta1", "spec": {
            "podTemplate": { "nodeSelector": { "a": "b" } }, "serviceAccountName": "sa", "timeout": "1h",
            "taskRunSpecs": [{ "pipelineTaskName": "t", "taskPodTemplate": {}, "taskServiceAccountName": "x" }] } });
        assert_eq!(
            to_v1(Kind::PipelineRun, "tekton.dev/v1beta1", old),
            json!({ "apiVersion": "tekton.dev/v1", "spec": {
                "taskRunTemplate": { "podTemplate": { "nodeSelector": { "a": "b" } }, "serviceAccountName": "sa" },
                "timeouts": { "pipeline": "1h" },
                "taskRunSpecs": [{ "pipelineTaskName": "t", "podTemplate": {}, "serviceAccountName": "x" }] } })
        );
    }
}
