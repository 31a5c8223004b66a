//! Fields that were written where the API does not read them.

use serde_json::Value;

use crate::model::Kind;

use super::focus::Focus;
use crate::finding::{Cause, Finding};

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Fields of `tekton.dev/v1beta1` that moved below `taskRunTemplate` in v1
/// (tektoncd/pipeline pkg/apis/pipeline/v1beta1/pipelinerun_conversion.go), and
/// fields of a pod template that are written without it.
const MISPLACED: [&str; 8] = [
    "podTemplate",
    "serviceAccountName",
    "nodeSelector",
    "tolerations",
    "securityContext",
    "affinity",
    "timeout",
    "taskPodTemplate",
];

/// `pod-template-misplaced`.
pub fn misplaced(focus: &Focus<'_>) -> Vec<Finding> {
    let run = focus.run();
    let Some(applied) = run
        .metadata
        .annotation(LAST_APPLIED)
        .and_then(|text| serde_json::from_str::<Value>(text).ok())
        .filter(|applied| applied.get("apiVersion").and_then(Value::as_str) == Some("tekton.dev/v1"))
    else {
        return Vec::new();
    };
    let Some(spec) = applied.get("spec").and_then(Value::as_object) else { return Vec::new() };
    spec.iter()
        .filter(|(key, _)| MISPLACED.contains(&key.as_str()) && run.spec_at(&format!("/{key}")).is_none())
        .map(|(key, value)| {
            Finding::new(Cause::PodTemplateMisplaced,
                if key == "timeout" {
                    "spec.timeout is not read under tekton.dev/v1, where it is spec.timeouts.pipeline, so the API server dropped it".to_owned()
                } else {
                    format!("spec.{key} was written one level too high: under tekton.dev/v1 it belongs below spec.taskRunTemplate, so the API server dropped it")
                },
            )
            .link(format!("What was applied has spec.{key}; the run as stored has not: the API server answered with the warning unknown field \"spec.{key}\" and went on."))
            .evidence([focus.quote(
                Kind::PipelineRun,
                &run.metadata.name,
                format!("metadata.annotations[{LAST_APPLIED}] .spec.{key}"),
                value.to_string(),
            )])
            .evidence(focus.quote_run())
        })
        .collect()
}
