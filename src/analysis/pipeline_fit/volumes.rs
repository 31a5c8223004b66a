//! What the volumes of a run allow beyond the scheduler's filters: a disk that is
//! attached to one node cannot be attached to another while it is used there, and a
//! claim for one pod only cannot be shared with the assistant.
//!
//! Mirrors `pkg/volume/util/util.go` (`IsMultiAttachAllowed`) and the reconciler of
//! `pkg/controller/volume/attachdetach` (1.27 to 1.36).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::cluster::find;
use crate::model::pod::Pod;
use crate::model::volume::{Claim, PersistentVolume, VolumeAttachment, VolumeSource};
use crate::model::{Cluster, Kind};

/// Names of the claims that a pod mounts.
pub(super) fn claims_of(pod: &Pod) -> BTreeSet<&str> {
    let claims = pod.spec.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::PersistentVolumeClaim(claim) => Some(claim.claim_name.as_str()),
        _ => None,
    });
    claims.collect()
}

/// A volume that is held by a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The claim.
    pub claim: String,
    /// The node on which a pod uses it.
    pub node: String,
    /// That pod, `NAMESPACE/NAME`, or what else keeps the volume there.
    pub by: String,
    /// False when what was read does not say whether the volume has to be attached.
    pub is_certain: bool,
}

/// Volumes of the claims that pods outside the run use on a node, and that only one
/// node may have.
pub(super) fn held(cluster: &Cluster, namespace: &str, claims: &BTreeSet<&str>, gone: &[(&str, &str)]) -> Vec<Held> {
    let mut held: BTreeMap<(&str, &str), Held> = BTreeMap::new();
    let users = cluster.pods_in(namespace).filter(|pod| {
        !pod.is_terminal()
            && !pod.spec.node_name.is_empty()
            && !gone.contains(&(pod.metadata.namespace.as_str(), pod.metadata.name.as_str()))
    });
    for pod in users {
        for claim in claims_of(pod).intersection(claims) {
            let Some(is_certain) = is_for_one_node(cluster, namespace, claim) else { continue };
            held.entry((*claim, pod.spec.node_name.as_str())).or_insert_with(|| Held {
                claim: (*claim).to_owned(),
                node: pod.spec.node_name.clone(),
                by: format!("{namespace}/{}", pod.metadata.name),
                is_certain,
            });
        }
    }
    held.into_values().collect()
}

/// What attaches a claim's volume to a node that there is no more: nothing detaches it there,
/// and no other node gets it
/// (`pkg/controller/volume/attachdetach/reconciler/reconciler.go`, 1.27 to 1.37).
pub fn attached_nowhere<'c>(cluster: &'c Cluster, claim: &Claim) -> Option<&'c VolumeAttachment> {
    let volume = Some(claim.spec.volume_name.as_str()).filter(|volume| !volume.is_empty())?;
    if !cluster.coverage.proves_absence(Kind::Node, "") {
        return None;
    }
    cluster.volume_attachments.iter().find(|attachment| {
        attachment.spec.source.persistent_volume_name.as_deref() == Some(volume)
            && cluster.node(&attachment.spec.node_name).is_none()
    })
}

/// Volumes of the claims that are attached to a node that there is no more.
pub(super) fn stranded(cluster: &Cluster, namespace: &str, claims: &BTreeSet<&str>) -> Vec<Held> {
    let of_claim = |claim: &&str| {
        let known = find(&cluster.claims, namespace, claim)?;
        is_for_one_node(cluster, namespace, claim)?;
        let attachment = attached_nowhere(cluster, known)?;
        Some(Held {
            claim: (*claim).to_owned(),
            node: attachment.spec.node_name.clone(),
            by: format!("VolumeAttachment {}", attachment.metadata.name),
            is_certain: true,
        })
    };
    claims.iter().filter_map(of_claim).collect()
}

/// Whether a claim's volume can be on one node only: `Some(true)` when that is
/// certain, `Some(false)` when only its access mode says so.
fn is_for_one_node(cluster: &Cluster, namespace: &str, name: &str) -> Option<bool> {
    let claim = find(&cluster.claims, namespace, name)?;
    let volume = find(&cluster.persistent_volumes, "", &claim.spec.volume_name);
    let modes = volume.map_or(&claim.spec.access_modes, |volume| &volume.spec.access_modes);
    if modes.is_empty() || modes.iter().any(|mode| matches!(mode.as_str(), "ReadWriteMany" | "ReadOnlyMany")) {
        return None;
    }
    match volume {
        None => Some(false),
        Some(volume) => is_attached(cluster, volume),
    }
}

/// Whether a volume has to be attached to its node.
fn is_attached(cluster: &Cluster, volume: &PersistentVolume) -> Option<bool> {
    let spec = &volume.spec;
    if is_seen_attached(cluster, &volume.metadata.name) {
        return Some(true);
    }
    if spec.nfs.is_some() || spec.host_path.is_some() || spec.local.is_some() || spec.azure_file.is_some() {
        return None;
    }
    let Some(csi) = &spec.csi else { return Some(true) };
    match find(&cluster.csi_drivers, "", &csi.driver) {
        Some(driver) if driver.spec.attach_required == Some(false) => None,
        Some(_) => Some(true),
        // Without a CSIDriver object every volume is attached.
        None => Some(cluster.coverage.proves_absence(Kind::CsiDriver, "")),
    }
}

/// Whether the attach-detach controller has attached the volume, or says that it cannot
/// attach it twice (`pkg/controller/volume/attachdetach/reconciler/reconciler.go`
/// `reportMultiAttachError`, 1.27 to 1.37).
fn is_seen_attached(cluster: &Cluster, volume: &str) -> bool {
    let refusal = format!("Multi-Attach error for volume \"{volume}\"");
    let attached = |name: Option<&str>| name == Some(volume);
    cluster.volume_attachments.iter().any(|a| attached(a.spec.source.persistent_volume_name.as_deref()))
        || cluster.events.iter().any(|event| event.message.contains(&refusal))
}

/// Claims for one pod only that both lists of pods mount.
pub(super) fn for_one_pod<'p>(cluster: &Cluster, made: &[Claim], holder: &'p Pod, other: &Pod) -> Option<&'p str> {
    let namespace = holder.metadata.namespace.as_str();
    let others = claims_of(other);
    claims_of(holder).into_iter().filter(|claim| others.contains(claim)).find(|name| {
        let claim = find(&cluster.claims, namespace, name).or_else(|| {
            made.iter().find(|claim| claim.metadata.name == *name && claim.metadata.namespace == namespace)
        });
        claim.is_some_and(|claim| claim.spec.access_modes.iter().any(|mode| mode == "ReadWriteOncePod"))
    })
}

/// Claims to be made whose volume is made before any pod is placed, in whatever zone
/// the provisioner likes: with them nobody can say beforehand which nodes reach it.
pub(super) fn made_anywhere<'c>(cluster: &'c Cluster, made: &'c [Claim]) -> Vec<&'c Claim> {
    const ZONE: &str = "topology.kubernetes.io/zone";
    let zones: BTreeSet<Option<&str>> = cluster.nodes.iter().map(|node| node.metadata.label(ZONE)).collect();
    if zones.len() > 1 { bound_at_once(cluster, made).collect() } else { Vec::new() }
}

/// Takes the volumes of claims out of a pod, so that the rest of it can be judged.
pub(super) fn without(pod: &Pod, claims: &[&str]) -> Pod {
    let mut pod = pod.clone();
    pod.spec.volumes.retain(|volume| match &volume.source {
        VolumeSource::PersistentVolumeClaim(claim) => !claims.contains(&claim.claim_name.as_str()),
        _ => true,
    });
    pod
}

/// The claims to be made that are bound without a pod.
pub(super) fn bound_at_once<'c>(cluster: &'c Cluster, made: &'c [Claim]) -> impl Iterator<Item = &'c Claim> {
    made.iter().filter(|claim| {
        let class = claim.spec.storage_class_name.as_deref().and_then(|name| find(&cluster.storage_classes, "", name));
        class.is_none_or(|class| class.volume_binding_mode != "WaitForFirstConsumer")
    })
}
