//! What a pod's processes really run with, once it was admitted.

use serde::Serialize;

use crate::model::meta::StringMap;
use crate::model::pod::{Container, Pod};
use crate::model::pod_security::{ContainerSecurityContext, PodSecurityContext};

/// The security settings of an admitted pod.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Effective {
    /// The pod's annotations.
    pub annotations: StringMap,
    /// Pod-level settings as stored.
    pub pod_security_context: PodSecurityContext,
    /// Containers, init containers first.
    pub containers: Vec<EffectiveContainer>,
}

/// The security settings of one container.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EffectiveContainer {
    /// `init`, `container` or `ephemeral`.
    pub kind: &'static str,
    /// Name.
    pub name: String,
    /// As stored.
    pub security_context: Option<ContainerSecurityContext>,
    /// The container's value, else the pod's.
    pub effective: ContainerSecurityContext,
}

/// What the pod's processes run with.
pub fn effective(pod: &Pod) -> Effective {
    let context = pod.spec.security_context.clone().unwrap_or_default();
    let lists = [
        ("init", &pod.spec.init_containers),
        ("container", &pod.spec.containers),
        ("ephemeral", &pod.spec.ephemeral_containers),
    ];
    let containers = lists
        .into_iter()
        .flat_map(|(kind, list)| list.iter().map(move |container| (kind, container)))
        .map(|(kind, container)| EffectiveContainer {
            kind,
            name: container.name.clone(),
            security_context: container.security_context.clone(),
            effective: of_container(&context, container),
        })
        .collect();
    Effective { annotations: pod.metadata.annotations.clone(), pod_security_context: context, containers }
}

/// A container's settings over its pod's (kubernetes
/// `pkg/securitycontext/accessors.go` `NewEffectiveContainerSecurityContextAccessor`).
pub fn of_container(pod: &PodSecurityContext, container: &Container) -> ContainerSecurityContext {
    let mut own = container.security_context.clone().unwrap_or_default();
    own.run_as_user = own.run_as_user.or(pod.run_as_user);
    own.run_as_group = own.run_as_group.or(pod.run_as_group);
    own.run_as_non_root = own.run_as_non_root.or(pod.run_as_non_root);
    own.se_linux_options = own.se_linux_options.or_else(|| pod.se_linux_options.clone());
    own.seccomp_profile = own.seccomp_profile.or_else(|| pod.seccomp_profile.clone());
    own
}
