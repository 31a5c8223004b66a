//! DynamicResources: device claims.
//!
//! Whether devices can be allocated is decided by CEL expressions over
//! ResourceSlices (`plugins/dynamicresources/dynamicresources.go`, 1.34 and later),
//! which are not evaluated here: a pod with claims cannot be judged, and neither can a node
//! that would have to meet the request of an extended resource by its devices.

use super::filter::PreFilter;
use super::message::{Counted, Detail, Message, read};
use super::snapshot::Snapshot;
use super::tolerations::first_untolerated;
use super::verdict::Unread;
use super::version::Behaviour;
use crate::model::Kind;
use crate::model::pod::Pod;

/// Says what would be needed for a pod with device claims.
pub(super) fn pre_filter(pod: &Pod, behaviour: &Behaviour) -> PreFilter<std::convert::Infallible> {
    if !behaviour.dynamic_resources || pod.spec.resource_claims.is_empty() {
        return PreFilter::Skip;
    }
    PreFilter::Unknown(Unread {
        resource: "resourceclaims.resource.k8s.io".to_owned(),
        namespace: Some(pod.metadata.namespace.clone()),
        everywhere: false,
        name: None,
    })
}

/// Whether devices may meet what a node does not offer of a resource.
#[derive(Debug)]
pub(super) enum Devices {
    /// They may not.
    None,
    /// A class stands behind the resource; which nodes have its devices is not known.
    Some(Unread),
    /// The classes were not read.
    Unread(Unread),
}

/// Looks for a class behind an extended resource (1.36 and later; before that there are none).
pub(super) fn devices(resource: &str, snapshot: &Snapshot<'_>) -> Devices {
    if !snapshot.behaviour.devices_behind_resources || !resource.contains('/') {
        return Devices::None;
    }
    if snapshot.cluster.device_classes.iter().any(|class| class.stands_behind(resource)) {
        return Devices::Some(Unread {
            resource: "resourceslices.resource.k8s.io".to_owned(),
            namespace: None,
            everywhere: false,
            name: None,
        });
    }
    match snapshot.unread(Kind::DeviceClass, "") {
        Some(unread) if !is_denied(resource, snapshot) => Devices::Unread(unread),
        _ => Devices::None,
    }
}

/// Whether the scheduler itself has said of more nodes than offer a resource that it falls
/// short there: with a class behind it, it would have left the others to the devices.
fn is_denied(resource: &str, snapshot: &Snapshot<'_>) -> bool {
    // A node with a taint in the way is refused before its room is looked at.
    let offers = |pod: &Pod| {
        let offering = snapshot.nodes().iter().filter(|info| info.allocatable.scalar(resource) > 0);
        offering.filter(|info| first_untolerated(&info.node.spec.taints, &pod.spec.tolerations).is_none()).count()
    };
    let is_about =
        |counted: &&Counted| matches!(&counted.meaning.detail, Some(Detail::Resource(name)) if name == resource);
    let waiting = snapshot.cluster.pods.known().filter(|pod| pod.spec.node_name.is_empty());
    let said = waiting.filter_map(|pod| Some((pod, &pod.condition("PodScheduled")?.message)));
    said.into_iter().any(|(pod, message)| match read(message) {
        Message::Unschedulable(message) => {
            let short = message.reasons.iter().find(is_about);
            short.is_some_and(|counted| counted.count > offers(pod))
        }
        _ => false,
    })
}
