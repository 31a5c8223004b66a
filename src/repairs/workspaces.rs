//! Repairs by what the workspaces of a run are bound to.

use serde_json::{Value, json};

use crate::analysis::admission::claims;
use crate::analysis::tekton::assistant::{self, ClaimWorkspace};
use crate::checks::focus::Focus;
use crate::checks::missing;
use crate::checks::no_node::volume_in_use;
use crate::checks::no_node::volume_node_affinity::claims_of;
use crate::checks::obstacles::SELECTED_NODE;
use crate::finding::Facts;
use crate::model::volume::{Claim, StorageClass};
use crate::model::{Kind, Quantity};
use crate::ops::edit::claim_template;
use crate::ops::{Edit, Instruction, Op};

use super::{Plan, flags, manual, object, refusals, resubmit, submit};

/// Size of a claim of which no wish is known.
const SIZE: &str = "1Gi";
/// The access mode of such a claim.
const ONE_NODE: &str = "ReadWriteOnce";

/// How many tasks bind a workspace of the run to their own.
pub(super) fn users(focus: &Focus<'_>, workspace: &str) -> usize {
    let run = focus.run();
    let uses =
        |task: &&Value| assistant::task_claim_workspaces(run, task).iter().any(|bound| bound.workspace == workspace);
    run.pipeline_tasks().into_iter().filter(|task| uses(task)).count()
}

fn bind(focus: &Focus<'_>, id: &'static str, workspace: &str, binding: Value) -> Plan {
    let edit = Edit::Workspace { name: workspace.to_owned(), binding };
    Plan::new(id, vec![submit(focus, vec![edit], true)])
}

/// A workspace bound to an emptyDir.
pub(super) fn empty_dir(focus: &Focus<'_>, workspace: &str) -> Plan {
    bind(focus, "workspace-empty-dir", workspace, json!({ "emptyDir": {} }))
}

/// The workspaces that share a claim: one that only one task uses, or that caches,
/// may be an emptyDir.
pub(super) fn shared_claim(focus: &Focus<'_>) -> Vec<Plan> {
    let run = focus.run();
    let Some((claim, workspaces)) = assistant::shared_claims(run).into_iter().next() else { return Vec::new() };
    let mut plans: Vec<Plan> = Vec::new();
    let fewest = workspaces.iter().min_by_key(|workspace| (users(focus, workspace), !workspace.contains("cache")));
    if let Some(fewest) = fewest {
        plans.push(empty_dir(focus, fewest));
        plans.push(own_claim(focus, fewest, &claim));
    }
    // The usual ideas: they only move the fault to tasks that use the other workspace.
    plans.push(Plan::new("swap-workspaces", vec![manual(Instruction::SwapWorkspaces)]));
    plans.extend(flags::coschedule_off(focus));
    plans
}

/// A claim of its own for one of the workspaces that share one.
fn own_claim(focus: &Focus<'_>, workspace: &str, like: &str) -> Plan {
    let (size, class, mode) = wishes(focus.cluster.claim(focus.namespace(), like));
    bind(focus, "separate-claims", workspace, claim_template(&size, class, &mode))
}

/// Size, class and access mode that a claim asks for.
pub(super) fn wishes(claim: Option<&Claim>) -> (String, Option<&str>, String) {
    let size = claim.and_then(|claim| claim.spec.resources.requests.get("storage")).map(ToString::to_string);
    let class = claim.and_then(|claim| claim.spec.storage_class_name.as_deref()).filter(|class| !class.is_empty());
    let mode = claim.and_then(|claim| claim.spec.access_modes.first().cloned());
    (size.unwrap_or_else(|| SIZE.to_owned()), class, mode.unwrap_or_else(|| ONE_NODE.to_owned()))
}

/// Size, class and access mode of what a workspace is bound to: a claim, or the template of
/// one.
pub(super) fn wishes_of(focus: &Focus<'_>, bound: &ClaimWorkspace) -> (String, Option<String>, String) {
    let template = || {
        let bindings = focus.run().spec_at("/workspaces")?.as_array()?;
        let binding = bindings.iter().find(|b| b["name"].as_str() == Some(&bound.workspace))?;
        serde_json::from_value::<Claim>(binding.get("volumeClaimTemplate")?.clone()).ok()
    };
    let made = if bound.claim.is_none() { template() } else { None };
    let known = bound.claim.as_deref().and_then(|name| focus.cluster.claim(focus.namespace(), name));
    let (size, class, mode) = wishes(made.as_ref().or(known));
    (size, class.map(str::to_owned), mode)
}

/// One claim less for a task that binds two.
pub(super) fn two_claims(focus: &Focus<'_>) -> Vec<Plan> {
    let run = focus.run();
    let bound = |task: &Value| assistant::task_claim_workspaces(run, task);
    let Some(task) = run.pipeline_tasks().into_iter().find(|task| bound(task).len() > 1) else { return Vec::new() };
    let workspaces = bound(task);
    let others = |workspace: &str| users(focus, workspace).saturating_sub(1);
    let mut plans: Vec<Plan> = Vec::new();
    if let Some(scratch) = workspaces.iter().min_by_key(|b| others(&b.workspace)) {
        let name = &scratch.workspace;
        plans.push(empty_dir(focus, name));
        let kept = workspaces.iter().find(|b| b.workspace != *name && b.claim.is_some());
        if let Some(claim) = kept.and_then(|kept| kept.claim.as_deref()) {
            let binding = json!({ "persistentVolumeClaim": { "claimName": claim }, "subPath": name });
            plans.push(bind(focus, "one-claim-sub-paths", name, binding));
        }
    }
    plans.push(flags::one_assistant_for_each_run(focus));
    plans.extend(flags::coschedule_off(focus));
    plans
}

/// The workspaces of the run that name a claim.
fn bound_to<'f>(focus: &'f Focus<'_>, claim: &'f str) -> impl Iterator<Item = String> + 'f {
    let bound = assistant::claim_workspaces(focus.run()).into_iter();
    bound.filter(move |bound| bound.claim.as_deref() == Some(claim)).map(|bound| bound.workspace)
}

/// A claim that is made anew for each run, in place of one by name.
fn from_template(focus: &Focus<'_>, workspace: &str, old: Option<&Claim>, class: Option<&str>) -> Plan {
    let (size, known, mode) = wishes(old);
    bind(focus, "volume-claim-template", workspace, claim_template(&size, class.or(known), &mode))
}

/// A claim that the run names and that does not exist.
pub(super) fn missing(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Claim(claim) = facts else { return Vec::new() };
    if missing::exists_now(focus, Kind::Claim, claim) {
        return vec![resubmit(focus, true)];
    }
    let mut spec = json!({ "accessModes": [ONE_NODE], "resources": { "requests": { "storage": SIZE } } });
    let is_default = |class: &&StorageClass| {
        class.metadata.annotation("storageclass.kubernetes.io/is-default-class") == Some("true")
    };
    // Written out, so that the forecast and the server mean the same class.
    if let Some(class) = focus.cluster.storage_classes.iter().find(is_default) {
        spec["storageClassName"] = Value::from(class.metadata.name.clone());
    }
    let manifest =
        json!({ "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": { "name": claim }, "spec": spec });
    let create = Op::Create { object: object(focus, Kind::Claim, claim), manifest };
    let mut ops = vec![create];
    if !focus.is_running() {
        ops.push(submit(focus, Vec::new(), false));
    }
    let mut plans = vec![Plan::new("create-claim", ops)];
    plans.extend(bound_to(focus, claim).map(|workspace| from_template(focus, &workspace, None, None)));
    plans
}

/// Claims that are tried in place of one.
const OTHERS: usize = 3;

/// Bound claims of the namespace that are as large and as shareable as one, and belong to
/// nothing else: each with the plan that binds a workspace to it.
pub(super) fn other_claims(focus: &Focus<'_>, workspace: &str, like: &Claim) -> Vec<(String, Plan)> {
    let size = |claim: &Claim| claim.spec.resources.requests.get("storage").copied();
    let is_usable = |claim: &&Claim| {
        claim.metadata.namespace == focus.namespace()
            && claim.metadata.name != like.metadata.name
            && claim.status.phase == "Bound"
            && claim.metadata.deletion_timestamp.is_none()
            && claim.metadata.owner_references.is_empty()
            && claim.spec.access_modes == like.spec.access_modes
            && size(claim) >= size(like)
    };
    let claims = focus.cluster.claims.iter().filter(is_usable).take(OTHERS);
    let plan = |claim: &Claim| {
        let binding = json!({ "persistentVolumeClaim": { "claimName": claim.metadata.name } });
        (claim.metadata.name.clone(), bind(focus, "other-claim", workspace, binding))
    };
    claims.map(plan).collect()
}

/// A claim that is being deleted, or has lost its volume: a new run with claims of its own, or without this one.
pub(super) fn being_deleted(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Claim(claim) = facts else { return Vec::new() };
    let mut plans = vec![super::resubmit(focus, true)];
    let old = focus.cluster.claim(focus.namespace(), claim);
    for workspace in bound_to(focus, claim) {
        plans.push(from_template(focus, &workspace, old, None));
        plans.extend(old.into_iter().flat_map(|old| other_claims(focus, &workspace, old)).map(|(_, plan)| plan));
        plans.push(empty_dir(focus, &workspace));
    }
    plans
}

/// A claim that does not get a volume.
pub(super) fn unbound(focus: &Focus<'_>) -> Vec<Plan> {
    let claims = focus.cluster.claims.iter().filter(|claim| claim.metadata.namespace == focus.namespace());
    let (bound, waiting): (Vec<&Claim>, Vec<&Claim>) = claims.partition(|claim| claim.status.phase == "Bound");
    let class_of = |claim: &Claim| claim.spec.storage_class_name.clone().unwrap_or_default();
    let broken: Vec<String> = waiting.iter().map(|claim| class_of(claim)).collect();
    let classes = || focus.cluster.storage_classes.iter().map(|class| class.metadata.name.as_str());
    // A class with which another claim of the namespace was bound is known to work.
    let works = |class: &str| bound.iter().any(|claim| class_of(claim) == class);
    let usable = || classes().filter(|class| !broken.contains(&(*class).to_owned()));
    let run = focus.run();
    let workspaces = assistant::claim_workspaces(run).into_iter().filter(|bound| {
        bound.claim.as_deref().is_none_or(|name| waiting.iter().any(|claim| claim.metadata.name == name))
    });
    let mut plans: Vec<Plan> = lost_choice(focus, &waiting);
    if let Some(class) = usable().max_by_key(|class| works(class)) {
        plans.extend(workspaces.map(|bound| {
            let old = waiting.iter().find(|claim| Some(&claim.metadata.name) == bound.claim.as_ref()).copied();
            from_template(focus, &bound.workspace, old, Some(class))
        }));
    }
    if plans.is_empty() {
        let classes: Vec<String> = usable().map(str::to_owned).collect();
        plans.push(Plan::new("existing-storage-class", vec![manual(Instruction::ProvideVolume { classes })]));
    }
    plans
}

/// Claims for which the scheduler chose a node that is gone: without the annotation it
/// chooses again.
fn lost_choice(focus: &Focus<'_>, waiting: &[&Claim]) -> Vec<Plan> {
    if !focus.cluster.coverage.proves_absence(Kind::Node, "") {
        return Vec::new();
    }
    let pods = focus.tree.assistants.iter().filter_map(|node| node.pod).chain(focus.unplaced().map(|(_, pod)| pod));
    let used: Vec<&str> = pods.flat_map(claims_of).collect();
    let is_lost = |claim: &&&Claim| {
        let node = claim.metadata.annotation(SELECTED_NODE);
        used.contains(&claim.metadata.name.as_str()) && node.is_some_and(|node| focus.cluster.node(node).is_none())
    };
    let ops: Vec<Op> = waiting
        .iter()
        .filter(is_lost)
        .map(|claim| Op::Unannotate {
            object: object(focus, Kind::Claim, &claim.metadata.name),
            key: SELECTED_NODE.to_owned(),
        })
        .collect();
    if ops.is_empty() { Vec::new() } else { vec![Plan::new("choose-node-again", super::in_cluster(focus, ops))] }
}

/// A claim that only one pod may use, which the assistant is, or that of a run that is
/// over.
pub(super) fn one_pod(focus: &Focus<'_>) -> Vec<Plan> {
    let only_one = |bound: &ClaimWorkspace| {
        let claim = bound.claim.as_deref().and_then(|name| focus.cluster.claim(focus.namespace(), name));
        claim.is_some_and(|claim| claim.spec.access_modes.iter().any(|mode| mode == "ReadWriteOncePod"))
    };
    let mut plans: Vec<Plan> = end_left_behind(focus).into_iter().collect();
    for bound in assistant::claim_workspaces(focus.run()).iter().filter(|bound| only_one(bound)) {
        let old = bound.claim.as_deref().and_then(|name| focus.cluster.claim(focus.namespace(), name));
        let (size, class, _) = wishes(old);
        plans.push(bind(focus, "read-write-once", &bound.workspace, claim_template(&size, class, ONE_NODE)));
    }
    plans.extend(flags::coschedule_off(focus));
    plans
}

/// Takes away the run whose assistant holds the claim although it is over.
fn end_left_behind(focus: &Focus<'_>) -> Option<Plan> {
    let (_, pod) = focus.unplaced().next()?;
    let holder = claims_of(pod).flat_map(|claim| volume_in_use::holders(focus, pod, claim)).next()?;
    let run = volume_in_use::left_behind(focus, holder)?;
    let delete = Op::Delete { object: object(focus, Kind::PipelineRun, run), force: false };
    Some(Plan::new("delete-ended-run", vec![delete]))
}

/// The claim of a template could not be made: a smaller one where a quota has room for it,
/// an emptyDir for what one task uses alone, or more room.
pub(super) fn claim_refused(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let made = assistant::claim_workspaces(focus.run()).into_iter().filter(|bound| bound.claim.is_none());
    let made: Vec<ClaimWorkspace> = made.collect();
    let mut plans: Vec<Plan> = Vec::new();
    if let [bound] = made.as_slice() {
        let (size, class, mode) = wishes_of(focus, bound);
        let asked: Option<Quantity> = size.parse().ok();
        let most = claims::largest(focus.cluster, focus.namespace(), class.as_deref());
        let most = most.filter(|most| *most > Quantity::default() && asked.is_some_and(|asked| asked > *most));
        if let Some(most) = most {
            let binding = claim_template(&most.to_string(), class.as_deref(), &mode);
            plans.push(bind(focus, "smaller-claim", &bound.workspace, binding));
        }
    }
    plans.extend(refusals::claim(focus, facts));
    let alone = made.iter().filter(|bound| users(focus, &bound.workspace) < 2);
    plans.extend(alone.map(|bound| empty_dir(focus, &bound.workspace)));
    plans
}
