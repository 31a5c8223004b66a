//! Which Tekton is installed, where, and what its configuration says.

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
    /// Version, with the object and field that say so.
    pub version: Option<(TektonVersion, String)>,
    /// ConfigMap `feature-flags`.
    pub feature_flags: Option<&'a ConfigMap>,
    /// ConfigMap `config-defaults`.
    pub defaults: Option<&'a ConfigMap>,
    /// Deployment of the controller.
    pub controller: Option<&'a Workload>,
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

fn version(cluster: &Cluster, controller: Option<&Workload>) -> Option<(TektonVersion, String)> {
    let info = cluster.config_maps.iter().filter(|map| map.metadata.name == "pipelines-info").find_map(|map| {
        let version = TektonVersion::parse(map.data.get("version")?)?;
        Some((version, format!("ConfigMap {}/pipelines-info data.version", map.metadata.namespace)))
    });
    info.or_else(|| {
        let deployment = controller?;
        ["app.kubernetes.io/version", "pipeline.tekton.dev/release", "version"].iter().find_map(|label| {
            let version = TektonVersion::parse(deployment.metadata.label(label)?)?;
            Some((version, format!("Deployment {} label {label}", deployment.metadata.name)))
        })
    })
}

/// Why the installation could not be read, when it was not.
pub fn unread(cluster: &Cluster) -> Option<String> {
    let read = NAMESPACES.iter().any(|namespace| cluster.coverage.proves_absence(Kind::ConfigMap, namespace))
        || !cluster.config_maps.is_empty();
    (!read).then(|| "the ConfigMaps of Tekton's namespace were not read".to_owned())
}
