//! VolumeZone: zone labels of bound volumes.
//!
//! Mirrors `plugins/volumezone/volume_zone.go` (1.27 to 1.36) and `LabelZonesToSet`
//! of `k8s.io/cloud-provider/volume/helpers/zones.go`.

use std::collections::BTreeSet;

use super::filter::{Outcome, PreFilter, View};
use super::plugin::Plugin;
use super::snapshot::Snapshot;
use super::storage::{Found, class_of_claim};
use super::verdict::Refusal;
use super::version::Behaviour;
use crate::model::pod::Pod;
use crate::model::volume::{PersistentVolume, VolumeSource};

/// The labels, and what each means today.
const TOPOLOGY: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("topology.kubernetes.io/zone", "topology.kubernetes.io/zone"),
    ("topology.kubernetes.io/region", "topology.kubernetes.io/region"),
];

/// Labels that a node must have, each with one of several values.
#[derive(Debug)]
pub(super) struct State<'a>(Vec<(&'static str, &'static str, BTreeSet<&'a str>)>);

/// Reads the zones of the pod's bound volumes.
pub(super) fn pre_filter<'a>(pod: &'a Pod, snapshot: &Snapshot<'a>) -> PreFilter<State<'a>> {
    let refuse = |reason: String| PreFilter::Refuse(Refusal::unresolvable(Plugin::VolumeZone, reason));
    let mut wanted = Vec::new();
    for volume in &pod.spec.volumes {
        let VolumeSource::PersistentVolumeClaim(source) = &volume.source else { continue };
        let name = source.claim_name.as_str();
        if name.is_empty() {
            return refuse("PersistentVolumeClaim had no name".to_owned());
        }
        let claim = match snapshot.storage.claim(&pod.metadata.namespace, name) {
            Found::Here(claim) => claim,
            Found::Absent => return refuse(format!("persistentvolumeclaim {name:?} not found")),
            Found::Unknown(unread) => return PreFilter::Unknown(unread),
        };
        if claim.spec.volume_name.is_empty() {
            let class_name = class_of_claim(claim);
            if class_name.is_empty() {
                return refuse("PersistentVolumeClaim had no pv name and storageClass name".to_owned());
            }
            match snapshot.storage.class(class_name) {
                Found::Here(class) if class.volume_binding_mode == "WaitForFirstConsumer" => continue,
                Found::Here(_) => return refuse("PersistentVolume had no name".to_owned()),
                Found::Absent => return refuse(format!("storageclass.storage.k8s.io {class_name:?} not found")),
                Found::Unknown(unread) => return PreFilter::Unknown(unread),
            }
        }
        match snapshot.storage.volume(&claim.spec.volume_name) {
            Found::Here(volume) => wanted.extend(zones(volume)),
            Found::Absent => return refuse(format!("persistentvolume {:?} not found", claim.spec.volume_name)),
            Found::Unknown(unread) => return PreFilter::Unknown(unread),
        }
    }
    if wanted.is_empty() { PreFilter::Skip } else { PreFilter::Run(State(wanted)) }
}

/// Zone labels of a volume; a label with a blank element counts as not there.
fn zones(volume: &PersistentVolume) -> impl Iterator<Item = (&'static str, &'static str, BTreeSet<&str>)> {
    TOPOLOGY.into_iter().filter_map(|(label, today)| {
        let values: BTreeSet<&str> = volume.metadata.label(label)?.split("__").map(str::trim).collect();
        (!values.contains("")).then_some((label, today, values))
    })
}

impl State<'_> {
    /// Refuses a node in another zone or region than a volume. A node without any
    /// such label passes.
    pub(super) fn filter(&self, view: &View<'_, '_>, behaviour: &Behaviour) -> Outcome {
        if TOPOLOGY.iter().all(|(label, _)| view.info.label(label).is_none()) {
            return Outcome::Pass;
        }
        let met = self.0.iter().all(|(label, today, values)| {
            let fallback = || behaviour.beta_zone_met_by_ga.then(|| view.info.label(today)).flatten();
            view.info.label(label).or_else(fallback).is_some_and(|value| values.contains(value))
        });
        if met {
            return Outcome::Pass;
        }
        Refusal::unresolvable(Plugin::VolumeZone, "node(s) had no available volume zone").into()
    }
}
