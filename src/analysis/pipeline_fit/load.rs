//! What a pipeline asks of its node at the worst moment, resource by resource.

use std::collections::BTreeSet;

use super::antichain;
use super::graph::Graph;
use crate::analysis::scheduler::requests::{self, Amounts};
use crate::analysis::scheduler::{Behaviour, NodeInfo};
use crate::model::Quantity;
use crate::model::pod::Pod;

/// The most that is asked for of one resource at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// `cpu` (thousandths), `memory`, `ephemeral-storage` (bytes), `pods`, or the name
    /// of any other resource.
    pub resource: String,
    /// The assistants' part, which is there all the time.
    pub assistants: i64,
    /// The tasks that run at that moment with their parts, in the pipeline's order;
    /// empty when only a bound is known.
    pub tasks: Vec<(String, i64)>,
    /// Everything together.
    pub total: i64,
    /// The task whose pod asks for most, and what it asks for.
    pub largest: Option<(String, i64)>,
    /// False when `total` is an upper bound: the pipeline has too many tasks.
    pub is_exact: bool,
}

impl Load {
    /// The first task, in the pipeline's order, with which `free` is exceeded.
    pub fn first_over(&self, free: i64) -> Option<&str> {
        let mut sum = self.assistants;
        let over = self.tasks.iter().find(|(_, part)| {
            sum = sum.saturating_add(*part);
            sum > free
        });
        over.map(|(name, _)| name.as_str())
    }
}

/// A task's pod and how many of it there are at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weight<'a> {
    pub(super) pod: &'a Pod,
    pub(super) copies: i64,
}

/// The loads of all resources that any pod asks for. `weights` follows the graph's
/// order; a task without a pod weighs nothing.
pub(super) fn loads(
    graph: &Graph,
    weights: &[Option<Weight<'_>>],
    assistants: &[&Pod],
    behaviour: &Behaviour,
) -> Vec<Load> {
    let asked: Vec<Option<(Amounts<'_>, i64)>> = weights
        .iter()
        .map(|weight| weight.map(|weight| (requests::of_incoming(weight.pod, behaviour), weight.copies)))
        .collect();
    let held: Vec<Amounts<'_>> = assistants.iter().map(|pod| requests::of_incoming(pod, behaviour)).collect();
    let mut names: Vec<&str> = vec!["cpu", "memory", "ephemeral-storage", "pods"];
    let scalars = asked.iter().flatten().map(|(amounts, _)| amounts).chain(&held).flat_map(|amounts| &amounts.scalars);
    let scalars: BTreeSet<&str> = scalars.map(|(name, _)| *name).collect();
    names.extend(scalars);
    let load = |resource: &str| {
        let parts: Vec<i64> = asked
            .iter()
            .map(|asked| asked.as_ref().map_or(0, |(amounts, copies)| of(amounts, resource).saturating_mul(*copies)))
            .collect();
        let heaviest = antichain::heaviest(&parts, &graph.after);
        let assistants: i64 = held.iter().map(|amounts| of(amounts, resource)).fold(0, i64::saturating_add);
        let largest = asked.iter().zip(&graph.steps).filter_map(|(asked, step)| {
            let (amounts, _) = asked.as_ref()?;
            Some((step.name.clone(), of(amounts, resource)))
        });
        Load {
            resource: resource.to_owned(),
            assistants,
            largest: largest.max_by_key(|(_, amount)| *amount),
            tasks: heaviest.members.iter().map(|&at| (graph.steps[at].name.clone(), parts[at])).collect(),
            total: assistants.saturating_add(heaviest.weight),
            is_exact: heaviest.is_exact,
        }
    };
    names.into_iter().map(load).filter(|load| load.total > 0).collect()
}

fn of(amounts: &Amounts<'_>, resource: &str) -> i64 {
    match resource {
        "cpu" => amounts.milli_cpu,
        "memory" => amounts.memory,
        "ephemeral-storage" => amounts.ephemeral_storage,
        "pods" => 1,
        other => amounts.scalar(other),
    }
}

/// What a node has left of a resource.
pub(super) fn free(node: &NodeInfo<'_>, resource: &str) -> i64 {
    if resource == "pods" {
        return node.allocatable.pods - i64::try_from(node.pods.len()).unwrap_or(i64::MAX);
    }
    of(&node.allocatable, resource).saturating_sub(of(&node.requested, resource))
}

/// An amount of a resource as people write it: `1500m`, `3.5Gi`, `4`.
pub fn amount(resource: &str, value: i64) -> String {
    match resource {
        "cpu" => Quantity::from_milli(value).to_string(),
        "memory" | "ephemeral-storage" => {
            let size = value.unsigned_abs();
            let sign = if value < 0 { "-" } else { "" };
            for (shift, unit) in [(40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")] {
                let unit_size = 1_u64 << shift;
                if size >= unit_size {
                    let tenths = size / (unit_size / 10);
                    let (whole, tenth) = (tenths / 10, tenths % 10);
                    let fraction = if tenth == 0 { String::new() } else { format!(".{tenth}") };
                    return format!("{sign}{whole}{fraction}{unit}");
                }
            }
            value.to_string()
        }
        _ => value.to_string(),
    }
}
