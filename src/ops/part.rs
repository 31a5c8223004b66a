//! Parts of what a run asks for that can be dropped, as `rerun --drop` and workflows name
//! them.

use serde::Deserialize;

use super::Edit;

/// What to drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// securityContext.runAsUser
    RunAsUser,
    /// securityContext.fsGroup
    FsGroup,
    /// securityContext.supplementalGroups
    SupplementalGroups,
    /// securityContext.seLinuxOptions
    #[value(name = "selinux-options")]
    #[serde(rename = "selinux-options")]
    SeLinuxOptions,
    /// securityContext.seccompProfile
    SeccompProfile,
    /// securityContext.runAsNonRoot
    RunAsNonRoot,
    /// securityContext.sysctls
    Sysctls,
    /// The whole securityContext
    SecurityContext,
    /// Node selection of the run
    NodeSelector,
    /// Node selection and tolerations of single tasks
    TaskPlacement,
    /// Affinity and anti-affinity
    Affinity,
    /// Topology spread constraints
    TopologySpread,
    /// priorityClassName
    PriorityClass,
    /// runtimeClassName
    RuntimeClass,
    /// schedulerName
    SchedulerName,
}

impl Part {
    /// The edit that drops it.
    pub fn edit(self) -> Edit {
        let security = |field| Edit::DropSecurityField { field };
        let of_pod = |field| Edit::DropPodField { field };
        match self {
            Self::RunAsUser => security("runAsUser"),
            Self::FsGroup => security("fsGroup"),
            Self::SupplementalGroups => security("supplementalGroups"),
            Self::SeLinuxOptions => security("seLinuxOptions"),
            Self::SeccompProfile => security("seccompProfile"),
            Self::RunAsNonRoot => security("runAsNonRoot"),
            Self::Sysctls => security("sysctls"),
            Self::SecurityContext => Edit::DropSecurityContext,
            Self::NodeSelector => Edit::DropNodeSelection,
            Self::TaskPlacement => Edit::DropTaskPlacement,
            Self::Affinity => of_pod("affinity"),
            Self::TopologySpread => of_pod("topologySpreadConstraints"),
            Self::PriorityClass => of_pod("priorityClassName"),
            Self::RuntimeClass => of_pod("runtimeClassName"),
            Self::SchedulerName => of_pod("schedulerName"),
        }
    }
}
