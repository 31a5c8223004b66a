//! What quotas and LimitRanges say of a new claim.
//!
//! Mirrors kubernetes pkg/quota/v1/evaluator/core/persistent_volume_claims.go and
//! plugin/pkg/admission/limitranger/admission.go
//! (`PersistentVolumeClaimValidateLimitFunc`; v1.33).

use std::collections::BTreeMap;

use crate::model::Cluster;
use crate::model::namespace::ResourceQuota;
use crate::model::quantity::Quantity;
use crate::model::volume::Claim;

use super::{Plugin, Refusal, quota};

const STORAGE: &str = "requests.storage";
/// What stands between a class and what is counted of it.
const OF_CLASS: &str = ".storageclass.storage.k8s.io/";

/// What a claim counts for.
fn usage(claim: &Claim) -> BTreeMap<String, Quantity> {
    let one = Quantity::from_units(1);
    let mut usage: BTreeMap<String, Quantity> =
        ["persistentvolumeclaims", "count/persistentvolumeclaims"].map(|key| (key.to_owned(), one)).into();
    let storage = claim.spec.resources.requests.get("storage").copied().unwrap_or_default();
    usage.insert(STORAGE.to_owned(), storage);
    if let Some(class) = claim.spec.storage_class_name.as_deref().filter(|class| !class.is_empty()) {
        usage.insert(format!("{class}{OF_CLASS}{STORAGE}"), storage);
        usage.insert(format!("{class}{OF_CLASS}persistentvolumeclaims"), one);
    }
    usage
}

/// Why the claims cannot be created, one after the other, with those before it counted.
pub fn judge(cluster: &Cluster, namespace: &str, claims: &[Claim]) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for range in cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == namespace) {
        let items = range.spec.limits.iter().filter(|item| item.kind == "PersistentVolumeClaim");
        for (item, claim) in items.flat_map(|item| claims.iter().map(move |claim| (item, claim))) {
            let asked = claim.spec.resources.requests.get("storage").copied().unwrap_or_default();
            let bounds = [("minimum", &item.min), ("maximum", &item.max)];
            for (side, bound) in bounds.into_iter().filter_map(|(side, list)| Some((side, list.get("storage")?))) {
                if side == "minimum" && asked < *bound || side == "maximum" && asked > *bound {
                    let text =
                        format!("{side} storage usage per PersistentVolumeClaim is {bound}, but request is {asked}");
                    let object = range.metadata.name.clone();
                    refusals.push(Refusal { plugin: Plugin::LimitRanger, object, text });
                }
            }
        }
    }
    // A quota with a scope counts pods only.
    let is_about_claims = |quota: &&ResourceQuota| quota.spec.scopes.is_empty() && quota.spec.scope_selector.is_none();
    let quotas = cluster.resource_quotas.iter().filter(|quota| quota.metadata.namespace == namespace);
    for quota in quotas.filter(is_about_claims) {
        let mut counted = quota.clone();
        for claim in claims {
            let usage = usage(claim);
            if let Some(text) = quota::exceeded(&counted, &usage) {
                let object = quota.metadata.name.clone();
                refusals.push(Refusal { plugin: Plugin::ResourceQuota, object, text });
                break;
            }
            for (resource, used) in &mut counted.status.used {
                *used = used.saturating_add(usage.get(resource).copied().unwrap_or_default());
            }
        }
    }
    refusals
}

/// How large a claim of a class may still be, by the quotas and LimitRanges of a namespace;
/// `None` where nothing bounds it.
pub fn largest(cluster: &Cluster, namespace: &str, class: Option<&str>) -> Option<Quantity> {
    let quotas = cluster.resource_quotas.iter().filter(|quota| quota.metadata.namespace == namespace);
    let ranges = cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == namespace);
    let items = ranges.flat_map(|range| &range.spec.limits).filter(|item| item.kind == "PersistentVolumeClaim");
    let most = items.filter_map(|item| item.max.get("storage").copied());
    quotas.filter_map(|quota| room(quota, class)).chain(most).min()
}

/// How large a claim of a class may still be by a quota that limits storage.
fn room(quota: &ResourceQuota, class: Option<&str>) -> Option<Quantity> {
    let of_class = class.map(|class| format!("{class}{OF_CLASS}{STORAGE}"));
    let keys = [Some(STORAGE.to_owned()), of_class];
    let left = keys.into_iter().flatten().filter_map(|key| {
        let used = quota.status.used.get(&key).copied().unwrap_or_default();
        Some(quota::hard(quota).get(&key)?.saturating_sub(used))
    });
    left.min()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{Kind, Origin};

    fn claim(size: &str) -> Claim {
        serde_json::from_value(
            json!({ "spec": { "storageClassName": "fast", "resources": { "requests": { "storage": size } } } }),
        )
        .unwrap()
    }

    fn cluster(kind: Kind, spec: &Value, used: &Value) -> Cluster {
        let mut cluster = Cluster::default();
        let object = json!({ "metadata": { "name": "q", "namespace": "n" }, "spec": spec,
            "status": { "hard": spec.get("hard"), "used": used } });
        cluster.insert(kind, object, Origin::Server(String::new())).unwrap();
        cluster
    }

    fn texts(cluster: &Cluster, sizes: &[&str]) -> Vec<String> {
        let claims: Vec<Claim> = sizes.iter().map(|size| claim(size)).collect();
        judge(cluster, "n", &claims).into_iter().map(|refusal| refusal.text).collect()
    }

    #[test]
    fn storage_and_counts_are_limited_in_sum_and_by_class() {
        let full = cluster(
            Kind::ResourceQuota,
            &json!({ "hard": { "requests.storage": "5Gi" } }),
            &json!({ "requests.storage": "1Gi" }),
        );
        assert_eq!(texts(&full, &["4Gi"]), [""; 0]);
        assert_eq!(
            texts(&full, &["2Gi", "3Gi"]),
            [
                "exceeded quota: q, requested: requests.storage=3Gi, used: requests.storage=3Gi, limited: requests.storage=5Gi"
            ]
        );
        let key = "fast.storageclass.storage.k8s.io/persistentvolumeclaims";
        let none = cluster(Kind::ResourceQuota, &json!({ "hard": { key: "0" } }), &json!({ key: "0" }));
        assert_eq!(
            texts(&none, &["1Gi"]),
            [format!("exceeded quota: q, requested: {key}=1, used: {key}=0, limited: {key}=0")]
        );
        let scoped = json!({ "hard": { "requests.storage": "1Gi" }, "scopes": ["BestEffort"] });
        assert_eq!(texts(&cluster(Kind::ResourceQuota, &scoped, &json!({})), &["4Gi"]), [""; 0]);
        assert_eq!(room(full.resource_quotas.first().unwrap(), Some("fast")).unwrap().to_string(), "4Gi");
    }

    #[test]
    fn a_limit_range_bounds_a_claim() {
        let spec = json!({ "limits": [{ "type": "PersistentVolumeClaim", "min": { "storage": "2Gi" }, "max": { "storage": "8Gi" } }] });
        let bounded = cluster(Kind::LimitRange, &spec, &json!({}));
        assert_eq!(
            texts(&bounded, &["1Gi"]),
            ["minimum storage usage per PersistentVolumeClaim is 2Gi, but request is 1Gi"]
        );
        assert_eq!(texts(&bounded, &["4Gi"]), [""; 0]);
        assert_eq!(largest(&bounded, "n", None).unwrap().to_string(), "8Gi");
        assert_eq!(
            texts(&bounded, &["9Gi"]),
            ["maximum storage usage per PersistentVolumeClaim is 8Gi, but request is 9Gi"]
        );
    }
}
