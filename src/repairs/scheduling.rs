//! Repairs for pods that find no node.

use serde_json::{Value, json};

use crate::analysis::tekton::pod_template;
use crate::assess::placement::{self, NoBest};
use crate::checks::focus::Focus;
use crate::checks::no_node::volume_in_use;
use crate::finding::Facts;
use crate::model::Kind;
use crate::model::pod::Pod;
use crate::model::volume::VolumeSource;
use crate::ops::edit::{self, HOSTNAME};
use crate::ops::{Edit, Instruction, Op};

use super::{Plan, flags, manual, requests, submit};

/// Pins the run, changed by edits, to the best node for the whole pipeline.
pub(super) fn pin(focus: &Focus<'_>, edits: &[Edit]) -> Plan {
    pin_as("pin-node", focus, edits)
}

fn pin_as(id: &'static str, focus: &Focus<'_>, edits: &[Edit]) -> Plan {
    match best(focus, edits) {
        Ok(pin) => {
            let mut all = edits.to_vec();
            all.push(pin);
            Plan::new(id, vec![submit(focus, all, true)])
        }
        Err(NoNode) => Plan::new(id, vec![manual(Instruction::FindNode), submit(focus, edits.to_vec(), true)]),
    }
}

/// No node is known that takes the whole pipeline.
struct NoNode;

/// The volume is attached to another node: a run that is pinned there shares it, and one that
/// waits gets it.
pub(super) fn held_elsewhere(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let mut plans = vec![pin(focus, &[])];
    let Facts::Holders(holders) = facts else { return plans };
    if let Some(delete) = holders.iter().find_map(|(run, _)| delete_left_behind(focus, run)) {
        plans.insert(0, delete);
    } else if !holders.is_empty() {
        let runs = holders.iter().map(|(run, node)| format!("{run} on {node}")).collect();
        plans.push(Plan::new("wait-for-runs", vec![manual(Instruction::WaitForRuns { runs })]));
    }
    plans
}

/// Deletes the assistant that a run which is over has left behind.
fn delete_left_behind(focus: &Focus<'_>, run: &str) -> Option<Plan> {
    let is_of = |pod: &&Pod| volume_in_use::left_behind(focus, pod) == Some(run);
    let pod = focus.cluster.pods_in(focus.namespace()).find(is_of)?;
    let set = pod.metadata.name.rsplit_once('-')?.0;
    let object = super::object(focus, Kind::StatefulSet, set);
    Some(Plan::new("delete-left-behind-assistant", vec![Op::Delete { object, force: false }]))
}

/// Gates are for whoever put them there: they hold the next run's pods too.
pub(super) fn gated(focus: &Focus<'_>) -> Vec<Plan> {
    let assistants = focus.tree.assistants.iter().filter_map(|node| node.pod);
    let pods = assistants.chain(focus.unplaced().map(|(_, pod)| pod));
    let mut gates: Vec<String> =
        pods.flat_map(|pod| &pod.spec.scheduling_gates).map(|gate| gate.name.clone()).collect();
    gates.sort();
    gates.dedup();
    let look: &[&str] = &[
        "get",
        "pods",
        "-n",
        focus.namespace(),
        "-o",
        "custom-columns=POD:.metadata.name,GATES:.spec.schedulingGates[*].name",
    ];
    vec![Plan::new("open-gates", vec![super::manual_with(Instruction::OpenGates { gates }, &[look])])]
}

/// The best node for the changed run as an edit. Where pods of other namespaces were not
/// read it is the best as far as was read: the forecast says what is open.
fn best(focus: &Focus<'_>, edits: &[Edit]) -> Result<Edit, NoNode> {
    let new = edit::edited(focus.run(), edits).map_err(|_| NoNode)?;
    let plan = placement::pinned_anywhere(focus, &new);
    match placement::best_node(focus, &plan, &placement::old_pods(focus)) {
        Ok(node) => Ok(pin_to(focus, &node)),
        Err(NoBest::FreeUnknown(nodes)) => nodes.first().map(|node| pin_to(focus, node)).ok_or(NoNode),
        Err(NoBest::Unread | NoBest::None(_)) => Err(NoNode),
    }
}

/// A pin to a node by its hostname label.
pub fn pin_to(focus: &Focus<'_>, node: &str) -> Edit {
    let label = focus.cluster.node(node).and_then(|known| known.metadata.label(HOSTNAME));
    Edit::PinNode { node: node.to_owned(), hostname: label.unwrap_or(node).to_owned() }
}

/// The same with the tolerations of the waiting task given to the whole run: where that
/// task may go, the assistant may then go too.
fn pin_with_placement(focus: &Focus<'_>) -> Option<Plan> {
    let task = focus.unplaced().map(|(node, _)| node.task).find(|task| {
        let spec = pod_template::task_run_spec(focus.run(), task);
        spec.and_then(|spec| spec.pointer("/podTemplate/tolerations")).is_some_and(|list| !list.is_null())
    })?;
    Some(pin_as("pin-node-with-placement", focus, &[Edit::PlacementOf { task: task.to_owned() }]))
}

/// Tolerations for the taints of the nodes that would fit.
pub(super) fn tolerate(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Nodes(nodes) = facts else { return Vec::new() };
    let mut plans: Vec<Plan> = Vec::new();
    for node in nodes.iter().filter_map(|name| focus.cluster.node(name)) {
        let taints = node.spec.taints.iter().filter(|taint| taint.effect != "PreferNoSchedule");
        let edits: Vec<Edit> = taints
            .map(|taint| Edit::Toleration {
                toleration: json!({ "key": taint.key, "operator": "Equal", "value": taint.value, "effect": taint.effect }),
            })
            .collect();
        let plan = Plan::new("tolerate", vec![submit(focus, edits, true)]);
        if !plans.contains(&plan) {
            plans.push(plan);
        }
    }
    // Nodes without the taint may do for a run that asks for less, or for other labels.
    plans.extend(requests::lower(focus).filter(|plan| !plan.ops.iter().any(Op::is_manual)));
    plans.extend(selector(focus));
    plans
}

/// The assistant runs where a later task has no room.
pub(super) fn node_full(focus: &Focus<'_>) -> Vec<Plan> {
    let mut plans = vec![pin(focus, &[])];
    plans.extend(pin_with_placement(focus));
    plans.extend(requests::lower(focus));
    plans.extend(flags::coschedule_off(focus));
    plans
}

/// No allowed node has enough free.
pub(super) fn no_room(focus: &Focus<'_>) -> Vec<Plan> {
    let mut plans: Vec<Plan> = requests::lower(focus).into_iter().collect();
    plans.extend(selector(focus));
    plans.extend(larger_nodes(focus));
    plans
}

/// Nodes that are kept for others and would be large enough: a toleration is the other way
/// out.
fn larger_nodes(focus: &Focus<'_>) -> Vec<Plan> {
    let Some((_, pod)) = focus.unplaced().next() else { return Vec::new() };
    let judged = crate::checks::judged::judged(focus, pod);
    let only_tainted =
        judged.nodes.iter().filter(|node| node.only(crate::analysis::scheduler::Plugin::TaintToleration));
    let usable = |name: &&str| {
        let node = focus.cluster.node(name);
        node.is_some_and(|node| {
            !crate::checks::obstacles::is_unhealthy(node) && !crate::checks::obstacles::is_reserved(node)
        })
    };
    let nodes: Vec<String> = only_tainted.map(|node| node.node.as_str()).filter(usable).map(str::to_owned).collect();
    if nodes.is_empty() {
        return Vec::new();
    }
    let plans = tolerate(focus, &Facts::Nodes(nodes));
    plans.into_iter().filter(|plan| plan.id == "tolerate").collect()
}

/// The assistant, or a task without one, finds no node that its volumes or its size
/// allow; another node may do.
pub(super) fn elsewhere(focus: &Focus<'_>) -> Vec<Plan> {
    let mut plans = selector(focus);
    plans.push(pin(focus, &drops(focus)));
    plans
}

/// Whether the run itself asks for a field of the pod template.
fn run_asks(focus: &Focus<'_>, field: &str) -> bool {
    let of_run = focus.run().spec_at(&format!("/taskRunTemplate/podTemplate/{field}"));
    of_run.is_some_and(|value| !value.is_null())
}

/// Whether a task of the run asks for a field of the pod template.
fn task_asks(focus: &Focus<'_>, field: &str) -> bool {
    let specs = focus.run().spec_at("/taskRunSpecs").and_then(Value::as_array);
    let of_tasks = specs.into_iter().flatten().filter_map(|spec| spec.pointer(&format!("/podTemplate/{field}")));
    of_tasks.into_iter().any(|value| !value.is_null())
}

/// Edits that drop the node selection, as far as there is one.
fn drops(focus: &Focus<'_>) -> Vec<Edit> {
    let fields = ["nodeSelector", "affinity/nodeAffinity"];
    let of_run = fields.iter().any(|field| run_asks(focus, field)).then_some(Edit::DropNodeSelection);
    let of_tasks = fields.iter().any(|field| task_asks(focus, field)).then_some(Edit::DropTaskPlacement);
    of_run.into_iter().chain(of_tasks).collect()
}

/// Drops the node selection of the run, and that of its tasks.
pub(super) fn selector(focus: &Focus<'_>) -> Vec<Plan> {
    let edits = drops(focus);
    if edits.is_empty() {
        return Vec::new();
    }
    vec![Plan::new("drop-node-selector", vec![submit(focus, edits, true)])]
}

/// Labels that no node has, where the run itself asks for none: a selector of its own takes the
/// place of the one in `default-pod-template`.
pub(super) fn other_labels(focus: &Focus<'_>) -> Vec<Plan> {
    const ANY: (&str, &str) = ("kubernetes.io/os", "linux");
    let plans = selector(focus);
    if !plans.is_empty() || !focus.selects_by_default() {
        return plans;
    }
    let edit = Edit::NodeSelector { key: ANY.0.to_owned(), value: ANY.1.to_owned() };
    vec![Plan::new("own-node-selector", vec![submit(focus, vec![edit], true)]), pin(focus, &[])]
}

/// Drops a field of the pod template that stands in the way.
pub(super) fn drop_field(focus: &Focus<'_>, id: &'static str, field: &'static str) -> Vec<Plan> {
    if !run_asks(focus, field) && !task_asks(focus, field) {
        return Vec::new();
    }
    vec![Plan::new(id, vec![submit(focus, vec![Edit::DropPodField { field }], true)])]
}

/// Nodes that are cordoned, of which one would do.
pub(super) fn uncordon(focus: &Focus<'_>, facts: &Facts) -> Vec<Plan> {
    let Facts::Nodes(nodes) = facts else { return Vec::new() };
    let mut plans = selector(focus);
    plans.extend(nodes.iter().map(|node| Plan::new("uncordon", vec![Op::Uncordon { node: node.clone() }])));
    plans
}

/// The pod that has the host port.
pub(super) fn free_port(facts: &Facts) -> Vec<Plan> {
    let Facts::Ports(holders) = facts else { return Vec::new() };
    let plan = |(pod, ports): &(String, String)| {
        let instruction = Instruction::EndPod { pod: pod.clone(), holds: ports.clone() };
        Plan::new("free-port", vec![manual(instruction)])
    };
    holders.iter().map(plan).collect()
}

/// Sends the run where its volume is.
pub(super) fn follow_volume(focus: &Focus<'_>) -> Vec<Plan> {
    let pods = focus.tree.assistants.iter().filter_map(|a| a.pod).chain(focus.tree.tasks.iter().filter_map(|t| t.pod));
    let claim = pods.flat_map(|pod| &pod.spec.volumes).find_map(|volume| match &volume.source {
        VolumeSource::PersistentVolumeClaim(source) => focus.cluster.claim(focus.namespace(), &source.claim_name),
        _ => None,
    });
    let requirement = claim
        .and_then(|claim| focus.cluster.persistent_volumes.iter().find(|v| v.metadata.name == claim.spec.volume_name))
        .and_then(|volume| volume.spec.node_affinity.as_ref()?.required.as_ref()?.node_selector_terms.first())
        .and_then(|term| term.match_expressions.iter().find(|r| r.operator == "In" && r.values.len() == 1));
    let mut plans = selector(focus);
    if let Some(requirement) = requirement {
        let value = requirement.values.first().cloned().unwrap_or_default();
        let mut edits = vec![Edit::NodeSelector { key: requirement.key.clone(), value }];
        if drops(focus).contains(&Edit::DropTaskPlacement) {
            edits.insert(0, Edit::DropTaskPlacement);
        }
        plans.push(Plan::new("follow-volume", vec![submit(focus, edits, true)]));
    }
    plans
}
