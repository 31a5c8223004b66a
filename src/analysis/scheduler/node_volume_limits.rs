//! NodeVolumeLimits: how many CSI volumes a node can attach; and the in-tree limit
//! plugins that it replaced.
//!
//! Mirrors `plugins/nodevolumelimits/csi.go` (1.27 to 1.37) and `non_csi.go` (until
//! 1.30).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::csi_translation::InTree;
use super::filter::{Outcome, PreFilter, View};
use super::plugin::Plugin;
use super::snapshot::Snapshot;
use super::storage::{Found, claim_of, class_of_claim, not_owned};
use super::verdict::{Refusal, Unread};
use crate::model::Kind;
use crate::model::pod::Pod;
use crate::model::volume::{Claim, CsiNode, PersistentVolume, Volume};

/// What follows the name of a driver that a node lacks.
pub(super) const DRIVER_MISSING: &str = " CSI driver is not installed on the node";

const REASON: &str = "node(s) exceed max volume count";

/// Volumes by unique name, with the driver that attaches them.
type Volumes = HashMap<String, String>;

/// Skips pods without volumes that could be attached by CSI.
pub(super) fn pre_filter(pod: &Pod) -> PreFilter<()> {
    let attachable = |volume| claim_of(pod, volume).is_some() || InTree::of_inline(&volume.source).is_some();
    if pod.spec.volumes.iter().any(attachable) { PreFilter::Run(()) } else { PreFilter::Skip }
}

/// Why volumes could not be counted.
enum Trouble {
    Refusal(String),
    Unread(Unread),
    Error(String),
}

impl Trouble {
    fn outcome(self, plugin: Plugin) -> Outcome {
        match self {
            Self::Refusal(reason) => Refusal::unresolvable(plugin, reason).into(),
            Self::Unread(unread) => Outcome::Unknown(unread),
            Self::Error(error) => Outcome::Error(error),
        }
    }
}

/// Refuses a node whose limit of a driver would be exceeded.
pub(super) fn filter(pod: &Pod, view: &View<'_, '_>, snapshot: &Snapshot<'_>) -> Outcome {
    judge(pod, view, snapshot).unwrap_or_else(|trouble| trouble.outcome(Plugin::NodeVolumeLimits))
}

fn judge(pod: &Pod, view: &View<'_, '_>, snapshot: &Snapshot<'_>) -> Result<Outcome, Trouble> {
    let name = view.info.name();
    let csi_node = match snapshot.storage.csi_node(name) {
        Found::Here(csi_node) => Some(csi_node),
        Found::Absent => None,
        Found::Unknown(unread) => return Err(Trouble::Unread(unread)),
    };
    let mut wanted = Volumes::new();
    for volume in &pod.spec.volumes {
        attachable(pod, volume, csi_node, snapshot, true, &mut wanted)?;
    }
    if wanted.is_empty() {
        return Ok(Outcome::Pass);
    }
    if let Some(driver) = missing_driver(&wanted, csi_node, snapshot)? {
        let reason = format!("{driver}{DRIVER_MISSING}");
        return Ok(Refusal::unschedulable(Plugin::NodeVolumeLimits, reason).into());
    }
    let limits = limits(view, csi_node, snapshot);
    if limits.is_empty() {
        return Ok(Outcome::Pass);
    }
    let mut attached = Volumes::new();
    let mut unresolved: BTreeMap<(&str, String), Unread> = BTreeMap::new();
    for other in &view.info.pods {
        for volume in &other.spec.volumes {
            match attachable(other, volume, csi_node, snapshot, false, &mut attached) {
                Err(Trouble::Unread(unread)) => {
                    let name = claim_of(other, volume).map(|used| used.name).unwrap_or_default();
                    unresolved.insert((&other.metadata.namespace, name), unread);
                }
                answer => answer?,
            }
        }
    }
    let mut used: BTreeMap<&str, i64> = BTreeMap::new();
    for (volume, driver) in &attached {
        wanted.remove(volume);
        *used.entry(driver).or_default() += 1;
    }
    let mut foreign = Volumes::new();
    let mut unread = snapshot.unread_pods("");
    if snapshot.behaviour.attachments_count {
        foreign_attachments(name, snapshot, &attached, &mut foreign);
        unread = unread.or_else(|| snapshot.unread(Kind::VolumeAttachment, ""));
        // Without its volume an attachment does not say which volume it is.
        unread = unread.or_else(|| snapshot.unread(Kind::PersistentVolume, ""));
    }
    for driver in foreign.values() {
        *used.entry(driver).or_default() += 1;
    }
    let mut new: BTreeMap<&str, i64> = BTreeMap::new();
    for driver in wanted.values() {
        *new.entry(driver).or_default() += 1;
    }
    let limited = new.iter().filter_map(|(driver, new)| Some((limits.get(*driver)?, used.get(driver), new)));
    let more = i64::try_from(unresolved.len()).unwrap_or(i64::MAX);
    let mut doubt = None;
    for (limit, used, new) in limited {
        let count = used.copied().unwrap_or(0) + new;
        if count > *limit {
            // An unread pod that uses the same volume there would make it free.
            return Ok(match unread {
                Some(unread) => Outcome::Unknown(unread),
                None => Refusal::unschedulable(Plugin::NodeVolumeLimits, REASON).into(),
            });
        }
        // Volumes that could not be identified count once each at most.
        let unresolved = unresolved.values().next().filter(|_| count + more > *limit);
        doubt = doubt.or(unread.clone()).or(unresolved.cloned());
    }
    Ok(Outcome::unless_unread(doubt))
}

/// A driver that the node lacks and that asks not to have pods placed there
/// (`checkCSIDriverOnNode`, 1.37).
fn missing_driver(
    wanted: &Volumes,
    csi_node: Option<&CsiNode>,
    snapshot: &Snapshot<'_>,
) -> Result<Option<String>, Trouble> {
    if !snapshot.behaviour.driver_must_be_installed {
        return Ok(None);
    }
    let is_here =
        |driver: &str| csi_node.is_some_and(|node| node.spec.drivers.iter().any(|known| known.name == driver));
    let mut drivers: Vec<&String> = wanted.values().filter(|driver| !is_here(driver)).collect();
    drivers.sort_unstable();
    for driver in drivers {
        match snapshot.storage.driver(driver) {
            Found::Here(known) if known.spec.prevent_pod_scheduling_if_missing == Some(true) => {
                return Ok(Some(driver.clone()));
            }
            Found::Here(_) | Found::Absent => {}
            Found::Unknown(unread) => return Err(Trouble::Unread(unread)),
        }
    }
    Ok(None)
}

fn limits(view: &View<'_, '_>, csi_node: Option<&CsiNode>, snapshot: &Snapshot<'_>) -> BTreeMap<String, i64> {
    let mut limits = BTreeMap::new();
    if snapshot.behaviour.allocatable_volume_limits {
        for (name, limit) in &view.info.allocatable.scalars {
            if let Some(driver) = name.strip_prefix("attachable-volumes-csi-") {
                limits.insert(driver.to_owned(), *limit);
            }
        }
    }
    for driver in csi_node.iter().flat_map(|node| &node.spec.drivers) {
        if let Some(count) = driver.allocatable.as_ref().and_then(|allocatable| allocatable.count) {
            limits.insert(driver.name.clone(), i64::from(count));
        }
    }
    limits
}

/// Volumes that are attached to the node although no pod there uses them.
fn foreign_attachments(node: &str, snapshot: &Snapshot<'_>, used: &Volumes, foreign: &mut Volumes) {
    for attachment in snapshot.storage.attachments(node) {
        let spec = &attachment.spec;
        let Some(volume) = spec.source.persistent_volume_name.as_deref() else { continue };
        let Found::Here(volume) = snapshot.storage.volume(volume) else { continue };
        let Some(csi) = volume.spec.csi.as_ref().filter(|_| !spec.attacher.is_empty()) else { continue };
        let name = format!("{}/{}", spec.attacher, csi.volume_handle);
        if !used.contains_key(&name) {
            foreign.insert(name, spec.attacher.clone());
        }
    }
}

/// Whether volumes of an in-tree plugin count under CSI on a node.
fn migrated(plugin: InTree, csi_node: Option<&CsiNode>, snapshot: &Snapshot<'_>) -> bool {
    csi_node.is_some()
        && (plugin != InTree::GcePd || snapshot.behaviour.gce_migrated || plugin.is_migrated_on(csi_node))
}

/// Adds a pod's volume if CSI attaches it.
fn attachable(
    pod: &Pod,
    volume: &Volume,
    csi_node: Option<&CsiNode>,
    snapshot: &Snapshot<'_>,
    new: bool,
    volumes: &mut Volumes,
) -> Result<(), Trouble> {
    let Some(used) = claim_of(pod, volume) else {
        if let Some((plugin, source)) = InTree::of_inline(&volume.source)
            && migrated(plugin, csi_node, snapshot)
        {
            let handle = plugin.handle(source, None).map_err(|error| {
                Trouble::Error(format!("converting volume({}) from inline to csi: {error}", volume.name))
            })?;
            volumes.insert(format!("{}/{handle}", plugin.driver()), plugin.driver().to_owned());
        }
        return Ok(());
    };
    let Some(claim) = find_claim(pod, &used.name, snapshot, new)? else { return Ok(()) };
    if used.ephemeral
        && let Some(problem) = not_owned(pod, claim)
    {
        return Err(Trouble::Error(problem));
    }
    if let Some((driver, handle)) = driver_of(claim, csi_node, snapshot)? {
        volumes.insert(format!("{driver}/{handle}"), driver);
    }
    Ok(())
}

fn find_claim<'a>(pod: &Pod, name: &str, snapshot: &Snapshot<'a>, new: bool) -> Result<Option<&'a Claim>, Trouble> {
    let namespace = &pod.metadata.namespace;
    match snapshot.storage.claim(namespace, name) {
        Found::Here(claim) => Ok(Some(claim)),
        Found::Absent if new => Err(Trouble::Refusal(format!(
            "looking up PVC {namespace}/{name}: persistentvolumeclaim {name:?} not found"
        ))),
        Found::Unknown(unread) => Err(Trouble::Unread(unread)),
        Found::Absent => Ok(None),
    }
}

/// Driver and handle of a claim's volume, or of the volume that its class would
/// make; none when it is not attached by CSI.
fn driver_of(
    claim: &Claim,
    csi_node: Option<&CsiNode>,
    snapshot: &Snapshot<'_>,
) -> Result<Option<(String, String)>, Trouble> {
    if !claim.spec.volume_name.is_empty() {
        match snapshot.storage.volume(&claim.spec.volume_name) {
            Found::Here(volume) => return Ok(driver_of_volume(volume, csi_node, snapshot)),
            Found::Absent => {}
            Found::Unknown(unread) => return Err(Trouble::Unread(unread)),
        }
    }
    let class = match snapshot.storage.class(class_of_claim(claim)) {
        Found::Here(class) => class,
        Found::Absent => return Ok(None),
        Found::Unknown(unread) => return Err(Trouble::Unread(unread)),
    };
    let handle = format!("unbound-{}/{}", claim.metadata.namespace, claim.metadata.name);
    Ok(match InTree::of_provisioner(&class.provisioner) {
        Some(plugin) => migrated(plugin, csi_node, snapshot).then(|| (plugin.driver().to_owned(), handle)),
        None => (!class.provisioner.is_empty()).then(|| (class.provisioner.clone(), handle)),
    })
}

fn driver_of_volume(
    volume: &PersistentVolume,
    csi_node: Option<&CsiNode>,
    snapshot: &Snapshot<'_>,
) -> Option<(String, String)> {
    let (driver, handle) = match (&volume.spec.csi, InTree::of_volume(volume)) {
        (Some(csi), _) => (csi.driver.clone(), csi.volume_handle.clone()),
        (None, Some((plugin, source))) if migrated(plugin, csi_node, snapshot) => {
            (plugin.driver().to_owned(), plugin.handle(source, Some(volume)).ok()?)
        }
        _ => return None,
    };
    (!driver.is_empty() && !handle.is_empty()).then_some((driver, handle))
}

/// An in-tree limit plugin: its name, its volumes, its limit.
fn in_tree_plugin(plugin: Plugin) -> Option<(InTree, &'static str, i64)> {
    match plugin {
        Plugin::EBSLimits => Some((InTree::Ebs, "attachable-volumes-aws-ebs", 39)),
        Plugin::GCEPDLimits => Some((InTree::GcePd, "attachable-volumes-gce-pd", 16)),
        Plugin::AzureDiskLimits => Some((InTree::AzureDisk, "attachable-volumes-azure-disk", 16)),
        _ => None,
    }
}

/// EBSLimits, GCEPDLimits and AzureDiskLimits; they step aside where the plugin is
/// migrated.
pub(super) fn filter_in_tree(plugin: Plugin, pod: &Pod, view: &View<'_, '_>, snapshot: &Snapshot<'_>) -> Outcome {
    let Some((in_tree, limit_name, default)) = in_tree_plugin(plugin) else { return Outcome::Pass };
    let counted = || -> Result<Outcome, Trouble> {
        let mut wanted = BTreeSet::new();
        in_tree_volumes(in_tree, pod, snapshot, true, &mut wanted)?;
        if wanted.is_empty() {
            return Ok(Outcome::Pass);
        }
        match snapshot.storage.csi_node(view.info.name()) {
            Found::Here(csi_node) if migrated(in_tree, Some(csi_node), snapshot) => return Ok(Outcome::Pass),
            Found::Unknown(unread) => return Err(Trouble::Unread(unread)),
            Found::Here(_) | Found::Absent => {}
        }
        let mut used = BTreeSet::new();
        for other in &view.info.pods {
            in_tree_volumes(in_tree, other, snapshot, false, &mut used)?;
        }
        let new = wanted.difference(&used).count();
        let scalars = &view.info.allocatable.scalars;
        let limit = match scalars.iter().find(|(name, _)| *name == limit_name) {
            Some((_, limit)) => *limit,
            None if in_tree == InTree::Ebs && is_nitro(view) => 25,
            None => default,
        };
        if i64::try_from(used.len() + new).unwrap_or(i64::MAX) > limit {
            return Ok(Refusal::unschedulable(plugin, REASON).into());
        }
        Ok(Outcome::unless_unread(snapshot.unread_pods("")))
    };
    counted().unwrap_or_else(|trouble| trouble.outcome(plugin))
}

/// Instance types with the lower EBS limit (`util.EBSNitroLimitRegex`,
/// `^[cmr]5.*|t3|z1d`).
fn is_nitro(view: &View<'_, '_>) -> bool {
    let label = |key| view.info.label(key);
    let kind = label("beta.kubernetes.io/instance-type").or(label("node.kubernetes.io/instance-type"));
    kind.is_some_and(|kind| {
        ["c5", "m5", "r5"].iter().any(|start| kind.starts_with(start)) || kind.contains("t3") || kind.contains("z1d")
    })
}

fn in_tree_volumes(
    plugin: InTree,
    pod: &Pod,
    snapshot: &Snapshot<'_>,
    new: bool,
    ids: &mut BTreeSet<String>,
) -> Result<(), Trouble> {
    let id = |source: &serde_json::Value| {
        let field = match plugin {
            InTree::GcePd => "pdName",
            InTree::AzureDisk => "diskName",
            InTree::Ebs | InTree::Cinder => "volumeID",
        };
        source.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    for volume in &pod.spec.volumes {
        if let Some((of, source)) = InTree::of_inline(&volume.source) {
            if of == plugin {
                ids.insert(id(source));
            }
            continue;
        }
        let Some(used) = claim_of(pod, volume) else { continue };
        let Some(claim) = find_claim(pod, &used.name, snapshot, new)? else { continue };
        if used.ephemeral
            && let Some(problem) = not_owned(pod, claim)
        {
            return Err(Trouble::Error(problem));
        }
        let bound = match claim.spec.volume_name.as_str() {
            "" => None,
            name => match snapshot.storage.volume(name) {
                Found::Here(volume) => Some(volume),
                Found::Absent => None,
                Found::Unknown(unread) => return Err(Trouble::Unread(unread)),
            },
        };
        match bound {
            Some(volume) => {
                if let Some((_, source)) = InTree::of_volume(volume).filter(|(of, _)| *of == plugin) {
                    ids.insert(id(source));
                }
            }
            None => {
                let class = claim.spec.storage_class_name.as_deref().unwrap_or_default();
                if let Found::Here(class) = snapshot.storage.class(class)
                    && class.provisioner == plugin.plugin_name()
                {
                    ids.insert(format!("unbound-{}/{}", claim.metadata.namespace, claim.metadata.name));
                }
            }
        }
    }
    Ok(())
}
