//! Repairs around the assistant itself: submit again, or another node for it.

use crate::analysis::scheduler::Plugin;
use serde_json::{Value, json};

use crate::checks::focus::Focus;
use crate::checks::judged::judged;
use crate::finding::{Prediction, Repair};

use super::prediction::{self, Lifted};
use super::resubmission::Edit;
use super::{by_admin, flags, in_place, resubmission};

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

/// Whether a cordon is all that keeps the waiting tasks from a node.
fn only_the_cordon(focus: &Focus<'_>, node: &str) -> Prediction {
    let is_all = focus.unplaced().all(|(_, pod)| {
        let judged = judged(focus, pod);
        judged.nodes.iter().any(|verdict| verdict.node == node && verdict.only(Plugin::NodeUnschedulable))
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
                ..Repair::default()
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
    let mut repairs = vec![
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
    ];
    repairs.extend(flags::coschedule_off(focus));
    repairs
}

/// The assistant's node is lost: the StatefulSet makes the pod anew only once the old one
/// is gone, which a node without contact never says.
pub(super) fn on_lost_node(focus: &Focus<'_>) -> Option<Repair> {
    let (name, node) = focus.beside_assistant().find_map(|(_, name)| Some((name, focus.assistant_node(name)?)))?;
    let repair = Repair {
        id: "force-delete-assistant-pod",
        summary: format!(
            "take the pod {name}-0 away without waiting for {node}: the StatefulSet makes it anew elsewhere, and the run goes on"
        ),
        command: format!("kubectl delete pod/{name}-0 -n {} --grace-period=0 --force", focus.namespace()),
        predicted: Prediction::Heals,
        needs: "delete on pods in the namespace".to_owned(),
        risk:
            "should the node still run it, two pods hold the volume for a moment; the assistant itself writes nothing"
                .to_owned(),
        changes: json!({ format!("pod/{name}-0"): null }),
        ..Repair::default()
    };
    Some(in_place(focus, Lifted::Nothing, repair))
}

/// Every node has another run's assistant.
pub(super) fn isolated(focus: &Focus<'_>) -> Vec<Repair> {
    let mut others: Vec<String> = focus
        .other_assistants()
        .filter_map(|pod| Some(format!("{} on {}", pod.metadata.label("tekton.dev/pipelineRun")?, pod.spec.node_name)))
        .collect();
    others.sort();
    others.dedup();
    let who = if others.is_empty() { String::new() } else { format!(" ({})", others.join(", ")) };
    vec![
        Repair {
            id: "wait",
            summary: format!("wait until a run that holds a node ends{who}: this one then goes on by itself"),
            command: format!("oc tekton-fix diagnose {} --watch", super::target(focus)),
            because: vec!["when another run ends cannot be told".to_owned()],
            changes: json!({}),
            ..Repair::default()
        },
        flags::one_assistant_for_each_run(focus),
    ]
}

/// The run is held on purpose.
pub(super) fn release(focus: &Focus<'_>) -> Vec<Repair> {
    let predicted = prediction::of_edits(focus, &[], false);
    vec![Repair {
        id: "release-run",
        summary: "remove spec.status, if nothing else (a queue) is to release the run".to_owned(),
        command: format!(
            "kubectl patch pipelinerun/{} -n {} --type=json -p '[{{\"op\":\"remove\",\"path\":\"/spec/status\"}}]'",
            focus.run().metadata.name,
            focus.namespace()
        ),
        predicted: predicted.outcome,
        because: predicted.because,
        needs: "patch on pipelineruns in the namespace".to_owned(),
        risk: "a queueing tool that holds the run loses its order".to_owned(),
        changes: json!({ "spec.status": null }),
    }]
}
