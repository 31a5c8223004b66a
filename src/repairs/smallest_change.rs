//! The smallest changes that get every pod of a run admitted, found by trying them.
//!
//! What the run's author can change comes first, one field, then two, then three; then
//! what a task's author can; then what an administrator can grant, the most restrictive
//! constraint first, alone or beside a change of the run. Every candidate is judged by
//! the same rules as the run itself; a change that contains a smaller one is not told.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::analysis::scc::run_pods::Role;
use crate::checks::focus::Focus;
use crate::checks::future;
use crate::model::Cluster;
use crate::model::pod::Pod;

use super::block_start;
use super::flags::coschedule_off;
use super::grant::{self, Grant};
use super::resubmission::{self, Edit};
use super::run_admission::{self, RunPod};

/// Who can make a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Who submits the run.
    Author,
    /// Who maintains the Task.
    TaskAuthor,
    /// An administrator of the cluster.
    Administrator,
}

/// A change that gets all pods admitted.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Who can make it.
    pub by: By,
    /// What is changed, as one sentence.
    pub summary: String,
    /// What else it lets happen.
    pub blast_radius: Option<String>,
    /// The command, where one does it.
    pub command: Option<String>,
    /// Fields with their new values; null takes a field away.
    pub fields: Value,
    /// The edits of the run.
    pub edits: Vec<Edit>,
    /// The grants.
    pub grants: Vec<Grant>,
}

const CONTEXT: &str = "spec.taskRunTemplate.podTemplate.securityContext";
const FIELDS: [&str; 7] =
    ["runAsUser", "fsGroup", "supplementalGroups", "seLinuxOptions", "seccompProfile", "runAsNonRoot", "sysctls"];
/// ServiceAccounts that are tried.
const ACCOUNTS: usize = 12;
/// Changes that are told of each kind.
const TOLD: usize = 4;

/// One thing to change.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Edit(Edit),
    /// Another ServiceAccount for one task.
    TaskAccount(String, String),
    /// A field less in the steps of a task.
    TaskField(String, &'static str),
    /// No assistant at all.
    AssistantOff,
}

/// Finds the changes; none when every pod is admitted, or nothing found helps.
pub fn find(focus: &Focus<'_>) -> Vec<Change> {
    let search =
        Search { focus, access: access(focus.cluster), names: focus.run().task_names().map(str::to_owned).collect() };
    let refused: Vec<RunPod> = match search.pods(&[]) {
        Some(pods) => run_admission::refused(&search.access, &pods).into_iter().cloned().collect(),
        None => return Vec::new(),
    };
    if refused.is_empty() {
        return Vec::new();
    }
    let author = search.author(&refused);
    let mut changes = search.minimal(&author, 3);
    changes.truncate(2 * TOLD);
    let tasks = search.task_steps(&refused);
    let with_tasks: Vec<Step> =
        author.iter().filter(|step| matches!(step, Step::Edit(_))).chain(&tasks).cloned().collect();
    if changes.is_empty() {
        changes = search.minimal(&with_tasks, 3);
        changes.truncate(TOLD);
    }
    changes.extend(search.administrators(&author, &refused));
    if refused.iter().any(|pod| pod.role == Role::Assistant) && search.heals(&[Step::AssistantOff]) {
        changes.extend(search.told(&[Step::AssistantOff], &[]));
    }
    changes
}

/// What the SCC plugin reads of a cluster, without the rest, so that grants can be
/// added to a copy.
pub(super) fn access(cluster: &Cluster) -> Cluster {
    Cluster {
        sccs: cluster.sccs.clone(),
        namespaces: cluster.namespaces.clone(),
        roles: cluster.roles.clone(),
        role_bindings: cluster.role_bindings.clone(),
        cluster_roles: cluster.cluster_roles.clone(),
        cluster_role_bindings: cluster.cluster_role_bindings.clone(),
        coverage: cluster.coverage.clone(),
        server_version: cluster.server_version.clone(),
        ..Cluster::default()
    }
}

struct Search<'a> {
    focus: &'a Focus<'a>,
    access: Cluster,
    names: Vec<String>,
}

impl Search<'_> {
    /// What the run's author can change.
    fn author(&self, refused: &[RunPod]) -> Vec<Step> {
        let run = self.focus.run();
        let context = run.spec_at("/taskRunTemplate/podTemplate/securityContext").and_then(Value::as_object);
        let given = |field: &str| context.is_some_and(|context| context.get(field).is_some_and(|v| !v.is_null()));
        let mut steps: Vec<Step> = Vec::new();
        if let Some(start) = block_start(self.focus)
            && given("fsGroup")
            && context.and_then(|context| context.get("fsGroup")?.as_i64()) != Some(start)
        {
            steps.push(Step::Edit(Edit::FsGroup(start)));
        }
        steps
            .extend(FIELDS.iter().filter(|field| given(field)).map(|field| Step::Edit(Edit::DropSecurityField(field))));
        if context.is_some_and(|context| !context.is_empty()) {
            steps.push(Step::Edit(Edit::SecurityContextToTasks));
        }
        let own = run.service_account().unwrap_or_default();
        let accounts = self.focus.cluster.service_accounts.iter().map(|account| &account.metadata);
        let accounts: Vec<&String> = accounts
            .filter(|meta| meta.namespace == self.focus.namespace())
            .map(|meta| &meta.name)
            .take(ACCOUNTS)
            .collect();
        steps.extend(
            accounts.iter().filter(|name| **name != own).map(|name| Step::Edit(Edit::ServiceAccount((*name).clone()))),
        );
        for pod in refused {
            let (Role::Task(task), Ok(seen)) = (&pod.role, &pod.pod) else { continue };
            let others = accounts.iter().filter(|name| ***name != seen.spec.service_account_name);
            steps.extend(others.map(|name| Step::TaskAccount(task.clone(), (*name).clone())));
        }
        steps
    }

    /// What the author of a refused task can take away.
    fn task_steps(&self, refused: &[RunPod]) -> Vec<Step> {
        let fields =
            ["capabilities", "privileged", "runAsUser", "seccompProfile", "seLinuxOptions", "allowPrivilegeEscalation"];
        let mut steps = Vec::new();
        for pod in refused {
            let (Role::Task(task), Ok(seen)) = (&pod.role, &pod.pod) else { continue };
            let contexts = seen.spec.containers.iter().filter_map(|container| container.security_context.as_ref());
            let contexts: Vec<Value> = contexts.filter_map(|context| serde_json::to_value(context).ok()).collect();
            let given = |field: &str| contexts.iter().any(|context| context.get(field).is_some());
            steps.extend(fields.iter().filter(|f| given(f)).map(|field| Step::TaskField(task.clone(), field)));
        }
        steps
    }

    /// The pods of the changed run; `None` when the change does not fit the run.
    fn pods(&self, steps: &[Step]) -> Option<Vec<RunPod>> {
        let run = self.focus.run();
        let mut new = resubmission::resubmission(run, &run.metadata.name);
        for step in steps {
            match step {
                Step::Edit(edit) => resubmission::apply(&mut new, edit, &self.names).ok()?,
                Step::TaskAccount(task, account) => task_account(&mut new, task, account),
                Step::TaskField(..) | Step::AssistantOff => {}
            }
        }
        let mut pods = run_admission::pods(self.focus, &future::as_run(self.focus, &new));
        for step in steps {
            match step {
                Step::AssistantOff => pods.retain(|pod| pod.role != Role::Assistant),
                Step::TaskField(task, field) => {
                    for pod in &mut pods {
                        if let (Role::Task(name), Ok(pod)) = (&pod.role, &mut pod.pod)
                            && name == task
                        {
                            without(pod, field);
                        }
                    }
                }
                Step::Edit(_) | Step::TaskAccount(..) => {}
            }
        }
        Some(pods)
    }

    fn heals(&self, steps: &[Step]) -> bool {
        self.pods(steps).is_some_and(|pods| all_admitted(&self.access, &pods))
    }

    /// The smallest sets of steps that heal, as changes.
    fn minimal(&self, steps: &[Step], most: usize) -> Vec<Change> {
        let mut found: Vec<BTreeSet<usize>> = Vec::new();
        for size in 1..=most {
            for set in subsets(steps.len(), size) {
                let set: BTreeSet<usize> = set.into_iter().collect();
                if found.iter().any(|smaller| smaller.is_subset(&set)) {
                    continue;
                }
                let chosen: Vec<Step> = set.iter().map(|at| steps[*at].clone()).collect();
                if makes_sense(&chosen) && self.heals(&chosen) {
                    found.push(set);
                }
            }
            // Larger changes are told only where no smaller one heals, but for the
            // cure of two faults at once.
            if !found.is_empty() && size >= 2 {
                break;
            }
        }
        let changes = found.iter().filter_map(|set| {
            let chosen: Vec<Step> = set.iter().map(|at| steps[*at].clone()).collect();
            self.told(&chosen, &[])
        });
        changes.collect()
    }

    /// Grants, alone where they heal, else beside the change of the run that leaves the
    /// least to grant.
    fn administrators(&self, author: &[Step], refused: &[RunPod]) -> Vec<Change> {
        let mut best: Option<(Vec<Step>, Vec<Grant>)> = None;
        let mut changes = Vec::new();
        if let Some(grants) = self.grants(&[], refused) {
            changes.extend(self.told(&[], &grants));
            best = Some((Vec::new(), grants));
        }
        let weight = |found: &Option<(Vec<Step>, Vec<Grant>)>| {
            found.as_ref().map_or(i64::MAX, |(_, grants)| grants.iter().map(|grant| grant.points).sum())
        };
        let edits: Vec<Step> = author
            .iter()
            .filter(|step| matches!(step, Step::Edit(edit) if !matches!(edit, Edit::ServiceAccount(_))))
            .cloned()
            .collect();
        let mut smaller = None;
        for size in 1..=2 {
            for set in subsets(edits.len(), size) {
                let chosen: Vec<Step> = set.iter().map(|at| edits[*at].clone()).collect();
                if !makes_sense(&chosen) {
                    continue;
                }
                let Some(pods) = self.pods(&chosen) else { continue };
                let left: Vec<RunPod> = run_admission::refused(&self.access, &pods).into_iter().cloned().collect();
                if left.is_empty() || left.len() >= refused.len() {
                    continue;
                }
                if let Some(grants) = self.grants(&chosen, &left) {
                    let found = Some((chosen, grants));
                    if weight(&found) < weight(&best).min(weight(&smaller)) {
                        smaller = found;
                    }
                }
            }
        }
        if let Some((steps, grants)) = smaller {
            changes.extend(self.told(&steps, &grants));
        }
        changes
    }

    /// For every account of a refused pod the most restrictive constraint with which
    /// all pods are admitted.
    fn grants(&self, steps: &[Step], refused: &[RunPod]) -> Option<Vec<Grant>> {
        let mut cluster = self.access.overlay();
        let mut grants: Vec<Grant> = Vec::new();
        let accounts = refused.iter().filter_map(|pod| Some(&pod.pod.as_ref().ok()?.spec.service_account_name));
        for account in accounts.collect::<BTreeSet<_>>() {
            let own: Vec<&RunPod> = refused
                .iter()
                .filter(|pod| pod.pod.as_ref().is_ok_and(|pod| pod.spec.service_account_name == *account))
                .collect();
            let grant = grant::least(&cluster, self.focus.namespace(), account, &own)?;
            cluster = grant.given(&cluster, self.focus.namespace());
            grants.push(grant);
        }
        all_admitted(&cluster, &self.pods(steps)?).then_some(grants)
    }

    fn told(&self, steps: &[Step], grants: &[Grant]) -> Option<Change> {
        let namespace = self.focus.namespace();
        let mut parts: Vec<String> = steps.iter().map(words).collect();
        parts.extend(grants.iter().map(Grant::words));
        let mut fields = Map::new();
        for step in steps {
            self.fields(step, &mut fields);
        }
        for grant in grants {
            fields.insert(grant.field(namespace), json!("created"));
        }
        let off = steps.contains(&Step::AssistantOff).then(|| coschedule_off(self.focus)).flatten();
        let risks: Vec<String> = grants
            .iter()
            .map(|grant| grant.blast_radius(self.focus.cluster, namespace))
            .chain(off.as_ref().map(|repair| repair.risk.clone()))
            .collect();
        let mut by = if grants.is_empty() && off.is_none() { By::Author } else { By::Administrator };
        if steps.iter().any(|step| matches!(step, Step::TaskField(..))) {
            by = by.max(By::TaskAuthor);
        }
        let commands: Option<Vec<String>> = match &off {
            Some(repair) => Some(vec![repair.command.clone()]),
            None => self.commands(steps, grants),
        };
        Some(Change {
            by,
            summary: parts.join("; "),
            blast_radius: (!risks.is_empty()).then(|| risks.join("; ")),
            command: commands.map(|lines| lines.join("\n")),
            fields: Value::Object(fields),
            edits: steps
                .iter()
                .filter_map(|step| if let Step::Edit(edit) = step { Some(edit.clone()) } else { None })
                .collect(),
            grants: grants.to_vec(),
        })
    }

    fn commands(&self, steps: &[Step], grants: &[Grant]) -> Option<Vec<String>> {
        let namespace = self.focus.namespace();
        let mut lines: Vec<String> = grants.iter().map(|grant| grant.command(namespace)).collect();
        let flags: Option<Vec<String>> = steps.iter().map(flag).collect();
        let run = &self.focus.run().metadata;
        // What is not in the cluster cannot be submitted again.
        if !run.uid.is_empty() || self.focus.cluster.pipeline_run(namespace, &run.name).is_some() {
            let flags = flags?;
            let rest: String = flags.iter().map(|flag| format!(" {flag}")).collect();
            lines.push(format!("oc tekton-fix rerun {namespace}/{}{rest}", run.name));
        } else if lines.is_empty() {
            return None;
        }
        Some(lines)
    }

    fn fields(&self, step: &Step, fields: &mut Map<String, Value>) {
        match step {
            Step::Edit(Edit::FsGroup(group)) => drop(fields.insert(format!("{CONTEXT}.fsGroup"), json!(group))),
            Step::Edit(Edit::DropSecurityField(field)) => {
                drop(fields.insert(format!("{CONTEXT}.{field}"), Value::Null));
            }
            Step::Edit(Edit::SecurityContextToTasks) => {
                let context = self.focus.run().spec_at("/taskRunTemplate/podTemplate/securityContext");
                fields.insert(CONTEXT.to_owned(), Value::Null);
                fields.insert("spec.taskRunSpecs[].podTemplate.securityContext".to_owned(), json!(context));
            }
            Step::Edit(Edit::ServiceAccount(name)) => {
                drop(fields.insert("spec.taskRunTemplate.serviceAccountName".to_owned(), json!(name)));
            }
            Step::TaskAccount(task, name) => {
                drop(fields.insert(format!("spec.taskRunSpecs[{task}].serviceAccountName"), json!(name)));
            }
            Step::TaskField(task, field) => {
                drop(fields.insert(format!("task {task}: steps[].securityContext.{field}"), Value::Null));
            }
            Step::AssistantOff => drop(fields.insert("feature-flags.coschedule".to_owned(), json!("disabled"))),
            Step::Edit(_) => {}
        }
    }
}

fn all_admitted(cluster: &Cluster, pods: &[RunPod]) -> bool {
    // A pod that is not known speaks neither for nor against a change.
    pods.iter().all(|pod| pod.judge(cluster).is_none_or(|verdict| verdict.is_admitted()))
}

fn words(step: &Step) -> String {
    match step {
        Step::Edit(Edit::FsGroup(group)) => {
            format!("set fsGroup of the pod template to {group}, the start of the namespace's block")
        }
        Step::Edit(Edit::DropSecurityField(field)) => format!("drop {field} from the pod template's securityContext"),
        Step::Edit(Edit::SecurityContextToTasks) => {
            "move the securityContext to taskRunSpecs[], where the assistant does not get it".to_owned()
        }
        Step::Edit(Edit::ServiceAccount(name)) => format!("run as ServiceAccount {name}"),
        Step::TaskAccount(task, name) => format!("run task {task} as ServiceAccount {name} (taskRunSpecs[])"),
        Step::TaskField(task, field) => format!("drop securityContext.{field} from the steps of task {task}"),
        Step::AssistantOff => "switch the affinity assistant off".to_owned(),
        Step::Edit(edit) => format!("{edit:?}"),
    }
}

/// The flag of `rerun` that makes a step, where there is one.
fn flag(step: &Step) -> Option<String> {
    Some(match step {
        Step::Edit(Edit::FsGroup(_)) => "--fs-group namespace".to_owned(),
        Step::Edit(Edit::DropSecurityField("runAsUser")) => "--drop run-as-user".to_owned(),
        Step::Edit(Edit::DropSecurityField("fsGroup")) => "--drop fs-group".to_owned(),
        Step::Edit(Edit::SecurityContextToTasks) => "--security-context-to-tasks".to_owned(),
        Step::Edit(Edit::ServiceAccount(name)) => format!("--service-account {name}"),
        _ => return None,
    })
}

/// Steps that undo each other are not tried together.
fn makes_sense(steps: &[Step]) -> bool {
    let has = |wanted: fn(&Step) -> bool| steps.iter().filter(|step| wanted(step)).count();
    let group = has(|step| matches!(step, Step::Edit(Edit::FsGroup(_) | Edit::DropSecurityField("fsGroup"))));
    let moved = has(|step| matches!(step, Step::Edit(Edit::SecurityContextToTasks)));
    let context = has(|step| matches!(step, Step::Edit(Edit::FsGroup(_) | Edit::DropSecurityField(_))));
    let account = has(|step| matches!(step, Step::Edit(Edit::ServiceAccount(_))));
    let of_task = steps.iter().filter_map(|step| if let Step::TaskAccount(task, _) = step { Some(task) } else { None });
    let tasks: Vec<&String> = of_task.collect();
    let each_once = tasks.iter().collect::<BTreeSet<_>>().len() == tasks.len();
    group <= 1 && (moved == 0 || context == 0) && account <= 1 && each_once
}

fn task_account(run: &mut Value, task: &str, account: &str) {
    let Some(spec) = run.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let specs = spec.entry("taskRunSpecs").or_insert_with(|| json!([]));
    let Some(specs) = specs.as_array_mut() else { return };
    match specs.iter_mut().find(|spec| spec.get("pipelineTaskName").and_then(Value::as_str) == Some(task)) {
        Some(spec) => spec["serviceAccountName"] = json!(account),
        None => specs.push(json!({ "pipelineTaskName": task, "serviceAccountName": account })),
    }
}

/// Takes a field out of the security contexts of all steps.
fn without(pod: &mut Pod, field: &str) {
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
    fn steps_that_undo_each_other_are_not_tried() {
        let group = Step::Edit(Edit::FsGroup(1));
        let drop = Step::Edit(Edit::DropSecurityField("fsGroup"));
        let moved = Step::Edit(Edit::SecurityContextToTasks);
        assert!(makes_sense(std::slice::from_ref(&group)) && makes_sense(std::slice::from_ref(&moved)));
        assert!(!makes_sense(&[group.clone(), drop]) && !makes_sense(&[group, moved]));
    }
}
