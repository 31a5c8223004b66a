//! What the API server makes of a pod that is created: defaults, mutating
//! admission, and the selectors that are merged before it is stored.
//!
//! The order is that of `pkg/kubeapiserver/options/plugins.go` (1.27 to 1.36):
//! defaults while decoding, then LimitRanger, ServiceAccount, node selectors of the project,
//! Priority, DefaultTolerationSeconds, PodTolerationRestriction, RuntimeClass, and
//! last what `pkg/registry/core/pod/strategy.go` does before it stores, with the
//! validation of requests. What SCC
//! admission adds is in [`scc`](crate::analysis::scc).

mod defaults;
mod label_keys;
mod limit_range;
mod priority;
mod project;
mod runtime_class;
mod tolerations;
mod validation;

use std::fmt;

use crate::analysis::scheduler::KubernetesVersion;
use crate::model::pod::Pod;
use crate::model::{Cluster, Kind};

/// The server that takes the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// Its release.
    pub version: KubernetesVersion,
    /// Whether it is OpenShift's, which has more admission plugins switched on.
    pub is_openshift: bool,
}

/// A plugin's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The plugin, as upstream names it.
    pub plugin: &'static str,
    /// Its words.
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.plugin)
    }
}

/// What became of a pod.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Admitted {
    /// The pod as it would be stored.
    pub pod: Pod,
    /// Plugins that refuse it, in their order; empty when it gets through.
    pub refused: Vec<Refused>,
    /// What was not read and could have changed the pod.
    pub unread: Vec<Kind>,
}

impl Admitted {
    fn refuse(&mut self, plugin: &'static str, message: impl Into<String>) {
        self.refused.push(Refused { plugin, message: message.into() });
    }

    /// Notes that objects of a kind would have been looked at, unless all were read.
    fn needs(&mut self, cluster: &Cluster, kind: Kind) {
        let namespace = if kind.is_namespaced() { self.pod.metadata.namespace.as_str() } else { "" };
        if !cluster.coverage.proves_absence(kind, namespace) && !self.unread.contains(&kind) {
            self.unread.push(kind);
        }
    }
}

/// Takes a pod through the server. A refusal does not end the way, so that every
/// obstacle is told.
pub fn admit(cluster: &Cluster, pod: Pod, server: Server) -> Admitted {
    let mut admitted = Admitted { pod, ..Admitted::default() };
    defaults::apply(&mut admitted.pod, server.version);
    limit_range::apply(cluster, &mut admitted);
    if admitted.pod.spec.service_account_name.is_empty() {
        // `plugin/pkg/admission/serviceaccount/admission.go`, `DefaultServiceAccountName`.
        admitted.pod.spec.service_account_name = "default".to_owned();
    }
    project::apply(cluster, &mut admitted, server.is_openshift);
    priority::apply(cluster, &mut admitted);
    tolerations::default_seconds(&mut admitted.pod);
    if server.is_openshift {
        tolerations::restriction(cluster, &mut admitted);
    }
    runtime_class::apply(cluster, &mut admitted);
    label_keys::apply(&mut admitted.pod, server.version);
    validation::apply(&mut admitted);
    admitted
}
