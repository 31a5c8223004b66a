//! Repairs for pods that find no node.

use crate::analysis::scheduler::Plugin;
use serde_json::{Value, json};

use crate::checks::focus::Focus;
use crate::checks::judged::judged;
use crate::finding::{Finding, Prediction, Repair};
use crate::model::node::Node;

use super::resubmission::Edit;
use super::{by_admin, flags, pinning, requests, resubmission};

fn architecture(node: &Node) -> &str {
    node.metadata.label("kubernetes.io/arch").unwrap_or_default()
}

/// Whether a node is of another processor architecture than most nodes: whether the
/// images run there cannot be read from the cluster.
fn is_foreign(focus: &Focus<'_>, node: &Node) -> bool {
    if node.spec.taints.iter().any(|taint| taint.key == "kubernetes.io/arch") {
        return true;
    }
    let same = |other: &&Node| architecture(other) == architecture(node);
    let count = focus.cluster.nodes.iter().filter(same).count();
    count * 2 < focus.cluster.nodes.len()
        && focus.cluster.nodes.iter().filter(|other| !architecture(other).is_empty()).count() > count
}

/// The architecture that sets a node apart: its taint says it where its label does not.
fn foreign(node: &Node) -> &str {
    let taint = node.spec.taints.iter().find(|taint| taint.key == "kubernetes.io/arch");
    taint.map_or_else(|| architecture(node), |taint| taint.value.as_str())
}

/// Tolerations for the taints of the nodes that would fit.
pub(super) fn tolerate(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let mut repairs = Vec::new();
    for item in finding.evidence.iter().filter(|item| item.field == "spec.taints") {
        let node = item.object.trim_start_matches("Node/");
        let Some(node) = focus.cluster.node(node) else { continue };
        let taints: Vec<_> = node.spec.taints.iter().filter(|taint| taint.effect != "PreferNoSchedule").collect();
        let flags: Vec<String> =
            taints.iter().map(|taint| format!("--toleration {}={}:{}", taint.key, taint.value, taint.effect)).collect();
        let tolerations: Vec<Value> = taints
            .iter()
            .map(|taint| json!({ "key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect }))
            .collect();
        let edits: Vec<Edit> = tolerations.iter().cloned().map(Edit::Toleration).collect();
        let mut repair = resubmission(
            focus,
            "tolerate",
            &flags.join(" "),
            format!("tolerate the taint of {}", node.metadata.name),
            &edits,
            json!({ "spec.taskRunTemplate.podTemplate.tolerations": tolerations }),
        );
        repair.risk = format!("{} is kept for something: ask its owner; {}", node.metadata.name, repair.risk);
        if repair.predicted == Prediction::Heals && is_foreign(focus, node) {
            repair.predicted = Prediction::Unknown;
            repair.because =
                vec![format!("whether its images run on {} ({}) cannot be told", node.metadata.name, foreign(node))];
        }
        if !repairs.iter().any(|known: &Repair| known.changes == repair.changes) {
            repairs.push(repair);
        }
    }
    repairs
}

/// The assistant stands where a later task has no room.
pub(super) fn node_full(focus: &Focus<'_>) -> Vec<Repair> {
    let mut repairs = vec![pinning::pin(focus, &[], "")];
    repairs.extend(pinning::pin_with_placement(focus));
    repairs.extend(requests::lower(focus));
    repairs.extend(flags::coschedule_off(focus));
    repairs
}

/// No allowed node has enough free.
pub(super) fn no_room(focus: &Focus<'_>) -> Vec<Repair> {
    let mut repairs: Vec<Repair> = requests::lower(focus).into_iter().collect();
    repairs.extend(selector(focus));
    repairs
}

/// The assistant, or a task without one, finds no node that its volumes or its size
/// allow; another node may do.
pub(super) fn elsewhere(focus: &Focus<'_>) -> Vec<Repair> {
    let edits = [Edit::DropNodeSelection, Edit::DropTaskPlacement];
    let mut repairs = selector(focus);
    repairs.push(pinning::pin(focus, &edits, "--drop node-selector --drop task-placement "));
    repairs
}

/// Whether the run, or a task of it, asks for a field of the pod template.
fn asks(focus: &Focus<'_>, field: &str) -> bool {
    let run = focus.run();
    let of_run = run.spec_at(&format!("/taskRunTemplate/podTemplate/{field}"));
    let specs = run.spec_at("/taskRunSpecs").and_then(Value::as_array);
    let of_tasks = specs.into_iter().flatten().filter_map(|spec| spec.pointer(&format!("/podTemplate/{field}")));
    of_run.into_iter().chain(of_tasks).any(|value| !value.is_null())
}

/// Drops the node selection of the run, and that of its tasks.
pub(super) fn selector(focus: &Focus<'_>) -> Vec<Repair> {
    if !asks(focus, "nodeSelector") && !asks(focus, "affinity/nodeAffinity") {
        return Vec::new();
    }
    vec![resubmission(
        focus,
        "drop-node-selector",
        "--drop node-selector --drop task-placement --cancel-old",
        "drop the node selection of the run and of its tasks",
        &[Edit::DropNodeSelection, Edit::DropTaskPlacement],
        json!({ "spec.taskRunTemplate.podTemplate.nodeSelector": null }),
    )]
}

/// A field of the pod template that stands in the way, with the flag of `rerun` that
/// drops it.
pub(super) fn drop_field(
    focus: &Focus<'_>,
    id: &'static str,
    (field, flag): (&'static str, &str),
    summary: &str,
) -> Vec<Repair> {
    if !asks(focus, field) {
        return Vec::new();
    }
    vec![resubmission(
        focus,
        id,
        &format!("--drop {flag} --cancel-old"),
        summary,
        &[Edit::DropPodField(field)],
        json!({ format!("spec.taskRunTemplate.podTemplate.{field}"): null }),
    )]
}

/// Nodes that are cordoned, of which one would do.
pub(super) fn uncordon(focus: &Focus<'_>, finding: &Finding) -> Vec<Repair> {
    let cordoned = finding.evidence.iter().filter(|item| item.field == "spec.unschedulable");
    let nodes: Vec<&str> = cordoned.map(|item| item.object.trim_start_matches("Node/")).collect();
    let pods: Vec<_> = focus
        .tree
        .assistants
        .iter()
        .filter_map(|node| node.pod)
        .filter(|pod| pod.spec.node_name.is_empty())
        .chain(focus.unplaced().filter(|(task, _)| task.task_run.assistant().is_none()).map(|(_, pod)| pod))
        .collect();
    let mut repairs = selector(focus);
    repairs.extend(nodes.into_iter().map(|name| {
        let alone = |verdict: &crate::checks::judged::NodeObstacles| {
            verdict.node == name && verdict.only(Plugin::NodeUnschedulable)
        };
        let takes = !pods.is_empty() && pods.iter().all(|pod| judged(focus, pod).nodes.iter().any(alone));
        Repair {
            because: vec![if takes {
                "the cordon is all that keeps its pods from there".to_owned()
            } else {
                "whether nothing else keeps its pods from there cannot be told".to_owned()
            }],
            ..by_admin(
                "uncordon",
                format!("kubectl uncordon {name}"),
                format!("uncordon {name}, if its maintenance is over; the stuck run goes on by itself"),
                if takes { Prediction::Heals } else { Prediction::Unknown },
                json!({ format!("node/{name}.spec.unschedulable"): false }),
            )
        }
    }));
    repairs
}

/// The pod that has the host port.
pub(super) fn free_port(finding: &Finding) -> Vec<Repair> {
    let holders = finding.evidence.iter().filter(|item| item.field.ends_with("hostPort"));
    holders
        .map(|item| {
            let pod = item.object.trim_start_matches("Pod/");
            Repair {
                id: "free-port",
                summary: format!(
                    "end pod {pod}, which has the port ({}), or wait until it ends; the stuck run goes on by itself",
                    item.value
                ),
                because: vec!["whether somebody makes the pod anew cannot be told".to_owned()],
                needs: "delete on pods in its namespace".to_owned(),
                changes: json!({ format!("pod/{pod}"): null }),
                ..Repair::default()
            }
        })
        .collect()
}
