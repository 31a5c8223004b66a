//! NodeDeclaredFeatures: features that the pod needs and the kubelet declares.
//!
//! Mirrors `plugins/nodedeclaredfeatures/nodedeclaredfeatures.go` (1.36, 1.37) and
//! `k8s.io/component-helpers/nodedeclaredfeatures/features` (0.36.2, 0.37.2).

use super::filter::{Outcome, PreFilter, View};
use super::plugin::Plugin;
use super::verdict::Refusal;
use super::version::{Behaviour, KubernetesVersion};
use crate::model::pod::Pod;

/// The release from which on a pod's mount options need a feature of the kubelet.
const BIND_MOUNT_OPTIONS: KubernetesVersion = KubernetesVersion::new(1, 37, 0);

/// Features that the pod needs.
#[derive(Debug)]
pub(super) struct State(Vec<&'static str>);

/// Infers the features from the pod's spec.
pub(super) fn pre_filter(pod: &Pod, behaviour: &Behaviour) -> PreFilter<State> {
    if !behaviour.declared_features {
        return PreFilter::Skip;
    }
    let mut needed = Vec::new();
    let containers = || pod.spec.containers.iter().chain(&pod.spec.init_containers);
    let mut rules = containers().flat_map(|container| &container.restart_policy_rules);
    if rules.any(|rule| rule.action == "RestartAllContainers") {
        needed.push("RestartAllContainersOnContainerExits");
    }
    if pod.spec.host_network && pod.spec.host_users == Some(false) {
        needed.push("UserNamespacesHostNetworkSupport");
    }
    if behaviour.version >= BIND_MOUNT_OPTIONS
        && containers().flat_map(|container| &container.volume_mounts).any(|mount| !mount.bind_mount_options.is_empty())
    {
        needed.push("VolumeBindMountOptions");
    }
    if needed.is_empty() { PreFilter::Skip } else { PreFilter::Run(State(needed)) }
}

impl State {
    /// Refuses a node whose kubelet does not declare a needed feature.
    pub(super) fn filter(&self, view: &View<'_, '_>) -> Outcome {
        let declared = &view.info.node.status.declared_features;
        if self.0.iter().all(|needed| declared.iter().any(|feature| feature == needed)) {
            return Outcome::Pass;
        }
        let reason = "node(s) didn't match Pod's required features";
        Refusal::unresolvable(Plugin::NodeDeclaredFeatures, reason).into()
    }
}
