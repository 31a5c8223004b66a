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

/// The reasons of a refusal, as clauses: those of the SCCs that the pod could have
/// used. That it may not use the others is no news.
pub fn reasons(text: &str) -> Vec<String> {
    let Some((_, list)) = text.split_once("unable to validate against any security context constraint: ") else {
        return if text.is_empty() { Vec::new() } else { vec![text.to_owned()] };
    };
    let list = list.trim().trim_start_matches('[').trim_end_matches(']');
    let mut reasons: Vec<String> = Vec::new();
    for entry in entries(list) {
        if entry.contains("not usable by user or serviceaccount") {
            continue;
        }
        let clause = match entry.strip_prefix("provider ").and_then(|rest| rest.split_once(": .")) {
            Some((scc, rest)) => format!("{scc} says of {}", rest.replacen(": Invalid value: ", " ", 1)),
            None => entry.to_owned(),
        };
        if !reasons.contains(&clause) {
            reasons.push(clause);
        }
    }
    if reasons.is_empty() {
        reasons.push("no SCC is usable by the pod's ServiceAccount or its creator".to_owned());
    }
    reasons
}

/// The entries of the list; their texts hold commas themselves.
fn entries(list: &str) -> Vec<&str> {
    const STARTS: [&str; 4] = [", provider ", ", spec.volumes[", ", pod.metadata.annotations[", ", no access to scc/"];
    let mut entries = Vec::new();
    let mut rest = list;
    loop {
        let next = STARTS.iter().filter_map(|start| rest.find(start)).min();
        match next {
            Some(at) => {
                entries.push(rest[..at].trim());
                rest = &rest[at + 2..];
            }
            None => {
                entries.push(rest.trim());
                return entries;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::reasons;

    #[test]
    fn only_reasons_of_usable_constraints_are_told() {
        let text = "pods \"a-0\" is forbidden: unable to validate against any security context constraint: [provider \"anyuid\": Forbidden: not usable by user or serviceaccount, provider restricted-v2: .spec.securityContext.fsGroup: Invalid value: []int64{1001}: 1001 is not an allowed group, provider restricted-v2: .containers[0].runAsUser: Invalid value: 1001: must be in the ranges: [1000680000, 1000689999], provider \"privileged\": Forbidden: not usable by user or serviceaccount]";
        assert_eq!(
            reasons(text),
            [
                "restricted-v2 says of spec.securityContext.fsGroup []int64{1001}: 1001 is not an allowed group",
                "restricted-v2 says of containers[0].runAsUser 1001: must be in the ranges: [1000680000, 1000689999]"
            ]
        );
    }
}
