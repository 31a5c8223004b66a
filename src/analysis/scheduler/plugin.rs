//! Names and order of the scheduler's plugins.

use std::fmt;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them, in the scheduler's order.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in Kubernetes' configuration and metrics.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)* }
            }

            /// The plugin of that name.
            pub fn of(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|plugin| plugin.name() == name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

names! {
    /// Filter plugins in the order in which they run
    /// (`pkg/scheduler/apis/config/v1/default_plugins.go` 1.27 to 1.37; the legacy
    /// limit plugins until 1.30, NodeDeclaredFeatures since 1.35). Since 1.37 NodeName is the
    /// first; it then leaves no other node to filter, so the order of the two does not show.
    Plugin {
        /// Cordoned nodes.
        NodeUnschedulable,
        /// `spec.nodeName`.
        NodeName,
        /// Taints.
        TaintToleration,
        /// nodeSelector and required node affinity.
        NodeAffinity,
        /// Host ports.
        NodePorts,
        /// Requests and number of pods.
        NodeResourcesFit,
        /// Disks and claims that only one pod may use.
        VolumeRestrictions,
        /// Limit of in-tree EBS volumes.
        EBSLimits,
        /// Limit of in-tree GCE PD volumes.
        GCEPDLimits,
        /// Limit of CSI volumes.
        NodeVolumeLimits,
        /// Limit of in-tree Azure disks.
        AzureDiskLimits,
        /// Bound and unbound claims.
        VolumeBinding,
        /// Zone labels of volumes.
        VolumeZone,
        /// Hard spread constraints.
        PodTopologySpread,
        /// Pod affinity and anti-affinity.
        InterPodAffinity,
        /// Device claims.
        DynamicResources,
        /// Features that nodes declare.
        NodeDeclaredFeatures,
    }
}

names! {
    /// Score plugins (`default_plugins.go`).
    ScorePlugin {
        /// Untolerated PreferNoSchedule taints.
        TaintToleration,
        /// Preferred node affinity.
        NodeAffinity,
        /// Soft spread constraints.
        PodTopologySpread,
        /// Preferred pod affinity.
        InterPodAffinity,
        /// Least allocated.
        NodeResourcesFit,
        /// Evenly used resources.
        NodeResourcesBalancedAllocation,
        /// Images already there.
        ImageLocality,
        /// Storage that is left where claims would be bound (1.37).
        VolumeBinding,
    }
}

impl ScorePlugin {
    /// Weight in the sum (`default_plugins.go` 1.27 to 1.37).
    pub const fn weight(self) -> i64 {
        match self {
            Self::TaintToleration => 3,
            Self::NodeAffinity | Self::PodTopologySpread | Self::InterPodAffinity => 2,
            Self::NodeResourcesFit
            | Self::NodeResourcesBalancedAllocation
            | Self::ImageLocality
            | Self::VolumeBinding => 1,
        }
    }
}
