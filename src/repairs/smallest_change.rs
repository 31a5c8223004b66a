//! The smallest changes that get every pod of a run admitted, found by trying them.
//!
//! What the run's author can change comes first, one field, then two, then three; then what
//! a task's author can; then what an administrator can grant, the most restrictive
//! constraint first, alone or beside a change of the run. Every candidate is judged by the
//! same rules as the run itself. Refused tasks are solved each alone and then together, and
//! the search ends when its budget is used up.

use std::cell::Cell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::analysis::scc::run_pods::Role;
use crate::assess::run_pods::{self, RunPod};
use crate::checks::focus::Focus;
use crate::checks::future;
use crate::model::Cluster;
use crate::model::pod::Pod;
use crate::ops::edit::{self, SECURITY_FIELDS};
use crate::ops::{Edit, Grant, Instruction};

use super::{Plan, admission, block_start, flags, manual, submit};

/// ServiceAccounts that are tried.
const ACCOUNTS: usize = 12;
/// Changes that are offered of each kind.
const OFFERED: usize = 4;
/// Changed runs that are judged at most.
const BUDGET: usize = 400;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Found {
    /// The changes, the smallest first.
    pub(crate) plans: Vec<Plan>,
    /// Whether the budget ended the search.
    pub(crate) stopped_early: bool,
}

/// Finds the changes; none when every pod is admitted, or nothing found helps.
pub(crate) fn find(focus: &Focus<'_>) -> Found {
    let search = Search { focus, left: Cell::new(BUDGET) };
    let Some(pods) = search.pods(&[]) else { return Found::default() };
    let refused: Vec<RunPod> = run_pods::refused(focus.cluster, &pods).into_iter().cloned().collect();
    if refused.is_empty() {
        return Found::default();
    }
    let change = |edits: Vec<Edit>| Plan::new("smallest-change", vec![submit(focus, edits, true)]);
    let author = search.author();
    let mut plans: Vec<Plan> = search.minimal(&author, 3, |_| true).into_iter().take(2 * OFFERED).map(change).collect();
    plans.extend(search.task_accounts(&refused).map(change));
    if plans.is_empty() {
        plans.extend(search.ask_for_less(&author, &refused));
    }
    plans.extend(search.administrators(&author, &refused));
    let assistants_alone = refused.iter().all(|pod| pod.role == Role::Assistant);
    plans.extend(assistants_alone.then(|| flags::coschedule_off(focus)).flatten());
    Found { plans, stopped_early: search.left.get() == 0 }
}

struct Search<'a> {
    focus: &'a Focus<'a>,
    left: Cell<usize>,
}

impl Search<'_> {
    fn accounts(&self) -> impl Iterator<Item = &str> {
        let accounts = self.focus.cluster.service_accounts.iter().map(|account| &account.metadata);
        let here = accounts.filter(|meta| meta.namespace == self.focus.namespace());
        here.map(|meta| meta.name.as_str()).take(ACCOUNTS)
    }

    /// What the run's author can change for all pods at once.
    fn author(&self) -> Vec<Edit> {
        let run = self.focus.run();
        let context = run.spec_at("/taskRunTemplate/podTemplate/securityContext").and_then(Value::as_object);
        let given = |field: &str| context.is_some_and(|context| context.get(field).is_some_and(|v| !v.is_null()));
        let mut edits: Vec<Edit> = Vec::new();
        if let Some(group) = block_start(self.focus)
            && given("fsGroup")
            && context.and_then(|context| context.get("fsGroup")?.as_i64()) != Some(group)
        {
            edits.push(Edit::FsGroup { group, of_namespace: true });
        }
        let fields = SECURITY_FIELDS.iter().map(|(field, _)| *field).filter(|field| given(field));
        edits.extend(fields.map(|field| Edit::DropSecurityField { field }));
        if context.is_some_and(|context| !context.is_empty()) {
            edits.push(Edit::SecurityContextToTasks);
        }
        let own = run.service_account().unwrap_or_default();
        let others = self.accounts().filter(|name| *name != own);
        edits.extend(others.map(|name| Edit::ServiceAccount { name: name.to_owned() }));
        edits
    }

    /// The pods of the changed run; `None` when the change does not fit the run, or the
    /// budget is used up.
    fn pods(&self, edits: &[Edit]) -> Option<Vec<RunPod>> {
        self.left.set(self.left.get().checked_sub(1)?);
        let new = edit::edited(self.focus.run(), edits).ok()?;
        Some(run_pods::pods(self.focus, &future::as_run(self.focus, &new)))
    }

    fn works(&self, edits: &[Edit], is_meant: fn(&Role) -> bool) -> bool {
        self.pods(edits).is_some_and(|mut pods| {
            pods.retain(|pod| is_meant(&pod.role));
            all_admitted(self.focus.cluster, &pods)
        })
    }

    /// The smallest sets of edits with which all pods that are meant are admitted.
    fn minimal(&self, edits: &[Edit], most: usize, is_meant: fn(&Role) -> bool) -> Vec<Vec<Edit>> {
        let mut found: Vec<BTreeSet<usize>> = Vec::new();
        for size in 1..=most {
            for set in subsets(edits.len(), size) {
                let set: BTreeSet<usize> = set.into_iter().collect();
                if self.left.get() == 0 {
                    break;
                }
                if found.iter().any(|smaller| smaller.is_subset(&set)) {
                    continue;
                }
                let chosen: Vec<Edit> = set.iter().map(|at| edits[*at].clone()).collect();
                if makes_sense(&chosen) && self.works(&chosen, is_meant) {
                    found.push(set);
                }
            }
            // Larger changes are offered only where no smaller one works, but for the
            // repair of two faults at once.
            if !found.is_empty() && size >= 2 {
                break;
            }
        }
        found.iter().map(|set| set.iter().map(|at| edits[*at].clone()).collect()).collect()
    }

    /// Another account for each refused task: every task is solved alone.
    fn task_accounts(&self, refused: &[RunPod]) -> impl Iterator<Item = Vec<Edit>> {
        let mut all: Vec<Edit> = Vec::new();
        for pod in refused {
            let (Role::Task(task), Ok(seen)) = (&pod.role, &pod.pod) else { return None.into_iter() };
            let fits = |name: &&str| {
                let edit = Edit::TaskServiceAccount { task: task.clone(), name: (*name).to_owned() };
                let pods = self.pods(std::slice::from_ref(&edit)).unwrap_or_default();
                let own = pods.iter().find(|other| other.role == pod.role);
                own.and_then(|own| own.judge(self.focus.cluster)).is_some_and(|verdict| verdict.is_admitted())
            };
            let found = self.accounts().filter(|name| *name != seen.spec.service_account_name).find(fits);
            let Some(name) = found else { return None.into_iter() };
            all.push(Edit::TaskServiceAccount { task: task.clone(), name: name.to_owned() });
        }
        Some(all).into_iter()
    }

    /// Fields less in the steps of each refused task, where each needs one only, beside what
    /// gets the assistant admitted.
    fn ask_for_less(&self, author: &[Edit], refused: &[RunPod]) -> Option<Plan> {
        const FIELDS: [&str; 6] =
            ["capabilities", "privileged", "runAsUser", "seccompProfile", "seLinuxOptions", "allowPrivilegeEscalation"];
        let mut ops = Vec::new();
        let is_assistant = |role: &Role| *role == Role::Assistant;
        let mut edits = Vec::new();
        if refused.iter().any(|pod| is_assistant(&pod.role)) {
            edits = self.minimal(author, 2, is_assistant).into_iter().next()?;
        }
        let changed = self.pods(&edits)?;
        for pod in run_pods::refused(self.focus.cluster, &changed) {
            let (Role::Task(task), Ok(seen)) = (&pod.role, &pod.pod) else { return None };
            let admitted = |field: &&&str| {
                let changed = RunPod { pod: Ok(without(seen, field)), ..pod.clone() };
                changed.judge(self.focus.cluster).is_some_and(|verdict| verdict.is_admitted())
            };
            let field = FIELDS.iter().find(admitted)?;
            ops.push(manual(Instruction::AskForLess { task: task.clone(), field }));
        }
        ops.push(submit(self.focus, edits, true));
        Some(Plan::new("ask-for-less", ops))
    }

    /// Grants, alone where they suffice, else beside the change of the run that leaves the
    /// least to grant.
    fn administrators(&self, author: &[Edit], refused: &[RunPod]) -> Vec<Plan> {
        let points = |grants: &[Grant]| grants.iter().map(|grant| grant.points).sum::<i64>();
        let mut plans = Vec::new();
        let alone = self.grants(&[], refused);
        if let Some(grants) = &alone {
            plans.push(Plan::new("grant-scc", admission::grants(self.focus, grants, Vec::new())));
        }
        let mut least = alone.as_deref().map_or(i64::MAX, points);
        let mut smaller = None;
        for edit in author.iter().filter(|edit| !matches!(edit, Edit::ServiceAccount { .. })) {
            let chosen = [edit.clone()];
            let Some(pods) = self.pods(&chosen) else { continue };
            let left: Vec<RunPod> = run_pods::refused(self.focus.cluster, &pods).into_iter().cloned().collect();
            if left.is_empty() || left.len() >= refused.len() {
                continue;
            }
            if let Some(grants) = self.grants(&chosen, &left)
                && points(&grants) < least
            {
                least = points(&grants);
                smaller = Some((chosen.to_vec(), grants));
            }
        }
        if let Some((edits, grants)) = smaller {
            plans.push(Plan::new("grant-scc", admission::grants(self.focus, &grants, edits)));
        }
        plans
    }

    /// For every account of a refused pod the most restrictive constraint with which
    /// all pods are admitted.
    fn grants(&self, edits: &[Edit], refused: &[RunPod]) -> Option<Vec<Grant>> {
        let mut cluster = self.focus.cluster.overlay();
        let mut grants: Vec<Grant> = Vec::new();
        let accounts = refused.iter().filter_map(|pod| Some(&pod.pod.as_ref().ok()?.spec.service_account_name));
        for account in accounts.collect::<BTreeSet<_>>() {
            let runs_as = |pod: &&RunPod| pod.pod.as_ref().is_ok_and(|pod| pod.spec.service_account_name == *account);
            let own: Vec<&RunPod> = refused.iter().filter(runs_as).collect();
            let grant = run_pods::least_grant(&cluster, self.focus.namespace(), account, &own)?;
            grant.give(&mut cluster, self.focus.namespace());
            grants.push(grant);
        }
        all_admitted(&cluster, &self.pods(edits)?).then_some(grants)
    }
}

fn all_admitted(cluster: &Cluster, pods: &[RunPod]) -> bool {
    // A pod that is not known speaks neither for nor against a change.
    pods.iter().all(|pod| pod.judge(cluster).is_none_or(|verdict| verdict.is_admitted()))
}

/// Edits that undo each other are not tried together.
fn makes_sense(edits: &[Edit]) -> bool {
    let count = |wanted: fn(&Edit) -> bool| edits.iter().filter(|edit| wanted(edit)).count();
    let group = count(|edit| matches!(edit, Edit::FsGroup { .. } | Edit::DropSecurityField { field: "fsGroup" }));
    let moved = count(|edit| matches!(edit, Edit::SecurityContextToTasks));
    let context = count(|edit| matches!(edit, Edit::FsGroup { .. } | Edit::DropSecurityField { .. }));
    let account = count(|edit| matches!(edit, Edit::ServiceAccount { .. }));
    group <= 1 && (moved == 0 || context == 0) && account <= 1
}

/// The pod without a field in the security contexts of all steps.
fn without(pod: &Pod, field: &str) -> Pod {
    let mut pod = pod.clone();
    for container in &mut pod.spec.containers {
        let Some(context) = &mut container.security_context else { continue };
        let Ok(mut value) = serde_json::to_value(&*context) else { continue };
        if let Some(fields) = value.as_object_mut() {
            fields.remove(field);
        }
        if let Ok(changed) = serde_json::from_value(value) {
            *context = changed;
        }
    }
    pod
}

/// All subsets of that size of `0..of`, in order.
fn subsets(of: usize, size: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for last in (size - 1)..of {
        for mut smaller in subsets(last, size - 1) {
            smaller.push(last);
            all.push(smaller);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_all_and_each_once() {
        assert_eq!(subsets(4, 2).len(), 6);
        assert_eq!(subsets(3, 1), [[0], [1], [2]]);
        assert_eq!(subsets(2, 3), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn edits_that_undo_each_other_are_not_tried() {
        let group = Edit::FsGroup { group: 1, of_namespace: true };
        let drop = Edit::DropSecurityField { field: "fsGroup" };
        let moved = Edit::SecurityContextToTasks;
        assert!(makes_sense(std::slice::from_ref(&group)) && makes_sense(std::slice::from_ref(&moved)));
        assert!(!makes_sense(&[group.clone(), drop]) && !makes_sense(&[group, moved]));
    }
}
