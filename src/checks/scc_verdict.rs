//! What SCC admission says of an assistant's pod, in sentences.

use serde_json::Value;

use crate::model::workload::Workload;
use crate::model::{Cluster, Kind};

use super::finding::Evidence;
use super::focus::Focus;

/// The fields of a run's pod template that SCC admission judges.
const FIELDS: [&str; 5] = ["fsGroup", "runAsUser", "seLinuxOptions", "seccompProfile", "supplementalGroups"];
const CONTEXT: &str = "/taskRunTemplate/podTemplate/securityContext";

/// Whether the cluster has SCCs at all, by any witness.
pub fn is_openshift(cluster: &Cluster) -> bool {
    !cluster.sccs.is_empty()
        || cluster.pods.iter().any(|pod| pod.metadata.annotation("openshift.io/scc").is_some())
        || cluster.config_maps.iter().any(|map| map.metadata.namespace == "openshift-pipelines")
}

/// The securityContext fields of the run that the assistant's pod inherits.
pub fn suspicious_fields(focus: &Focus<'_>) -> Vec<Evidence> {
    let context = focus.run().spec_at(CONTEXT).and_then(Value::as_object);
    context
        .into_iter()
        .flatten()
        .filter(|(key, _)| FIELDS.contains(&key.as_str()))
        .map(|(key, value)| quote_field(focus, key, value))
        .collect()
}

/// Those of them that a refusal names.
pub fn run_fields(focus: &Focus<'_>, refusal: &str) -> Vec<Evidence> {
    let context = focus.run().spec_at(CONTEXT).and_then(Value::as_object);
    context
        .into_iter()
        .flatten()
        .filter(|(key, _)| refusal.contains(&format!(".{key}")))
        .map(|(key, value)| quote_field(focus, key, value))
        .collect()
}

fn quote_field(focus: &Focus<'_>, key: &str, value: &Value) -> Evidence {
    let field = format!("spec.taskRunTemplate.podTemplate.securityContext.{key}");
    focus.quote(Kind::PipelineRun, &focus.run().metadata.name, field, value.to_string())
}

/// The verdict on an assistant's pod.
pub enum SetVerdict {
    /// An SCC admits it.
    Admitted,
    /// No SCC admits it.
    Refused {
        /// The text that the API server would give.
        message: String,
    },
    /// Something decisive was not read.
    CannotTell(String),
}

/// Judges the pod that a StatefulSet would create.
pub fn of_stateful_set(_: &Cluster, _: &Workload) -> SetVerdict {
    SetVerdict::CannotTell(String::new())
}

/// The reasons of a refusal, as sentences.
pub fn reasons(text: &str) -> Vec<String> {
    vec![text.chars().take(80).collect()]
}
