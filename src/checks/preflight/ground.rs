//! What every judgement of a preflight stands on: the cluster, its Tekton, and the version
//! that it is to be upgraded to.

use crate::analysis::tekton::flags::CONFIG_MAP;
use crate::analysis::tekton::{Installation, TektonVersion};
use crate::finding::Evidence;
use crate::model::run::PipelineRun;
use crate::model::{Cluster, Kind};

/// The value that evidence gives to a key that is not set.
const UNSET: &str = "(not set)";

/// A cluster with its Tekton.
pub(super) struct Ground<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) installation: Installation<'a>,
    pub(super) target: TektonVersion,
}

impl<'a> Ground<'a> {
    pub(super) fn new(cluster: &'a Cluster, target: TektonVersion) -> Self {
        Self { cluster, installation: Installation::find(cluster), target }
    }

    /// What says which version is installed.
    pub(super) fn version(&self) -> Option<Evidence> {
        let (_, source) = self.installation.version.as_ref()?;
        let object = (source.kind, source.namespace.as_str(), source.name.as_str());
        Some(Evidence::read(self.cluster, object, &source.field, &source.value))
    }

    /// A key of ConfigMap feature-flags, set or not; nothing where the map was not read.
    pub(super) fn flag(&self, key: &str) -> Option<Evidence> {
        let map = self.installation.feature_flags?;
        let value = map.data.get(key).map_or(UNSET, String::as_str);
        let object = (Kind::ConfigMap, map.metadata.namespace.as_str(), CONFIG_MAP);
        Some(Evidence::read(self.cluster, object, format!("data[{key}]"), value))
    }

    /// A key of the operator's TektonConfig, set or not.
    pub(super) fn operator_flag(&self, key: &str, value: Option<&str>) -> Option<Evidence> {
        let config = self.cluster.tekton_configs.first()?;
        let object = (Kind::TektonConfig, "", config.metadata.name.as_str());
        Some(Evidence::read(self.cluster, object, format!("spec.pipeline.{key}"), value.unwrap_or(UNSET)))
    }

    /// A field of a run.
    pub(super) fn of_run(&self, run: &PipelineRun, field: &str, value: impl Into<String>) -> Evidence {
        let meta = &run.metadata;
        Evidence::read(self.cluster, (Kind::PipelineRun, &meta.namespace, &meta.name), field, value)
    }
}
