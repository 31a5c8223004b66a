//! Who may use a constraint: by its users and groups, or by RBAC `use`
//! (sccadmission/scc_authz_check.go).

use crate::model::Cluster;
use crate::model::access::{PolicyRule, RoleRef, SecurityContextConstraints, Subject};
use crate::model::cluster::find;

use super::Request;

/// An authenticated user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Name.
    pub name: String,
    /// Groups.
    pub groups: Vec<String>,
}

impl User {
    /// A ServiceAccount as SCC admission sees a pod's own: without
    /// `system:authenticated`.
    pub fn of_pod(namespace: &str, account: &str) -> Self {
        Self {
            name: format!("system:serviceaccount:{namespace}:{account}"),
            groups: vec!["system:serviceaccounts".to_owned(), format!("system:serviceaccounts:{namespace}")],
        }
    }

    /// A ServiceAccount that sends requests.
    pub fn controller(namespace: &str, account: &str) -> Self {
        let mut user = Self::of_pod(namespace, account);
        user.groups.push("system:authenticated".to_owned());
        user
    }

    /// The StatefulSet controller, which creates assistants' pods.
    pub fn stateful_set_controller() -> Self {
        Self::controller("kube-system", "statefulset-controller")
    }

    fn is(&self, subject: &Subject, binding_namespace: &str) -> bool {
        match subject.kind.as_str() {
            "User" => subject.name == self.name,
            "Group" => self.groups.contains(&subject.name),
            "ServiceAccount" => {
                let namespace = if subject.namespace.is_empty() { binding_namespace } else { &subject.namespace };
                self.name == format!("system:serviceaccount:{namespace}:{}", subject.name)
            }
            _ => false,
        }
    }
}

/// Whether the pod's ServiceAccount or its creator may use the constraint.
pub(super) fn is_usable(cluster: &Cluster, scc: &SecurityContextConstraints, request: &Request<'_>) -> bool {
    let account = request.pod.spec.service_account_name.as_str();
    let account = if account.is_empty() { "default" } else { account };
    [User::of_pod(request.namespace, account), request.creator.clone()]
        .iter()
        .any(|user| may_use(cluster, scc, user, request.namespace))
}

fn may_use(cluster: &Cluster, scc: &SecurityContextConstraints, user: &User, namespace: &str) -> bool {
    let name = scc.metadata.name.as_str();
    scc.users.contains(&user.name)
        || scc.groups.iter().any(|group| user.groups.contains(group))
        || user.groups.iter().any(|group| group == "system:masters")
        || cluster.cluster_role_bindings.iter().any(|binding| {
            binding.subjects.iter().any(|subject| user.is(subject, "")) && grants(cluster, &binding.role_ref, "", name)
        })
        || cluster.role_bindings.iter().filter(|binding| binding.metadata.namespace == namespace).any(|binding| {
            binding.subjects.iter().any(|subject| user.is(subject, namespace))
                && grants(cluster, &binding.role_ref, namespace, name)
        })
}

fn grants(cluster: &Cluster, role: &RoleRef, namespace: &str, scc: &str) -> bool {
    let rules = match role.kind.as_str() {
        "ClusterRole" => find(&cluster.cluster_roles, "", &role.name),
        _ => find(&cluster.roles, namespace, &role.name),
    };
    rules.is_some_and(|role| role.rules.iter().any(|rule| allows(rule, scc)))
}

fn allows(rule: &PolicyRule, scc: &str) -> bool {
    let covers = |list: &[String], wanted: &str| list.iter().any(|item| item == "*" || item == wanted);
    covers(&rule.verbs, "use")
        && covers(&rule.api_groups, "security.openshift.io")
        && covers(&rule.resources, "securitycontextconstraints")
        && (rule.resource_names.is_empty() || rule.resource_names.iter().any(|name| name == scc))
}
