//! What differs between releases, in behaviour and in wording.

use crate::model::Cluster;

/// A release of OpenShift's Kubernetes, by Kubernetes minor (1.34 is OpenShift 4.21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release {
    kubernetes: u32,
    plugin: u32,
}

impl Release {
    /// For clusters that do not say: values printed as up to OpenShift 4.20, rules as
    /// in 4.21.
    pub const UNREAD: Self = Self::kubernetes(33).with_plugin_of(34);

    /// Kubernetes 1.`minor` with the plugin that OpenShift ships with it.
    pub const fn kubernetes(minor: u32) -> Self {
        Self { kubernetes: minor, plugin: minor }
    }

    /// The same Kubernetes with the plugin that came with 1.`minor`, as in builds that
    /// vendor a newer plugin.
    pub const fn with_plugin_of(self, minor: u32) -> Self {
        Self { plugin: minor, ..self }
    }

    /// The release of a cluster's API server, else that of its newest kubelet.
    pub fn of(cluster: &Cluster) -> Self {
        let kubelets = cluster.nodes.iter().map(|node| node.status.node_info.kubelet_version.as_str());
        let newest = kubelets.filter_map(Self::parse).max();
        cluster.server_version.as_deref().and_then(Self::parse).or(newest).unwrap_or(Self::UNREAD)
    }

    /// Reads `v1.33.13`, `1.34.9+abc` and the like.
    pub fn parse(version: &str) -> Option<Self> {
        let minor = version.trim_start_matches('v').strip_prefix("1.")?;
        let end = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
        minor[..end].parse().ok().map(Self::kubernetes)
    }

    /// Values in error texts are JSON instead of Go syntax
    /// (k8s.io/apimachinery `pkg/util/validation/field/errors.go`, v0.34).
    pub const fn prints_json(self) -> bool {
        self.kubernetes >= 34
    }

    /// Paths of pod-level errors start at the provider's `.spec`, and annotations and
    /// sysctls lost their `pod.` (openshift/apiserver-library-go
    /// `sccmatching/provider.go`, cd3676268d31; OpenShift 4.22 has a8019f39f still).
    pub const fn prints_spec_paths(self) -> bool {
        self.plugin >= 36
    }

    /// Three newer sysctls count as safe (`sysctl/mustmatchpatterns.go`, absent in
    /// f0d44ef6e53b, present in a8019f39f; the kernels of these releases are new enough
    /// for all three).
    pub const fn allows_newer_sysctls(self) -> bool {
        self.plugin >= 34
    }

    /// Removing scheduling gates is not judged again (`sccadmission/admission.go`
    /// `shouldSkipSCCEvaluation`, cd3676268d31).
    pub const fn ignores_scheduling_gates(self) -> bool {
        self.plugin >= 36
    }

    /// The `-v2` constraints belong to the standard ones (OpenShift 4.11).
    pub const fn has_second_versions(self) -> bool {
        self.plugin >= 24
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_servers_write_them() {
        assert_eq!(Release::parse("v1.33.13"), Some(Release::kubernetes(33)));
        assert_eq!(Release::parse("1.34.9+openshift"), Some(Release::kubernetes(34)));
        assert_eq!(Release::parse("v2"), None);
    }
}
