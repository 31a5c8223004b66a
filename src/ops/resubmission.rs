//! The run that is submitted anew: its name, and what it keeps of the old one.

use serde_json::{Map, Value, json};

use crate::model::run::PipelineRun;

/// Prefixes of labels and annotations that tie a run to what another controller
/// knows of the old one.
const DROPPED_PREFIXES: [&str; 6] = [
    "triggers.tekton.dev/",
    "pipelinesascode.tekton.dev/",
    "chains.tekton.dev/",
    "argocd.argoproj.io/",
    "resource.deleted.in.k8s",
    "resource.loaded.from.tektonResults",
];

const DROPPED_RESULTS: [&str; 6] = ["result", "record", "log", "eventlist", "stored", "childReadyForDeletion"];

fn keeps_label(key: &str, value: &str) -> bool {
    let ours = key.starts_with("tekton.dev/");
    let argo = key == "app.kubernetes.io/instance" || key == "app.kubernetes.io/version";
    let pac = key == "app.kubernetes.io/managed-by" && value.starts_with("pipelinesascode");
    !ours && !argo && !pac && !DROPPED_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

fn keeps_annotation(key: &str) -> bool {
    let results = key.strip_prefix("results.tekton.dev/").is_some_and(|rest| DROPPED_RESULTS.contains(&rest));
    let tekton = key.starts_with("tekton.dev/") && key != "tekton.dev/auto-cleanup-pvc";
    let exact = matches!(key, "kubectl.kubernetes.io/last-applied-configuration" | "dashboard.tekton.dev/rerunOf");
    !results && !tekton && !exact && !DROPPED_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

/// Stem of the new run's name: `generateName`, else the name without the part
/// that the server once made.
pub fn stem(run: &PipelineRun) -> String {
    if let Some(stem) = run.metadata.generate_name.as_ref().filter(|stem| !stem.is_empty()) {
        return stem.clone();
    }
    let name = &run.metadata.name;
    match name.rsplit_once('-') {
        Some((stem, tail))
            if matches!(tail.len(), 5 | 6) && tail.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()) =>
        {
            format!("{stem}-")
        }
        _ => format!("{name}-"),
    }
}

/// The name of the new run: stem and a suffix, at most 63 characters.
pub fn name(run: &PipelineRun, suffix: &str) -> String {
    let stem = stem(run);
    let room = 63 - suffix.len();
    format!("{}{suffix}", stem.chars().take(room).collect::<String>())
}

/// The run to submit, without any change of what it asks for.
pub fn manifest(run: &PipelineRun, name: &str) -> Value {
    let labels: Map<String, Value> = run
        .metadata
        .labels
        .iter()
        .filter(|(key, value)| keeps_label(key, value))
        .map(|(key, value)| (key.clone(), Value::from(value.clone())))
        .collect();
    let annotations: Map<String, Value> = run
        .metadata
        .annotations
        .iter()
        .filter(|(key, _)| keeps_annotation(key))
        .map(|(key, value)| (key.clone(), Value::from(value.clone())))
        .collect();
    let mut metadata = json!({ "name": name, "namespace": run.metadata.namespace });
    if !labels.is_empty() {
        metadata["labels"] = Value::Object(labels);
    }
    if !annotations.is_empty() {
        metadata["annotations"] = Value::Object(annotations);
    }
    let mut spec = run.spec.clone();
    if let Some(spec) = spec.as_object_mut() {
        // With its status, the copy would be cancelled or held at once.
        spec.remove("status");
    }
    json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun", "metadata": metadata, "spec": spec })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(metadata: Value, spec: Value) -> PipelineRun {
        serde_json::from_value(json!({ "metadata": metadata, "spec": spec })).unwrap()
    }

    #[test]
    fn names_grow_from_the_stem_and_keep_to_the_limit() {
        let named = |metadata| stem(&run(metadata, json!({})));
        assert_eq!(named(json!({ "name": "a-x7k2p", "generateName": "b-" })), "b-");
        assert_eq!(named(json!({ "name": "build-x7k2p" })), "build-");
        assert_eq!(named(json!({ "name": "build" })), "build-");
        assert_eq!(named(json!({ "name": "build-PR" })), "build-PR-");
        let long = run(json!({ "name": "x".repeat(63) }), json!({}));
        assert_eq!(name(&long, "abcde").len(), 63);
    }

    #[test]
    fn what_ties_the_copy_to_the_old_run_is_dropped() {
        let old = run(
            json!({ "name": "r", "namespace": "n", "uid": "u", "resourceVersion": "1", "finalizers": ["f"],
                "ownerReferences": [{ "kind": "X", "name": "x", "uid": "u", "apiVersion": "v1" }],
                "labels": { "tekton.dev/pipeline": "p", "triggers.tekton.dev/eventlistener": "e", "team": "a",
                            "app.kubernetes.io/managed-by": "pipelinesascode.tekton.dev" },
                "annotations": { "results.tekton.dev/record": "x", "results.tekton.dev/recordSummaryAnnotations": "y",
                                 "chains.tekton.dev/signed": "true", "tekton.dev/v1beta1TaskRuns": "{}",
                                 "kubectl.kubernetes.io/last-applied-configuration": "{}", "mine": "1",
                                 "tekton.dev/auto-cleanup-pvc": "true", "argocd.argoproj.io/tracking-id": "t" } }),
            json!({ "status": "Cancelled", "pipelineRef": { "name": "p" }, "managedBy": "tekton.dev/pipeline" }),
        );
        assert_eq!(
            manifest(&old, "r-new"),
            json!({ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
                "metadata": { "name": "r-new", "namespace": "n", "labels": { "team": "a" },
                    "annotations": { "mine": "1", "results.tekton.dev/recordSummaryAnnotations": "y", "tekton.dev/auto-cleanup-pvc": "true" } },
                "spec": { "pipelineRef": { "name": "p" }, "managedBy": "tekton.dev/pipeline" } })
        );
    }
}
