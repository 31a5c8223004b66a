//! Who may use which SCC.
//!
//! Mirrors openshift/apiserver-library-go `sccmatching/matcher.go`
//! `ConstraintAppliesTo` and `sccadmission/scc_authz_check.go` (a8019f39f), with the
//! RBAC authorizer of kubernetes `plugin/pkg/auth/authorizer/rbac` (v1.33).

use crate::model::access::{PolicyRule, Role, RoleBinding, SecurityContextConstraints, Subject};
use crate::model::cluster::find;
use crate::model::list::List;
use crate::model::{Cluster, Kind};

use super::request::Creator;
use super::verdict::SubjectType;

const GROUP: &str = "security.openshift.io";
const RESOURCE: &str = "securitycontextconstraints";

/// What lets somebody use an SCC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// Nothing.
    No,
    /// The SCC lists the user.
    Users,
    /// The SCC lists a group of the user.
    Group(String),
    /// The user is in `system:masters`, whom everything is allowed.
    Masters,
    /// A RoleBinding of the pod's namespace.
    RoleBinding(String),
    /// A ClusterRoleBinding.
    ClusterRoleBinding(String),
    /// Not to be told; the text names what was not read.
    Unknown(String),
}

impl Grant {
    /// Whether the SCC may certainly be used.
    pub const fn is_yes(&self) -> bool {
        !matches!(self, Self::No | Self::Unknown(_))
    }
}

impl std::fmt::Display for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::No => f.write_str("no"),
            Self::Users => f.write_str("listed under users of the SCC"),
            Self::Group(group) => write!(f, "group {group} is listed by the SCC"),
            Self::Masters => f.write_str("group system:masters"),
            Self::RoleBinding(name) => write!(f, "RoleBinding {name}"),
            Self::ClusterRoleBinding(name) => write!(f, "ClusterRoleBinding {name}"),
            Self::Unknown(missing) => write!(f, "unknown: {missing}"),
        }
    }
}

/// Who of the two that count may use an SCC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usability {
    /// The pod's ServiceAccount.
    pub service_account: Grant,
    /// The creator of the pod.
    pub user: Grant,
}

impl Usability {
    /// Whose right decides; the ServiceAccount's comes first. `None` when nobody
    /// certainly may.
    pub const fn subject_type(&self) -> Option<SubjectType> {
        if self.service_account.is_yes() {
            Some(SubjectType::ServiceAccount)
        } else if self.user.is_yes() {
            Some(SubjectType::User)
        } else {
            None
        }
    }

    /// What was not read, when that keeps the answer open.
    pub fn unknown(&self) -> Option<&str> {
        match (&self.service_account, &self.user) {
            (sa, user) if sa.is_yes() || user.is_yes() => None,
            (Grant::Unknown(missing), _) | (_, Grant::Unknown(missing)) => Some(missing),
            _ => None,
        }
    }

    /// As the reference corpus writes it: `serviceaccount`, `user`, both with `+`, or
    /// nothing.
    pub fn words(&self) -> Option<&'static str> {
        match (self.service_account.is_yes(), self.user.is_yes()) {
            (true, true) => Some("serviceaccount+user"),
            (true, false) => Some("serviceaccount"),
            (false, true) => Some("user"),
            (false, false) => None,
        }
    }
}

/// The rules that RBAC gives one user in one namespace.
struct Rights<'a> {
    user: &'a Creator,
    rules: Vec<(Grant, &'a PolicyRule)>,
    /// Roles that are bound, but were not read.
    unread_roles: Vec<(Grant, String)>,
    /// Lists of bindings that were not read.
    unread_bindings: Option<String>,
}

impl<'a> Rights<'a> {
    fn of(cluster: &'a Cluster, namespace: &str, user: &'a Creator) -> Self {
        let mut rights = Self { user, rules: Vec::new(), unread_roles: Vec::new(), unread_bindings: None };
        for binding in &cluster.cluster_role_bindings {
            let grant = || Grant::ClusterRoleBinding(binding.metadata.name.clone());
            rights.add(cluster, binding, "", grant);
        }
        for binding in cluster.role_bindings.iter().filter(|binding| binding.metadata.namespace == namespace) {
            let grant = || Grant::RoleBinding(binding.metadata.name.clone());
            rights.add(cluster, binding, namespace, grant);
        }
        for (kind, place) in [(Kind::ClusterRoleBinding, ""), (Kind::RoleBinding, namespace)] {
            if !cluster.coverage.proves_absence(kind, place) {
                rights.unread_bindings.get_or_insert_with(|| kind.resource());
            }
        }
        rights
    }

    fn add(&mut self, cluster: &'a Cluster, binding: &'a RoleBinding, namespace: &str, grant: impl Fn() -> Grant) {
        if !binding.subjects.iter().any(|subject| applies(subject, namespace, self.user)) {
            return;
        }
        let reference = &binding.role_ref;
        let (kind, roles, place): (Kind, &'a List<Role>, &str) = match reference.kind.as_str() {
            "Role" => (Kind::Role, &cluster.roles, namespace),
            _ => (Kind::ClusterRole, &cluster.cluster_roles, ""),
        };
        match find(roles, place, &reference.name) {
            Some(role) => self.rules.extend(role.rules.iter().map(|rule| (grant(), rule))),
            // The authorizer ignores bindings to roles that do not exist.
            None if cluster.coverage.proves_absence(kind, place) => {}
            None => self.unread_roles.push((grant(), reference.name.clone())),
        }
    }

    fn grant(&self, scc: &SecurityContextConstraints) -> Grant {
        let name = &scc.metadata.name;
        if scc.users.contains(&self.user.user) {
            return Grant::Users;
        }
        if let Some(group) = self.user.groups.iter().find(|group| scc.groups.contains(group)) {
            return Grant::Group(group.clone());
        }
        if self.user.groups.iter().any(|group| group == "system:masters") {
            return Grant::Masters;
        }
        if let Some((grant, _)) = self.rules.iter().find(|(_, rule)| lets_use(rule, name)) {
            return grant.clone();
        }
        let mut unknown = None;
        for (grant, role) in &self.unread_roles {
            match platform_role(role, name) {
                Some(true) => return grant.clone(),
                Some(false) => {}
                None => unknown = unknown.or_else(|| Some(format!("role {role}"))),
            }
        }
        unknown.or_else(|| self.unread_bindings.clone()).map_or(Grant::No, Grant::Unknown)
    }
}

/// Whether a binding's subject is the user (rbac.go `appliesToUser`).
fn applies(subject: &Subject, binding_namespace: &str, user: &Creator) -> bool {
    match subject.kind.as_str() {
        "User" => subject.name == user.user,
        "Group" => user.groups.contains(&subject.name),
        "ServiceAccount" => {
            let namespace = if subject.namespace.is_empty() { binding_namespace } else { &subject.namespace };
            !namespace.is_empty()
                && user
                    .user
                    .strip_prefix("system:serviceaccount:")
                    .and_then(|rest| rest.split_once(':'))
                    .is_some_and(|(ns, name)| ns == namespace && name == subject.name)
        }
        _ => false,
    }
}

/// Whether a rule lets one use the SCC (`RuleAllows`).
fn lets_use(rule: &PolicyRule, scc: &str) -> bool {
    let has = |list: &[String], wanted: &str| list.iter().any(|item| item == wanted || item == "*");
    has(&rule.verbs, "use")
        && has(&rule.api_groups, GROUP)
        && has(&rule.resources, RESOURCE)
        && (rule.resource_names.is_empty() || rule.resource_names.iter().any(|name| name == scc))
}

/// What a platform role that was not read is known to do: `Some(true)` lets use the
/// SCC, `Some(false)` lets use none (openshift/cluster-kube-apiserver-operator
/// `bindata/bootkube/scc-manifests`, kubernetes `bootstrappolicy/policy.go`).
fn platform_role(role: &str, scc: &str) -> Option<bool> {
    match role {
        "cluster-admin" => Some(true),
        "admin" | "edit" | "view" | "basic-user" | "cluster-reader" | "cluster-status" | "self-access-reviewer" => {
            Some(false)
        }
        _ => match role.strip_prefix("system:openshift:scc:") {
            Some(granted) => Some(granted == scc),
            None => role.starts_with("system:").then_some(false),
        },
    }
}

/// Tells for every SCC who may use it: the pod's ServiceAccount (not in
/// `system:authenticated` here, as upstream builds its groups) and the creator.
pub struct Candidates<'a> {
    service_account: Option<Rights<'a>>,
    user: Rights<'a>,
}

impl<'a> Candidates<'a> {
    /// For a pod in `namespace`. `service_account` is made with [`pod_service_account`].
    pub fn of(
        cluster: &'a Cluster,
        namespace: &str,
        service_account: Option<&'a Creator>,
        creator: &'a Creator,
    ) -> Self {
        Self {
            service_account: service_account.map(|account| Rights::of(cluster, namespace, account)),
            user: Rights::of(cluster, namespace, creator),
        }
    }

    /// Who may use the SCC.
    pub fn usability(&self, scc: &SecurityContextConstraints) -> Usability {
        Usability {
            service_account: self.service_account.as_ref().map_or(Grant::No, |rights| rights.grant(scc)),
            user: self.user.grant(scc),
        }
    }
}

/// The user that stands for a pod's ServiceAccount (k8s.io/apiserver
/// `serviceaccount.UserInfo`); none for an empty name.
pub fn pod_service_account(namespace: &str, name: &str) -> Option<Creator> {
    (!name.is_empty()).then(|| {
        let mut account = Creator::service_account(namespace, name);
        account.groups.pop();
        account
    })
}
