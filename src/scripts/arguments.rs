//! The arguments of the steps that change something, each with what it has to be.

use crate::yaml::Located;

use super::changes::{
    Change, CreateClaim, CreateServiceAccount, DeletePod, GrantScc, RaiseQuota, Rerun, Scale, Uncordon,
};
use super::schema::Scalar;

/// What an argument has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text.
    Text,
    /// The name of an object.
    Name,
    /// A whole number.
    Number,
    /// A number, or the word `namespace`.
    Group,
    /// A quantity.
    Quantity,
    /// A duration.
    Duration,
}

type Found<'s> = Vec<(&'s Located<Scalar>, Form)>;

/// The arguments of a step.
pub fn arguments(change: Change<'_>) -> Found<'_> {
    use Form::{Name, Number, Quantity};
    match change {
        Change::Rerun(rerun) => of_rerun(rerun),
        Change::Release | Change::Retry | Change::SetFlags(_) | Change::Enforce(_) => Vec::new(),
        Change::Uncordon(Uncordon { node }) => vec![(node, Name)],
        Change::GrantScc(GrantScc { service_account, scc }) => vec![(service_account, Name), (scc, Name)],
        Change::RaiseQuota(RaiseQuota { quota, hard }) => {
            std::iter::once((quota, Name)).chain(hard.values().map(|amount| (amount, Quantity))).collect()
        }
        Change::Scale(Scale { stateful_set, replicas }) => vec![(stateful_set, Name), (replicas, Number)],
        Change::CreateClaim(CreateClaim { name, size, storage_class, .. }) => [(name, Name), (size, Quantity)]
            .into_iter()
            .chain(storage_class.iter().map(|class| (class, Name)))
            .collect(),
        Change::CreateServiceAccount(CreateServiceAccount { name }) | Change::DeletePod(DeletePod { name, .. }) => {
            vec![(name, Name)]
        }
    }
}

fn of_rerun(rerun: &Rerun) -> Found<'_> {
    use Form::{Duration, Group, Name, Number, Quantity, Text};
    let mut found: Found<'_> = Vec::new();
    let single = [
        (&rerun.fs_group, Group),
        (&rerun.run_as_user, Number),
        (&rerun.placement_of, Text),
        (&rerun.service_account, Name),
        (&rerun.timeout, Duration),
        (&rerun.pin_node, Name),
    ];
    found.extend(single.into_iter().filter_map(|(scalar, form)| Some((scalar.as_ref()?, form))));
    found.extend(rerun.node_selector.values().chain(rerun.params.values()).map(|value| (value, Text)));
    found.extend(rerun.task_service_accounts.values().map(|name| (name, Name)));
    for toleration in rerun.tolerations.iter().map(|toleration| &toleration.inner) {
        found.push((&toleration.key, Text));
        found.extend(toleration.value.iter().map(|value| (value, Text)));
    }
    for workspace in rerun.workspaces.iter().map(|workspace| &workspace.inner) {
        found.push((&workspace.name, Text));
        found.extend(workspace.claim_name.iter().chain(&workspace.storage_class).map(|name| (name, Name)));
        found.extend(workspace.size.iter().map(|size| (size, Quantity)));
        found.extend(workspace.sub_path.iter().map(|path| (path, Text)));
    }
    for request in rerun.requests.iter().map(|request| &request.inner) {
        found.extend([(&request.task, Text), (&request.resource, Text), (&request.quantity, Quantity)]);
        found.extend(request.step.iter().map(|step| (step, Text)));
    }
    found
}

/// Whether a text can be the name of an object (RFC 1123; a node's name has dots, and names
/// of RBAC objects have colons).
pub fn is_name(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.:".contains(c);
    (1..=253).contains(&text.len()) && text.chars().all(is_part) && !text.starts_with(['.', '-'])
}

/// Whether Tekton reads a text as a duration: numbers with h, m or s.
pub fn is_duration(text: &str) -> bool {
    let mut is_number = false;
    for c in text.chars() {
        match c {
            '0'..='9' => is_number = true,
            'h' | 'm' | 's' if is_number => is_number = false,
            _ => return false,
        }
    }
    !text.is_empty() && !is_number && text.len() <= 16
}
