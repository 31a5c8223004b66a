//! Who sends the request that creates a pod, where nobody says it.

use crate::analysis::tekton::Installation;
use crate::analysis::tekton::assistant::{COMPONENT, COMPONENT_LABEL};
use crate::model::Cluster;
use crate::model::pod::Pod;

use super::request::Creator;

/// Namespace of Tekton's controller where the installation was not read: that of
/// OpenShift Pipelines.
pub const TEKTON_NAMESPACE: &str = "openshift-pipelines";

/// A creator, and how it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The creator.
    pub creator: Creator,
    /// Half a sentence.
    pub because: &'static str,
}

/// Controllers that create pods, by the kind of the pod's owner, with their accounts
/// in kube-system (kubernetes `cmd/kube-controller-manager/app`, client names).
const CONTROLLERS: [(&str, &str, &str); 5] = [
    ("StatefulSet", "statefulset-controller", "who creates the pods of StatefulSets"),
    ("ReplicaSet", "replicaset-controller", "who creates the pods of ReplicaSets"),
    ("ReplicationController", "replication-controller", "who creates the pods of ReplicationControllers"),
    ("DaemonSet", "daemon-set-controller", "who creates the pods of DaemonSets"),
    ("Job", "job-controller", "who creates the pods of Jobs"),
];

/// Tells who creates such a pod.
pub fn of_pod(cluster: &Cluster, pod: &Pod) -> Known {
    let owner = pod.metadata.controller().or_else(|| pod.metadata.owner_references.first());
    let owner = owner.map(|owner| owner.kind.as_str()).unwrap_or_default();
    if owner == "TaskRun" || pod.metadata.label("tekton.dev/taskRun").is_some() {
        return task(cluster);
    }
    let is_assistant = pod.metadata.label(COMPONENT_LABEL) == Some(COMPONENT);
    let of_set = pod.metadata.label("statefulset.kubernetes.io/pod-name").is_some();
    let owner = if owner.is_empty() && (is_assistant || of_set) { "StatefulSet" } else { owner };
    match CONTROLLERS.iter().find(|(kind, ..)| *kind == owner) {
        Some((_, account, because)) => Known { creator: Creator::service_account("kube-system", account), because },
        None => Known {
            creator: Creator::user("an-ordinary-user", ["system:authenticated:oauth".to_owned()]),
            because: "somebody without rights of his own; say who with --creator",
        },
    }
}

/// Who creates the pods of TaskRuns.
pub fn task(cluster: &Cluster) -> Known {
    let namespace = Installation::find(cluster).namespace;
    Known {
        creator: Creator::tekton_controller(namespace.as_deref().unwrap_or(TEKTON_NAMESPACE)),
        because: "who creates the pods of TaskRuns",
    }
}

/// Who creates the pods of assistants.
pub fn assistant() -> Known {
    Known { creator: Creator::stateful_set_controller(), because: "who creates the pods of StatefulSets" }
}

/// A creator as somebody names it, with just these groups; a ServiceAccount for which
/// none are named has its own.
pub fn named(user: &str, groups: &[String]) -> Known {
    let account = user.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let creator = match account {
        Some((namespace, name)) if groups.is_empty() => Creator::service_account(namespace, name),
        _ => Creator { user: user.to_owned(), groups: groups.to_vec() },
    };
    Known { creator, because: "as said" }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(pod: serde_json::Value) -> String {
        let pod: Pod = serde_json::from_value(pod).unwrap();
        of_pod(&Cluster::default(), &pod).creator.user
    }

    #[test]
    fn owners_and_labels_tell_who_creates() {
        let owned = |kind: &str| user(json!({ "metadata": { "ownerReferences": [{ "kind": kind, "name": "x" }] } }));
        assert_eq!(owned("TaskRun"), "system:serviceaccount:openshift-pipelines:tekton-pipelines-controller");
        assert_eq!(owned("StatefulSet"), "system:serviceaccount:kube-system:statefulset-controller");
        assert_eq!(owned("Job"), "system:serviceaccount:kube-system:job-controller");
        let labelled = user(json!({ "metadata": { "labels": { COMPONENT_LABEL: COMPONENT } } }));
        assert_eq!(labelled, "system:serviceaccount:kube-system:statefulset-controller");
        assert_eq!(user(json!({})), "an-ordinary-user");
    }

    #[test]
    fn creators_are_taken_as_named() {
        let groups = |user: &str, given: &[&str]| {
            let given: Vec<String> = given.iter().map(|group| (*group).to_owned()).collect();
            named(user, &given).creator.groups
        };
        assert_eq!(
            groups("system:serviceaccount:a:b", &[]),
            ["system:serviceaccounts", "system:serviceaccounts:a", "system:authenticated"]
        );
        assert_eq!(groups("carol", &["devs"]), ["devs"]);
    }
}
