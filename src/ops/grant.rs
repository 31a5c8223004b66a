//! The right to use an SCC, given to a ServiceAccount: what it takes, and what else it
//! lets happen.

use serde::Serialize;
use serde_json::{Value, json};

use crate::analysis::scc::order::points;
use crate::model::access::SecurityContextConstraints;
use crate::model::{Cluster, Kind, Origin};

/// A ServiceAccount may use an SCC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grant {
    /// The SCC.
    pub scc: String,
    /// The ServiceAccount.
    pub account: String,
    /// How little the SCC restricts.
    #[serde(skip)]
    pub points: i64,
}

/// Whom a grant reaches, and what these may then do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The namespace.
    pub namespace: String,
    /// The account.
    pub account: String,
    /// Pods that run as it now.
    pub pods: usize,
    /// What the SCC allows beyond the platform's default; absent where it was not read.
    pub allows: Option<Vec<Allowed>>,
}

/// Something that an SCC allows and the platform's default does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Privileged containers.
    Privileged,
    /// Any user, root included.
    AnyUser,
    /// Any user but root.
    NonRootUser,
    /// Any fsGroup; none is assigned by default.
    AnyGroup,
    /// Any SELinux label; a random one is assigned by default.
    AnyLabel,
    /// The network of the node.
    HostNetwork,
    /// Ports of the node.
    HostPorts,
    /// Processes of the node.
    HostPid,
    /// IPC of the node.
    HostIpc,
    /// Directories of the node.
    HostPath,
    /// Privilege escalation.
    Escalation,
    /// These capabilities.
    Capabilities(Vec<String>),
    /// It is preferred to the default, by this priority.
    Priority(i64),
}

impl Grant {
    /// All that could be granted to an account, the most restrictive SCC first.
    pub fn candidates(cluster: &Cluster, account: &str) -> Vec<Self> {
        let mut sccs: Vec<&SecurityContextConstraints> = cluster.sccs.iter().collect();
        sccs.sort_by_key(|scc| (points(scc), scc.metadata.name.clone()));
        let grant = |scc: &SecurityContextConstraints| Self {
            scc: scc.metadata.name.clone(),
            account: account.to_owned(),
            points: points(scc),
        };
        sccs.into_iter().map(grant).collect()
    }

    /// The ClusterRole that allows the use.
    pub fn role(&self) -> String {
        format!("system:openshift:scc:{}", self.scc)
    }

    /// The ClusterRole, which may exist, and the RoleBinding that give the right, as
    /// `oc adm policy add-scc-to-user` makes them (openshift/oc
    /// `pkg/cli/admin/policy/modify_scc.go`); the binding has a name of its own, so that it
    /// can be taken back.
    pub fn objects(&self, namespace: &str) -> (Value, Value) {
        let (api_version, role) = ("rbac.authorization.k8s.io/v1", self.role());
        let cluster_role = json!({ "apiVersion": api_version, "kind": "ClusterRole", "metadata": { "name": role },
            "rules": [{ "verbs": ["use"], "apiGroups": ["security.openshift.io"],
                "resources": ["securitycontextconstraints"], "resourceNames": [self.scc] }] });
        let binding = json!({ "apiVersion": api_version, "kind": "RoleBinding",
            "metadata": { "name": format!("{role}-{}", self.account), "namespace": namespace },
            "subjects": [{ "kind": "ServiceAccount", "name": self.account, "namespace": namespace }],
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role } });
        (cluster_role, binding)
    }

    /// Adds the grant to an overlay.
    pub fn give(&self, cluster: &mut Cluster, namespace: &str) {
        let (role, binding) = self.objects(namespace);
        cluster.cluster_roles.retain(|known| known.metadata.name != self.role());
        // Objects of a fixed shape are always read.
        let _ = cluster.insert(Kind::ClusterRole, role, Origin::Server(String::new()));
        let _ = cluster.insert(Kind::RoleBinding, binding, Origin::Server(String::new()));
        cluster.sort();
    }

    /// Whom else it reaches.
    pub fn reach(&self, cluster: &Cluster, namespace: &str) -> Reach {
        let others = cluster.pods_in(namespace).filter(|pod| {
            let account = pod.spec.service_account_name.as_str();
            let account = if account.is_empty() { "default" } else { account };
            account == self.account && !pod.is_terminal()
        });
        let scc = cluster.sccs.iter().find(|scc| scc.metadata.name == self.scc);
        Reach {
            namespace: namespace.to_owned(),
            account: self.account.clone(),
            pods: others.count(),
            allows: scc.map(allows),
        }
    }
}

/// What an SCC allows that the platform's default does not.
fn allows(scc: &SecurityContextConstraints) -> Vec<Allowed> {
    let capabilities = (!scc.allowed_capabilities.is_empty())
        .then(|| Allowed::Capabilities(scc.allowed_capabilities.iter().map(ToString::to_string).collect()));
    let priority = scc.priority.filter(|priority| *priority > 0).map(|priority| Allowed::Priority(i64::from(priority)));
    [
        scc.allow_privileged_container.then_some(Allowed::Privileged),
        (scc.run_as_user.kind == "RunAsAny").then_some(Allowed::AnyUser),
        (scc.run_as_user.kind == "MustRunAsNonRoot").then_some(Allowed::NonRootUser),
        (scc.fs_group.kind == "RunAsAny").then_some(Allowed::AnyGroup),
        (scc.se_linux_context.kind == "RunAsAny").then_some(Allowed::AnyLabel),
        scc.allow_host_network.then_some(Allowed::HostNetwork),
        scc.allow_host_ports.then_some(Allowed::HostPorts),
        scc.allow_host_pid.then_some(Allowed::HostPid),
        scc.allow_host_ipc.then_some(Allowed::HostIpc),
        scc.allow_host_dir_volume_plugin.then_some(Allowed::HostPath),
        (scc.allow_privilege_escalation != Some(false)).then_some(Allowed::Escalation),
        capabilities,
        priority,
    ]
    .into_iter()
    .flatten()
    .collect()
}
