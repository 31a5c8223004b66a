//! Which kinds the server serves, by one request: what it does not serve costs none.

use std::collections::{BTreeMap, BTreeSet};

use http::Request;
use serde_json::Value;

use super::Connection;
use crate::model::Kind;

/// Aggregated discovery (kubernetes/apiserver `pkg/endpoints/discovery/aggregated`, stable
/// since v1.30), else the older list of groups.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;q=0.8";

/// Groups with their versions and resources.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Served {
    /// Resources by group and version; `None` where they are not known: the server behind
    /// an aggregated API is down, or the answer is the older one.
    groups: BTreeMap<String, BTreeMap<String, Option<BTreeSet<String>>>>,
}

impl Served {
    /// Reads either form; `None` when it is neither.
    fn of(answer: &Value) -> Option<Self> {
        let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
        let mut groups = BTreeMap::new();
        if answer["kind"] == "APIGroupDiscoveryList" {
            for group in answer["items"].as_array()? {
                let Some(name) = text(&group["metadata"], "name") else { continue };
                let versions = group["versions"].as_array().into_iter().flatten().filter_map(|version| {
                    let resources = version["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
                    let names = resources.iter().filter_map(|resource| text(resource, "resource")).collect();
                    let is_current = version["freshness"].as_str() != Some("Stale");
                    Some((text(version, "version")?, is_current.then_some(names)))
                });
                groups.insert(name, versions.collect());
            }
        } else if answer["kind"] == "APIGroupList" {
            for group in answer["groups"].as_array()? {
                let Some(name) = text(group, "name") else { continue };
                let versions = group["versions"].as_array().into_iter().flatten();
                groups.insert(name, versions.filter_map(|version| Some((text(version, "version")?, None))).collect());
            }
        } else {
            return None;
        }
        Some(Self { groups })
    }

    /// The version in which a kind is to be read: the model's own, else an older one that
    /// can be converted. `None` when it is not served.
    pub(super) fn version(&self, kind: Kind) -> Option<&'static str> {
        if kind.group().is_empty() {
            return Some(kind.version());
        }
        let versions = self.groups.get(kind.group())?;
        let serves = |version: &str| {
            versions
                .get(version)
                .is_some_and(|resources| resources.as_ref().is_none_or(|resources| resources.contains(kind.plural())))
        };
        let older = kind.group() == "tekton.dev" && kind.version() == "v1";
        [kind.version(), "v1beta1"].into_iter().find(|version| serves(version) && (older || *version == kind.version()))
    }
}

impl Connection {
    /// What the server serves; `None` when it does not say.
    pub(super) async fn served(&self) -> Option<&Served> {
        let found = self.served.get_or_init(|| async {
            let request = Request::get("/apis").header("accept", ACCEPT).body(Vec::new()).ok()?;
            let answer = self.ask_patiently(request).await.ok().filter(|answer| answer.status == 200)?;
            Served::of(&serde_json::from_slice(&answer.body).ok()?)
        });
        found.await.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn kinds_are_looked_up_in_both_forms_of_discovery() {
        let new = Served::of(&json!({ "kind": "APIGroupDiscoveryList", "items": [
            { "metadata": { "name": "tekton.dev" }, "versions": [
                { "version": "v1beta1", "resources": [{ "resource": "taskruns" }, { "resource": "customruns" }] }] },
            { "metadata": { "name": "apps" }, "versions": [{ "version": "v1", "freshness": "Stale" }] }] }))
        .unwrap();
        assert_eq!(new.version(Kind::Pod), Some("v1"));
        assert_eq!(new.version(Kind::TaskRun), Some("v1beta1"), "an older version that can be converted");
        assert_eq!(new.version(Kind::CustomRun), Some("v1beta1"));
        assert_eq!(new.version(Kind::PipelineRun), None, "the group has no such resource");
        assert_eq!(new.version(Kind::SecurityContextConstraints), None);
        assert_eq!(new.version(Kind::StatefulSet), Some("v1"), "its server is down, not the kind away");
        let old = Served::of(&json!({ "kind": "APIGroupList", "groups": [
            { "name": "tekton.dev", "versions": [{ "version": "v1" }] }] }));
        assert_eq!(old.unwrap().version(Kind::PipelineRun), Some("v1"));
        assert_eq!(Served::of(&json!({ "kind": "Status" })), None);
    }
}
