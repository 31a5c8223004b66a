//! Claims, volumes and classes by name, and what was read of them.

use std::collections::HashMap;

use super::verdict::Unread;
use crate::model::cluster::Object;
use crate::model::list::List;
use crate::model::pod::Pod;
use crate::model::volume::{
    Claim, CsiDriver, CsiNode, PersistentVolume, StorageClass, Volume, VolumeAttachment, VolumeSource,
};
use crate::model::{Cluster, Kind};

/// The answer to a look-up: absence proves something only where the kind was
/// listed.
#[derive(Debug, Clone)]
pub(super) enum Found<T> {
    /// The object.
    Here(T),
    /// It does not exist.
    Absent,
    /// It was not read.
    Unknown(Unread),
}

/// Storage objects by name.
#[derive(Debug, Clone)]
pub(super) struct Storage<'a> {
    cluster: &'a Cluster,
    claims: HashMap<(&'a str, &'a str), &'a Claim>,
    volumes: HashMap<&'a str, &'a PersistentVolume>,
    classes: HashMap<&'a str, &'a StorageClass>,
    csi_nodes: HashMap<&'a str, &'a CsiNode>,
    drivers: HashMap<&'a str, &'a CsiDriver>,
    attachments: HashMap<&'a str, Vec<&'a VolumeAttachment>>,
}

fn by_name<T: Object>(objects: &List<T>) -> HashMap<&str, &T> {
    objects.iter().map(|object| (object.metadata().name.as_str(), object)).collect()
}

impl<'a> Storage<'a> {
    pub(super) fn new(cluster: &'a Cluster, more: &'a [Claim]) -> Self {
        let mut attachments: HashMap<&str, Vec<&VolumeAttachment>> = HashMap::new();
        for attachment in &cluster.volume_attachments {
            attachments.entry(&attachment.spec.node_name).or_default().push(attachment);
        }
        let key = |claim: &'a Claim| (claim.metadata.namespace.as_str(), claim.metadata.name.as_str());
        Self {
            cluster,
            claims: cluster.claims.iter().chain(more).map(|claim| (key(claim), claim)).collect(),
            volumes: by_name(&cluster.persistent_volumes),
            classes: by_name(&cluster.storage_classes),
            csi_nodes: by_name(&cluster.csi_nodes),
            drivers: by_name(&cluster.csi_drivers),
            attachments,
        }
    }

    fn answer<T>(&self, found: Option<T>, kind: Kind, namespace: &str, name: &str) -> Found<T> {
        match found {
            Some(object) => Found::Here(object),
            None if self.cluster.coverage.proves_absence(kind, namespace) => Found::Absent,
            None => Found::Unknown(Unread::one(kind, namespace, name)),
        }
    }

    pub(super) fn claim(&self, namespace: &str, name: &str) -> Found<&'a Claim> {
        self.answer(self.claims.get(&(namespace, name)).copied(), Kind::Claim, namespace, name)
    }

    pub(super) fn volume(&self, name: &str) -> Found<&'a PersistentVolume> {
        self.answer(self.volumes.get(name).copied(), Kind::PersistentVolume, "", name)
    }

    pub(super) fn class(&self, name: &str) -> Found<&'a StorageClass> {
        self.answer(self.classes.get(name).copied(), Kind::StorageClass, "", name)
    }

    pub(super) fn csi_node(&self, node: &str) -> Found<&'a CsiNode> {
        self.answer(self.csi_nodes.get(node).copied(), Kind::CsiNode, "", node)
    }

    pub(super) fn driver(&self, name: &str) -> Found<&'a CsiDriver> {
        self.answer(self.drivers.get(name).copied(), Kind::CsiDriver, "", name)
    }

    pub(super) fn attachments(&self, node: &str) -> &[&'a VolumeAttachment] {
        self.attachments.get(node).map_or(&[], Vec::as_slice)
    }
}

/// The claim behind a pod's volume (`component-helpers/storage/ephemeral`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClaimUse {
    /// Name of the claim.
    pub(super) name: String,
    /// Made for the pod from a template in it.
    pub(super) ephemeral: bool,
}

/// The claim that a volume uses, if any.
pub(super) fn claim_of(pod: &Pod, volume: &Volume) -> Option<ClaimUse> {
    match &volume.source {
        VolumeSource::PersistentVolumeClaim(source) => {
            Some(ClaimUse { name: source.claim_name.clone(), ephemeral: false })
        }
        VolumeSource::Ephemeral(_) => {
            Some(ClaimUse { name: format!("{}-{}", pod.metadata.name, volume.name), ephemeral: true })
        }
        _ => None,
    }
}

/// Why a claim made for a pod does not belong to it (`ephemeral.VolumeIsForPod`).
pub(super) fn not_owned(pod: &Pod, claim: &Claim) -> Option<String> {
    let owned = claim.metadata.controller().is_some_and(|owner| owner.uid == pod.metadata.uid);
    (!owned).then(|| {
        let (claim, pod) = (&claim.metadata, &pod.metadata);
        format!(
            "PVC {}/{} was not created for pod {}/{} (pod is not owner)",
            claim.namespace, claim.name, pod.namespace, pod.name
        )
    })
}

/// The class of a claim: the old annotation wins
/// (`storagehelpers.GetPersistentVolumeClaimClass`).
pub(super) fn class_of_claim(claim: &Claim) -> &str {
    claim
        .metadata
        .annotation("volume.beta.kubernetes.io/storage-class")
        .or(claim.spec.storage_class_name.as_deref())
        .unwrap_or_default()
}

/// The class of a volume: the old annotation wins.
pub(super) fn class_of_volume(volume: &PersistentVolume) -> &str {
    volume.metadata.annotation("volume.beta.kubernetes.io/storage-class").unwrap_or(&volume.spec.storage_class_name)
}
