//! The right to use an SCC, given to a ServiceAccount: what it takes, and what else it
//! lets happen.

use serde_json::json;

use crate::analysis::scc::Verdict;
use crate::analysis::scc::order::points;
use crate::model::access::SecurityContextConstraints;
use crate::model::{Cluster, Kind, Origin};

use super::run_admission::RunPod;

/// A ServiceAccount may use an SCC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The SCC.
    pub scc: String,
    /// The ServiceAccount.
    pub account: String,
    /// How little the SCC restricts.
    pub points: i64,
}

/// All that could be granted to an account, the most restrictive SCC first.
fn candidates(cluster: &Cluster, account: &str) -> Vec<Grant> {
    let mut sccs: Vec<&SecurityContextConstraints> = cluster.sccs.iter().collect();
    sccs.sort_by_key(|scc| (points(scc), scc.metadata.name.clone()));
    let grant = |scc: &SecurityContextConstraints| Grant {
        scc: scc.metadata.name.clone(),
        account: account.to_owned(),
        points: points(scc),
    };
    sccs.into_iter().map(grant).collect()
}

/// The most restrictive SCC whose grant to an account gets all these pods admitted.
pub fn least(cluster: &Cluster, namespace: &str, account: &str, pods: &[&RunPod]) -> Option<Grant> {
    let heals = |grant: &Grant| {
        let changed = grant.given(cluster, namespace);
        pods.iter().all(|pod| pod.judge(&changed).as_ref().is_some_and(Verdict::is_admitted))
    };
    candidates(cluster, account).into_iter().find(heals)
}

impl Grant {
    fn role(&self) -> String {
        format!("system:openshift:scc:{}", self.scc)
    }

    /// The cluster with the grant, as `oc adm policy add-scc-to-user` makes it
    /// (openshift/oc `pkg/cli/admin/policy/modify_scc.go`).
    pub fn given(&self, cluster: &Cluster, namespace: &str) -> Cluster {
        let mut cluster = cluster.overlay();
        let origin = || Origin::Server(String::new());
        let role = json!({ "metadata": { "name": self.role() }, "rules": [{ "verbs": ["use"],
            "apiGroups": ["security.openshift.io"], "resources": ["securitycontextconstraints"],
            "resourceNames": [self.scc] }] });
        let binding = json!({ "metadata": { "name": format!("{}-{}", self.role(), self.account), "namespace": namespace },
            "subjects": [{ "kind": "ServiceAccount", "name": self.account, "namespace": namespace }],
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": self.role() } });
        cluster.cluster_roles.retain(|known| known.metadata.name != self.role());
        // Objects of a fixed shape are always read.
        let _ = cluster.insert(Kind::ClusterRole, role, origin());
        let _ = cluster.insert(Kind::RoleBinding, binding, origin());
        cluster.sort();
        cluster
    }

    /// What is granted.
    pub fn words(&self) -> String {
        format!("let ServiceAccount {} use SCC {}", self.account, self.scc)
    }

    /// The binding as a field of the cluster.
    pub fn field(&self, namespace: &str) -> String {
        format!("rolebinding {namespace}/{} -> serviceaccount/{}", self.role(), self.account)
    }

    /// The command that grants it.
    pub fn command(&self, namespace: &str) -> String {
        format!("oc adm policy add-scc-to-user {} -z {} -n {namespace}", self.scc, self.account)
    }

    /// Whom else it reaches, and what these may then do.
    pub fn blast_radius(&self, cluster: &Cluster, namespace: &str) -> String {
        let others = cluster.pods.iter().filter(|pod| {
            let account = pod.spec.service_account_name.as_str();
            let account = if account.is_empty() { "default" } else { account };
            pod.metadata.namespace == namespace && account == self.account && !pod.is_terminal()
        });
        let others = others.count();
        let scc = cluster.sccs.iter().find(|scc| scc.metadata.name == self.scc);
        let mut may = scc.map(allows).unwrap_or_default();
        if scc.is_none() {
            may.push(format!("what {} allows, which was not read", self.scc));
        } else if may.is_empty() {
            may.push("nothing that needs particular care".to_owned());
        }
        let wide = match self.account.as_str() {
            "default" => ", that is every pod that names no other",
            _ => "",
        };
        format!(
            "every pod of namespace {namespace} that runs as {}{wide} ({others} now), and whoever may create pods there, then gets: {}",
            self.account,
            may.join(", ")
        )
    }
}

/// What an SCC allows that the platform's default does not.
fn allows(scc: &SecurityContextConstraints) -> Vec<String> {
    let mut may: Vec<String> = Vec::new();
    let mut add = |condition: bool, words: &str| {
        if condition {
            may.push(words.to_owned());
        }
    };
    add(scc.allow_privileged_container, "privileged containers");
    add(scc.run_as_user.kind == "RunAsAny", "any user id, root included");
    add(scc.run_as_user.kind == "MustRunAsNonRoot", "any user id but root");
    add(scc.fs_group.kind == "RunAsAny", "any fsGroup, and none by itself");
    add(
        scc.se_linux_context.kind == "RunAsAny",
        "any SELinux label, and a random one by itself, which keeps pods on one volume from each other's files",
    );
    add(scc.allow_host_network, "the node's network");
    add(scc.allow_host_ports, "ports of the node");
    add(scc.allow_host_pid, "the node's processes");
    add(scc.allow_host_ipc, "the node's IPC");
    add(scc.allow_host_dir_volume_plugin, "directories of the node");
    add(scc.allow_privilege_escalation != Some(false), "privilege escalation");
    if !scc.allowed_capabilities.is_empty() {
        may.push(format!("capabilities {}", scc.allowed_capabilities.join(" ")));
    }
    if let Some(priority) = scc.priority.filter(|priority| *priority > 0) {
        may.push(format!("and comes before the default for all of them (priority {priority})"));
    }
    may
}
