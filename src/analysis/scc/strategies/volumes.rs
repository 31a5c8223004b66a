//! Volume types and FlexVolume drivers
//! (openshift/apiserver-library-go `util/util.go`, `sccmatching/provider.go`, a8019f39f).

use serde_json::Value;

use crate::analysis::scc::refusal::{Refusal, Refuser};
use crate::model::access::SecurityContextConstraints;
use crate::model::volume::{Volume, VolumeSource};

/// The name that SCCs have for a volume's type; three differ from the API field.
pub(in crate::analysis::scc) fn type_of(source: &VolumeSource) -> &str {
    match source.field_name() {
        "cephfs" => "cephFS",
        "vsphereVolume" => "vsphere",
        "storageos" => "storageOS",
        same => same,
    }
}

/// Judges the pod's volumes. `root` is the provider's path.
pub(in crate::analysis::scc) fn validate(
    scc: &SecurityContextConstraints,
    refuser: &Refuser<'_>,
    root: &str,
    volumes: &[Volume],
) -> Vec<Refusal> {
    let listed = scc.volumes.as_deref().unwrap_or_default();
    let allows = |kind: &str| listed.iter().any(|allowed| allowed == kind);
    let spec_paths = refuser.release.prints_spec_paths();
    let mut refusals = Vec::new();
    if !allows("*") {
        for (index, volume) in volumes.iter().enumerate() {
            let kind = type_of(&volume.source);
            let token = allows("secret") && is_token(&volume.source);
            if !allows(kind) && !token {
                let path = match spec_paths {
                    true => format!("{root}.spec.volumes[{index}]"),
                    false => format!("spec.volumes[{index}]"),
                };
                refusals.push(refuser.invalid(path, kind, format!("{kind} volumes are not allowed to be used")));
            }
        }
    }
    if !scc.allowed_flex_volumes.is_empty() && (allows("flexVolume") || allows("*")) {
        for (index, volume) in volumes.iter().enumerate() {
            let VolumeSource::Inline { kind, content } = &volume.source else { continue };
            if kind != "flexVolume" {
                continue;
            }
            let driver = content.get("driver").and_then(Value::as_str).unwrap_or_default();
            if !scc.allowed_flex_volumes.iter().any(|allowed| allowed.driver == driver) {
                let path = match spec_paths {
                    true => format!("{root}.spec.volumes[{index}].flexVolume.driver"),
                    false => format!("{root}.spec.securityContext.volumes[{index}].driver"),
                };
                refusals.push(refuser.invalid(path, driver, "Flexvolume driver is not allowed to be used"));
            }
        }
    }
    refusals
}

/// Whether a projected volume holds nothing but what every ServiceAccount token volume
/// holds (`IsOnlyServiceAccountTokenSources`).
fn is_token(source: &VolumeSource) -> bool {
    let VolumeSource::Projected(content) = source else {
        return false;
    };
    let sources = content.get("sources").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    sources.iter().all(|source| {
        let part = |name: &str| source.get(name).filter(|part| !part.is_null());
        let (token, config_map, downward) = (part("serviceAccountToken"), part("configMap"), part("downwardAPI"));
        (token.is_some() || config_map.is_some() || downward.is_some())
            && token.is_none_or(|token| text(token, "path") == "token" && text(token, "audience").is_empty())
            && config_map.is_none_or(is_certificate)
            && downward.is_none_or(|downward| items(downward).iter().all(is_namespace))
    })
}

fn is_certificate(config_map: &Value) -> bool {
    let key = match text(config_map, "name") {
        "kube-root-ca.crt" => "ca.crt",
        "openshift-service-ca.crt" => "service-ca.crt",
        _ => return false,
    };
    matches!(items(config_map), [only] if text(only, "key") == key && text(only, "path") == key)
}

fn is_namespace(item: &Value) -> bool {
    let Some(reference) = item.get("fieldRef").filter(|reference| !reference.is_null()) else {
        return false;
    };
    // API defaulting fills in the version.
    let version = text(reference, "apiVersion");
    text(item, "path") == "namespace"
        && (version.is_empty() || version == "v1")
        && text(reference, "fieldPath") == "metadata.namespace"
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    value.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
