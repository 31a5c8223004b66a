//! Admission that every cluster has: LimitRanges, ResourceQuotas, Pod Security and
//! ServiceAccounts. Each module mirrors one plugin; SCCs have a room of their own.

pub mod claims;
pub mod limit_range;
pub mod pod_security;
pub mod quota;
pub mod service_account;

use crate::model::Cluster;
use crate::model::pod::Pod;

/// Which plugin refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plugin {
    /// `ServiceAccount`.
    ServiceAccount,
    /// `LimitRanger`.
    LimitRanger,
    /// `PodSecurity`.
    PodSecurity,
    /// `ResourceQuota`.
    ResourceQuota,
}

/// A refusal that follows from objects that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Plugin.
    pub plugin: Plugin,
    /// Name of the object whose rule is broken; the namespace's for Pod Security.
    pub object: String,
    /// In the plugin's words.
    pub text: String,
}

/// What the plugins say of a pod that somebody is about to create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Everything that refuses it, in the order in which the server asks.
    pub refusals: Vec<Refusal>,
    /// What was not read, so that a refusal cannot be ruled out.
    pub unread: Vec<String>,
}

impl Judgement {
    /// The refusal of a plugin.
    pub fn by(&self, plugin: Plugin) -> Option<&Refusal> {
        self.refusals.iter().find(|refusal| refusal.plugin == plugin)
    }
}

/// Judges a pod in its namespace, in the server's order
/// (kubernetes pkg/kubeapiserver/options/plugins.go `AllOrderedPlugins`, v1.33).
pub fn judge(cluster: &Cluster, pod: &Pod) -> Judgement {
    let mut judgement = Judgement::default();
    for part in [
        service_account::judge(cluster, pod),
        limit_range::judge(cluster, pod),
        pod_security::judge(cluster, pod),
        quota::judge(cluster, pod),
    ] {
        judgement.refusals.extend(part.refusals);
        judgement.unread.extend(part.unread);
    }
    judgement
}
