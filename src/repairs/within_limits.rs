//! Requests that LimitRanges and quotas of the namespace admit.

use crate::analysis::admission::quota;
use crate::checks::focus::Focus;
use crate::checks::future;
use crate::model::cluster::find;
use crate::model::namespace::LimitRange;
use crate::model::pod::{Container, Pod};
use crate::model::{Kind, Quantity};
use crate::ops::{Bound, Edit, Op};

use super::{Plan, object, submit};

/// Asked for in a step that asks for nothing, so that its pod is no longer BestEffort.
const LEAST_CPU: &str = "10m";

fn ranges<'a>(focus: &Focus<'a>) -> impl Iterator<Item = &'a LimitRange> {
    let namespace = focus.namespace().to_owned();
    focus.cluster.limit_ranges.iter().filter(move |range| range.metadata.namespace == namespace)
}

/// The containers of a pod that are steps, with the steps' names.
fn steps(pod: &Pod) -> impl Iterator<Item = (&str, &Container)> {
    pod.spec.containers.iter().filter_map(|container| Some((container.name.strip_prefix("step-")?, container)))
}

/// Requests of steps that are outside what LimitRanges allow, moved just inside; and the
/// default limit that is too low for them, raised.
pub(super) fn plans(focus: &Focus<'_>) -> Vec<Plan> {
    let future = future::of(focus, focus.run());
    let mut edits: Vec<Edit> = Vec::new();
    let mut raised: Vec<Op> = Vec::new();
    for (task, pod) in future.task_pods() {
        for (step, container) in steps(pod) {
            for (resource, asked) in &container.resources.requests {
                let Some(allowed) = allowed(focus, container, resource, *asked) else { continue };
                edits.push(Edit::Request {
                    task: task.to_owned(),
                    step: Some(step.to_owned()),
                    resource: resource.clone(),
                    quantity: allowed.to_string(),
                });
                raise_default(focus, (resource, *asked), container, &mut raised);
            }
        }
    }
    let mut plans = Vec::new();
    // A limit of the step's own stays whatever it requests.
    let is_own_limit = future.task_pods().flat_map(|(_, pod)| steps(pod)).any(|(_, step)| exceeds(focus, step));
    if !edits.is_empty() && !is_own_limit {
        plans.push(Plan::new("request-within-limits", vec![submit(focus, edits, true)]));
    }
    if !raised.is_empty() {
        raised.push(submit(focus, Vec::new(), true));
        plans.push(Plan::new("raise-limitrange-default", raised));
    }
    plans
}

/// Whether a limit of a container is above what LimitRanges allow.
fn exceeds(focus: &Focus<'_>, container: &Container) -> bool {
    let items = ranges(focus).flat_map(|range| &range.spec.limits).filter(|item| item.kind == "Container");
    items
        .flat_map(|item| &item.max)
        .any(|(resource, max)| container.resources.limits.get(resource).is_some_and(|limit| limit > max))
}

/// What a container may ask for in place of what it does; `None` where that is allowed.
fn allowed(focus: &Focus<'_>, container: &Container, resource: &str, asked: Quantity) -> Option<Quantity> {
    let items = || ranges(focus).flat_map(|range| &range.spec.limits).filter(|item| item.kind == "Container");
    let most = items().filter_map(|item| item.max.get(resource)).chain(container.resources.limits.get(resource)).min();
    let least = items().filter_map(|item| item.min.get(resource)).max();
    match (most, least) {
        (Some(most), _) if asked > *most => Some(*most),
        (_, Some(least)) if asked < *least => Some(*least),
        _ => None,
    }
}

/// Notes that the default limit has to be at least what a container asks for.
fn raise_default(focus: &Focus<'_>, (resource, asked): (&String, Quantity), container: &Container, ops: &mut Vec<Op>) {
    let Some(limit) = container.resources.limits.get(resource).copied().filter(|limit| *limit < asked) else { return };
    for range in ranges(focus) {
        let items = range.spec.limits.iter().enumerate().filter(|(_, item)| item.kind == "Container");
        for (item, rule) in items {
            let is_given = rule.default_limit.get(resource) == Some(&limit);
            if !is_given || rule.max.get(resource).is_some_and(|max| asked > *max) {
                continue;
            }
            let range = object(focus, Kind::LimitRange, &range.metadata.name);
            let bound = Bound { item, side: "default", resource: resource.clone(), old: limit, new: Some(asked) };
            let known = ops.iter_mut().find_map(|op| match op {
                Op::MoveBounds { range: known, bounds } if *known == range => Some(bounds),
                _ => None,
            });
            let Some(bounds) = known else {
                ops.push(Op::MoveBounds { range, bounds: vec![bound] });
                continue;
            };
            match bounds.iter_mut().find(|known| known.item == item && known.resource == *resource) {
                Some(known) => known.new = known.new.max(Some(asked)),
                None => bounds.push(bound),
            }
        }
    }
}

/// For a quota that counts BestEffort pods only: a small request in one step of each task
/// that asks for nothing.
pub(super) fn out_of_best_effort(focus: &Focus<'_>, name: &str) -> Option<Plan> {
    let quota = find(&focus.cluster.resource_quotas, focus.namespace(), name)?;
    if !quota::counts_best_effort_only(quota) {
        return None;
    }
    let future = future::of(focus, focus.run());
    let bare = future.task_pods().filter(|(_, pod)| quota::is_best_effort(pod));
    let edits: Vec<Edit> = bare
        .filter_map(|(task, pod)| {
            let (step, _) = steps(pod).next()?;
            Some(Edit::Request {
                task: task.to_owned(),
                step: Some(step.to_owned()),
                resource: "cpu".to_owned(),
                quantity: LEAST_CPU.to_owned(),
            })
        })
        .collect();
    (!edits.is_empty()).then(|| Plan::new("request-something", vec![submit(focus, edits, true)]))
}
