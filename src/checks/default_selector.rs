//! A node selector that comes from Tekton's settings and not from the run.

use serde_json::Value;

use crate::analysis::tekton::defaults::POD_TEMPLATE;
use crate::finding::Evidence;
use crate::model::Kind;
use crate::yaml;

use super::focus::Focus;

impl Focus<'_> {
    /// The selector of `default-pod-template` in ConfigMap config-defaults, where the run has
    /// none of its own for it to be replaced by (tektoncd/pipeline pkg/apis/pipeline/pod
    /// `MergePodTemplateWithDefault`, v0.47 to v1.15).
    fn default_selector(&self) -> Option<Vec<(String, String)>> {
        let own = self.run().spec_at("/taskRunTemplate/podTemplate/nodeSelector");
        if own.is_some_and(|selector| selector.as_object().is_some_and(|map| !map.is_empty())) {
            return None;
        }
        let text = self.installation.defaults?.data.get(POD_TEMPLATE)?;
        let (_, template) = yaml::read_documents(text).ok()?.into_iter().next()?;
        let selector = template.get("nodeSelector")?.as_object()?.clone();
        let pairs = selector.into_iter().filter_map(|(key, value)| match value {
            Value::String(value) => Some((key, value)),
            _ => None,
        });
        Some(pairs.collect())
    }

    /// Whether pods of the run get a selector from Tekton's settings.
    pub fn selects_by_default(&self) -> bool {
        self.default_selector().is_some_and(|pairs| !pairs.is_empty())
    }

    /// Says that a label which a pod demands is demanded by Tekton's settings.
    pub(super) fn quote_default_selector(&self, key: &str) -> Option<Evidence> {
        let pairs = self.default_selector()?;
        let (key, value) = pairs.into_iter().find(|(known, _)| known == key)?;
        let map = self.installation.defaults?;
        let field = format!("data.{POD_TEMPLATE}.nodeSelector[{key}]");
        Some(self.quote_in(&map.metadata.namespace, Kind::ConfigMap, &map.metadata.name, field, value))
    }
}
