//! VolumeRestrictions: disks and claims that only one pod may use.
//!
//! Mirrors `plugins/volumerestrictions/volume_restrictions.go` (1.27 to 1.36).

use std::collections::BTreeSet;

use serde_json::Value;

use super::filter::{Outcome, PreFilter, View};
use super::plugin::Plugin;
use super::snapshot::Snapshot;
use super::storage::Found;
use super::verdict::Refusal;
use crate::model::pod::Pod;
use crate::model::volume::VolumeSource;

/// Claims of the pod that only one pod may use, and how many are in use.
#[derive(Debug)]
pub(super) struct State<'a> {
    pod: &'a Pod,
    once: BTreeSet<&'a str>,
    in_use: i64,
}

/// Reads the pod's claims and looks for other users of those that allow one pod.
pub(super) fn pre_filter<'a>(pod: &'a Pod, snapshot: &Snapshot<'a>) -> PreFilter<State<'a>> {
    let namespace = pod.metadata.namespace.as_str();
    let mut once = BTreeSet::new();
    let mut unread = None;
    for name in claim_names(pod) {
        match snapshot.storage.claim(namespace, name) {
            Found::Here(claim) => {
                if claim.spec.access_modes.iter().any(|mode| mode == "ReadWriteOncePod") {
                    once.insert(name);
                }
            }
            Found::Absent => {
                let reason = format!("persistentvolumeclaim {name:?} not found");
                return PreFilter::Refuse(Refusal::unresolvable(Plugin::VolumeRestrictions, reason));
            }
            Found::Unknown(what) => unread = Some(what),
        }
    }
    let used: BTreeSet<&str> = if once.is_empty() {
        BTreeSet::new()
    } else {
        let placed = snapshot.nodes().iter().flat_map(|node| &node.pods);
        placed.filter(|other| other.metadata.namespace == namespace).flat_map(|other| claim_names(other)).collect()
    };
    let in_use = i64::try_from(once.intersection(&used).count()).unwrap_or(i64::MAX);
    if let Some(unread) = unread.or_else(|| {
        // An unread pod may use the claim; a seen user is proof enough.
        (!once.is_empty() && in_use == 0).then(|| snapshot.unread_pods(namespace)).flatten()
    }) {
        return PreFilter::Unknown(unread);
    }
    let restricted = pod.spec.volumes.iter().any(|volume| restricted_disk(&volume.source).is_some());
    if snapshot.behaviour.volume_restrictions_skip && !restricted && in_use == 0 {
        return PreFilter::Skip;
    }
    PreFilter::Run(State { pod, once, in_use })
}

fn claim_names(pod: &Pod) -> impl Iterator<Item = &str> {
    pod.spec.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::PersistentVolumeClaim(claim) => Some(claim.claim_name.as_str()),
        _ => None,
    })
}

impl State<'_> {
    /// Uses of the single-pod claims by a pod that is added or taken away.
    pub(super) fn uses(&self, other: &Pod) -> i64 {
        i64::try_from(claim_names(other).filter(|name| self.once.contains(name)).count()).unwrap_or(i64::MAX)
    }

    /// Refuses a node where a disk is taken, and every node while another pod uses
    /// a single-pod claim.
    pub(super) fn filter(&self, view: &View<'_, '_>, snapshot: &Snapshot<'_>) -> Outcome {
        let disks = self.pod.spec.volumes.iter().filter_map(|volume| restricted_disk(&volume.source));
        let mut any_disk = false;
        for (kind, disk) in disks {
            any_disk = true;
            let placed = view.info.pods.iter().flat_map(|pod| &pod.spec.volumes);
            let mut taken = placed.filter_map(|volume| restricted_disk(&volume.source));
            if taken.any(|(other_kind, other)| kind == other_kind && conflicts(kind, disk, other)) {
                return Refusal::unschedulable(Plugin::VolumeRestrictions, "node(s) had no available disk").into();
            }
        }
        if self.in_use + view.changes.map_or(0, |changes| changes.single_pod_claims) > 0 {
            let reason = if snapshot.behaviour.new_read_write_once_pod_text {
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use \
                 by another pod"
            } else {
                "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
            };
            let unread = any_disk.then(|| snapshot.unread_pods("")).flatten();
            return Outcome::refuse(Refusal::unschedulable(Plugin::VolumeRestrictions, reason), unread);
        }
        if any_disk { Outcome::unless_unread(snapshot.unread_pods("")) } else { Outcome::Pass }
    }
}

/// Inline disks that pods on one node may not share freely.
fn restricted_disk(source: &VolumeSource) -> Option<(&str, &Value)> {
    match source {
        VolumeSource::Inline { kind, content }
            if matches!(kind.as_str(), "gcePersistentDisk" | "awsElasticBlockStore" | "iscsi" | "rbd") =>
        {
            Some((kind, content))
        }
        _ => None,
    }
}

fn conflicts(kind: &str, disk: &Value, other: &Value) -> bool {
    let same = |field: &str, default: &str| {
        let text = |disk: &Value| {
            let value = disk.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
            if value.is_empty() { default.to_owned() } else { value }
        };
        text(disk) == text(other)
    };
    let read_only = |disk: &Value| disk.get("readOnly").and_then(Value::as_bool).unwrap_or(false);
    let both_read_only = read_only(disk) && read_only(other);
    match kind {
        "gcePersistentDisk" => same("pdName", "") && !both_read_only,
        "awsElasticBlockStore" => same("volumeID", ""),
        "iscsi" => same("iqn", "") && !both_read_only,
        _ => {
            let monitors = |disk: &Value| -> BTreeSet<String> {
                let list = disk.get("monitors").and_then(Value::as_array);
                list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
            };
            let overlap = !monitors(disk).is_disjoint(&monitors(other));
            // The API server fills in the pool `rbd`.
            overlap && same("pool", "rbd") && same("image", "") && !both_read_only
        }
    }
}
