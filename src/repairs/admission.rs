//! Repairs for refusals by SCC: the smallest changes of the run that get its pods
//! admitted, then what an administrator could grant.

use serde_json::Value;

use crate::analysis::scc::ranges;
use crate::analysis::scc::run_pods::Role;
use crate::assess::run_pods::{self, RunPod};
use crate::checks::focus::Focus;
use crate::finding::Facts;
use crate::ops::{Edit, Grant, Instruction, Op};

use super::{Plan, in_cluster, manual_with, scheduling, smallest_change, submit};

pub(super) fn assistant(focus: &Focus<'_>) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    if let Some(group) = block_start(focus) {
        let edits = vec![Edit::FsGroup { group, of_namespace: true }, Edit::DropSecurityField { field: "runAsUser" }];
        plans.push(Plan::new("fs-group-of-namespace", vec![submit(focus, edits, true)]));
    }
    let context = focus.run().spec_at("/taskRunTemplate/podTemplate/securityContext");
    if context.is_some_and(|context| !context.is_null()) {
        plans.push(Plan::new("drop-security-context", vec![submit(focus, vec![Edit::DropSecurityContext], true)]));
        let edits = vec![Edit::SecurityContextToTasks];
        plans.push(Plan::new("security-context-to-tasks", vec![submit(focus, edits, true)]));
    }
    plans.push(grant(focus));
    plans.extend(super::seccomp::plans(focus));
    // People try this first; it is refused before any node counts.
    plans.push(scheduling::pin(focus, &[]));
    plans
}

/// The right that the assistant's ServiceAccount lacks: the most restrictive SCC with
/// which its pod is admitted.
fn grant(focus: &Focus<'_>) -> Plan {
    let set = focus.tree.assistants.iter().find_map(|node| node.stateful_set);
    let account = set.map(|set| set.spec.template.spec.service_account_name.clone());
    let account = account.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned());
    let pods = run_pods::pods(focus, focus.run());
    let assistants: Vec<&RunPod> = pods.iter().filter(|pod| pod.role == Role::Assistant).collect();
    let least = Some(&assistants).filter(|pods| !pods.is_empty() && set.is_some());
    let least = least.and_then(|pods| run_pods::least_grant(focus.cluster, focus.namespace(), &account, pods));
    let op = match least {
        Some(grant) => Op::Grant { namespace: focus.namespace().to_owned(), grant },
        None => manual_with(Instruction::GrantSomeScc { account }, &[&["get", "scc"]]),
    };
    Plan::new("grant-scc", in_cluster(focus, vec![op]))
}

/// Start of the namespace's group block: the one fsGroup that restricted-v2 takes.
pub fn block_start(focus: &Focus<'_>) -> Option<i64> {
    let namespace = &focus.cluster.namespace(focus.namespace())?.metadata;
    ranges::fs_group(namespace).ok().map(|range| range.min)
}

pub(super) fn task_pod(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let mut found = smallest_change::find(focus).plans;
    found.extend(super::seccomp::plans(focus));
    if !found.is_empty() {
        return found;
    }
    let account = if let Facts::Denied { account, .. } = facts { account.as_str() } else { "default" };
    let op = manual_with(Instruction::GrantSomeScc { account: account.to_owned() }, &[&["get", "scc"]]);
    vec![Plan::new("grant-scc", in_cluster(focus, vec![op]))]
}

/// The dropped field in its right place.
pub(super) fn misplaced(focus: &Focus<'_>) -> Vec<Plan> {
    let applied: Option<Value> = focus
        .run()
        .metadata
        .annotation("kubectl.kubernetes.io/last-applied-configuration")
        .and_then(|text| serde_json::from_str(text).ok());
    let template = applied.and_then(|applied| applied.pointer("/spec/podTemplate").cloned());
    let plan = |fields: Value| {
        Plan::new("pod-template-in-place", vec![submit(focus, vec![Edit::PodTemplate { fields }], true)])
    };
    template.map(plan).into_iter().collect()
}

/// A grant of an SCC as a plan.
pub(super) fn grants(focus: &Focus<'_>, grants: &[Grant], edits: Vec<Edit>) -> Vec<Op> {
    let of = |grant: &Grant| Op::Grant { namespace: focus.namespace().to_owned(), grant: grant.clone() };
    let mut ops: Vec<Op> = grants.iter().map(of).collect();
    if edits.is_empty() && focus.is_running() && !focus.tree.assistants.is_empty() {
        return in_cluster(focus, ops);
    }
    ops.push(submit(focus, edits, true));
    ops
}
