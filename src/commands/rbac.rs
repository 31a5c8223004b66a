//! `rbac`: the rights that this program uses, as ClusterRoles.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::print;
use crate::cli::{CommandError, Ui, exit};
use crate::model::Kind;
use crate::sources::{CLUSTER_WIDE, IN_NAMESPACE};

/// Print ClusterRoles with the rights that reading, and repairing in a namespace, take
///
/// Examples:
///   kubectl tekton-fix rbac | kubectl apply -f -
///   kubectl tekton-fix rbac read | kubectl apply -f -
///   kubectl create clusterrolebinding tekton-fix --clusterrole tekton-fix-read --user ana
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Only this role
    #[arg(value_enum)]
    role: Option<Role>,
}

/// What somebody is to be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Role {
    /// Everything that only looks
    Read,
    /// Repairs of runs, in the namespaces in which it is bound
    Repair,
}

pub(super) fn run(ui: &mut Ui, args: &Args) -> Result<u8, CommandError> {
    let wanted = |role: Role| args.role.is_none_or(|only| only == role);
    for (at, role) in [Role::Read, Role::Repair].into_iter().filter(|role| wanted(*role)).enumerate() {
        if at > 0 {
            ui.text("---\n")?;
        }
        print::manifest(ui, &cluster_role(role))?;
    }
    Ok(exit::OK)
}

fn cluster_role(role: Role) -> Value {
    let (name, rules) = match role {
        Role::Read => ("tekton-fix-read", read()),
        Role::Repair => ("tekton-fix-repair", repair()),
    };
    json!({ "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
        "metadata": { "name": name }, "rules": rules })
}

/// What the live source lists, a rule an API group.
fn read() -> Vec<Value> {
    let kinds = IN_NAMESPACE.iter().chain(&CLUSTER_WIDE).copied().chain([Kind::ConfigMap, Kind::Deployment]);
    let mut groups: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for kind in kinds {
        groups.entry(kind.group()).or_default().push(kind.plural());
    }
    groups.entry("").or_default().push("pods/log");
    let rule = |(group, resources): (&str, Vec<&str>)| json!({ "apiGroups": [group], "resources": resources, "verbs": ["get", "list", "watch"] });
    groups.into_iter().map(rule).collect()
}

/// What `repair`, `rerun`, `probe` and `undo` write in the run's namespace. What concerns
/// the whole cluster is left to its administrators.
fn repair() -> Vec<Value> {
    let rule = |kind: Kind, verbs: &[&str]| json!({ "apiGroups": [kind.group()], "resources": [kind.plural()], "verbs": verbs });
    vec![
        rule(Kind::PipelineRun, &["create", "patch", "delete"]),
        rule(Kind::TaskRun, &["create", "patch", "delete"]),
        rule(Kind::StatefulSet, &["patch", "delete"]),
        rule(Kind::Pod, &["delete"]),
        rule(Kind::Claim, &["create", "delete"]),
        rule(Kind::ServiceAccount, &["create", "patch", "delete"]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_read_may_list_every_kind_that_is_read() {
        let role = cluster_role(Role::Read);
        let rules = role["rules"].as_array().unwrap();
        for kind in Kind::ALL {
            let is_granted = rules.iter().any(|rule| {
                rule["apiGroups"] == json!([kind.group()])
                    && rule["resources"].as_array().unwrap().contains(&json!(kind.plural()))
            });
            assert!(is_granted, "{kind}");
        }
    }
}
