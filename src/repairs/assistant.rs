//! Repairs around the assistant itself: submit again, or another node for it.

use serde_json::Value;

use crate::checks::focus::Focus;
use crate::finding::Facts;
use crate::model::Kind;
use crate::ops::{Edit, Instruction, Op};

use super::{Plan, flags, manual, object, resubmit, submit};

/// The pod of the assistant that has a node, with that node.
fn placed<'f>(focus: &'f Focus<'_>) -> Option<(&'f str, &'f str)> {
    focus.beside_assistant().find_map(|(_, name)| Some((name, focus.assistant_node(name)?)))
}

fn delete(focus: &Focus<'_>, assistant: &str, force: bool) -> Op {
    Op::Delete { object: object(focus, Kind::Pod, &format!("{assistant}-0")), force }
}

pub(super) fn cordoned(focus: &Focus<'_>) -> Vec<Plan> {
    let Some((name, node)) = placed(focus) else { return Vec::new() };
    vec![
        Plan::new("delete-assistant-pod", vec![delete(focus, name, false)]),
        resubmit(focus, true),
        Plan::new("uncordon", vec![Op::Uncordon { node: node.to_owned() }]),
    ]
}

/// Scales the assistant's StatefulSet up again.
pub(super) fn scale_up(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Set(name) = facts else { return Vec::new() };
    let set = object(focus, Kind::StatefulSet, name);
    vec![Plan::new("scale-assistant", vec![Op::Scale { set, from: 0, to: 1 }])]
}

pub(super) fn contradiction(focus: &Focus<'_>) -> Vec<Plan> {
    // The task that waits, not any that has a pod template of its own.
    let specs = focus.run().spec_at("/taskRunSpecs").and_then(Value::as_array);
    let waits = |task: &str| focus.unplaced().any(|(node, _)| node.task == task);
    let task = specs.into_iter().flatten().find_map(|spec| {
        let task = spec.get("pipelineTaskName")?.as_str().filter(|task| waits(task))?;
        spec.get("podTemplate").map(|_| task.to_owned())
    });
    let Some(task) = task else { return Vec::new() };
    let mut plans = vec![
        Plan::new("placement-to-run", vec![submit(focus, vec![Edit::PlacementOf { task }], true)]),
        Plan::new("drop-task-placement", vec![submit(focus, vec![Edit::DropTaskPlacement], true)]),
    ];
    plans.extend(flags::coschedule_off(focus));
    plans
}

/// The assistant's node is lost: the StatefulSet makes the pod anew only once the old one
/// is gone, which a node without contact never says. A task that has its own pod there is not
/// helped by it.
pub(super) fn on_lost_node(focus: &Focus<'_>) -> Option<Plan> {
    let (name, node) = placed(focus)?;
    if focus.tree.unfinished().filter_map(|task| task.pod).any(|pod| pod.spec.node_name == node) {
        return None;
    }
    Some(Plan::new("force-delete-assistant-pod", vec![delete(focus, name, true)]))
}

/// Every node has another run's assistant.
pub(super) fn isolated(focus: &Focus<'_>) -> Vec<Plan> {
    let mut runs: Vec<String> = focus
        .other_assistants()
        .filter_map(|pod| Some(format!("{} on {}", pod.metadata.label("tekton.dev/pipelineRun")?, pod.spec.node_name)))
        .collect();
    runs.sort();
    runs.dedup();
    vec![Plan::new("wait", vec![manual(Instruction::WaitForRuns { runs })]), flags::one_assistant_for_each_run(focus)]
}
