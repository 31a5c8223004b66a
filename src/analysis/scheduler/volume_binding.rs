//! VolumeBinding: bound claims reach the node, unbound ones could be bound there.
//!
//! Mirrors `plugins/volumebinding/{volume_binding,binder}.go` (1.27 to 1.37),
//! `k8s.io/component-helpers/storage/volume` and
//! `scheduling/corev1/helpers.go MatchTopologySelectorTerms` (0.33.13).

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::csi_translation::{InTree, translated_affinity};
use super::filter::{Outcome, PreFilter, View};
use super::labels;
use super::plugin::Plugin;
use super::snapshot::{NodeInfo, Snapshot};
use super::storage::{Found, claim_of, class_of_claim, class_of_volume, not_owned};
use super::verdict::{Code, Reason, Refusal, Unread};
use crate::model::Kind;
use crate::model::Quantity;
use crate::model::meta::StringMap;
use crate::model::pod::Pod;
use crate::model::volume::{Claim, CsiNode, PersistentVolume, StorageClass, TopologySelectorTerm};

const CANNOT_BIND: &str = "node(s) didn't find available persistent volumes to bind";

/// The pod's claims, sorted by what is to be done with them.
#[derive(Debug)]
pub(super) struct State<'a> {
    bound: Vec<&'a Claim>,
    unbound: Vec<Unbound<'a>>,
    /// The only nodes to try, until the shortcut was removed.
    pub(super) names: Option<BTreeSet<&'a str>>,
}

/// A claim that is bound once the pod has a node.
#[derive(Debug)]
struct Unbound<'a> {
    claim: &'a Claim,
    /// Volumes that could be bound to it on the right node.
    candidates: Vec<&'a PersistentVolume>,
}

/// Reads the pod's claims.
pub(super) fn pre_filter<'a>(pod: &'a Pod, snapshot: &Snapshot<'a>) -> PreFilter<State<'a>> {
    let refuse = |reason: String| PreFilter::Refuse(Refusal::unresolvable(Plugin::VolumeBinding, reason));
    let namespace = pod.metadata.namespace.as_str();
    let mut claims = Vec::new();
    let mut unread: Option<Unread> = None;
    for volume in &pod.spec.volumes {
        let Some(used) = claim_of(pod, volume) else { continue };
        let name = used.name.as_str();
        let claim = match snapshot.storage.claim(namespace, name) {
            Found::Here(claim) => claim,
            Found::Absent if used.ephemeral => {
                let what = "waiting for ephemeral volume controller to create the persistentvolumeclaim";
                return refuse(format!("{what} {name:?}"));
            }
            Found::Absent => return refuse(format!("persistentvolumeclaim {name:?} not found")),
            Found::Unknown(what) => {
                unread = unread.or(Some(what));
                continue;
            }
        };
        if claim.status.phase == "Lost" {
            let volume = &claim.spec.volume_name;
            return refuse(format!("persistentvolumeclaim {name:?} bound to non-existent persistentvolume {volume:?}"));
        }
        if claim.metadata.deletion_timestamp.is_some() {
            return refuse(format!("persistentvolumeclaim {name:?} is being deleted"));
        }
        if used.ephemeral
            && let Some(problem) = not_owned(pod, claim)
        {
            return refuse(problem);
        }
        claims.push(claim);
    }
    if claims.is_empty() {
        return unread.map_or(PreFilter::Skip, PreFilter::Unknown);
    }
    let mut state = State { bound: Vec::new(), unbound: Vec::new(), names: None };
    let mut immediate = false;
    for claim in claims {
        if is_bound(claim) {
            state.bound.push(claim);
            continue;
        }
        match snapshot.storage.class(class_of_claim(claim)) {
            Found::Here(class)
                if class.volume_binding_mode == "WaitForFirstConsumer" && claim.spec.volume_name.is_empty() =>
            {
                let volumes = snapshot.cluster.persistent_volumes.iter();
                let candidates = volumes.filter(|volume| is_candidate(claim, volume)).collect();
                state.unbound.push(Unbound { claim, candidates });
            }
            Found::Unknown(what) if !class_of_claim(claim).is_empty() && claim.spec.volume_name.is_empty() => {
                unread = unread.or(Some(what));
            }
            Found::Here(_) | Found::Absent | Found::Unknown(_) => immediate = true,
        }
    }
    if immediate {
        return refuse("pod has unbound immediate PersistentVolumeClaims".to_owned());
    }
    if let Some(unread) = unread {
        return PreFilter::Unknown(unread);
    }
    if snapshot.behaviour.hostname_volumes_restrict {
        state.names = named_by_volumes(&state.bound, snapshot);
    }
    PreFilter::Run(state)
}

/// Bound means both: a volume is named, and the controller said that it is done.
fn is_bound(claim: &Claim) -> bool {
    !claim.spec.volume_name.is_empty() && claim.metadata.annotations.contains_key("pv.kubernetes.io/bind-completed")
}

/// Values of hostname terms, taken for node names (`GetEligibleNodes`).
fn named_by_volumes<'a>(bound: &[&'a Claim], snapshot: &Snapshot<'a>) -> Option<BTreeSet<&'a str>> {
    let mut names: Option<BTreeSet<&'a str>> = None;
    for claim in bound {
        let Found::Here(volume) = snapshot.storage.volume(&claim.spec.volume_name) else { return None };
        let of_volume = hostnames(volume);
        if !of_volume.is_empty() {
            names = Some(match names {
                None => of_volume,
                Some(known) => known.intersection(&of_volume).copied().collect(),
            });
        }
    }
    names
}

fn hostnames(volume: &PersistentVolume) -> BTreeSet<&str> {
    let selector = volume.spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    let mut union = BTreeSet::new();
    for term in selector.iter().flat_map(|selector| &selector.node_selector_terms) {
        let mut of_term: Option<BTreeSet<&str>> = None;
        for requirement in &term.match_expressions {
            if requirement.key == "kubernetes.io/hostname" && requirement.operator == "In" {
                let values: BTreeSet<&str> = requirement.values.iter().map(String::as_str).collect();
                of_term = Some(of_term.map_or(values.clone(), |known| known.intersection(&values).copied().collect()));
            }
        }
        union.extend(of_term.unwrap_or_default());
    }
    union
}

/// Why a node could not be judged.
enum Trouble {
    Unread(Unread),
    Error(String),
}

/// Which of the four reasons apply.
#[derive(Default)]
struct Obstacles {
    conflict: bool,
    cannot_bind: bool,
    no_space: bool,
    no_volume: bool,
}

impl State<'_> {
    /// Refuses a node that a bound volume does not reach, or on which an unbound
    /// claim can be neither bound nor provisioned.
    pub(super) fn filter(&self, view: &View<'_, '_>, snapshot: &Snapshot<'_>) -> Outcome {
        let mut obstacles = Obstacles::default();
        let mut judge = || -> Result<(), Trouble> {
            self.check_bound(view, snapshot, &mut obstacles)?;
            self.check_unbound(view, snapshot, &mut obstacles)
        };
        let trouble = judge().err();
        let conflict = if snapshot.behaviour.new_volume_affinity_text {
            "node(s) didn't match PersistentVolume's node affinity"
        } else {
            "node(s) had volume node affinity conflict"
        };
        let reasons: Vec<Reason> = [
            (obstacles.conflict, conflict),
            (obstacles.cannot_bind, CANNOT_BIND),
            (obstacles.no_space, "node(s) did not have enough free storage"),
            (obstacles.no_volume, "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"),
        ]
        .into_iter()
        .filter_map(|(applies, reason)| applies.then_some(reason.into()))
        .collect();
        let unread = match trouble {
            Some(Trouble::Unread(unread)) => Some(unread),
            Some(Trouble::Error(error)) => return Outcome::Error(error),
            None => None,
        };
        if reasons.is_empty() {
            return Outcome::unless_unread(unread);
        }
        let code = Code::UnschedulableAndUnresolvable;
        Outcome::refuse(Refusal { plugin: Some(Plugin::VolumeBinding), code, reasons }, unread)
    }

    fn check_bound(&self, view: &View<'_, '_>, snapshot: &Snapshot<'_>, found: &mut Obstacles) -> Result<(), Trouble> {
        for claim in &self.bound {
            let volume = match snapshot.storage.volume(&claim.spec.volume_name) {
                Found::Here(volume) => volume,
                Found::Absent => {
                    found.no_volume = true;
                    return Ok(());
                }
                Found::Unknown(unread) => return Err(Trouble::Unread(unread)),
            };
            let affinity = match InTree::of_volume(volume) {
                None => Cow::Borrowed(&volume.spec.node_affinity),
                Some((plugin, source)) => {
                    let csi_node: Option<&CsiNode> = match snapshot.storage.csi_node(view.info.name()) {
                        Found::Here(csi_node) => Some(csi_node),
                        Found::Absent => None,
                        Found::Unknown(unread) => return Err(Trouble::Unread(unread)),
                    };
                    if plugin.is_migrated_on(csi_node) {
                        plugin
                            .handle(source, Some(volume))
                            .map_err(|error| Trouble::Error(format!("could not translate pv: {error}")))?;
                        translated_affinity(volume, plugin)
                    } else {
                        Cow::Borrowed(&volume.spec.node_affinity)
                    }
                }
            };
            let required = affinity.as_ref().as_ref().and_then(|affinity| affinity.required.as_ref());
            // Volumes are matched by the node's labels alone.
            let labels = &view.info.node.metadata.labels;
            if required.is_some_and(|selector| !labels::node_selector_matches(selector, None, labels)) {
                found.conflict = true;
                return Ok(());
            }
        }
        Ok(())
    }

    fn check_unbound(
        &self,
        view: &View<'_, '_>,
        snapshot: &Snapshot<'_>,
        found: &mut Obstacles,
    ) -> Result<(), Trouble> {
        let (mut to_match, mut to_provision) = (Vec::new(), Vec::new());
        for unbound in &self.unbound {
            match unbound.claim.metadata.annotation("volume.kubernetes.io/selected-node") {
                None => to_match.push(unbound),
                Some(node) if node == view.info.name() => to_provision.push(unbound.claim),
                Some(_) => {
                    found.cannot_bind = true;
                    return Ok(());
                }
            }
        }
        to_match.sort_by_key(|unbound| size(unbound.claim));
        if let Some(unread) = snapshot.unread(Kind::PersistentVolume, "").filter(|_| !to_match.is_empty()) {
            return Err(Trouble::Unread(unread));
        }
        let mut chosen: Vec<&str> = Vec::new();
        for unbound in to_match {
            match matching_volume(unbound, &view.info.node.metadata.labels, &chosen) {
                Some(volume) => chosen.push(&volume.metadata.name),
                None => to_provision.push(unbound.claim),
            }
        }
        for claim in to_provision {
            let class = match snapshot.storage.class(class_of_claim(claim)) {
                Found::Here(class) => class,
                Found::Absent => {
                    return Err(Trouble::Error(format!("failed to find storage class {:?}", class_of_claim(claim))));
                }
                Found::Unknown(unread) => return Err(Trouble::Unread(unread)),
            };
            let provisions = !matches!(class.provisioner.as_str(), "" | "kubernetes.io/no-provisioner");
            if !provisions || !topology_allows(&class.allowed_topologies, &view.info.node.metadata.labels) {
                found.cannot_bind = true;
                return Ok(());
            }
            if !has_space(claim, class, &view.info.node.metadata.labels, snapshot)? {
                found.no_space = true;
                return Ok(());
            }
        }
        Ok(())
    }
}

/// A claim's share of the storage of its class on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share<'a> {
    /// The storage class.
    pub(super) class: &'a str,
    /// What the claim asks for.
    pub(super) requested: i64,
    /// What there is: of the volume, or of the driver's pool.
    pub(super) capacity: i64,
    /// Whether a volume that exists would be bound.
    pub(super) is_static: bool,
}

impl<'a> State<'a> {
    /// What unbound claims would take on a node that fits.
    pub(super) fn shares(&self, node: &NodeInfo<'_>, snapshot: &Snapshot<'a>) -> Vec<Share<'a>> {
        let labels = &node.node.metadata.labels;
        let mut unbound: Vec<&Unbound<'a>> = self.unbound.iter().collect();
        unbound.sort_by_key(|unbound| size(unbound.claim));
        let mut chosen: Vec<&str> = Vec::new();
        let mut shares = Vec::new();
        for unbound in unbound {
            let claim = unbound.claim;
            let requested = size(claim).value();
            let is_chosen = claim.metadata.annotation("volume.kubernetes.io/selected-node").is_some();
            match matching_volume(unbound, labels, &chosen).filter(|_| !is_chosen) {
                Some(volume) => {
                    chosen.push(&volume.metadata.name);
                    let capacity = volume.spec.capacity.get("storage").copied().unwrap_or_default().value();
                    shares.push(Share { class: class_of_volume(volume), requested, capacity, is_static: true });
                }
                None => shares.extend(pool(claim, labels, snapshot).map(|capacity| Share {
                    class: class_of_claim(claim),
                    requested,
                    capacity,
                    is_static: false,
                })),
            }
        }
        shares
    }
}

/// Free space that the claim's driver publishes for nodes with these labels.
fn pool(claim: &Claim, labels: &StringMap, snapshot: &Snapshot<'_>) -> Option<i64> {
    let Found::Here(class) = snapshot.storage.class(class_of_claim(claim)) else { return None };
    let Found::Here(driver) = snapshot.storage.driver(&class.provisioner) else { return None };
    if driver.spec.storage_capacity != Some(true) {
        return None;
    }
    let wanted = size(claim).value();
    let enough = snapshot.cluster.csi_storage_capacities.iter().find(|capacity| {
        let limit = capacity.maximum_volume_size.or(capacity.capacity);
        capacity.storage_class_name == class.metadata.name
            && limit.is_some_and(|limit| limit.value() >= wanted)
            && labels::matches(capacity.node_topology.as_ref(), labels)
    })?;
    Some(enough.capacity.unwrap_or_default().value())
}

fn size(claim: &Claim) -> Quantity {
    claim.spec.resources.requests.get("storage").copied().unwrap_or_default()
}

/// Whether the volume is kept for this claim (`Some(true)`), for another one
/// (`Some(false)`) or for none.
fn kept_for(claim: &Claim, volume: &PersistentVolume) -> Option<bool> {
    volume.spec.claim_ref.as_ref().map(|reference| {
        reference.name == claim.metadata.name
            && reference.namespace == claim.metadata.namespace
            && (reference.uid.is_empty() || reference.uid == claim.metadata.uid)
    })
}

/// What does not depend on the node. A volume that is kept for the claim needs
/// neither phase nor access modes nor the selector.
fn is_candidate(claim: &Claim, volume: &PersistentVolume) -> bool {
    let attributes = |name: &Option<String>| name.clone().unwrap_or_default();
    let capacity = volume.spec.capacity.get("storage").copied().unwrap_or_default();
    let kept_for = kept_for(claim, volume);
    let free = || {
        volume.status.phase == "Available"
            && claim.spec.selector.as_ref().is_none_or(|selector| selector.matches(&volume.metadata.labels))
            && claim.spec.access_modes.iter().all(|mode| volume.spec.access_modes.contains(mode))
    };
    // The scheduler looks volumes up by class.
    class_of_volume(volume) == class_of_claim(claim)
        && kept_for != Some(false)
        && capacity >= size(claim)
        && mode(&claim.spec.volume_mode) == mode(&volume.spec.volume_mode)
        && attributes(&claim.spec.volume_attributes_class_name) == attributes(&volume.spec.volume_attributes_class_name)
        && volume.metadata.deletion_timestamp.is_none()
        && (kept_for == Some(true) || free())
}

/// The smallest candidate on a node with these labels; one that is kept for the
/// claim wins, and excludes all others where it does not reach the node
/// (`FindMatchingVolume`).
fn matching_volume<'a>(unbound: &Unbound<'a>, labels: &StringMap, chosen: &[&str]) -> Option<&'a PersistentVolume> {
    let mut smallest: Option<(&PersistentVolume, Quantity)> = None;
    for volume in unbound.candidates.iter().filter(|volume| !chosen.contains(&volume.metadata.name.as_str())) {
        let required = volume.spec.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
        let reaches = required.is_none_or(|selector| labels::node_selector_matches(selector, None, labels));
        if kept_for(unbound.claim, volume) == Some(true) {
            return reaches.then_some(volume);
        }
        let capacity = volume.spec.capacity.get("storage").copied().unwrap_or_default();
        if reaches && smallest.is_none_or(|(_, known)| known > capacity) {
            smallest = Some((volume, capacity));
        }
    }
    smallest.map(|(volume, _)| volume)
}

fn mode(mode: &str) -> &str {
    if mode.is_empty() { "Filesystem" } else { mode }
}

/// No terms allow every node; an empty term allows none.
fn topology_allows(terms: &[TopologySelectorTerm], labels: &StringMap) -> bool {
    terms.is_empty()
        || terms.iter().any(|term| {
            !term.match_label_expressions.is_empty()
                && term
                    .match_label_expressions
                    .iter()
                    .all(|wanted| labels.get(&wanted.key).is_some_and(|value| wanted.values.contains(value)))
        })
}

/// Whether a driver that publishes its free space has enough for the claim.
fn has_space(
    claim: &Claim,
    class: &StorageClass,
    labels: &StringMap,
    snapshot: &Snapshot<'_>,
) -> Result<bool, Trouble> {
    let Some(wanted) = claim.spec.resources.requests.get("storage") else { return Ok(true) };
    match snapshot.storage.driver(&class.provisioner) {
        Found::Here(driver) if driver.spec.storage_capacity == Some(true) => {}
        Found::Here(_) | Found::Absent => return Ok(true),
        Found::Unknown(unread) => return Err(Trouble::Unread(unread)),
    }
    let enough = snapshot.cluster.csi_storage_capacities.iter().any(|capacity| {
        let limit = capacity.maximum_volume_size.or(capacity.capacity);
        capacity.storage_class_name == class.metadata.name
            && limit.is_some_and(|limit| limit.value() >= wanted.value())
            && labels::matches(capacity.node_topology.as_ref(), labels)
    });
    match snapshot.unread(Kind::CsiStorageCapacity, "").filter(|_| !enough) {
        Some(unread) => Err(Trouble::Unread(unread)),
        None => Ok(enough),
    }
}
