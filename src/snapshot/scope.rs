//! What a snapshot takes: the namespaces of the runs, Tekton's settings, and of everybody else
//! what decides about room on nodes and volumes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::namespace::TEKTON_NAMESPACES;
use crate::model::{Cluster, Kind};

/// What is taken of a cluster.
#[derive(Debug)]
pub(crate) struct Scope {
    /// Namespaces of the runs; `None` for all.
    namespaces: Option<Vec<String>>,
    /// Namespaces of Tekton.
    tekton: BTreeSet<String>,
    /// The run, with the names of its pods.
    run: Option<(String, BTreeSet<String>)>,
}

impl Scope {
    /// The scope of runs in some namespaces.
    pub(crate) fn new(cluster: &Cluster, namespaces: Option<Vec<String>>) -> Self {
        let targets = cluster.tekton_configs.iter().filter_map(|config| config.spec.get("targetNamespace")?.as_str());
        let tekton = TEKTON_NAMESPACES.into_iter().chain(targets).map(str::to_owned).collect();
        Self { namespaces, tekton, run: None }
    }

    /// Takes the logs of one run only.
    #[must_use]
    pub(crate) fn of_run(self, namespace: &str, name: &str, pods: BTreeSet<String>) -> Self {
        Self { run: Some((format!("{namespace}/{name}"), pods)), ..self }
    }

    /// The run, where one was named.
    pub(crate) fn run(&self) -> Option<String> {
        self.run.as_ref().map(|(run, _)| run.clone())
    }

    /// The namespaces that were named.
    pub(crate) fn namespaces(&self) -> &[String] {
        self.namespaces.as_deref().unwrap_or_default()
    }

    /// Whether a namespace is one of the runs'.
    pub(super) fn is_own(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|own| own.iter().any(|name| name == namespace))
    }

    /// Whether a namespace is one of Tekton's.
    pub(super) fn is_tekton(&self, namespace: &str) -> bool {
        self.tekton.contains(namespace) || namespace.starts_with("tekton-")
    }

    /// Whether an object is taken.
    pub(super) fn takes(&self, kind: Kind, namespace: &str) -> bool {
        match kind {
            _ if !kind.is_namespaced() || self.is_own(namespace) => true,
            // Pods take room, their claims take places on nodes, drivers tell what is left.
            Kind::Pod | Kind::Claim | Kind::CsiStorageCapacity => true,
            Kind::ConfigMap | Kind::Deployment => self.is_tekton(namespace),
            _ => false,
        }
    }

    /// Whether the manifest tells how a kind was read in a place.
    pub(super) fn is_told(&self, kind: Kind, namespace: &str) -> bool {
        namespace.is_empty() || self.takes(kind, namespace)
    }

    /// Whether a log is taken, by its key `namespace/pod/container`.
    pub(super) fn has_log(&self, key: &str) -> bool {
        let mut parts = key.split('/');
        let (namespace, pod) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let is_of_run = self.run.as_ref().is_none_or(|(_, pods)| pods.contains(pod));
        self.is_tekton(namespace) || self.is_own(namespace) && is_of_run
    }
}

/// Takes from an object of somebody else what decides nothing about room.
pub(super) fn strip(kind: Kind, object: &mut Value) {
    if kind != Kind::Pod && kind != Kind::Claim {
        return;
    }
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.retain(|key, _| !matches!(key.as_str(), "annotations" | "managedFields"));
    }
    for list in ["containers", "initContainers", "ephemeralContainers"] {
        let containers = object.pointer_mut(&format!("/spec/{list}")).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten().filter_map(Value::as_object_mut) {
            container.retain(|key, _| {
                matches!(key.as_str(), "name" | "resources" | "ports" | "restartPolicy" | "volumeMounts")
            });
        }
    }
    if let Some(Value::Object(status)) = object.get_mut("status") {
        status.remove("message");
        for list in ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"] {
            let statuses = status.get_mut(list).and_then(Value::as_array_mut);
            for status in statuses.into_iter().flatten().filter_map(Value::as_object_mut) {
                status.retain(|key, _| {
                    matches!(
                        key.as_str(),
                        "name" | "resources" | "allocatedResources" | "state" | "ready" | "restartCount"
                    )
                });
            }
        }
    }
}
