//! What SCC admission says of an assistant's pod, in sentences.

use serde_json::Value;

use crate::analysis::scc::message::Denial;
use crate::analysis::scc::{self, AdmissionRequest, Answer, Creator};
use crate::analysis::tekton::assistant_pod;
use crate::model::pod::Pod;
use crate::model::workload::Workload;
use crate::model::{Cluster, Kind};

use super::focus::Focus;
use crate::finding::Evidence;

/// The fields of a run's pod template that SCC admission judges.
const FIELDS: [&str; 5] = ["fsGroup", "runAsUser", "seLinuxOptions", "seccompProfile", "supplementalGroups"];
const CONTEXT: &str = "/taskRunTemplate/podTemplate/securityContext";

/// Whether the cluster has SCCs at all, by any witness.
pub fn is_openshift(cluster: &Cluster) -> bool {
    !cluster.sccs.is_empty()
        || cluster.pods.known().any(|pod| pod.metadata.annotation("openshift.io/scc").is_some())
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
        /// Why, as clauses.
        reasons: Vec<String>,
    },
    /// Something decisive was not read.
    CannotTell(String),
}

/// Judges the pod that a StatefulSet would create.
pub fn of_stateful_set(cluster: &Cluster, set: &Workload) -> SetVerdict {
    of_assistant(cluster, &set.metadata.namespace, &assistant_pod::of_stateful_set(set))
}

/// Judges an assistant's pod: its creator is the StatefulSet controller.
pub fn of_assistant(cluster: &Cluster, namespace: &str, pod: &Pod) -> SetVerdict {
    of_pod(cluster, namespace, pod, &Creator::stateful_set_controller())
}

/// Judges the pod of a task: its creator is Tekton's controller.
pub fn of_task(cluster: &Cluster, namespace: &str, pod: &Pod, tekton_namespace: &str) -> SetVerdict {
    of_pod(cluster, namespace, pod, &Creator::tekton_controller(tekton_namespace))
}

fn of_pod(cluster: &Cluster, namespace: &str, pod: &Pod, creator: &Creator) -> SetVerdict {
    let mut pod = pod.clone();
    pod.metadata.namespace = namespace.to_owned();
    if pod.spec.service_account_name.is_empty() {
        // ServiceAccount admission comes before that of SCCs.
        pod.spec.service_account_name = "default".to_owned();
    }
    let verdict = scc::admit(cluster, &AdmissionRequest::create(cluster, &pod, creator));
    match &verdict.admitted {
        Answer::Yes => SetVerdict::Admitted,
        Answer::No => SetVerdict::Refused { reasons: verdict.sentences() },
        Answer::CannotTell(missing) => SetVerdict::CannotTell(format!("not read: {}", missing.join(", "))),
    }
}

/// What the constraints complain of, as far as a text is a refusal by SCC.
pub fn refusals(text: &str) -> Vec<scc::Refusal> {
    match scc::message::parse(text).denial {
        Denial::Scc(refusals) => refusals,
        _ => Vec::new(),
    }
}

/// The reasons of a refusal, as clauses: those of the SCCs that the pod could have
/// used. That it may not use the others is no news.
pub fn reasons(text: &str) -> Vec<String> {
    match scc::message::parse(text).denial {
        Denial::Scc(refusals) if !refusals.is_empty() => scc::sentences(&refusals),
        _ if text.is_empty() => Vec::new(),
        _ => vec![text.to_owned()],
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
                "restricted-v2: fsGroup 1001 is not an allowed group",
                "restricted-v2: containers[0].runAsUser 1001 must be in the ranges: [1000680000, 1000689999]"
            ]
        );
    }
}
