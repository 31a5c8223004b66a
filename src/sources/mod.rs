//! Where a `Cluster` comes from: a live API server or an export.

pub(crate) mod conversion;
pub mod export;
pub mod live;

use crate::model::{Cluster, Kind};

/// A source that could not be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    /// What went wrong.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
}

impl SourceError {
    /// An error without hints.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new() }
    }

    /// Adds a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// Which part of a cluster is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Namespaces whose objects are wanted; `None` for all.
    pub namespaces: Option<Vec<String>>,
    /// Whether pods of all namespaces are needed, to know what nodes have left.
    pub all_pods: bool,
}

impl Wanted {
    /// Everything that a diagnosis of runs in a namespace reads.
    pub fn namespace(namespace: &str) -> Self {
        Self { namespaces: Some(vec![namespace.to_owned()]), all_pods: true }
    }

    /// The same for all namespaces.
    pub fn everything() -> Self {
        Self { namespaces: None, all_pods: true }
    }
}

/// Namespaced kinds that are read in the namespaces of runs.
pub const IN_NAMESPACE: [Kind; 17] = [
    Kind::PipelineRun,
    Kind::TaskRun,
    Kind::CustomRun,
    Kind::ResolutionRequest,
    Kind::QueueWorkload,
    Kind::Pod,
    Kind::StatefulSet,
    Kind::Event,
    Kind::ServiceAccount,
    Kind::LimitRange,
    Kind::ResourceQuota,
    Kind::Claim,
    Kind::Role,
    Kind::RoleBinding,
    Kind::Pipeline,
    Kind::Task,
    Kind::CsiStorageCapacity,
];

/// Cluster-scoped kinds that verdicts read.
pub const CLUSTER_WIDE: [Kind; 14] = [
    Kind::Node,
    Kind::Namespace,
    Kind::PersistentVolume,
    Kind::StorageClass,
    Kind::CsiNode,
    Kind::CsiDriver,
    Kind::VolumeAttachment,
    Kind::PriorityClass,
    Kind::RuntimeClass,
    Kind::ClusterRole,
    Kind::ClusterRoleBinding,
    Kind::SecurityContextConstraints,
    Kind::TektonConfig,
    Kind::SchedulerConfig,
];

/// An opened source.
pub enum Source {
    /// A live API server.
    Live(Box<live::Connection>),
    /// An export, read whole when opened.
    Export(Box<Cluster>),
}

impl Source {
    /// Reads what is wanted.
    ///
    /// # Errors
    /// When nothing could be read; refusals of single kinds are recorded in the
    /// cluster's coverage instead.
    pub async fn read(&self, wanted: &Wanted) -> Result<Cluster, SourceError> {
        match self {
            Self::Live(connection) => connection.read(wanted).await,
            Self::Export(cluster) => Ok(cluster.overlay()),
        }
    }

    /// The live connection, for commands that write.
    ///
    /// # Errors
    /// For exports.
    pub fn live(&self) -> Result<&live::Connection, SourceError> {
        match self {
            Self::Live(connection) => Ok(connection),
            Self::Export(_) => Err(SourceError::new("an export cannot be written to")
                .hint("omit --from to work on the cluster, or use --dry-run=client")),
        }
    }
}
