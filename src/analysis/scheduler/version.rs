//! What changed between Kubernetes releases, as one table.
//!
//! Every "since 1.34" of the filter plugins is a row here, so that a new release
//! is a new row and no rule has a version in its code.

use std::fmt;
use std::str::FromStr;

/// A Kubernetes release, for example 1.33.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KubernetesVersion {
    /// Major number.
    pub major: u32,
    /// Minor number.
    pub minor: u32,
    /// Patch level.
    pub patch: u32,
}

/// A text that is not a Kubernetes version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a Kubernetes version; expected something like 1.33.4")]
pub struct VersionError(String);

impl KubernetesVersion {
    /// Oldest release whose scheduler is reproduced.
    pub const OLDEST: Self = Self::new(1, 27, 0);
    /// Newest release whose scheduler is reproduced; later ones are judged as
    /// this one.
    pub const NEWEST: Self = Self::new(1, 37, 2);

    /// A release by its numbers.
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self { major, minor, patch }
    }

    /// The release by whose rules this one is judged.
    pub fn nearest_known(self) -> Self {
        self.clamp(Self::OLDEST, Self::NEWEST)
    }

    /// Whether the rules of this release are known. Others are judged by the
    /// nearest known release.
    pub fn is_known(self) -> bool {
        self >= Self::OLDEST && (self.major, self.minor) <= (Self::NEWEST.major, Self::NEWEST.minor)
    }
}

impl fmt::Display for KubernetesVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for KubernetesVersion {
    type Err = VersionError;

    /// Reads `1.33.4`, `v1.33.4`, `v1.33.4+abc`, `1.33` and the `33+` that managed
    /// clusters report as minor.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || VersionError(text.chars().take(64).collect());
        let mut parts = text.trim().trim_start_matches('v').split('.');
        let mut number = |default: Option<u32>| match parts.next() {
            Some(part) => {
                let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
                part[..digits].parse::<u32>().map_err(|_| error())
            }
            None => default.ok_or_else(error),
        };
        Ok(Self { major: number(None)?, minor: number(None)?, patch: number(Some(0))? })
    }
}

/// How nodes outside the set that a PreFilter plugin named show in the message
/// and in preemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restricted {
    /// Not in the histogram; preemption tries them all the same.
    Tried,
    /// In the histogram with a fixed text.
    FilteredOut,
    /// Not in the histogram; preemption is no help.
    Hidden,
    /// In the histogram with the names of the plugins.
    Named,
}

/// Sidecars: init containers with `restartPolicy: Always`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sidecars {
    /// The field does not exist.
    Ignored,
    /// Counted, but pods that have them are refused.
    Refused,
    /// Counted.
    Counted,
}

/// The rules of one release. Field names say what is so in that release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an independent fact about a release")]
pub struct Behaviour {
    /// The release.
    pub version: KubernetesVersion,
    /// Requests of sidecars (`SidecarContainers`: alpha 1.28, on 1.29).
    pub sidecars: Sidecars,
    /// Requests of zero are compared too (`fit.go`, changed in 1.28).
    pub compares_zero_requests: bool,
    /// A request larger than the whole node cannot be helped by preemption (1.34).
    pub larger_than_node_is_unresolvable: bool,
    /// `spec.resources` of the pod counts (`PodLevelResources`: beta 1.34).
    pub pod_level_resources: bool,
    /// Usage of resized pods comes from their status
    /// (`InPlacePodVerticalScaling`: beta 1.33).
    pub resized_usage: bool,
    /// The same for pod-level resources (1.36).
    pub resized_pod_level_usage: bool,
    /// Host ports of sidecars count (1.34 and 1.33.6; kubernetes#133390).
    pub sidecar_host_ports: bool,
    /// Constraints on one topology key are counted apart (1.33).
    pub spread_counts_apart: bool,
    /// VolumeAttachments count against CSI limits (1.32).
    pub attachments_count: bool,
    /// `attachable-volumes-csi-*` of the node limits CSI volumes (until 1.31).
    pub allocatable_volume_limits: bool,
    /// In-tree limit plugins EBSLimits, GCEPDLimits, AzureDiskLimits (until 1.30).
    pub in_tree_volume_limits: bool,
    /// GCE PD counts under CSI without the migration annotation (1.28).
    pub gce_migrated: bool,
    /// A negative namespaceSelector of the incoming pod matches every namespace
    /// (kubernetes#141526: 1.34 to 1.36).
    pub negative_namespace_selector_matches_all: bool,
    /// Bound volumes with a hostname term name the only nodes to try
    /// (`GetEligibleNodes`; gone in 1.29.14, 1.30.10, 1.31.8, 1.32).
    pub hostname_volumes_restrict: bool,
    /// A volume's beta zone label is met by the node's GA label (1.29).
    pub beta_zone_met_by_ga: bool,
    /// DynamicResources runs (on by default since 1.34).
    pub dynamic_resources: bool,
    /// What no node offers of an extended resource may come from devices
    /// (`DRAExtendedResource`: beta 1.36).
    pub devices_behind_resources: bool,
    /// Its PostFilter says that there is nothing to give back (1.34 to 1.36; since then it
    /// says nothing).
    pub says_no_new_claims: bool,
    /// Usage of resized pods is the largest of three totals, and no longer a total of the
    /// largest of each container (1.37, component-helpers `AggregateContainerRequests`).
    pub usage_is_largest_total: bool,
    /// A node without a CSI driver that asks for it is refused (`VolumeLimitScaling`: beta 1.37).
    pub driver_must_be_installed: bool,
    /// VolumeBinding scores by free capacity (`StorageCapacityScoring`: beta 1.37).
    pub storage_capacity_scores: bool,
    /// `spec.nodeName` names the only node to filter (NodeName has a PreFilter since 1.37).
    pub node_name_restricts: bool,
    /// ImageLocality adds up image volumes (1.36).
    pub image_volumes_score: bool,
    /// Image volumes count as images that are wanted (1.37).
    pub image_volumes_count: bool,
    /// NodeDeclaredFeatures refuses (on by default since 1.36).
    pub declared_features: bool,
    /// Taint texts name no taint (1.35 and 1.34.2; kubernetes#135023).
    pub taint_text_is_constant: bool,
    /// Wording of the affinity of bound volumes (1.33).
    pub new_volume_affinity_text: bool,
    /// Wording of ReadWriteOncePod (1.34).
    pub new_read_write_once_pod_text: bool,
    /// PostFilter text gets a second dot (until 1.28).
    pub double_dot: bool,
    /// After a PreFilter refusal preemption tries every node (1.27 and 1.28).
    pub preempts_after_prefilter: bool,
    /// An empty intersection of node names is unresolvable (1.29).
    pub empty_restriction_is_unresolvable: bool,
    /// A named node that does not exist aborts the cycle (until 1.29).
    pub missing_named_node_aborts: bool,
    /// The scheduler crashes when no named node exists (1.30 until 1.30.9).
    pub no_named_node_panics: bool,
    /// Nodes outside the named set.
    pub restricted: Restricted,
    /// VolumeRestrictions skips pods without conflicts (1.28).
    pub volume_restrictions_skip: bool,
    /// PodTopologySpread scores 100 without constraints (1.27).
    pub spread_scores_without_constraints: bool,
    /// Sidecars count in the non-zero usage of existing pods (1.32).
    pub non_zero_usage_has_sidecars: bool,
    /// BalancedAllocation skips pods without requests (1.33).
    pub balanced_skips_best_effort: bool,
    /// BalancedAllocation scores the change (1.36).
    pub balanced_scores_change: bool,
    /// ImageLocality counts init containers (1.30).
    pub image_locality_init_containers: bool,
}

impl Behaviour {
    /// The rules of a release; of the nearest known one for others.
    ///
    /// Sources: `pkg/features/kube_features.go` and `pkg/scheduler` of
    /// kubernetes/kubernetes 1.27.1, 1.28.0, 1.29.1, 1.30.1, 1.31.1, 1.32.2,
    /// 1.33.0, 1.34.1, 1.34.7, 1.35.4, 1.36.2 and 1.37.2.
    pub fn of(version: KubernetesVersion) -> Self {
        let version = version.nearest_known();
        let KubernetesVersion { minor, patch, .. } = version;
        let since = |wanted: u32| minor >= wanted;
        // Backports to several minors: fixed in these patch levels and in every
        // minor that is not listed and newer.
        let fixed = |patches: &[(u32, u32)]| match patches.iter().find(|(of, _)| *of == minor) {
            Some((_, first)) => patch >= *first,
            None => patches.last().is_some_and(|(newest, _)| minor > *newest),
        };
        let hostname_fixed = fixed(&[(29, 14), (30, 10), (31, 8)]);
        Self {
            version,
            sidecars: match minor {
                ..=27 => Sidecars::Ignored,
                28 => Sidecars::Refused,
                _ => Sidecars::Counted,
            },
            compares_zero_requests: !since(28),
            larger_than_node_is_unresolvable: since(34),
            pod_level_resources: since(34),
            resized_usage: since(33),
            resized_pod_level_usage: since(36),
            sidecar_host_ports: fixed(&[(33, 6)]),
            spread_counts_apart: since(33),
            attachments_count: since(32),
            allocatable_volume_limits: !since(32),
            in_tree_volume_limits: !since(31),
            gce_migrated: since(28),
            negative_namespace_selector_matches_all: (34..=36).contains(&minor),
            hostname_volumes_restrict: !hostname_fixed,
            beta_zone_met_by_ga: since(29),
            dynamic_resources: since(34),
            devices_behind_resources: since(36),
            says_no_new_claims: (34..=36).contains(&minor),
            usage_is_largest_total: since(37),
            driver_must_be_installed: since(37),
            storage_capacity_scores: since(37),
            node_name_restricts: since(37),
            image_volumes_score: since(36),
            image_volumes_count: since(37),
            declared_features: since(36),
            taint_text_is_constant: version >= KubernetesVersion::new(1, 34, 2),
            new_volume_affinity_text: since(33),
            new_read_write_once_pod_text: since(34),
            double_dot: !since(29),
            preempts_after_prefilter: !since(29) && !fixed(&[(27, 16), (28, 16)]),
            empty_restriction_is_unresolvable: since(29),
            missing_named_node_aborts: !since(30) && !fixed(&[(29, 14)]),
            no_named_node_panics: minor == 30 && !hostname_fixed,
            restricted: match minor {
                ..=29 => Restricted::Tried,
                30 if !hostname_fixed => Restricted::FilteredOut,
                30 | 31 => Restricted::Hidden,
                _ => Restricted::Named,
            },
            volume_restrictions_skip: since(28),
            spread_scores_without_constraints: !since(28),
            non_zero_usage_has_sidecars: since(32),
            balanced_skips_best_effort: since(33),
            balanced_scores_change: since(36),
            image_locality_init_containers: since(30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_servers_and_people_write_them() {
        for (text, version) in [
            ("1.33.4", (1, 33, 4)),
            ("v1.33.4+7a5c3e1", (1, 33, 4)),
            ("1.30", (1, 30, 0)),
            ("v1.31.2-gke.100", (1, 31, 2)),
        ] {
            let (major, minor, patch) = version;
            assert_eq!(text.parse(), Ok(KubernetesVersion::new(major, minor, patch)), "{text}");
        }
        for text in ["", "one", "1", "1.x"] {
            assert!(text.parse::<KubernetesVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn unknown_releases_are_judged_as_the_nearest_known() {
        let far = Behaviour::of(KubernetesVersion::new(1, 99, 0));
        assert_eq!(far, Behaviour::of(KubernetesVersion::NEWEST));
        assert_eq!(far.version, KubernetesVersion::NEWEST);
        assert!(KubernetesVersion::new(1, 36, 9).is_known() && KubernetesVersion::new(1, 37, 9).is_known());
        assert!(!KubernetesVersion::new(1, 99, 0).is_known());
    }

    #[test]
    fn what_was_wrong_for_some_minors_is_right_again() {
        let of = |minor| Behaviour::of(KubernetesVersion::new(1, minor, 0));
        let rows = |minor| (of(minor).negative_namespace_selector_matches_all, of(minor).says_no_new_claims);
        assert_eq!([33, 34, 36, 37].map(rows), [(false, false), (true, true), (true, true), (false, false)]);
        assert!(of(37).dynamic_resources && of(37).driver_must_be_installed && !of(36).driver_must_be_installed);
    }

    #[test]
    fn backports_are_told_by_patch_level() {
        let of = |minor, patch| Behaviour::of(KubernetesVersion::new(1, minor, patch));
        assert!(of(30, 1).hostname_volumes_restrict && !of(30, 10).hostname_volumes_restrict);
        assert!(!of(34, 1).taint_text_is_constant && of(34, 7).taint_text_is_constant);
        assert!(!of(33, 13).taint_text_is_constant);
        assert!(!of(33, 5).sidecar_host_ports && of(33, 6).sidecar_host_ports && of(34, 0).sidecar_host_ports);
        assert!(!of(32, 13).sidecar_host_ports);
    }
}
