//! What two runs ask for.

use serde_json::Value;

use crate::model::run::PipelineRun;

use super::{Difference, Level, between};

/// Differences of the specs, labels and annotations.
pub(super) fn differences(left: &PipelineRun, right: &PipelineRun) -> Vec<Difference> {
    between(Level::Spec, leaves(left), leaves(right))
}

/// Labels and annotations that are written by controllers, not asked for.
fn is_asked(key: &str) -> bool {
    const NOISE: [&str; 7] = [
        "tekton.dev/",
        "chains.tekton.dev/",
        "results.tekton.dev/",
        "pipelinesascode.tekton.dev/",
        "triggers.tekton.dev/",
        "kubectl.kubernetes.io/",
        "tekton-fix.dev/",
    ];
    !NOISE.iter().any(|prefix| key.starts_with(prefix))
}

pub(super) fn leaves(run: &PipelineRun) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (kind, map) in [("labels", &*run.metadata.labels), ("annotations", &run.metadata.annotations)] {
        for (key, value) in map.iter().filter(|(key, _)| is_asked(key)) {
            found.push((format!("metadata.{kind}[{key}]"), value.clone()));
        }
    }
    walk("spec", &run.spec, &mut found);
    // A controller's or a person's order to stop is an outcome, no wish of the author.
    found.retain(|(path, _)| path != "spec.status");
    found
}

/// Fields of older versions of a PipelineRun, with where v1 has them: under v1 the API server
/// drops them (tektoncd/pipeline config/300-crds/300-pipelinerun.yaml, since v0.70).
const DROPPED: [(&str, &str); 5] = [
    ("spec.podTemplate", "spec.taskRunTemplate.podTemplate"),
    ("spec.serviceAccountName", "spec.taskRunTemplate.serviceAccountName"),
    ("spec.timeout", "spec.timeouts.pipeline"),
    ("taskPodTemplate", "podTemplate of the entry in spec.taskRunSpecs"),
    ("taskServiceAccountName", "serviceAccountName of the entry in spec.taskRunSpecs"),
];

/// The field that v1 does not have, and its place there.
pub(super) fn dropped(path: &str) -> Option<(&'static str, &'static str)> {
    let is_below = |path: &str, field: &str| {
        path.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    DROPPED.into_iter().find(|(field, _)| {
        let in_specs = path.strip_prefix("spec.taskRunSpecs[").and_then(|rest| rest.split_once("]."));
        is_below(path, field) || in_specs.is_some_and(|(_, rest)| is_below(rest, field))
    })
}

/// The field and the name by which an entry of a list is known.
fn entry_name(entry: &Value) -> Option<(&str, &str)> {
    ["name", "pipelineTaskName", "key", "input"].into_iter().find_map(|key| Some((key, entry.get(key)?.as_str()?)))
}

/// A field below a path: keys with dots or slashes, as those of labels, in brackets.
fn below(path: &str, key: &str) -> String {
    if key.contains(['.', '/']) { format!("{path}[{key}]") } else { format!("{path}.{key}") }
}

pub(super) fn walk(path: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(map) => {
            // Elsewhere an empty object says as much as none.
            if map.is_empty() && path.ends_with(".emptyDir") {
                found.push((path.to_owned(), "{}".to_owned()));
            }
            for (key, value) in map {
                walk(&below(path, key), value, found);
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                let Some((key, name)) = entry_name(entry) else {
                    walk(&format!("{path}[{index}]"), entry, found);
                    continue;
                };
                // Its name stands in the path already.
                let mut rest = entry.clone();
                if let Some(fields) = rest.as_object_mut().filter(|fields| fields.len() > 1) {
                    fields.remove(key);
                }
                walk(&format!("{path}[{name}]"), &rest, found);
            }
        }
        Value::String(text) => found.push((path.to_owned(), text.clone())),
        other => found.push((path.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_are_compared_by_name_and_noise_is_left_out() {
        let run = |spec| PipelineRun { spec, ..PipelineRun::default() };
        let left = run(
            json!({ "params": [{ "name": "a", "value": "1" }, { "name": "b", "value": "2" }], "status": "Cancelled" }),
        );
        let right = run(json!({ "params": [{ "name": "b", "value": "3" }, { "name": "a", "value": "1" }] }));
        let found = differences(&left, &right);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].path, "spec.params[b].value");
        let template = run(json!({ "taskRunTemplate": {} }));
        assert!(differences(&template, &run(json!({}))).is_empty());
        assert_eq!(
            dropped("spec.podTemplate.securityContext.fsGroup").map(|(field, _)| field),
            Some("spec.podTemplate")
        );
        assert_eq!(
            dropped("spec.taskRunSpecs[a].taskPodTemplate.nodeSelector").map(|(field, _)| field),
            Some("taskPodTemplate")
        );
        assert_eq!((dropped("spec.timeouts.pipeline"), dropped("spec.taskRunTemplate.podTemplate")), (None, None));
        let pinned = run(json!({ "nodeSelector": { "kubernetes.io/hostname": "n" } }));
        assert_eq!(differences(&run(json!({})), &pinned)[0].path, "spec.nodeSelector[kubernetes.io/hostname]");
    }
}
