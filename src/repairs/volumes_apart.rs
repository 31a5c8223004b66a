//! Repairs for volumes that no node reaches together: one of them has to be elsewhere.

use crate::analysis::tekton::assistant::{self, ClaimWorkspace};
use crate::checks::focus::Focus;
use crate::checks::no_node::volumes_apart;
use crate::model::Kind;
use crate::model::pod::Pod;
use crate::model::volume::StorageClass;
use crate::ops::Edit;
use crate::ops::edit::claim_template;

use super::workspaces::{empty_dir, other_claims, users, wishes_of};
use super::{Plan, submit};

/// Another claim, a claim that waits for its pod, or an emptyDir for one of the workspaces.
pub(super) fn plans(focus: &Focus<'_>) -> Vec<Plan> {
    let assistants = focus.tree.assistants.iter().filter_map(|node| node.pod);
    let waiting = assistants.chain(focus.unplaced().map(|(_, pod)| pod)).filter(|pod| pod.spec.node_name.is_empty());
    let apart = |pod: &Pod| Some((pod.spec.clone(), volumes_apart::places(focus, pod)?));
    let Some((_, places)) = waiting.filter_map(apart).next() else { return Vec::new() };
    let named = |bound: &ClaimWorkspace| {
        let claim = bound.claim.as_deref();
        claim.is_none_or(|claim| places.iter().any(|(known, _)| known == claim))
    };
    let mut workspaces: Vec<ClaimWorkspace> =
        assistant::claim_workspaces(focus.run()).into_iter().filter(named).collect();
    // What fewest tasks share is easiest to do without.
    workspaces.sort_by_key(|bound| (users(focus, &bound.workspace), !bound.workspace.contains("cache")));
    let mut plans: Vec<Plan> = Vec::new();
    for bound in &workspaces {
        plans.extend(others(focus, bound, &places));
    }
    plans.extend(waiting_class(focus, &workspaces));
    for bound in workspaces.iter().filter(|bound| users(focus, &bound.workspace) < 2) {
        plans.push(empty_dir(focus, &bound.workspace));
    }
    plans
}

fn bind(focus: &Focus<'_>, id: &'static str, edits: Vec<Edit>) -> Plan {
    Plan::new(id, vec![submit(focus, edits, true)])
}

/// Other claims in place of that of one workspace; whether a node reaches one of them together
/// with the rest is forecast.
fn others(focus: &Focus<'_>, bound: &ClaimWorkspace, places: &[(String, String)]) -> Vec<Plan> {
    let Some(own) = bound.claim.as_deref().and_then(|name| focus.cluster.claim(focus.namespace(), name)) else {
        return Vec::new();
    };
    let plans = other_claims(focus, &bound.workspace, own);
    plans
        .into_iter()
        .filter(|(claim, _)| !places.iter().any(|(known, _)| known == claim))
        .map(|(_, plan)| plan)
        .collect()
}

/// Claims made anew by a class that waits for its pod: the one volume is then made where
/// the others are. Where all of them come from templates, all have to wait.
fn waiting_class(focus: &Focus<'_>, workspaces: &[ClaimWorkspace]) -> Option<Plan> {
    if !focus.cluster.coverage.proves_absence(Kind::StorageClass, "") {
        return None;
    }
    let waits = |class: &&StorageClass| {
        class.volume_binding_mode == "WaitForFirstConsumer" && class.provisioner != "kubernetes.io/no-provisioner"
    };
    let class = focus.cluster.storage_classes.iter().find(waits)?;
    let edit = |bound: &ClaimWorkspace| {
        let (size, _, mode) = wishes_of(focus, bound);
        let binding = claim_template(&size, Some(&class.metadata.name), &mode);
        Edit::Workspace { name: bound.workspace.clone(), binding }
    };
    let made: Vec<Edit> = workspaces.iter().filter(|bound| bound.claim.is_none()).map(edit).collect();
    let edits = if made.is_empty() { workspaces.first().map(edit).into_iter().collect() } else { made };
    (!edits.is_empty()).then(|| bind(focus, "volume-claim-template", edits))
}
