//! Which Tekton is installed, where, and what its configuration says.

use std::fmt;

use crate::model::meta::ObjectMeta;
use crate::model::namespace::{ConfigMap, TEKTON_NAMESPACES as NAMESPACES};
use crate::model::workload::Workload;
use crate::model::{Cluster, Kind};

use super::flags::{self, AssistantFlags};
use super::version::TektonVersion;

/// The installed Tekton, as far as it could be read.
#[derive(Debug, Clone)]
pub struct Installation<'a> {
    /// Namespace of its controller and ConfigMaps.
    pub namespace: Option<String>,
    /// Version, with what says so.
    pub version: Option<(TektonVersion, VersionSource)>,
    /// ConfigMap `feature-flags`.
    pub feature_flags: Option<&'a ConfigMap>,
    /// ConfigMap `config-defaults`.
    pub defaults: Option<&'a ConfigMap>,
    /// Deployment of the controller.
    pub controller: Option<&'a Workload>,
}

/// The object and field that tell the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSource {
    /// Kind of the object.
    pub kind: Kind,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Path of the field.
    pub field: String,
    /// Its text.
    pub value: String,
}

impl fmt::Display for VersionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{} {}", self.kind, self.namespace, self.name, self.field)
    }
}

impl<'a> Installation<'a> {
    /// Finds the installation in what was read of a cluster.
    pub fn find(cluster: &'a Cluster) -> Self {
        let namespace = namespace(cluster);
        let in_namespace = |name: &str| {
            let namespace = namespace.as_deref()?;
            cluster.config_maps.iter().find(|map| map.metadata.namespace == namespace && map.metadata.name == name)
        };
        let controller = cluster.deployments.iter().find(|deployment| {
            deployment.metadata.name == "tekton-pipelines-controller"
                && namespace.as_deref().is_none_or(|ns| ns == deployment.metadata.namespace)
        });
        Self {
            version: version(cluster, controller),
            feature_flags: in_namespace(flags::CONFIG_MAP),
            defaults: in_namespace("config-defaults"),
            controller,
            namespace,
        }
    }

    /// The version by number.
    pub fn tekton(&self) -> Option<TektonVersion> {
        self.version.as_ref().map(|(version, _)| *version)
    }

    /// Whether Tekton's own containers get a restricted securityContext, as far as the flag or
    /// the version is known.
    pub fn sets_security_context(&self) -> Option<bool> {
        flags::sets_security_context(self.feature_flags.map(|map| &map.data), self.tekton())
    }

    /// The flags that govern the assistant, where ConfigMap and version are known.
    pub fn assistant_flags(&self) -> Option<AssistantFlags> {
        Some(flags::assistant_flags(&self.feature_flags?.data, self.tekton()?))
    }
}

fn namespace(cluster: &Cluster) -> Option<String> {
    let target = cluster
        .tekton_configs
        .iter()
        .find_map(|config| config.spec.get("targetNamespace")?.as_str())
        .filter(|namespace| !namespace.is_empty())
        .map(str::to_owned);
    let holds = |namespace: &str| {
        cluster.config_maps.iter().any(|map| {
            map.metadata.namespace == namespace
                && matches!(map.metadata.name.as_str(), "feature-flags" | "pipelines-info")
        }) || cluster.deployments.iter().any(|deployment| {
            deployment.metadata.namespace == namespace && deployment.metadata.name == "tekton-pipelines-controller"
        })
    };
    target.or_else(|| NAMESPACES.iter().find(|namespace| holds(namespace)).map(|n| (*n).to_owned())).or_else(|| {
        // Somebody may have installed it elsewhere; the ConfigMap's name is unique.
        let map = cluster.config_maps.iter().find(|map| map.metadata.name == "pipelines-info")?;
        Some(map.metadata.namespace.clone())
    })
}

fn source(kind: Kind, meta: &ObjectMeta, field: String, value: &str) -> VersionSource {
    VersionSource { kind, namespace: meta.namespace.clone(), name: meta.name.clone(), field, value: value.to_owned() }
}

fn version(cluster: &Cluster, controller: Option<&Workload>) -> Option<(TektonVersion, VersionSource)> {
    let info = cluster.config_maps.iter().filter(|map| map.metadata.name == "pipelines-info").find_map(|map| {
        let value = map.data.get("version")?;
        Some((TektonVersion::parse(value)?, source(Kind::ConfigMap, &map.metadata, "data.version".to_owned(), value)))
    });
    info.or_else(|| {
        let deployment = controller?;
        ["app.kubernetes.io/version", "pipeline.tekton.dev/release", "version"].iter().find_map(|label| {
            let value = deployment.metadata.label(label)?;
            let field = format!("metadata.labels[{label}]");
            Some((TektonVersion::parse(value)?, source(Kind::Deployment, &deployment.metadata, field, value)))
        })
    })
}

/// Why the installation could not be read, when it was not.
pub fn unread(cluster: &Cluster) -> Option<String> {
    let read = NAMESPACES.iter().any(|namespace| cluster.coverage.proves_absence(Kind::ConfigMap, namespace))
        || !cluster.config_maps.is_empty();
    (!read).then(|| "the ConfigMaps of Tekton's namespace were not read".to_owned())
}
