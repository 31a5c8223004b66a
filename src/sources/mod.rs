//! Where a `Cluster` comes from: a live API server or an export.

pub(crate) mod conversion;
pub mod export;
pub mod live;

use serde_json::Value;

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

/// An object with all its fields, of which the model keeps what verdicts read.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// All of it, with `apiVersion` and `kind`.
    pub object: Value,
}

impl Raw {
    /// An object of a list, on which its kind may stand alone.
    pub fn new(kind: Kind, api_version: &str, mut object: Value) -> Self {
        let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        if let Some(fields) = object.as_object_mut() {
            fields.entry("apiVersion").or_insert_with(|| Value::from(api_version));
            fields.entry("kind").or_insert_with(|| Value::from(kind.name()));
        }
        Self { kind, namespace, name, object }
    }
}

/// Which part of a cluster is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Namespaces whose objects are wanted; `None` for all.
    pub namespaces: Option<Vec<String>>,
    /// The only run of the namespace that is wanted; with what others have only as far as
    /// somebody looks for it.
    pub run: Option<String>,
    /// Whether pods of all namespaces may be needed, to know what nodes have left.
    pub all_pods: bool,
}

impl Wanted {
    /// Everything that a diagnosis of runs in a namespace reads.
    pub fn namespace(namespace: &str) -> Self {
        Self { namespaces: Some(vec![namespace.to_owned()]), run: None, all_pods: true }
    }

    /// Everything that a diagnosis of one run reads.
    pub fn run(namespace: &str, run: &str) -> Self {
        Self { run: Some(run.to_owned()), ..Self::namespace(namespace) }
    }

    /// The same for all namespaces.
    pub fn everything() -> Self {
        Self { namespaces: None, run: None, all_pods: true }
    }

    /// The namespaces as coverage names them: `""` for all.
    fn places(&self) -> Vec<&str> {
        match &self.namespaces {
            Some(namespaces) => namespaces.iter().map(String::as_str).collect(),
            None => vec![""],
        }
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
pub const CLUSTER_WIDE: [Kind; 15] = [
    Kind::Node,
    Kind::Namespace,
    Kind::PersistentVolume,
    Kind::StorageClass,
    Kind::CsiNode,
    Kind::CsiDriver,
    Kind::VolumeAttachment,
    Kind::DeviceClass,
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

    /// Reads what of a cluster was not read yet and `look` looks for; see
    /// [`live::Connection::look`]. An export was read whole.
    ///
    /// # Errors
    /// When nothing more could be read.
    pub async fn look_again<T>(
        &self,
        wanted: &Wanted,
        cluster: &mut Cluster,
        look: impl Fn(&Cluster) -> T,
    ) -> Result<T, SourceError> {
        match self {
            Self::Live(connection) => connection.look_again(wanted, cluster, look).await,
            Self::Export(_) => Ok(look(cluster)),
        }
    }

    /// Reads what is wanted as far as `look` looks for it, and gives what it says then.
    ///
    /// # Errors
    /// When nothing could be read.
    pub async fn look<T>(&self, wanted: &Wanted, look: impl Fn(&Cluster) -> T) -> Result<(Cluster, T), SourceError> {
        match self {
            Self::Live(connection) => connection.look(wanted, look).await,
            Self::Export(cluster) => Ok((cluster.overlay(), look(cluster))),
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
