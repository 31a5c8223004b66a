//! What the texts of refusals mean.
//!
//! Texts of the filter plugins, Kubernetes 1.27 to 1.37, and of older releases whose
//! messages still stand in collected data.

use crate::analysis::scheduler::node_volume_limits::DRIVER_MISSING;
use crate::analysis::scheduler::plugin::Plugin;

/// What a reason means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meaning {
    /// The plugin that gives it; none for other schedulers, extenders and unknown
    /// plugins.
    pub plugin: Option<Plugin>,
    /// What the text names.
    pub detail: Option<Detail>,
}

/// Something that a reason names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// A resource that falls short.
    Resource(String),
    /// A taint.
    Taint {
        /// Key.
        key: String,
        /// Value; often empty.
        value: String,
    },
    /// Affinity of the pod to others.
    PodAffinity,
    /// Anti-affinity, of the pod itself or of pods on the node.
    AntiAffinity,
    /// A claim that does not exist.
    ClaimNotFound(String),
    /// A claim that is being deleted.
    ClaimBeingDeleted(String),
    /// A claim whose volume does not exist.
    ClaimLost(String),
    /// A claim that is not bound and that scheduling does not bind, or whose provisioner did
    /// not answer in time.
    ClaimUnbound,
    /// No free volume fits a claim.
    NoVolumeToBind,
    /// A claim for one pod, which another one uses.
    ClaimInUse,
    /// A bound volume that the node does not reach.
    VolumeElsewhere,
    /// A CSI driver that the node lacks.
    DriverMissing(String),
}

impl Meaning {
    /// Filters that a node with this reason has passed: all that run before the one
    /// that gave it. Nothing is known of a node whose reason is not known.
    pub fn passed(&self) -> &'static [Plugin] {
        let before = |plugin| Plugin::ALL.iter().position(|known| *known == plugin);
        self.plugin.and_then(before).map_or(&[], |end| &Plugin::ALL[..end])
    }
}

const TEXTS: &[(&str, Plugin)] = &[
    ("node(s) were unschedulable", Plugin::NodeUnschedulable),
    ("node(s) had unknown conditions", Plugin::NodeUnschedulable),
    ("node(s) didn't match the requested node name", Plugin::NodeName),
    ("node(s) had untolerated taint(s)", Plugin::TaintToleration),
    ("node(s) had taints that the pod didn't tolerate", Plugin::TaintToleration),
    ("node(s) didn't match Pod's node affinity/selector", Plugin::NodeAffinity),
    ("node(s) didn't match Pod's node affinity", Plugin::NodeAffinity),
    ("node(s) didn't match node selector", Plugin::NodeAffinity),
    ("node(s) didn't match scheduler-enforced node affinity", Plugin::NodeAffinity),
    ("pod affinity terms conflict", Plugin::NodeAffinity),
    ("node(s) didn't have free ports for the requested pod ports", Plugin::NodePorts),
    ("Too many pods", Plugin::NodeResourcesFit),
    ("Pod has a restartable init container and the SidecarContainers feature is disabled", Plugin::NodeResourcesFit),
    ("node(s) had no available disk", Plugin::VolumeRestrictions),
    (
        "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode",
        Plugin::VolumeRestrictions,
    ),
    (
        "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
        Plugin::VolumeRestrictions,
    ),
    ("node(s) exceed max volume count", Plugin::NodeVolumeLimits),
    ("node(s) had volume node affinity conflict", Plugin::VolumeBinding),
    ("node(s) didn't match PersistentVolume's node affinity", Plugin::VolumeBinding),
    ("node(s) didn't find available persistent volumes to bind", Plugin::VolumeBinding),
    ("node(s) did not have enough free storage", Plugin::VolumeBinding),
    ("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)", Plugin::VolumeBinding),
    ("pod has unbound immediate PersistentVolumeClaims", Plugin::VolumeBinding),
    ("node(s) had no available volume zone", Plugin::VolumeZone),
    ("node(s) didn't match pod topology spread constraints", Plugin::PodTopologySpread),
    ("node(s) didn't match pod topology spread constraints (missing required label)", Plugin::PodTopologySpread),
    ("node(s) didn't match pod affinity rules", Plugin::InterPodAffinity),
    ("node(s) didn't match pod anti-affinity rules", Plugin::InterPodAffinity),
    ("node(s) didn't satisfy existing pods anti-affinity rules", Plugin::InterPodAffinity),
    ("node(s) didn't match pod affinity/anti-affinity rules", Plugin::InterPodAffinity),
    ("cannot allocate all claims", Plugin::DynamicResources),
    ("resourceclaim not available on the node", Plugin::DynamicResources),
    ("resourceclaim in use", Plugin::DynamicResources),
    ("node(s) didn't match Pod's required features", Plugin::NodeDeclaredFeatures),
];

/// Texts that go on with names.
const STARTS: &[(&str, Plugin)] = &[
    ("waiting for ephemeral volume controller to create the persistentvolumeclaim", Plugin::VolumeBinding),
    ("looking up PVC ", Plugin::NodeVolumeLimits),
    ("node declared features check failed", Plugin::NodeDeclaredFeatures),
];

/// What a text means.
pub fn meaning(reason: &str) -> Meaning {
    let known = |plugin, detail| Meaning { plugin: Some(plugin), detail };
    if let Some((_, plugin)) = TEXTS.iter().find(|(text, _)| *text == reason) {
        return known(*plugin, detail_of(reason));
    }
    if let Some(resource) = reason.strip_prefix("Insufficient ") {
        return known(Plugin::NodeResourcesFit, Some(Detail::Resource(resource.to_owned())));
    }
    if let Some(driver) = reason.strip_suffix(DRIVER_MISSING) {
        return known(Plugin::NodeVolumeLimits, Some(Detail::DriverMissing(driver.to_owned())));
    }
    if let Some(taint) = taint(reason) {
        return known(Plugin::TaintToleration, Some(taint));
    }
    if let Some((_, plugin)) = STARTS.iter().find(|(start, _)| reason.starts_with(start)) {
        return known(*plugin, None);
    }
    if let Some((name, said)) = reason.strip_prefix("persistentvolumeclaim \"").and_then(|rest| rest.split_once('"')) {
        let name = name.to_owned();
        match said {
            " not found" => return known(Plugin::VolumeRestrictions, Some(Detail::ClaimNotFound(name))),
            " is being deleted" => return known(Plugin::VolumeBinding, Some(Detail::ClaimBeingDeleted(name))),
            said if said.starts_with(" bound to non-existent ") => {
                return known(Plugin::VolumeBinding, Some(Detail::ClaimLost(name)));
            }
            _ => {}
        }
    }
    if reason.contains("binding volumes: ") {
        return known(Plugin::VolumeBinding, Some(Detail::ClaimUnbound));
    }
    if reason.starts_with("persistentvolume \"") && reason.ends_with(" not found") {
        return known(Plugin::VolumeZone, None);
    }
    Meaning::default()
}

/// What one of the fixed texts says beyond its plugin.
fn detail_of(text: &str) -> Option<Detail> {
    match text {
        "node(s) didn't match pod affinity rules" => Some(Detail::PodAffinity),
        "node(s) didn't match pod anti-affinity rules"
        | "node(s) didn't satisfy existing pods anti-affinity rules"
        | "node(s) didn't match pod affinity/anti-affinity rules" => Some(Detail::AntiAffinity),
        "pod has unbound immediate PersistentVolumeClaims" => Some(Detail::ClaimUnbound),
        "node(s) didn't find available persistent volumes to bind" => Some(Detail::NoVolumeToBind),
        "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
        | "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod" => {
            Some(Detail::ClaimInUse)
        }
        "node(s) had volume node affinity conflict"
        | "node(s) didn't match PersistentVolume's node affinity"
        | "node(s) had no available volume zone" => Some(Detail::VolumeElsewhere),
        _ => None,
    }
}

/// `node(s) had untolerated taint {key: value}` until 1.34.1, `node(s) had taint
/// {key: value}, that the pod didn't tolerate` before 1.24.
fn taint(reason: &str) -> Option<Detail> {
    let rest = reason
        .strip_prefix("node(s) had untolerated taint {")
        .or_else(|| reason.strip_prefix("node(s) had taint {"))?;
    let (key, value) = rest.split_once('}')?.0.split_once(':')?;
    Some(Detail::Taint { key: key.to_owned(), value: value.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_read_from_the_text() {
        let gpu = "node(s) had untolerated taint {nvidia.com/gpu: true}";
        let detail = Detail::Taint { key: "nvidia.com/gpu".to_owned(), value: "true".to_owned() };
        assert_eq!(meaning(gpu), Meaning { plugin: Some(Plugin::TaintToleration), detail: Some(detail) });
        let master = meaning("node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't tolerate");
        assert_eq!(master.plugin, Some(Plugin::TaintToleration));
        let driver = meaning("ebs.csi.aws.com CSI driver is not installed on the node");
        assert_eq!(driver.plugin, Some(Plugin::NodeVolumeLimits));
        assert_eq!(driver.detail, Some(Detail::DriverMissing("ebs.csi.aws.com".to_owned())));
        let cpu = meaning("Insufficient cpu");
        assert_eq!(cpu.detail, Some(Detail::Resource("cpu".to_owned())));
    }

    #[test]
    fn a_reason_proves_what_the_node_has_passed() {
        let passed = meaning("node(s) didn't match pod affinity rules").passed();
        assert!(passed.contains(&Plugin::NodeResourcesFit) && passed.contains(&Plugin::VolumeBinding));
        assert!(!passed.contains(&Plugin::InterPodAffinity));
        assert!(meaning("node(s) are out of luck").passed().is_empty());
    }
}
