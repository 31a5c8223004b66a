//! Requests that fit what a node has left.

use crate::analysis::scheduler::message::{Detail, Message, read};
use crate::analysis::scheduler::requests::{Amounts, of_incoming};
use crate::analysis::scheduler::{Behaviour, Plugin};
use crate::analysis::tekton::TaskNode;
use crate::checks::focus::Focus;
use crate::checks::judged::{NodeObstacles, judged};
use crate::model::pod::{Container, Pod};
use crate::ops::{Edit, Instruction};

use super::{Plan, manual, submit};

const ID: &str = "lower-requests";

/// One request that is too large, and what would fit.
#[derive(Debug, Clone, PartialEq)]
struct Smaller {
    step: String,
    resource: String,
    old: i64,
    new: i64,
}

/// For the first task that has no room: lower its requests to what the node has left
/// that lacks the least, as far as pods were read; whether that is enough is the
/// forecast's to say. Absent where the scheduler names no shortage.
pub(super) fn lower(focus: &Focus<'_>) -> Option<Plan> {
    let (task, pod) = focus.unplaced().next()?;
    if let Some(plan) = computed(focus, task, pod) {
        return Some(plan);
    }
    let instruction = Instruction::RequestLess { task: task.task.to_owned() };
    is_short(pod).then(|| Plan::new(ID, vec![manual(instruction)]))
}

/// Whether the scheduler speaks of a resource that falls short.
fn is_short(pod: &Pod) -> bool {
    let message = pod.condition("PodScheduled").map(|condition| condition.message.as_str()).unwrap_or_default();
    let Message::Unschedulable(message) = read(message) else { return false };
    message.reasons.iter().any(|item| matches!(item.meaning.detail, Some(Detail::Resource(_))))
}

/// What a container asks for of a resource; cpu in thousandths.
fn amount(container: &Container, resource: &str) -> i64 {
    let amounts = Amounts::of_list(&container.resources.requests);
    match resource {
        "cpu" => amounts.milli_cpu,
        "memory" => amounts.memory,
        other => amounts.scalar(other),
    }
}

fn computed(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Plan> {
    let snapshot = focus.state(false);
    let wanted = of_incoming(pod, &Behaviour::of(snapshot.version()));
    let only_room = |node: &&NodeObstacles| node.only(Plugin::NodeResourcesFit);
    let beside = task.task_run.assistant().and_then(|name| focus.assistant_node(name));
    let candidates = judged(focus, pod);
    let best = candidates
        .nodes
        .iter()
        .filter(|node| beside.is_none_or(|beside| node.node == beside))
        .filter(only_room)
        .filter_map(|node| {
            let info = snapshot.node(&node.node)?;
            let smaller = smaller(pod, &wanted, &info.allocatable, &info.requested)?;
            Some((node.node.clone(), smaller))
        })
        .min_by_key(|(_, smaller)| smaller.iter().map(loss).max())?;
    Some(plan(focus, task, &best.1))
}

/// How much is lost, in thousandths.
fn loss(smaller: &Smaller) -> i64 {
    smaller.old.saturating_sub(smaller.new).saturating_mul(1000) / smaller.old.max(1)
}

/// The requests that have to shrink for the pod to fit; `None` where that is not
/// enough, or no step asks for what is short.
fn smaller(pod: &Pod, wanted: &Amounts<'_>, allocatable: &Amounts<'_>, used: &Amounts<'_>) -> Option<Vec<Smaller>> {
    let mut found = Vec::new();
    let scalars = wanted
        .scalars
        .iter()
        .map(|(name, amount)| (*name, *amount, allocatable.scalar(name).saturating_sub(used.scalar(name))));
    let native = [
        ("cpu", wanted.milli_cpu, allocatable.milli_cpu.saturating_sub(used.milli_cpu)),
        ("memory", wanted.memory, allocatable.memory.saturating_sub(used.memory)),
    ];
    for (resource, asked, free) in native.into_iter().chain(scalars) {
        if asked <= free {
            continue;
        }
        let over = asked.saturating_sub(free.max(0));
        let steps = pod.spec.containers.iter().filter(|container| container.name.starts_with("step-"));
        let largest = steps.max_by_key(|container| amount(container, resource))?;
        let old = amount(largest, resource);
        let new = round(resource, old.saturating_sub(over));
        if new <= 0 {
            return None;
        }
        let step = largest.name.trim_start_matches("step-").to_owned();
        found.push(Smaller { step, resource: resource.to_owned(), old, new });
    }
    (!found.is_empty()).then_some(found)
}

/// Down to a number that a person would write: cpu in hundredths, memory in MiB.
fn round(resource: &str, amount: i64) -> i64 {
    let grain = match resource {
        "cpu" => 10,
        "memory" => 1024 * 1024,
        _ => 1,
    };
    amount / grain * grain
}

/// An amount as a quantity.
fn quantity(resource: &str, amount: i64) -> String {
    match resource {
        "cpu" if amount % 1000 == 0 => (amount / 1000).to_string(),
        "cpu" => format!("{amount}m"),
        "memory" => format!("{}Mi", amount / (1024 * 1024)),
        _ => amount.to_string(),
    }
}

fn plan(focus: &Focus<'_>, task: &TaskNode<'_>, smaller: &[Smaller]) -> Plan {
    let edit = |item: &Smaller| Edit::Request {
        task: task.task.to_owned(),
        step: Some(item.step.clone()),
        resource: item.resource.clone(),
        quantity: quantity(&item.resource, item.new),
    };
    Plan::new(ID, vec![submit(focus, smaller.iter().map(edit).collect(), true)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod() -> Pod {
        serde_json::from_value(json!({ "spec": { "containers": [
            { "name": "step-a", "resources": { "requests": { "cpu": "500m", "nvidia.com/gpu": "2" } } },
            { "name": "step-b", "resources": { "requests": { "cpu": "3500m", "memory": "1Gi" } } }] } }))
        .unwrap()
    }

    fn amounts(cpu: i64, memory: i64, gpus: i64) -> Amounts<'static> {
        Amounts { milli_cpu: cpu, memory, scalars: vec![("nvidia.com/gpu", gpus)], ..Amounts::default() }
    }

    #[test]
    fn the_step_that_asks_for_most_asks_for_less() {
        let pod = pod();
        let wanted = amounts(4000, 1 << 30, 2);
        let found = smaller(&pod, &wanted, &amounts(8000, 1 << 33, 4), &amounts(4507, 0, 3)).unwrap();
        assert_eq!(
            found,
            [
                Smaller { step: "b".to_owned(), resource: "cpu".to_owned(), old: 3500, new: 2990 },
                Smaller { step: "a".to_owned(), resource: "nvidia.com/gpu".to_owned(), old: 2, new: 1 },
            ]
        );
        assert_eq!(quantity("cpu", 2990), "2990m");
        // Where nothing is left, no request is small enough.
        assert_eq!(smaller(&pod, &wanted, &amounts(8000, 1 << 33, 4), &amounts(8000, 0, 4)), None);
    }
}
