//! Repairs around the assistant itself: submit again, other node, other mode.

use serde_json::{Value, json};

use crate::analysis::tekton::assistant;
use crate::checks::finding::{Prediction, Repair};
use crate::checks::focus::Focus;
use crate::checks::judged::judged;

use super::prediction::{self, Lifted};
use super::resubmission::Edit;
use super::{by_admin, in_place, rerun, resubmission, target};

pub(super) fn resubmit(focus: &Focus<'_>) -> Vec<Repair> {
    vec![resubmission(
        focus,
        "resubmit",
        "--cancel-old",
        "submit the run again unchanged: its assistant is then made before the first task",
        &[],
        json!({}),
    )]
}

pub(super) fn resubmit_unknown(focus: &Focus<'_>) -> Vec<Repair> {
    vec![rerun(focus, "resubmit", "", "submit the run again unchanged", Prediction::Unknown, json!({}))]
}

/// The workspaces that share a claim: one that only one task uses, or that caches,
/// may be an emptyDir.
pub(super) fn shared_claim(focus: &Focus<'_>) -> Vec<Repair> {
    let run = focus.run();
    let Some((claim, workspaces)) = assistant::shared_claims(run).into_iter().next() else { return Vec::new() };
    let tasks = run.pipeline_tasks();
    let users = |workspace: &str| {
        tasks
            .iter()
            .filter(|task| assistant::task_claim_workspaces(run, task).iter().any(|bound| bound.workspace == workspace))
            .count()
    };
    let both = tasks.iter().any(|task| {
        assistant::task_claim_workspaces(run, task)
            .iter()
            .filter(|bound| bound.claim.as_deref() == Some(&claim))
            .count()
            > 1
    });
    let mut repairs: Vec<Repair> = Vec::new();
    if let Some(fewest) = workspaces.iter().min_by_key(|workspace| (users(workspace), !workspace.contains("cache"))) {
        repairs.push(Repair {
            risk: format!(
                "what tasks keep in {fewest} lives no longer than a task; only where nothing is handed on through it"
            ),
            ..resubmission(
                focus,
                "workspace-empty-dir",
                &format!("--workspace {fewest}=emptyDir"),
                format!("give workspace {fewest} an emptyDir, so that only one workspace binds {claim}"),
                &[Edit::EmptyDir(fewest.clone())],
                json!({ format!("spec.workspaces[{fewest}]"): { "emptyDir": {} } }),
            )
        });
    }
    repairs.push(Repair {
        id: "separate-claims",
        summary: "give each workspace a claim of its own".to_owned(),
        command: String::new(),
        predicted: if both { Prediction::DoesNotHeal } else { as_likely_as(&repairs) },
        needs: String::new(),
        risk: if both {
            "a task binds both workspaces: Tekton then refuses it for binding two claims".to_owned()
        } else {
            String::new()
        },
        changes: json!({}),
    });
    repairs.push(Repair {
        id: "swap-workspaces",
        summary: "swap the order of the workspaces".to_owned(),
        command: String::new(),
        predicted: Prediction::DoesNotHeal,
        needs: String::new(),
        risk: "only moves the fault to tasks that use the other workspace".to_owned(),
        changes: json!({}),
    });
    repairs
}

/// What is predicted of the same run with an emptyDir holds for other cures of the
/// same bindings too: what else stands in its way is the same.
fn as_likely_as(repairs: &[Repair]) -> Prediction {
    repairs.first().map_or(Prediction::Unknown, |repair| repair.predicted)
}

/// Whether a cordon is all that keeps the waiting tasks from a node.
fn only_the_cordon(focus: &Focus<'_>, node: &str) -> Prediction {
    let is_all = focus.unplaced().all(|(_, pod)| {
        let judged = judged(focus, pod);
        judged.nodes.iter().any(|verdict| verdict.node == node && verdict.plugins() == ["NodeUnschedulable"].into())
    });
    if is_all { Prediction::Heals } else { Prediction::Unknown }
}

pub(super) fn cordoned(focus: &Focus<'_>) -> Vec<Repair> {
    let Some((name, node)) = focus.beside_assistant().find_map(|(_, name)| Some((name, focus.assistant_node(name)?)))
    else {
        return Vec::new();
    };
    vec![
        in_place(
            focus,
            Lifted::Nothing,
            Repair {
                id: "delete-assistant-pod",
                summary: format!(
                    "delete the assistant's pod: its StatefulSet makes it anew on another node, and the run goes on (if its volume can follow from {node})"
                ),
                command: format!("kubectl delete pod/{name}-0 -n {}", focus.namespace()),
                predicted: Prediction::Heals,
                needs: "delete on pods in the namespace".to_owned(),
                risk: "a task of the run that still runs on the old node keeps its volume there".to_owned(),
                changes: json!({ format!("pod/{name}-0"): null }),
            },
        ),
        resubmission(
            focus,
            "resubmit",
            "--cancel-old",
            "submit the run again unchanged: the assistant goes to another node",
            &[],
            json!({}),
        ),
        by_admin(
            "uncordon",
            format!("kubectl uncordon {node}"),
            format!("uncordon {node}, if its maintenance is over"),
            only_the_cordon(focus, node),
            json!({ format!("node/{node}.spec.unschedulable"): false }),
        ),
    ]
}

pub(super) fn contradiction(focus: &Focus<'_>) -> Vec<Repair> {
    // The task that waits, not any that has a pod template of its own.
    let specs = focus.run().spec_at("/taskRunSpecs").and_then(Value::as_array).cloned().unwrap_or_default();
    let waits = |task: &str| focus.unplaced().any(|(node, _)| node.task == task);
    let Some((task, template)) = specs.iter().find_map(|spec| {
        let task = spec.get("pipelineTaskName")?.as_str().filter(|task| waits(task))?;
        Some((task.to_owned(), spec.get("podTemplate")?.clone()))
    }) else {
        return Vec::new();
    };
    vec![
        resubmission(
            focus,
            "placement-to-run",
            &format!("--placement-of {task}"),
            format!(
                "give the node selection and tolerations of task {task} to the whole run, so that the assistant goes there too"
            ),
            &[Edit::PlacementOf(task.clone())],
            json!({ "spec.taskRunTemplate.podTemplate": template }),
        ),
        resubmission(
            focus,
            "drop-task-placement",
            "--drop task-placement",
            format!("drop the node selection of task {task}"),
            &[Edit::DropTaskPlacement],
            json!({ format!("spec.taskRunSpecs[{task}].podTemplate.nodeSelector"): null }),
        ),
    ]
}

pub(super) fn two_claims(focus: &Focus<'_>) -> Vec<Repair> {
    let run = focus.run();
    let tasks = run.pipeline_tasks();
    let bound = |task: &&Value| assistant::task_claim_workspaces(run, task);
    let Some(task) = tasks.iter().copied().find(|task| bound(task).len() > 1) else { return Vec::new() };
    let workspaces = bound(&task);
    let others = |workspace: &str| {
        tasks
            .iter()
            .filter(|t| t.get("name") != task.get("name") && bound(t).iter().any(|b| b.workspace == workspace))
            .count()
    };
    let mut repairs: Vec<Repair> = Vec::new();
    if let Some(scratch) = workspaces.iter().min_by_key(|b| others(&b.workspace)) {
        let name = &scratch.workspace;
        repairs.push(Repair {
            risk: format!("what tasks keep in {name} lives no longer than a task"),
            ..resubmission(
                focus,
                "workspace-empty-dir",
                &format!("--workspace {name}=emptyDir"),
                format!("give workspace {name} an emptyDir, so that the task binds one claim"),
                &[Edit::EmptyDir(name.clone())],
                json!({ format!("spec.workspaces[{name}]"): { "emptyDir": {} } }),
            )
        });
    }
    let alone = workspaces.iter().all(|b| others(&b.workspace) == 0);
    repairs.push(Repair {
        id: "one-claim-sub-paths",
        summary: "bind both workspaces to one claim with different subPaths".to_owned(),
        command: String::new(),
        predicted: if alone { as_likely_as(&repairs) } else { Prediction::DoesNotHeal },
        needs: String::new(),
        risk: if alone {
            String::new()
        } else {
            "another task uses only one of them: it would wait for an assistant that Tekton never makes".to_owned()
        },
        changes: json!({}),
    });
    repairs.extend(coschedule_off(focus));
    repairs
}

/// Switching the assistant off where that is really decided.
pub(super) fn coschedule_off(focus: &Focus<'_>) -> Option<Repair> {
    let reads_coschedule = focus.tekton().is_none_or(|version| !version.reads_disable_affinity_assistant());
    let (key, value) =
        if reads_coschedule { ("coschedule", "disabled") } else { ("disable-affinity-assistant", "true") };
    let command = if focus.cluster.tekton_configs.is_empty() {
        let namespace = focus.installation.namespace.clone().unwrap_or_else(|| "tekton-pipelines".to_owned());
        format!(
            "kubectl patch configmap/feature-flags -n {namespace} --type=merge -p '{{\"data\":{{\"{key}\":\"{value}\"}}}}'"
        )
    } else {
        format!(
            "oc patch tektonconfig/config --type=merge -p '{{\"spec\":{{\"pipeline\":{{\"{key}\":\"{value}\"}}}}}}'"
        )
    };
    Some(Repair {
        risk: "for all runs of the cluster: pods that share a ReadWriteOnce volume may land on different nodes; a run that is stuck already is not healed, submit it again".to_owned(),
        ..by_admin(
            "coschedule-disabled",
            format!("{command}\noc tekton-fix rerun {}", target(focus)),
            format!("switch the affinity assistant off ({key}: {value}) and submit again"),
            Prediction::Unknown,
            json!({ format!("feature-flags.{key}"): value }),
        )
    })
}

pub(super) fn valid_flag(focus: &Focus<'_>) -> Option<Repair> {
    let namespace = focus.installation.namespace.clone()?;
    Some(by_admin(
        "valid-flag",
        format!("kubectl edit configmap/feature-flags -n {namespace}\noc tekton-fix rerun {}", target(focus)),
        "set coschedule to a value that Tekton knows (disabled, workspaces, pipelineruns, isolate-pipelinerun), then submit again",
        Prediction::Unknown,
        json!({}),
    ))
}

pub(super) fn release(focus: &Focus<'_>) -> Vec<Repair> {
    vec![Repair {
        id: "release-run",
        summary: "remove spec.status, if nothing else (a queue) is to release the run".to_owned(),
        command: format!(
            "kubectl patch pipelinerun/{} -n {} --type=json -p '[{{\"op\":\"remove\",\"path\":\"/spec/status\"}}]'",
            focus.run().metadata.name,
            focus.namespace()
        ),
        predicted: prediction::of_edits(focus, &[]).outcome,
        needs: "patch on pipelineruns in the namespace".to_owned(),
        risk: "a queueing tool that holds the run loses its order".to_owned(),
        changes: json!({ "spec.status": null }),
    }]
}
