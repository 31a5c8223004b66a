//! Repairs by what the workspaces of a run are bound to.

use crate::analysis::scheduler::Plugin;
use serde_json::{Value, json};

use crate::analysis::tekton::assistant::{self, ClaimWorkspace};
use crate::checks::focus::Focus;
use crate::checks::judged::{NodeObstacles, judged};
use crate::checks::no_node::volume_in_use;
use crate::checks::no_node::volume_node_affinity::claims_of;
use crate::finding::{Finding, Prediction, Repair};
use crate::model::volume::{Claim, StorageClass};

use super::prediction;
use super::resubmission::{Edit, claim_template};
use super::{by_admin, flags, resubmission};

/// Size of a claim of which no wish is known.
const SIZE: &str = "1Gi";
/// The access mode of such a claim.
const ONE_NODE: &str = "ReadWriteOnce";

/// How many tasks bind a workspace of the run to their own.
fn users(focus: &Focus<'_>, workspace: &str) -> usize {
    let run = focus.run();
    let uses =
        |task: &&Value| assistant::task_claim_workspaces(run, task).iter().any(|bound| bound.workspace == workspace);
    run.pipeline_tasks().into_iter().filter(|task| uses(task)).count()
}

/// A workspace bound to an emptyDir.
fn empty_dir(focus: &Focus<'_>, workspace: &str, summary: String) -> Repair {
    Repair {
        risk: format!(
            "what tasks keep in {workspace} lives no longer than a task; only where nothing is handed on through it"
        ),
        ..resubmission(
            focus,
            "workspace-empty-dir",
            &format!("--workspace {workspace}=emptyDir --cancel-old"),
            summary,
            &[Edit::Workspace(workspace.to_owned(), json!({ "emptyDir": {} }))],
            json!({ format!("spec.workspaces[{workspace}]"): { "emptyDir": {} } }),
        )
    }
}

/// A change without a command of its own, which is known to change nothing.
fn in_vain(id: &'static str, summary: &str, why: &str) -> Repair {
    Repair {
        id,
        summary: summary.to_owned(),
        predicted: Prediction::DoesNotHeal,
        because: vec![why.to_owned()],
        changes: json!({}),
        ..Repair::default()
    }
}

/// The workspaces that share a claim: one that only one task uses, or that caches,
/// may be an emptyDir.
pub(super) fn shared_claim(focus: &Focus<'_>) -> Vec<Repair> {
    let run = focus.run();
    let Some((claim, workspaces)) = assistant::shared_claims(run).into_iter().next() else { return Vec::new() };
    let both = run.pipeline_tasks().into_iter().any(|task| {
        let of_claim = |bound: &&ClaimWorkspace| bound.claim.as_deref() == Some(&claim);
        assistant::task_claim_workspaces(run, task).iter().filter(of_claim).count() > 1
    });
    let mut repairs: Vec<Repair> = Vec::new();
    let fewest = workspaces.iter().min_by_key(|workspace| (users(focus, workspace), !workspace.contains("cache")));
    if let Some(fewest) = fewest {
        let summary = format!("give workspace {fewest} an emptyDir, so that only one workspace binds {claim}");
        repairs.push(empty_dir(focus, fewest, summary));
        repairs.push(if both {
            let why = "a task binds both workspaces: Tekton then refuses it for binding two claims";
            in_vain("separate-claims", "give each workspace a claim of its own", why)
        } else {
            own_claim(focus, fewest, &claim)
        });
    }
    let why = "only moves the fault to tasks that use the other workspace";
    repairs.push(in_vain("swap-workspaces", "swap the order of the workspaces", why));
    repairs.extend(flags::coschedule_off(focus));
    repairs
}

/// A workspace bound to a claim that each run makes anew, of this size, class and access
/// mode; without a mode to that which `rerun --workspace` takes by itself.
fn bound_anew(
    focus: &Focus<'_>,
    id: &'static str,
    workspace: &str,
    (size, class, mode): (&str, Option<&str>, Option<&str>),
    summary: String,
) -> Repair {
    let class_flag = class.map(|class| format!(",storageClass={class}")).unwrap_or_default();
    let mode_flag = mode.map(|mode| format!(",accessMode={mode}")).unwrap_or_default();
    let template = claim_template(size, class, mode.unwrap_or(ONE_NODE));
    resubmission(
        focus,
        id,
        &format!("--workspace name={workspace},size={size}{class_flag}{mode_flag} --cancel-old"),
        summary,
        &[Edit::Workspace(workspace.to_owned(), template.clone())],
        json!({ format!("spec.workspaces[{workspace}]"): template }),
    )
}

/// A claim of its own for one of the workspaces that share one.
fn own_claim(focus: &Focus<'_>, workspace: &str, like: &str) -> Repair {
    let (size, class, mode) = wishes(focus.cluster.claim(focus.namespace(), like));
    let summary = format!("give workspace {workspace} a claim of its own");
    Repair {
        risk: format!("the new claim of {workspace} is empty, and made anew for each run"),
        ..bound_anew(focus, "separate-claims", workspace, (&size, class, Some(&mode)), summary)
    }
}

/// Size, class and access mode that a claim asks for.
fn wishes(claim: Option<&Claim>) -> (String, Option<&str>, String) {
    let size = claim.and_then(|claim| claim.spec.resources.requests.get("storage")).map(ToString::to_string);
    let class = claim.and_then(|claim| claim.spec.storage_class_name.as_deref()).filter(|class| !class.is_empty());
    let mode = claim.and_then(|claim| claim.spec.access_modes.first().cloned());
    (size.unwrap_or_else(|| SIZE.to_owned()), class, mode.unwrap_or_else(|| ONE_NODE.to_owned()))
}

/// One claim less for a task that binds two.
pub(super) fn two_claims(focus: &Focus<'_>) -> Vec<Repair> {
    let run = focus.run();
    let bound = |task: &Value| assistant::task_claim_workspaces(run, task);
    let Some(task) = run.pipeline_tasks().into_iter().find(|task| bound(task).len() > 1) else { return Vec::new() };
    let workspaces = bound(task);
    let others = |workspace: &str| users(focus, workspace).saturating_sub(1);
    let mut repairs: Vec<Repair> = Vec::new();
    if let Some(scratch) = workspaces.iter().min_by_key(|b| others(&b.workspace)) {
        let name = &scratch.workspace;
        repairs.push(empty_dir(
            focus,
            name,
            format!("give workspace {name} an emptyDir, so that the task binds one claim"),
        ));
        let kept = workspaces.iter().find(|b| b.workspace != *name && b.claim.is_some());
        let alone = workspaces.iter().all(|b| others(&b.workspace) == 0);
        if let (true, Some(claim)) = (alone, kept.and_then(|kept| kept.claim.as_deref())) {
            let source = json!({ "persistentVolumeClaim": { "claimName": claim }, "subPath": name });
            repairs.push(Repair {
                risk: format!("what the claim of {name} held stays where it is"),
                ..resubmission(
                    focus,
                    "one-claim-sub-paths",
                    &format!("--workspace name={name},claimName={claim},subPath={name}"),
                    format!("bind workspace {name} to a folder of claim {claim}"),
                    &[Edit::Workspace(name.clone(), source.clone())],
                    json!({ format!("spec.workspaces[{name}]"): source }),
                )
            });
        } else {
            let why = "another task uses only one of them: it would wait for an assistant that Tekton never makes";
            let summary = "bind both workspaces to one claim with different subPaths";
            repairs.push(in_vain("one-claim-sub-paths", summary, why));
        }
    }
    repairs.push(flags::one_assistant_for_each_run(focus));
    repairs.extend(flags::coschedule_off(focus));
    repairs
}

/// The workspaces of the run that name a claim.
fn bound_to<'f>(focus: &'f Focus<'_>, claim: &'f str) -> impl Iterator<Item = String> + 'f {
    let bound = assistant::claim_workspaces(focus.run()).into_iter();
    bound.filter(move |bound| bound.claim.as_deref() == Some(claim)).map(|bound| bound.workspace)
}

/// A claim that is made anew for each run, in place of one by name.
fn from_template(focus: &Focus<'_>, workspace: &str, old: Option<&Claim>, class: Option<&str>) -> Repair {
    let (size, known, mode) = wishes(old);
    let class = class.or(known);
    let of_class = class.map(|class| format!(" of class {class}")).unwrap_or_default();
    let summary = format!("bind workspace {workspace} to a claim{of_class} that each run makes anew");
    Repair {
        risk: format!("each run then has a volume of its own ({size}), deleted with the run"),
        ..bound_anew(focus, "volume-claim-template", workspace, (&size, class, Some(&mode)), summary)
    }
}

/// A claim that the run names and that does not exist.
pub(super) fn missing(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let claim = finding.about.as_str();
    let namespace = focus.namespace();
    let is_default = |class: &&StorageClass| {
        class.metadata.annotation("storageclass.kubernetes.io/is-default-class") == Some("true")
    };
    let class = focus.cluster.storage_classes.iter().find(is_default);
    let free = focus
        .cluster
        .persistent_volumes
        .iter()
        .any(|volume| volume.status.phase == "Available" && volume.spec.storage_class_name.is_empty());
    let (predicted, because) = match class {
        Some(class) => (
            Prediction::Heals,
            format!("{} provisions it, by the default class {}", class.provisioner, class.metadata.name),
        ),
        None if free => (Prediction::Unknown, "whether a volume that is free suits the claim".to_owned()),
        None => {
            (Prediction::Unknown, "it must get a volume: name a storage class that provisions, or make one".to_owned())
        }
    };
    let mut repairs = vec![Repair {
        id: "create-claim",
        summary: format!("create the claim {claim} in namespace {namespace}; the stuck run goes on by itself"),
        command: format!(
            "echo '{{\"apiVersion\":\"v1\",\"kind\":\"PersistentVolumeClaim\",\"metadata\":{{\"name\":\"{claim}\"}},\"spec\":{{\"accessModes\":[\"ReadWriteOnce\"],\"resources\":{{\"requests\":{{\"storage\":\"{SIZE}\"}}}}}}}}' | kubectl create -n {namespace} -f -"
        ),
        predicted,
        because: vec![because],
        needs: "create on persistentvolumeclaims in the namespace".to_owned(),
        risk: "the new volume is empty".to_owned(),
        changes: json!({ format!("persistentvolumeclaim/{claim}"): "created" }),
    }];
    repairs.extend(bound_to(focus, claim).map(|workspace| from_template(focus, &workspace, None, None)));
    repairs
}

/// A claim that does not get a volume.
pub(super) fn unbound(focus: &Focus<'_>) -> Vec<Repair> {
    let claims = focus.cluster.claims.iter().filter(|claim| claim.metadata.namespace == focus.namespace());
    let (bound, waiting): (Vec<&Claim>, Vec<&Claim>) = claims.partition(|claim| claim.status.phase == "Bound");
    let class_of = |claim: &Claim| claim.spec.storage_class_name.clone().unwrap_or_default();
    let broken: Vec<String> = waiting.iter().map(|claim| class_of(claim)).collect();
    let classes = || focus.cluster.storage_classes.iter().map(|class| class.metadata.name.as_str());
    // A class with which another claim of the namespace was bound is known to work.
    let works = |class: &str| bound.iter().any(|claim| class_of(claim) == class);
    let usable = classes().filter(|class| !broken.contains(&(*class).to_owned()));
    let best = usable.max_by_key(|class| works(class));
    let run = focus.run();
    let workspaces = assistant::claim_workspaces(run).into_iter().filter(|bound| {
        bound.claim.as_deref().is_none_or(|name| waiting.iter().any(|claim| claim.metadata.name == name))
    });
    let mut repairs: Vec<Repair> = Vec::new();
    for bound in workspaces {
        let Some(class) = best else { break };
        let old = waiting.iter().find(|claim| Some(&claim.metadata.name) == bound.claim.as_ref()).copied();
        let mut repair = from_template(focus, &bound.workspace, old, Some(class));
        if repair.predicted == Prediction::Heals && !works(class) {
            repair.predicted = Prediction::Unknown;
            repair.because =
                vec![format!("whether class {class} provisions: no claim of the namespace was bound with it")];
        }
        repairs.push(repair);
    }
    if repairs.is_empty() {
        let known: Vec<&str> = classes().filter(|class| !broken.contains(&(*class).to_owned())).collect();
        repairs.push(Repair {
            id: "existing-storage-class",
            summary: match known.as_slice() {
                [] => "make a storage class that provisions, or a volume that the claim can bind".to_owned(),
                known => format!("use a claim of a storage class that exists and can provision ({})", known.join(", ")),
            },
            needs: "create on persistentvolumeclaims and pipelineruns in the namespace".to_owned(),
            because: vec!["no other storage class is known to provision".to_owned()],
            changes: json!({}),
            ..Repair::default()
        });
    }
    repairs
}

/// A claim that only one pod may use, which the assistant is, or that of a run that is
/// over.
pub(super) fn one_pod(focus: &Focus<'_>) -> Vec<Repair> {
    let only_one = |bound: &ClaimWorkspace| {
        let claim = bound.claim.as_deref().and_then(|name| focus.cluster.claim(focus.namespace(), name));
        claim.is_some_and(|claim| claim.spec.access_modes.iter().any(|mode| mode == "ReadWriteOncePod"))
    };
    let mut repairs: Vec<Repair> = end_left_behind(focus).into_iter().collect();
    for bound in assistant::claim_workspaces(focus.run()).iter().filter(|bound| only_one(bound)) {
        let old = bound.claim.as_deref().and_then(|name| focus.cluster.claim(focus.namespace(), name));
        let (size, class, _) = wishes(old);
        let workspace = &bound.workspace;
        let summary =
            format!("bind workspace {workspace} to a ReadWriteOnce claim, which all pods of one node may use");
        repairs.push(Repair {
            risk: "the new volume is empty, and made anew for each run; an access mode cannot be changed afterwards"
                .to_owned(),
            ..bound_anew(focus, "read-write-once", workspace, (&size, class, None), summary)
        });
    }
    repairs.extend(flags::coschedule_off(focus));
    repairs
}

/// Takes away the run whose assistant holds the claim although it is over.
fn end_left_behind(focus: &Focus<'_>) -> Option<Repair> {
    let (_, pod) = focus.unplaced().next()?;
    let mut holders = claims_of(pod).flat_map(|claim| volume_in_use::holders(focus, pod, claim));
    let holder = holders.next()?;
    let run = volume_in_use::left_behind(focus, holder)?;
    let is_alone = holders.all(|other| other.metadata.name == holder.metadata.name);
    let only = |node: &NodeObstacles| node.only(Plugin::VolumeRestrictions);
    let heals = is_alone && judged(focus, pod).nodes.iter().any(only);
    Some(Repair {
        id: "delete-ended-run",
        summary: format!(
            "delete PipelineRun {run}, which is over: its assistant goes with it and lets go of the claim; the stuck run goes on by itself"
        ),
        command: format!("kubectl delete pipelinerun/{run} -n {}", focus.namespace()),
        predicted: if heals { Prediction::Heals } else { Prediction::Unknown },
        because: vec![if heals {
            "its assistant is all that keeps the claim from the waiting pod".to_owned()
        } else {
            "whether nothing else keeps the claim from the waiting pod cannot be told".to_owned()
        }],
        needs: "delete on pipelineruns in the namespace".to_owned(),
        risk: "its record and logs go too; a StatefulSet of that name can be deleted instead".to_owned(),
        changes: json!({ format!("pipelinerun/{run}"): null }),
    })
}

/// The claim of a template could not be made.
pub(super) fn claim_refused(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let text = &finding.summary;
    let quota = crate::checks::refused::quota_name(text);
    if quota.is_empty() || !text.contains("exceeded quota") {
        return Vec::new();
    }
    // From 1.4 on Tekton tries again by itself.
    let waits = focus.is_running();
    let resubmit = if waits { String::new() } else { format!("\noc tekton-fix rerun {}", super::target(focus)) };
    let predicted = prediction::of_edits(focus, &[], true);
    vec![Repair {
        because: predicted.because,
        ..by_admin(
            "raise-quota",
            format!("kubectl edit resourcequota/{quota} -n {}{resubmit}", focus.namespace()),
            if waits {
                format!("raise {quota} by what the claim asks for; the run goes on by itself")
            } else {
                format!("raise {quota} by what the claim asks for, then submit again")
            },
            predicted.outcome,
            json!({ format!("resourcequota/{quota}.spec.hard"): "raised" }),
        )
    }]
}
