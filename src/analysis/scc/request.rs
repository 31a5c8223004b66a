//! What is asked of admission.

use crate::model::Cluster;
use crate::model::pod::Pod;

use super::release::Release;

/// The authenticated user that sends a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Creator {
    /// User name.
    pub user: String,
    /// Its groups, `system:authenticated` included.
    pub groups: Vec<String>,
}

impl Creator {
    /// A ServiceAccount as the API server sees one that sends a request
    /// (k8s.io/apiserver `pkg/authentication/serviceaccount/util.go` `MakeGroupNames`,
    /// plus `system:authenticated` by the authenticator).
    pub fn service_account(namespace: &str, name: &str) -> Self {
        Self {
            user: format!("system:serviceaccount:{namespace}:{name}"),
            groups: vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated".to_owned(),
            ],
        }
    }

    /// A person with these groups; `system:authenticated` is added.
    pub fn user(name: &str, groups: impl IntoIterator<Item = String>) -> Self {
        let mut groups: Vec<String> = groups.into_iter().collect();
        if !groups.iter().any(|group| group == "system:authenticated") {
            groups.push("system:authenticated".to_owned());
        }
        Self { user: name.to_owned(), groups }
    }

    /// Who creates the pods of StatefulSets, and with them those of affinity assistants
    /// (kubernetes `cmd/kube-controller-manager/app/apps.go`, client name
    /// `statefulset-controller`).
    pub fn stateful_set_controller() -> Self {
        Self::service_account("kube-system", "statefulset-controller")
    }

    /// Who creates the pods of TaskRuns, for a Tekton installed in that namespace
    /// (tektoncd/pipeline `config/controller.yaml`).
    pub fn tekton_controller(tekton_namespace: &str) -> Self {
        Self::service_account(tekton_namespace, "tekton-pipelines-controller")
    }
}

/// What happens to the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Operation {
    /// It is created; admission may fill in values.
    #[default]
    Create,
    /// It is changed; nothing is filled in.
    Update,
    /// Ephemeral containers are added through the subresource; only they are filled in.
    UpdateEphemeralContainers,
}

/// A request as it reaches the SCC plugin, that is after ServiceAccount admission:
/// `spec.serviceAccountName` set (an empty one means that no ServiceAccount counts).
#[derive(Debug, Clone, PartialEq)]
pub struct AdmissionRequest<'a> {
    /// The pod, with its namespace in the metadata.
    pub pod: &'a Pod,
    /// Who asks.
    pub creator: &'a Creator,
    /// What is done.
    pub operation: Operation,
    /// The pod before an update.
    pub old_pod: Option<&'a Pod>,
    /// The release whose behaviour and words are wanted.
    pub release: Release,
}

impl<'a> AdmissionRequest<'a> {
    /// A pod is created in the cluster.
    pub fn create(cluster: &Cluster, pod: &'a Pod, creator: &'a Creator) -> Self {
        Self { pod, creator, operation: Operation::Create, old_pod: None, release: Release::of(cluster) }
    }

    /// A pod is changed.
    pub fn update(cluster: &Cluster, old: &'a Pod, new: &'a Pod, creator: &'a Creator) -> Self {
        Self { pod: new, creator, operation: Operation::Update, old_pod: Some(old), release: Release::of(cluster) }
    }
}
