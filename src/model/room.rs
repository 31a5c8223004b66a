//! Pods of which only the room that they take counts: a large cluster has very many of them.

use super::meta::{ObjectMeta, StringMap};
use super::pod::{Container, ContainerState, ContainerStatus, Pod, PodPlan, PodStatus};
use super::quantity::ResourceList;
use super::shared::Pool;
use super::volume::VolumeSource;

impl Pod {
    /// Leaves what the scheduler reads of a pod that is on a node (kube-scheduler
    /// `pkg/scheduler/framework/types.go`, `NodeInfo`, v1.34), and what tells people whose it is.
    pub(super) fn keep_room_only(&mut self) {
        let meta = std::mem::take(&mut self.metadata);
        self.metadata = ObjectMeta {
            name: meta.name,
            namespace: meta.namespace,
            uid: meta.uid,
            resource_version: meta.resource_version,
            creation_timestamp: meta.creation_timestamp,
            deletion_timestamp: meta.deletion_timestamp,
            labels: meta.labels,
            owner_references: meta.owner_references,
            ..ObjectMeta::default()
        };
        if self.metadata.owner_references.iter().any(|owner| owner.controller != Some(true)) {
            self.metadata.owner_references.retain(|owner| owner.controller == Some(true));
        }
        let spec: &mut PodPlan = &mut self.spec;
        spec.image_pull_secrets = Vec::new();
        spec.ephemeral_containers = Vec::new();
        spec.security_context = None;
        spec.volumes.retain(|volume| {
            matches!(
                volume.source,
                VolumeSource::PersistentVolumeClaim(_) | VolumeSource::Ephemeral(_) | VolumeSource::Inline { .. }
            )
        });
        spec.volumes.shrink_to_fit();
        spec.containers.shrink_to_fit();
        spec.tolerations = Vec::new();
        spec.topology_spread_constraints = Vec::new();
        spec.node_selector = StringMap::new();
        spec.affinity.node_affinity = None;
        for container in spec.containers.iter_mut().chain(&mut spec.init_containers) {
            container.resources.limits = ResourceList::new();
            container.image = String::new();
            container.working_dir = String::new();
            container.volume_mounts = Vec::new();
            container.security_context = None;
            container.ports.retain(|port| port.host_port != 0 || spec.host_network);
            container.ports.shrink_to_fit();
        }
        let status: &mut PodStatus = &mut self.status;
        status.message = String::new();
        status.start_time = None;
        status.conditions.retain(|condition| condition.kind.starts_with("PodResize"));
        status.conditions.shrink_to_fit();
        let spec = &self.spec;
        // While a resize is pending the statuses count even where they say the same.
        if status.conditions.is_empty() {
            reduce_statuses(&mut status.container_statuses, &spec.containers);
            reduce_statuses(&mut status.init_container_statuses, &spec.init_containers);
        }
    }

    /// Holds once what pods that were met before have as well.
    pub(super) fn share(&mut self, pool: &mut Pool) {
        pool.labels.share(&mut self.metadata.labels);
        pool.owners.share(&mut self.metadata.owner_references);
        pool.plans.share(&mut self.spec.plan);
        pool.statuses.share(&mut self.status);
    }
}

/// Leaves only what a resize has made different from the spec.
fn reduce_statuses(statuses: &mut Vec<ContainerStatus>, containers: &[Container]) {
    statuses.retain(|status| {
        let asked = containers.iter().find(|container| container.name == status.name);
        let is_asked = |amounts: &ResourceList| asked.is_some_and(|asked| asked.resources.requests == *amounts);
        !(status.resources.as_ref().is_none_or(|resources| is_asked(&resources.requests))
            && (status.allocated_resources.is_empty() || is_asked(&status.allocated_resources)))
    });
    statuses.shrink_to_fit();
    for status in statuses {
        status.state = ContainerState::default();
        status.last_state = ContainerState::default();
    }
}
