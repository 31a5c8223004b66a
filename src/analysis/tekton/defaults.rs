//! What `config-defaults` and `feature-flags` say about the pods that Tekton makes.
//!
//! Mirrors tektoncd/pipeline `pkg/apis/config/default.go` and `feature_flags.go`
//! (v0.68.1 to v1.16.0). The ConfigMap's YAML texts come in as values.

use std::collections::BTreeMap;

use serde_json::Value;

use super::flags::{parse_bool, sets_security_context};
use super::pod_template::{self, Template};
use super::version::TektonVersion;
use crate::model::meta::StringMap;
use crate::model::pod::Resources;
use crate::model::pod_security::{Capabilities, ContainerSecurityContext, SeccompProfile};

/// Keys of `config-defaults` whose texts are YAML.
pub const POD_TEMPLATE: &str = "default-pod-template";
/// The assistant's own template.
pub const ASSISTANT_TEMPLATE: &str = "default-affinity-assistant-pod-template";
/// Requests and limits by container name.
pub const CONTAINER_RESOURCES: &str = "default-container-resource-requirements";

/// The settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Defaults {
    /// `default-pod-template`.
    pub pod_template: Template,
    /// `default-affinity-assistant-pod-template`.
    pub assistant_template: Template,
    /// `default-container-resource-requirements`.
    pub container_resources: BTreeMap<String, Resources>,
    /// `default-service-account`.
    pub service_account: Option<String>,
    /// Containers that Tekton adds get a restricted securityContext.
    pub set_security_context: bool,
    /// That context has a read-only root file system.
    pub read_only_root: bool,
    /// Sidecars are init containers that keep running.
    pub native_sidecars: bool,
    /// Results come from the log of a sidecar.
    pub results_sidecar: bool,
}

impl Defaults {
    /// Reads both ConfigMaps as `version` does; `yaml` reads a text of theirs.
    pub fn read(
        defaults: Option<&StringMap>,
        flags: Option<&StringMap>,
        version: Option<TektonVersion>,
        yaml: impl Fn(&str) -> Option<Value>,
    ) -> Self {
        let text = |key: &str| defaults.and_then(|data| data.get(key)).filter(|text| !text.trim().is_empty());
        let value = |key: &str| text(key).and_then(|text| yaml(text));
        let flag = |key: &str| flags.and_then(|data| data.get(key)).map(|text| text.to_lowercase());
        let is_on = |key: &str| flags.and_then(|data| parse_bool(data.get(key)?)).unwrap_or(false);
        let container_resources =
            value(CONTAINER_RESOURCES).and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default();
        Self {
            pod_template: pod_template::of(value(POD_TEMPLATE).as_ref()),
            assistant_template: pod_template::of(value(ASSISTANT_TEMPLATE).as_ref()),
            container_resources,
            service_account: text("default-service-account").cloned(),
            set_security_context: sets_security_context(flags, version).unwrap_or(false),
            read_only_root: is_on("set-security-context-read-only-root-filesystem"),
            native_sidecars: is_on("enable-kubernetes-sidecar"),
            results_sidecar: flag("results-from").as_deref() == Some("sidecar-logs"),
        }
    }

    /// The securityContext of a container that Tekton adds
    /// (`SecurityContextConfig.GetSecurityContext`, Linux).
    pub fn security_context(&self) -> Option<ContainerSecurityContext> {
        self.set_security_context.then(|| ContainerSecurityContext {
            allow_privilege_escalation: Some(false),
            capabilities: Some(Capabilities { add: Vec::new(), drop: vec!["ALL".to_owned()] }),
            run_as_non_root: Some(true),
            seccomp_profile: Some(SeccompProfile { kind: "RuntimeDefault".to_owned(), localhost_profile: None }),
            read_only_root_filesystem: self.read_only_root.then_some(true),
            ..ContainerSecurityContext::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_maps_are_read() {
        let map = |pairs: &[(&str, &str)]| -> StringMap {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let data = map(&[
            (POD_TEMPLATE, r#"{"nodeSelector":{"a":"b"}}"#),
            (CONTAINER_RESOURCES, r#"{"default":{"requests":{"cpu":"5m"}}}"#),
            (ASSISTANT_TEMPLATE, "  "),
        ]);
        let flags = map(&[("set-security-context", "true"), ("results-from", "sidecar-logs")]);
        let read = Defaults::read(Some(&data), Some(&flags), None, |text| serde_json::from_str(text).ok());
        assert_eq!(read.pod_template["nodeSelector"]["a"], "b");
        assert_eq!(read.container_resources["default"].requests["cpu"].to_string(), "5m");
        assert!(read.assistant_template.is_empty() && read.results_sidecar && !read.native_sidecars);
        assert_eq!(read.security_context().and_then(|context| context.run_as_non_root), Some(true));
        assert_eq!(Defaults::default().security_context(), None);
    }
}
