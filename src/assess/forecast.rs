//! The forecast of a run after operations: every pod that it would have, judged by every
//! rule of admission, by Tekton's own rules and by the scheduler.

use serde_json::Value;

use crate::analysis::admission::claims;
use crate::analysis::pipeline_fit::Plan;
use crate::analysis::tekton::flags::{COSCHEDULE, DISABLE_ASSISTANT};
use crate::analysis::tekton::{Coschedule, TektonVersion, assistant, assistant_pod, variables, workspaces};
use crate::checks::focus::Focus;
use crate::checks::future::{self, Future};
use crate::finding::Finding;
use crate::finding::forecast::{Block, Forecast, Gap, Who};
use crate::model::namespace::TEKTON_NAMESPACES;
use crate::model::run::PipelineRun;
use crate::model::volume::{Claim, PersistentVolume};
use crate::model::{Cluster, Kind};
use crate::ops::edit;
use crate::ops::{self, Instruction, Op};

use super::{admission, placement, surviving};

/// What is to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// A new run, with the old one's pods gone or not.
    Resubmitted {
        /// Whether the old run has ended by then.
        old_is_gone: bool,
        /// Over how many nodes its pods may go.
        spread: Spread,
    },
    /// The run itself.
    Continued,
}

/// Over how many nodes the pods of a run may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spread {
    /// As pods and assistants say.
    AsSpecified,
    /// All are to be on one node that is still to be found.
    OneNode,
}

/// What becomes of the run in focus after operations. `findings` are those of the run: a
/// cause that survives the change stays in the way.
pub fn forecast(focus: &Focus<'_>, findings: &[Finding], ops: &[Op]) -> Forecast {
    let mut cluster = focus.cluster.overlay();
    for op in ops {
        ops::apply(op, &mut cluster);
    }
    let run = focus.run();
    let known = cluster.pipeline_run(&run.metadata.namespace, &run.metadata.name).unwrap_or(run);
    let sets_mode = |op: &Op| matches!(op, Op::SetFlags { pairs, .. } if pairs.iter().any(|(key, _)| matches!(*key, COSCHEDULE | DISABLE_ASSISTANT)));
    let after = match focus.given_mode() {
        _ if ops.iter().any(sets_mode) => Focus::new(&cluster, known, focus.now).like(focus).by_installation(),
        Some(mode) => Focus::new(&cluster, known, focus.now).like(focus).in_mode(mode),
        None => Focus::new(&cluster, known, focus.now).like(focus),
    };
    let submitted = ops.iter().find_map(|op| match op {
        Op::Submit { edits, cancel_old, .. } => Some((edits, *cancel_old)),
        _ => None,
    });
    let finds_node = |op: &Op| matches!(op, Op::Manual { instruction: Instruction::FindNode, .. });
    let spread = if ops.iter().any(finds_node) { Spread::OneNode } else { Spread::AsSpecified };
    let mut forecast = Forecast::default();
    match submitted {
        None if !focus.is_running() => forecast.gap(Gap::RunEnded),
        None => continued(&mut forecast, &after, created(&cluster, ops)),
        Some((edits, cancel_old)) => match edit::edited(run, edits) {
            Ok(new) => {
                let old_is_gone = cancel_old || !after.is_running();
                let subject = Subject::Resubmitted { old_is_gone, spread };
                resubmitted(&mut forecast, &after, &future::as_run(&after, &new), (subject, created(&cluster, ops)));
            }
            Err(why) => forecast.block(Block::NoSuchChange(why)),
        },
    }
    forecast.is_judged = true;
    for op in ops {
        if let Op::Manual { instruction, .. } = op {
            forecast.blocks.retain(|block| !surviving::is_left_to_a_person(instruction, block));
        }
    }
    surviving::add(&mut forecast, (focus, &after), findings, ops);
    if submitted.is_some() && ops.iter().any(sets_mode) {
        flag_gaps(&mut forecast, &after);
    }
    if let Some((edits, _)) = submitted {
        placement::foreign_nodes(&mut forecast, &after, edits);
    }
    forecast
}

/// What becomes of a run that is submitted as `new` says, without regard to what stopped
/// another one.
pub fn of_run(focus: &Focus<'_>, new: &PipelineRun, old_is_gone: bool) -> Forecast {
    let mut forecast = Forecast { is_judged: true, ..Forecast::default() };
    let subject = Subject::Resubmitted { old_is_gone: old_is_gone || !focus.is_running(), spread: Spread::AsSpecified };
    resubmitted(&mut forecast, focus, new, (subject, Vec::new()));
    forecast
}

/// Claims that operations create, as the server stores them: one without a class gets the
/// default one (plugin DefaultStorageClass).
fn created(cluster: &Cluster, ops: &[Op]) -> Vec<Claim> {
    let claim = |op: &Op| match op {
        Op::Create { object, manifest } if object.kind == Kind::Claim => {
            let mut claim: Claim = serde_json::from_value(manifest.clone()).ok()?;
            claim.metadata.namespace.clone_from(&object.namespace);
            claim.spec.storage_class_name =
                claim.spec.storage_class_name.or_else(|| workspaces::default_class(cluster));
            Some(claim)
        }
        _ => None,
    };
    ops.iter().filter_map(claim).collect()
}

fn resubmitted(
    forecast: &mut Forecast,
    focus: &Focus<'_>,
    run: &PipelineRun,
    (subject, created): (Subject, Vec<Claim>),
) {
    let mut future = future::of(focus, run);
    future.plan.claims.extend(created);
    tekton(forecast, focus, run);
    variables(forecast, focus, run);
    new_claims(forecast, focus, &future.plan.claims);
    judge(forecast, focus, subject, &future);
}

fn continued(forecast: &mut Forecast, focus: &Focus<'_>, created: Vec<Claim>) {
    let mut future = future::of(focus, focus.run());
    if !focus.cluster.coverage.proves_absence(Kind::Claim, focus.namespace()) {
        // Claims that the run itself had made are there, read or not.
        future.plan.claims.clear();
    }
    future.plan.claims.extend(created);
    new_claims(forecast, focus, &future.plan.claims);
    tekton(forecast, focus, focus.run());
    // What the run has already is what it goes on with.
    let sets = focus.tree.assistants.iter().filter(|node| node.pod.is_none()).filter_map(|node| node.stateful_set);
    future.plan.assistants = sets.map(assistant_pod::of_stateful_set).collect();
    future.refused.retain(|(who, _)| *who != Who::Assistant);
    let is_open = |task: &str| {
        let started = focus.tree.tasks.iter().find(|node| node.task == task);
        started.is_none_or(|node| {
            !node.task_run.is_done() && node.pod.is_none_or(|pod| pod.spec.node_name.is_empty() && !pod.is_terminal())
        })
    };
    future.plan.tasks.retain(|task| is_open(&task.name));
    future.refused.retain(|(who, _)| !matches!(who, Who::Task(task) if !is_open(task)));
    let waits_beside_unknown = focus.beside_assistant().any(|(_, name)| focus.tree.assistant(name).is_none());
    if waits_beside_unknown && !focus.cluster.coverage.proves_absence(Kind::StatefulSet, focus.namespace()) {
        // What the pods wait for now is no witness of what they find then.
        return forecast.gap(Gap::StatefulSet);
    }
    judge(forecast, focus, Subject::Continued, &future);
}

fn judge(forecast: &mut Forecast, focus: &Focus<'_>, subject: Subject, future: &Future) {
    if focus.run().pipeline_tasks().is_empty() {
        forecast.gap(Gap::Pipeline);
    }
    if settings_unread(focus) {
        // A default pod template or service account may change every verdict.
        return forecast.gap(Gap::Settings);
    }
    admission::judge(forecast, focus, subject, future);
    if forecast.blocks.is_empty() {
        placement::judge(forecast, focus, subject, &future.plan);
    }
}

/// Whether Tekton's defaults or flags were not read: a ConfigMap that does not exist leaves
/// them at what the version says.
pub fn settings_unread(focus: &Focus<'_>) -> bool {
    let installation = &focus.installation;
    let is_listed = |namespace: &str| focus.cluster.coverage.proves_absence(Kind::ConfigMap, namespace);
    let is_known = match installation.namespace.as_deref() {
        Some(namespace) => is_listed(namespace),
        None => TEKTON_NAMESPACES.into_iter().all(is_listed),
    };
    !is_known && (installation.defaults.is_none() || installation.feature_flags.is_none())
}

/// Claims that Tekton cannot serve with assistants.
fn tekton(forecast: &mut Forecast, focus: &Focus<'_>, run: &PipelineRun) {
    if focus.coschedule() != Some(Coschedule::Workspaces) {
        return;
    }
    let created: Vec<String> =
        assistant::created_for(run, Coschedule::Workspaces).into_iter().map(|(name, _)| name).collect();
    for task in run.pipeline_tasks() {
        let name = task.get("name").and_then(Value::as_str).unwrap_or_default();
        let bound = assistant::task_claim_workspaces(run, task);
        let mut claims: Vec<&Option<String>> = bound.iter().map(|bound| &bound.claim).collect();
        claims.dedup();
        if claims.len() > 1 {
            forecast.block(Block::TwoClaims(name.to_owned()));
        }
        let wanted = assistant::name_for_task(run, task, Coschedule::Workspaces);
        if wanted.is_some_and(|wanted| !created.contains(&wanted)) {
            forecast.block(Block::NoAssistant(name.to_owned()));
        }
    }
}

/// Claims that are to be made: admission, and then whether they get a volume.
fn new_claims(forecast: &mut Forecast, focus: &Focus<'_>, made: &[Claim]) {
    for refusal in claims::judge(focus.cluster, focus.namespace(), made) {
        forecast.block(Block::Claim(refusal));
    }
    for claim in made {
        new_claim(forecast, focus, claim);
    }
}

/// Variables that the installed version refuses in a new run.
fn variables(forecast: &mut Forecast, focus: &Focus<'_>, run: &PipelineRun) {
    if !focus.tekton().is_some_and(TektonVersion::checks_variable_prefixes) {
        return;
    }
    let pipeline = run.spec_at("/pipelineSpec").or(run.status.pipeline_spec.as_ref());
    for (task, name) in pipeline.map(variables::invalid).unwrap_or_default() {
        forecast.block(Block::Variable { task, name });
    }
}

/// A claim that the run would have made: somebody must provision it, or a volume must
/// wait for it.
fn new_claim(forecast: &mut Forecast, focus: &Focus<'_>, claim: &Claim) {
    let cluster = focus.cluster;
    let name = claim.spec.storage_class_name.as_deref().unwrap_or_default();
    let fits = |volume: &PersistentVolume| volume.status.phase == "Available" && volume.spec.storage_class_name == name;
    if cluster.persistent_volumes.iter().any(fits) {
        return;
    }
    match cluster.storage_classes.iter().find(|class| class.metadata.name == name) {
        Some(class) if class.provisioner != "kubernetes.io/no-provisioner" => {
            // A class with which a claim of the namespace was bound is known to provision.
            let of_class = |claim: &&Claim| claim.spec.storage_class_name.as_deref() == Some(name);
            let here = |claim: &&Claim| claim.metadata.namespace == focus.namespace();
            let known = || cluster.claims.iter().filter(of_class).filter(here);
            let fails = known().any(|claim| claim.status.phase == "Pending" && waits(focus, claim));
            if fails && !known().any(|claim| claim.status.phase == "Bound") {
                forecast.gap(Gap::Provisioning(name.to_owned()));
            }
        }
        _ if !cluster.coverage.proves_absence(Kind::StorageClass, "") => forecast.gap(Gap::StorageClasses),
        Some(_) => forecast.block(Block::NoProvisioner(name.to_owned())),
        None if name.is_empty() => forecast.block(Block::NoDefaultClass),
        None => forecast.block(Block::NoSuchClass(name.to_owned())),
    }
}

/// A claim that has waited for its volume for longer than a normal start.
fn waits(focus: &Focus<'_>, claim: &Claim) -> bool {
    let warned = |name: &str| {
        let events = focus.events_about("PersistentVolumeClaim", name);
        events.iter().any(|event| event.reason == "ProvisioningFailed")
    };
    warned(&claim.metadata.name)
        || claim.metadata.annotation(crate::checks::obstacles::SELECTED_NODE).is_some()
            && focus.is_past_grace(claim.metadata.creation_timestamp)
}

/// What a change of the mode leaves open.
fn flag_gaps(forecast: &mut Forecast, focus: &Focus<'_>) {
    if focus.tekton().is_none() {
        forecast.gap(Gap::TektonVersion);
    }
    if focus.installation.feature_flags.is_none() {
        forecast.gap(Gap::Flags);
    }
    if focus.coschedule() == Some(Coschedule::Disabled) {
        let shared = shared_single_node_claims(focus, focus.run());
        if !shared.is_empty() {
            forecast.gap(Gap::SharedVolumes(shared));
        }
    }
}

/// Claims whose volume can be on one node only and that several tasks use.
fn shared_single_node_claims(focus: &Focus<'_>, run: &PipelineRun) -> Vec<String> {
    let single = |claim: &str| {
        let claim = focus.cluster.claim(focus.namespace(), claim);
        claim.is_none_or(|claim| !claim.spec.access_modes.iter().any(|mode| mode.ends_with("Many")))
    };
    let tasks = run.pipeline_tasks();
    let users = |workspace: &str| {
        let uses = |task: &&&Value| {
            assistant::task_claim_workspaces(run, task).iter().any(|bound| bound.workspace == workspace)
        };
        tasks.iter().filter(uses).count()
    };
    let bound = assistant::claim_workspaces(run).into_iter().filter(|bound| users(&bound.workspace) > 1);
    let names = bound.filter_map(|bound| match bound.claim {
        Some(claim) => single(&claim).then(|| format!("claim {claim}")),
        None => Some(format!("the claim of workspace {}", bound.workspace)),
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

impl Subject {
    /// Pods of the run that are no longer there.
    pub(super) fn gone<'a>(self, focus: &Focus<'a>) -> Vec<&'a crate::model::pod::Pod> {
        if !matches!(self, Self::Resubmitted { old_is_gone: true, .. }) {
            return Vec::new();
        }
        let assistants = focus.tree.assistants.iter().filter_map(|node| node.pod);
        assistants.chain(focus.tree.tasks.iter().filter_map(|node| node.pod)).collect()
    }
}

/// The plan of the tasks that are held to no assistant of it.
pub(super) fn apart(plan: &Plan, placed: &[String]) -> Vec<Plan> {
    let others = plan.tasks.iter().filter(|task| !placed.contains(&task.name));
    others.map(|task| Plan { tasks: vec![task.clone()], assistants: Vec::new(), ..plan.clone() }).collect()
}
