//! What stands for the value of each argument: where its candidates come from, or why it has
//! none.

use crate::model::Kind;

/// Where the candidates for a value come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Values {
    /// Names of objects.
    Objects(Kind),
    /// Tasks of the run that was typed, each with this behind it.
    Tasks(&'static str),
    /// `TASK=ACCOUNT`.
    TaskAccounts,
    /// Workspaces of the run that was typed, bound to an emptyDir or a claim.
    Workspaces,
    /// Parameters of the run that was typed.
    Params,
    /// Contexts, clusters or users of the kubeconfig.
    Kubeconfig(Section),
    /// Workflows, with what they do.
    Workflows,
    /// Inputs of the workflow that was typed.
    Inputs,
    /// Codes and names of causes, with what they mean.
    Causes,
    /// Codes and names of findings in manifests.
    Findings,
    /// Operations of the journal.
    Operations,
    /// These words.
    Words(&'static [&'static str]),
    /// Files and folders.
    Files,
    /// None, for this reason.
    None(&'static str),
}

/// A part of a kubeconfig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Contexts,
    Clusters,
    Users,
}

/// Every argument that takes a value and whose values its type does not tell.
const VALUES: &[(&str, Values)] = &[
    ("run", Values::Objects(Kind::PipelineRun)),
    ("first", Values::Objects(Kind::PipelineRun)),
    ("second", Values::Objects(Kind::PipelineRun)),
    ("pod", Values::Objects(Kind::Pod)),
    ("pin_node", Values::Objects(Kind::Node)),
    ("namespace", Values::Objects(Kind::Namespace)),
    ("service_account", Values::Objects(Kind::ServiceAccount)),
    ("task", Values::Tasks("")),
    ("placement_of", Values::Tasks("")),
    ("request", Values::Tasks(":")),
    ("task_service_account", Values::TaskAccounts),
    ("workspace", Values::Workspaces),
    ("param", Values::Params),
    ("context", Values::Kubeconfig(Section::Contexts)),
    ("cluster", Values::Kubeconfig(Section::Clusters)),
    ("user", Values::Kubeconfig(Section::Users)),
    ("name", Values::Workflows),
    ("plan", Values::Workflows),
    ("set", Values::Inputs),
    ("code", Values::Causes),
    ("suppress", Values::Findings),
    ("id", Values::Operations),
    ("fs_group", Values::Words(&["namespace"])),
    (
        "print_schema",
        Values::Words(&["PipelineRun", "TaskRun", "Pipeline", "Task", "v1beta1/PipelineRun", "v1beta1/TaskRun"]),
    ),
    ("from", Values::Files),
    ("filename", Values::Files),
    ("words", Values::None("the words of another command line")),
    ("node_selector", Values::None("labels are many, and typed with their value")),
    ("toleration", Values::None("which taint is meant is for a person to say")),
    ("run_as_user", Values::None("a number")),
    ("timeout", Values::None("a duration")),
    ("wait", Values::None("a duration")),
    ("watch_timeout", Values::None("a duration")),
    ("request_timeout", Values::None("a duration")),
    ("command_timeout", Values::None("a duration")),
    ("selector", Values::None("an expression")),
    ("redact", Values::None("an expression")),
    ("creator", Values::None("users are not objects of a cluster")),
    ("creator_group", Values::None("groups are not objects of a cluster")),
    ("as_user", Values::None("users are not objects of a cluster")),
    ("as_uid", Values::None("users are not objects of a cluster")),
    ("cache_dir", Values::Files),
    ("verbosity", Values::None("a number")),
    ("as_group", Values::None("groups are not objects of a cluster")),
    ("token", Values::None("a secret")),
    ("server", Values::None("an address")),
    ("tls_server_name", Values::None("a name that only the certificate knows")),
    ("kubernetes_version", Values::None("a version")),
    ("tekton_version", Values::None("a version")),
];

/// What stands for the value of an argument, by its id.
pub(super) fn of(id: &str) -> Option<Values> {
    VALUES.iter().find(|(known, _)| *known == id).map(|(_, values)| *values)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::{Command, CommandFactory as _, ValueHint};

    use super::*;

    fn walk(command: &Command, found: &mut BTreeSet<String>, missing: &mut Vec<String>) {
        for arg in command.get_arguments().filter(|arg| arg.get_action().takes_values()) {
            let id = arg.get_id().as_str();
            found.insert(id.to_owned());
            let has_own = !arg.get_possible_values().is_empty() || arg.get_value_hint() != ValueHint::Unknown;
            if !has_own && of(id).is_none() {
                missing.push(format!("{} {id}", command.get_name()));
            }
        }
        command.get_subcommands().for_each(|sub| walk(sub, found, missing));
    }

    #[test]
    fn every_value_has_candidates_or_a_reason_why_not() {
        let (mut found, mut missing) = (BTreeSet::new(), Vec::new());
        walk(&crate::commands::Cli::command(), &mut found, &mut missing);
        assert!(missing.is_empty(), "{}: add them to the table, or say there why not", missing.join(", "));
        for (id, values) in VALUES {
            assert!(found.contains(*id), "no argument {id} takes a value any more");
            assert!(!matches!(values, Values::None("")), "{id}");
        }
    }
}
