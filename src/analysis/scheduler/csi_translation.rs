//! In-tree volumes as the CSI drivers that took them over see them.
//!
//! Mirrors `k8s.io/csi-translation-lib/plugins` (0.33.13) for EBS, GCE PD, Azure
//! Disk and Cinder, as far as drivers, handles and topology go.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::selector::{NodeSelector, NodeSelectorTerm, Requirement};
use crate::model::volume::{CsiNode, PersistentVolume, VolumeNodeAffinity, VolumeSource};

const GA_ZONE: &str = "topology.kubernetes.io/zone";
const BETA_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
const GA_REGION: &str = "topology.kubernetes.io/region";
const BETA_REGION: &str = "failure-domain.beta.kubernetes.io/region";

/// An in-tree volume plugin that was migrated to a CSI driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InTree {
    /// AWS EBS.
    Ebs,
    /// GCE PD.
    GcePd,
    /// Azure Disk.
    AzureDisk,
    /// OpenStack Cinder.
    Cinder,
}

impl InTree {
    const ALL: [Self; 4] = [Self::Ebs, Self::GcePd, Self::AzureDisk, Self::Cinder];

    /// Name of the in-tree provisioner.
    pub(super) const fn plugin_name(self) -> &'static str {
        match self {
            Self::Ebs => "kubernetes.io/aws-ebs",
            Self::GcePd => "kubernetes.io/gce-pd",
            Self::AzureDisk => "kubernetes.io/azure-disk",
            Self::Cinder => "kubernetes.io/cinder",
        }
    }

    /// Name of the CSI driver.
    pub(super) const fn driver(self) -> &'static str {
        match self {
            Self::Ebs => "ebs.csi.aws.com",
            Self::GcePd => "pd.csi.storage.gke.io",
            Self::AzureDisk => "disk.csi.azure.com",
            Self::Cinder => "cinder.csi.openstack.org",
        }
    }

    const fn topology_key(self) -> Option<&'static str> {
        match self {
            Self::Ebs => Some("topology.ebs.csi.aws.com/zone"),
            Self::GcePd => Some("topology.gke.io/zone"),
            // The translation of Azure disks leaves the topology as it is.
            Self::AzureDisk => None,
            Self::Cinder => Some("topology.cinder.csi.openstack.org/zone"),
        }
    }

    /// The plugin of a provisioner name.
    pub(super) fn of_provisioner(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plugin| plugin.plugin_name() == name)
    }

    /// The plugin of a volume and the volume's source.
    pub(super) fn of_volume(volume: &PersistentVolume) -> Option<(Self, &Value)> {
        let spec = &volume.spec;
        let sources = [
            (Self::Ebs, &spec.aws_elastic_block_store),
            (Self::GcePd, &spec.gce_persistent_disk),
            (Self::AzureDisk, &spec.azure_disk),
            (Self::Cinder, &spec.cinder),
        ];
        sources.into_iter().find_map(|(plugin, source)| Some((plugin, source.as_ref()?)))
    }

    /// The plugin of a volume inside a pod and the volume's source.
    pub(super) fn of_inline(source: &VolumeSource) -> Option<(Self, &Value)> {
        let VolumeSource::Inline { kind, content } = source else { return None };
        let plugin = match kind.as_str() {
            "awsElasticBlockStore" => Self::Ebs,
            "gcePersistentDisk" => Self::GcePd,
            "azureDisk" => Self::AzureDisk,
            "cinder" => Self::Cinder,
            _ => return None,
        };
        Some((plugin, content))
    }

    /// The driver's handle; for GCE PD it depends on the zones of the volume.
    pub(super) fn handle(self, source: &Value, volume: Option<&PersistentVolume>) -> Result<String, String> {
        let text = |field: &str| source.get(field).and_then(Value::as_str).unwrap_or_default();
        match self {
            Self::Ebs => ebs_handle(text("volumeID")),
            Self::Cinder => Ok(text("volumeID").to_owned()),
            Self::AzureDisk => Ok(text("diskURI").to_owned()),
            Self::GcePd => {
                let label = |key| volume.and_then(|v| v.metadata.label(key)).filter(|zones| !zones.is_empty());
                let zones: Vec<&str> = label(BETA_ZONE).or(label(GA_ZONE)).unwrap_or_default().split("__").collect();
                let disk = text("pdName");
                Ok(match zones.as_slice() {
                    [""] => format!("projects/UNSPECIFIED/zones/UNSPECIFIED/disks/{disk}"),
                    [zone] => format!("projects/UNSPECIFIED/zones/{zone}/disks/{disk}"),
                    many => {
                        let region =
                            region_of(many).map_err(|error| format!("failed to get region from zones: {error}"))?;
                        format!("projects/UNSPECIFIED/regions/{region}/disks/{disk}")
                    }
                })
            }
        }
    }

    /// Whether the node's CSINode says that the plugin was migrated there.
    pub(super) fn is_migrated_on(self, csi_node: Option<&CsiNode>) -> bool {
        let plugins = csi_node
            .and_then(|node| node.metadata.annotation("storage.alpha.kubernetes.io/migrated-plugins"))
            .unwrap_or_default();
        plugins.split(',').any(|plugin| plugin == self.plugin_name())
    }
}

/// The one region of several GCE zones (`gceGetRegionFromZones`).
fn region_of(zones: &[&str]) -> Result<String, String> {
    let mut regions = BTreeSet::new();
    for zone in zones {
        let parts: Vec<&str> = zone.split('-').collect();
        let [locale, region, _] = parts.as_slice() else {
            return Err(format!("zone in unexpected format, expected: {{locale}}-{{region}}-{{zone}}, got: {zone}"));
        };
        regions.insert(format!("{locale}-{region}"));
    }
    match regions.len() {
        1 => Ok(regions.into_iter().collect()),
        _ => {
            let regions: Vec<String> = regions.iter().map(|region| format!("{region}:{{}}")).collect();
            Err(format!("multiple or no regions gotten from zones, got: map[{}]", regions.join(" ")))
        }
    }
}

/// `aws://zone/vol-1` and `vol-1` name one volume.
fn ebs_handle(id: &str) -> Result<String, String> {
    let Some(rest) = id.strip_prefix("aws://") else { return Ok(id.to_owned()) };
    let path = rest.split_once('/').map_or("", |(_, path)| path).trim_matches('/');
    let digits = path.strip_prefix("vol-").unwrap_or_default();
    if digits.is_empty() || path.contains('/') {
        return Err(format!("Invalid format for AWS volume ({id})"));
    }
    Ok(path.to_owned())
}

/// The node affinity of a volume as its CSI driver would have written it.
pub(super) fn translated_affinity(volume: &PersistentVolume, plugin: InTree) -> Cow<'_, Option<VolumeNodeAffinity>> {
    let Some(key) = plugin.topology_key() else { return Cow::Borrowed(&volume.spec.node_affinity) };
    let mut affinity = volume.spec.node_affinity.clone();
    let (zone, region) = topology_labels(volume);
    if has_values(&affinity, zone) {
        rename(&mut affinity, zone, key);
    } else if let Some(zones) = volume.metadata.label(zone) {
        let values: BTreeSet<&str> = zones.split("__").map(str::trim).filter(|zone| !zone.is_empty()).collect();
        if !values.is_empty() {
            add(&mut affinity, key, &values);
        }
    }
    if region == BETA_REGION && has_values(&affinity, region) {
        rename(&mut affinity, region, GA_REGION);
    }
    Cow::Owned(affinity)
}

/// Which generation of labels a volume uses.
fn topology_labels(volume: &PersistentVolume) -> (&'static str, &'static str) {
    let terms = terms(&volume.spec.node_affinity);
    let in_affinity = |key: &str| terms.iter().flat_map(|term| &term.match_expressions).any(|r| r.key == key);
    let beta = !in_affinity(GA_ZONE)
        && (in_affinity(BETA_ZONE)
            || (volume.metadata.label(GA_ZONE).is_none() && volume.metadata.label(BETA_ZONE).is_some()));
    if beta { (BETA_ZONE, BETA_REGION) } else { (GA_ZONE, GA_REGION) }
}

fn terms(affinity: &Option<VolumeNodeAffinity>) -> &[NodeSelectorTerm] {
    affinity.as_ref().and_then(|affinity| affinity.required.as_ref()).map_or(&[], |s| &s.node_selector_terms)
}

fn has_values(affinity: &Option<VolumeNodeAffinity>, key: &str) -> bool {
    let mut expressions = terms(affinity).iter().flat_map(|term| &term.match_expressions);
    expressions.any(|requirement| requirement.key == key && !requirement.values.is_empty())
}

fn rename(affinity: &mut Option<VolumeNodeAffinity>, from: &str, to: &str) {
    let selector = affinity.as_mut().and_then(|affinity| affinity.required.as_mut());
    let terms = selector.into_iter().flat_map(|selector| &mut selector.node_selector_terms);
    for requirement in terms.flat_map(|term| &mut term.match_expressions).filter(|r| r.key == from) {
        to.clone_into(&mut requirement.key);
    }
}

fn add(affinity: &mut Option<VolumeNodeAffinity>, key: &str, values: &BTreeSet<&str>) {
    let selector = affinity.get_or_insert_default().required.get_or_insert_with(NodeSelector::default);
    if selector.node_selector_terms.is_empty() {
        selector.node_selector_terms.push(NodeSelectorTerm::default());
    }
    for term in &mut selector.node_selector_terms {
        term.match_expressions.push(Requirement {
            key: key.to_owned(),
            operator: "In".to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        });
    }
}
