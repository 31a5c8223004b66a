//! What the run's Pipeline is today against what the old run used.

use serde_json::Value;

use crate::analysis::comparison;
use crate::model::run::PipelineRun;
use crate::model::{Cluster, Kind};
use crate::report::rerun::Drift;

/// How the pipeline of a run stands. A resubmission resolves its reference anew.
pub(super) fn of(cluster: &Cluster, old: &PipelineRun, new: &Value) -> Option<Drift> {
    let reference = new.pointer("/spec/pipelineRef").filter(|reference| reference.is_object())?;
    if let Some(resolver) = reference.get("resolver").and_then(Value::as_str) {
        return Some(Drift::Fetched(resolver.to_owned()));
    }
    let name = reference.get("name").and_then(Value::as_str)?.to_owned();
    // Another pipeline is what was asked for.
    if old.spec_at("/pipelineRef/name").and_then(Value::as_str) != Some(&name) {
        return None;
    }
    let namespace = &old.metadata.namespace;
    let is_meant = |meta: &crate::model::ObjectMeta| meta.namespace == *namespace && meta.name == name;
    let Some(pipeline) = cluster.pipelines.iter().find(|pipeline| is_meant(&pipeline.metadata)) else {
        return Some(if cluster.coverage.proves_absence(Kind::Pipeline, namespace) {
            Drift::Gone(name)
        } else {
            Drift::Unread(name)
        });
    };
    let used = old.status.pipeline_spec.as_ref()?;
    let differences = comparison::drift(used, &pipeline.spec);
    (!differences.is_empty()).then_some(Drift::Differs(name, differences))
}
