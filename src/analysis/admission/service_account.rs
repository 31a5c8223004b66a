//! The ServiceAccount that a pod runs as must exist.
//!
//! Mirrors kubernetes plugin/pkg/admission/serviceaccount/admission.go (v1.33).

use crate::model::pod::Pod;
use crate::model::{Cluster, Kind};

use super::{Judgement, Plugin, Refusal};

/// The account that a pod without one gets.
pub const DEFAULT: &str = "default";

/// Judges a pod.
pub fn judge(cluster: &Cluster, pod: &Pod) -> Judgement {
    let namespace = &pod.metadata.namespace;
    let name = match pod.spec.service_account_name.as_str() {
        "" => DEFAULT,
        name => name,
    };
    let exists = cluster
        .service_accounts
        .iter()
        .any(|account| account.metadata.namespace == *namespace && account.metadata.name == name);
    let mut judgement = Judgement::default();
    if exists {
        return judgement;
    }
    if cluster.coverage.proves_absence(Kind::ServiceAccount, namespace) {
        judgement.refusals.push(Refusal {
            plugin: Plugin::ServiceAccount,
            object: name.to_owned(),
            text: format!("error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found"),
        });
    } else {
        judgement.unread.push(format!("ServiceAccounts of namespace {namespace}"));
    }
    judgement
}
