//! DynamicResources: device claims.
//!
//! Whether devices can be allocated is decided by CEL expressions over
//! ResourceSlices (`plugins/dynamicresources/dynamicresources.go`, 1.34 and later),
//! which are not evaluated here: a pod with claims cannot be judged.

use super::filter::PreFilter;
use super::verdict::Unread;
use super::version::Behaviour;
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
