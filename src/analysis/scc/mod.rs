//! OpenShift's SCC admission of a pod that is to be created: which constraint admits
//! it, or why each refuses.
//!
//! Mirrors openshift/apiserver-library-go pkg/securitycontextconstraints
//! (release-4.20): candidates, order, mutation of what is unset, validation.

mod evaluate;
mod order;
mod ranges;
mod usable;

use crate::model::access::SecurityContextConstraints;
use crate::model::pod::Pod;
use crate::model::{Cluster, Kind};

pub use ranges::{Block, Ranges};
pub use usable::User;

/// A pod, and who creates it.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The pod; its ServiceAccount is `default` when it names none.
    pub pod: &'a Pod,
    /// Namespace in which it is created.
    pub namespace: &'a str,
    /// Who sends the create: a controller, for the pods of runs.
    pub creator: User,
}

/// What one constraint finds against a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The constraint.
    pub scc: String,
    /// Path of the field, `.spec.securityContext.fsGroup` for example; empty when the
    /// constraint may not be used.
    pub field: String,
    /// Value that is refused.
    pub value: String,
    /// Why.
    pub detail: String,
}

/// The verdict on a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// This constraint admits it.
    Admitted {
        /// Name of the constraint.
        scc: String,
    },
    /// Every constraint refuses it.
    Refused {
        /// Why, in the order in which constraints are tried.
        refusals: Vec<Refusal>,
    },
    /// Something decisive was not read.
    CannotTell(String),
}

/// Judges a pod.
pub fn admit(cluster: &Cluster, request: &Request<'_>) -> Verdict {
    if let Some(unread) = unread(cluster, request.namespace) {
        return Verdict::CannotTell(unread);
    }
    let ranges = match Ranges::of(cluster, request.namespace) {
        Ok(ranges) => ranges,
        Err(why) => return Verdict::CannotTell(why),
    };
    let mut sccs: Vec<&SecurityContextConstraints> = cluster.sccs.iter().collect();
    order::sort(&mut sccs);
    let mut refusals = Vec::new();
    for scc in sccs {
        if !usable::is_usable(cluster, scc, request) {
            refusals.push(Refusal {
                scc: scc.metadata.name.clone(),
                field: String::new(),
                value: String::new(),
                detail: "Forbidden: not usable by user or serviceaccount".to_owned(),
            });
            continue;
        }
        let found = evaluate::evaluate(scc, request.pod, &ranges);
        if found.is_empty() {
            return Verdict::Admitted { scc: scc.metadata.name.clone() };
        }
        refusals.extend(found);
    }
    Verdict::Refused { refusals }
}

/// What a verdict needs and was not read.
fn unread(cluster: &Cluster, namespace: &str) -> Option<String> {
    let read = |kind: Kind, namespace: &str| cluster.coverage.proves_absence(kind, namespace);
    let mut missing: Vec<String> = Vec::new();
    if cluster.sccs.is_empty() {
        missing.push("securitycontextconstraints".to_owned());
    }
    if cluster.namespace(namespace).is_none() {
        missing.push(format!("namespace {namespace}"));
    }
    for kind in [Kind::ClusterRole, Kind::ClusterRoleBinding] {
        if !read(kind, "") {
            missing.push(kind.plural().to_owned());
        }
    }
    for kind in [Kind::Role, Kind::RoleBinding] {
        if !read(kind, namespace) {
            missing.push(format!("{} of namespace {namespace}", kind.plural()));
        }
    }
    (!missing.is_empty()).then(|| format!("not read: {}", missing.join(", ")))
}

/// The refusals of constraints that could have been used, as sentences.
pub fn sentences(refusals: &[Refusal]) -> Vec<String> {
    let usable: Vec<String> = refusals
        .iter()
        .filter(|refusal| !refusal.field.is_empty())
        .map(|refusal| {
            let field = refusal.field.trim_start_matches('.');
            format!("{} says of {field} {}: {}", refusal.scc, refusal.value, refusal.detail)
        })
        .collect();
    if usable.is_empty() {
        vec!["no SCC is usable by the pod's ServiceAccount or its creator".to_owned()]
    } else {
        usable
    }
}
