//! What a pod asks for, and what existing pods use.
//!
//! Mirrors `k8s.io/component-helpers/resource/helpers.go` (0.33.13, 0.36.2, 0.37.2; until
//! 1.31 `pkg/api/v1/resource/helpers.go`) and the `Resource` type of
//! `pkg/scheduler/framework/types.go`.

use super::version::{Behaviour, Sidecars};
use crate::model::Quantity;
use crate::model::pod::{Container, ContainerStatus, Pod};
use crate::model::quantity::ResourceList;

/// Stands in for a missing cpu request in scores: 100m
/// (`pkg/scheduler/util/pod_resources.go`).
const DEFAULT_CPU: Quantity = Quantity::from_milli(100);
/// Stands in for a missing memory request in scores: 200Mi.
const DEFAULT_MEMORY: Quantity = Quantity::from_units(200 * 1024 * 1024);

/// Whole numbers that the scheduler compares: cpu in thousandths, everything else
/// in units (`framework.Resource`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amounts<'a> {
    /// Thousandths of a core.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Bytes.
    pub ephemeral_storage: i64,
    /// Number of pods; only of nodes.
    pub pods: i64,
    /// Extended resources, huge pages and attachable volumes.
    pub scalars: Vec<(&'a str, i64)>,
}

impl<'a> Amounts<'a> {
    /// What a node offers.
    pub fn of_list(list: &'a ResourceList) -> Self {
        let mut amounts = Self::default();
        for (name, quantity) in list {
            match name.as_str() {
                "cpu" => amounts.milli_cpu = quantity.milli_value(),
                "memory" => amounts.memory = quantity.value(),
                "ephemeral-storage" => amounts.ephemeral_storage = quantity.value(),
                "pods" => amounts.pods = quantity.value(),
                other if is_scalar(other) => amounts.scalars.push((other, quantity.value())),
                _ => {}
            }
        }
        amounts
    }

    /// Amount of a scalar resource; 0 where there is none.
    pub fn scalar(&self, name: &str) -> i64 {
        self.scalars.iter().find(|(known, _)| *known == name).map_or(0, |(_, amount)| *amount)
    }

    /// Adds (`sign` 1) or takes away (-1).
    pub(super) fn change(&mut self, other: &Self, sign: i64) {
        self.milli_cpu = self.milli_cpu.saturating_add(sign * other.milli_cpu);
        self.memory = self.memory.saturating_add(sign * other.memory);
        self.ephemeral_storage = self.ephemeral_storage.saturating_add(sign * other.ephemeral_storage);
        for (name, amount) in &other.scalars {
            match self.scalars.iter_mut().find(|(known, _)| known == name) {
                Some((_, sum)) => *sum = sum.saturating_add(sign * amount),
                None => self.scalars.push((name, sign * amount)),
            }
        }
    }
}

/// Whether the scheduler keeps a resource of that name (`util.IsScalarResourceName`):
/// extended resources, huge pages, attachable volumes and prefixed native ones.
fn is_scalar(name: &str) -> bool {
    let extended = || {
        let Some((domain, rest)) = name.split_once('/') else { return false };
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !name.starts_with("requests.") && !domain.is_empty() && !rest.is_empty() && rest.chars().all(valid)
    };
    name.starts_with("hugepages-") || name.starts_with("attachable-volumes-") || extended()
}

/// Exact sums of requests, before they are rounded.
#[derive(Debug, Clone, Default)]
struct Sum<'a> {
    cpu: Option<Quantity>,
    memory: Option<Quantity>,
    other: Vec<(&'a str, Quantity)>,
}

impl<'a> Sum<'a> {
    fn of(list: &'a ResourceList) -> Self {
        let mut sum = Self::default();
        sum.add_list(list);
        sum
    }

    fn slot(&mut self, name: &'a str) -> &mut Option<Quantity> {
        debug_assert!(matches!(name, "cpu" | "memory"), "others have no slot of their own");
        if name == "cpu" { &mut self.cpu } else { &mut self.memory }
    }

    fn merge(&mut self, name: &'a str, quantity: Quantity, combine: impl Fn(Quantity, Quantity) -> Quantity) {
        if matches!(name, "cpu" | "memory") {
            let slot = self.slot(name);
            *slot = Some(slot.map_or(quantity, |known| combine(known, quantity)));
            return;
        }
        match self.other.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = combine(*known, quantity),
            None => self.other.push((name, quantity)),
        }
    }

    fn add_list(&mut self, list: &'a ResourceList) {
        for (name, quantity) in list {
            self.merge(name, *quantity, Quantity::saturating_add);
        }
    }

    fn max_list(&mut self, list: &'a ResourceList) {
        for (name, quantity) in list {
            self.merge(name, *quantity, Ord::max);
        }
    }

    fn fold(&mut self, other: &Self, combine: impl Fn(Quantity, Quantity) -> Quantity + Copy) {
        for (name, quantity) in [("cpu", other.cpu), ("memory", other.memory)] {
            if let Some(quantity) = quantity {
                self.merge(name, quantity, combine);
            }
        }
        for (name, quantity) in &other.other {
            self.merge(name, *quantity, combine);
        }
    }

    fn set(&mut self, name: &'a str, quantity: Quantity) {
        self.merge(name, quantity, |_, new| new);
    }

    fn fill(&mut self, defaults: Defaults) {
        if defaults.cpu {
            self.cpu = self.cpu.or(Some(DEFAULT_CPU));
        }
        if defaults.memory {
            self.memory = self.memory.or(Some(DEFAULT_MEMORY));
        }
    }

    fn into_amounts(self) -> Amounts<'a> {
        let mut amounts = Amounts {
            milli_cpu: self.cpu.unwrap_or_default().milli_value(),
            memory: self.memory.unwrap_or_default().value(),
            ..Amounts::default()
        };
        for (name, quantity) in self.other {
            match name {
                "ephemeral-storage" => amounts.ephemeral_storage = quantity.value(),
                other if is_scalar(other) => amounts.scalars.push((other, quantity.value())),
                _ => {}
            }
        }
        amounts
    }
}

/// Which missing container requests are filled in.
#[derive(Debug, Clone, Copy, Default)]
struct Defaults {
    cpu: bool,
    memory: bool,
}

/// Which requests of a pod are meant.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    /// Those in force on the node, from the status, where the release does so.
    in_force: bool,
    /// Pod-level requests replace those of the containers, where the release does so.
    pod_level: bool,
    defaults: Defaults,
}

impl Wanted {
    /// The requests as they are written.
    const WRITTEN: Self = Self { in_force: false, pod_level: true, defaults: Defaults { cpu: false, memory: false } };
}

/// What the scheduler must find for a pod that is not placed yet.
pub fn of_incoming<'a>(pod: &'a Pod, behaviour: &Behaviour) -> Amounts<'a> {
    sum(pod, behaviour, Wanted::WRITTEN).into_amounts()
}

/// What an existing pod uses of its node.
pub fn of_existing<'a>(pod: &'a Pod, behaviour: &Behaviour) -> Amounts<'a> {
    sum(pod, behaviour, Wanted { in_force: behaviour.resized_usage, ..Wanted::WRITTEN }).into_amounts()
}

/// Cpu (thousandths) and memory of a pod for scores, where containers without a
/// request count as 100m and 200Mi
/// (`noderesources/resource_allocation.go`, `calculatePodResourceRequest`). The
/// scorer is never told of pod-level requests (`NewFit` of 1.34 to 1.36).
pub fn non_zero_of_incoming(pod: &Pod, behaviour: &Behaviour) -> (i64, i64) {
    let defaults = Defaults { cpu: true, memory: true };
    let sum = sum(pod, behaviour, Wanted { pod_level: false, defaults, ..Wanted::WRITTEN });
    (sum.cpu.unwrap_or_default().milli_value(), sum.memory.unwrap_or_default().value())
}

/// The same for an existing pod (`framework/types.go`, `calculateResource`).
pub fn non_zero_of_existing(pod: &Pod, behaviour: &Behaviour) -> (i64, i64) {
    if !behaviour.non_zero_usage_has_sidecars {
        return non_zero_without_sidecars(pod, behaviour);
    }
    let in_force = behaviour.resized_usage;
    let mut defaults = Defaults { cpu: true, memory: true };
    if behaviour.pod_level_resources && has_pod_level_requests(pod) {
        let plain = sum(pod, behaviour, Wanted { in_force, ..Wanted::WRITTEN });
        defaults = Defaults { cpu: plain.cpu.is_none(), memory: plain.memory.is_none() };
    }
    let sum = sum(pod, behaviour, Wanted { in_force, defaults, ..Wanted::WRITTEN });
    (sum.cpu.unwrap_or_default().milli_value(), sum.memory.unwrap_or_default().value())
}

/// Until 1.31 each container was rounded on its own and sidecars were counted
/// only while init containers run.
fn non_zero_without_sidecars(pod: &Pod, behaviour: &Behaviour) -> (i64, i64) {
    let non_zero =
        |sum: &Sum<'_>| (sum.cpu.unwrap_or(DEFAULT_CPU).milli_value(), sum.memory.unwrap_or(DEFAULT_MEMORY).value());
    let (mut cpu, mut memory) = (0_i64, 0_i64);
    for container in &pod.spec.containers {
        let (more_cpu, more_memory) = non_zero(&Sum::of(&container.resources.requests));
        cpu = cpu.saturating_add(more_cpu);
        memory = memory.saturating_add(more_memory);
    }
    let mut sidecars = Sum::default();
    for container in &pod.spec.init_containers {
        let mut needed = Sum::of(&container.resources.requests);
        needed.fold(&sidecars, Quantity::saturating_add);
        if behaviour.sidecars != Sidecars::Ignored && is_sidecar(container) {
            sidecars = needed.clone();
        }
        let (init_cpu, init_memory) = non_zero(&needed);
        cpu = cpu.max(init_cpu);
        memory = memory.max(init_memory);
    }
    let overhead = Sum::of(&pod.spec.overhead);
    let more = (overhead.cpu.unwrap_or_default().milli_value(), overhead.memory.unwrap_or_default().value());
    (cpu.saturating_add(more.0), memory.saturating_add(more.1))
}

/// Whether an init container keeps running beside the others.
pub(super) fn is_sidecar(container: &Container) -> bool {
    container.restart_policy.as_deref() == Some("Always")
}

fn sum<'a>(pod: &'a Pod, behaviour: &Behaviour, wanted: Wanted) -> Sum<'a> {
    let mut total = containers(pod, behaviour, wanted);
    if behaviour.pod_level_resources
        && wanted.pod_level
        && let Some(resources) = &pod.spec.resources
    {
        let in_force = (wanted.in_force && behaviour.resized_pod_level_usage && pod.status.resources.is_some())
            .then(|| pod_level_in_force(pod));
        if let Some(sum) = in_force.as_ref().filter(|_| behaviour.usage_is_largest_total) {
            // Every resource of the pod level that is in force, asked for or not.
            let scalars = sum.other.iter().map(|(name, quantity)| (*name, Some(*quantity)));
            let all = [("cpu", sum.cpu), ("memory", sum.memory)].into_iter().chain(scalars);
            for (name, quantity) in all.filter(|(name, _)| is_pod_level(name)) {
                quantity.into_iter().for_each(|quantity| total.set(name, quantity));
            }
        }
        for (name, quantity) in resources.requests.iter().filter(|(name, _)| is_pod_level(name)) {
            let quantity = match &in_force {
                None => *quantity,
                Some(sum) => match name.as_str() {
                    "cpu" => sum.cpu.unwrap_or_default(),
                    "memory" => sum.memory.unwrap_or_default(),
                    _ => sum.other.iter().find(|(known, _)| known == name).map(|(_, q)| *q).unwrap_or_default(),
                },
            };
            total.set(name, quantity);
        }
    }
    total.add_list(&pod.spec.overhead);
    total
}

/// Which numbers of a container are meant.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// What it asks for.
    Spec,
    /// What the node has reserved.
    Allocated,
    /// What is in force.
    Actuated,
}

/// The largest of what is asked for, reserved and in force, each added up by itself
/// (`AggregateContainerRequests`, component-helpers 0.37.2).
fn largest_total<'a>(pod: &'a Pod, behaviour: &Behaviour, defaults: Defaults) -> Sum<'a> {
    let infeasible = is_resize_infeasible(pod);
    let of_status = |container: &'a Container, status: Option<&'a ContainerStatus>, part: Part| {
        let actuated = status.and_then(|status| status.resources.as_ref()).map(|resources| &resources.requests);
        let actuated = actuated.filter(|list| !list.is_empty() && matches!(part, Part::Actuated));
        let allocated = status.map(|status| &status.allocated_resources);
        let allocated = allocated.filter(|list| !list.is_empty() && !matches!(part, Part::Spec));
        match actuated.or(allocated) {
            Some(list) => Sum::of(list),
            None if infeasible && !matches!(part, Part::Spec) => Sum::default(),
            None => Sum::of(&container.resources.requests),
        }
    };
    let total = |part: Part| {
        added_up(pod, behaviour, |container, statuses, _| {
            let status = statuses.iter().find(|status| status.name == container.name);
            let mut sum = of_status(container, status, part);
            sum.fill(defaults);
            sum
        })
    };
    // Status of the pod as a whole holds the totals already.
    let of_pod = pod.status.resources.as_ref().map(|resources| &resources.requests).filter(|list| !list.is_empty());
    let reserved = Some(&pod.status.allocated_resources).filter(|list| !list.is_empty());
    let (allocated, actuated) = match (reserved, of_pod) {
        (Some(allocated), Some(actuated)) if behaviour.resized_pod_level_usage => {
            (Sum::of(allocated), Sum::of(actuated))
        }
        _ => (total(Part::Allocated), total(Part::Actuated)),
    };
    let mut largest = if infeasible { Sum::default() } else { total(Part::Spec) };
    largest.fold(&actuated, Ord::max);
    largest.fold(&allocated, Ord::max);
    largest
}

fn containers<'a>(pod: &'a Pod, behaviour: &Behaviour, wanted: Wanted) -> Sum<'a> {
    if wanted.in_force && behaviour.usage_is_largest_total {
        return largest_total(pod, behaviour, wanted.defaults);
    }
    let request = |container: &'a Container, statuses: &'a [ContainerStatus], resizable: bool| {
        let status = (wanted.in_force && resizable)
            .then(|| statuses.iter().find(|status| status.name == container.name))
            .flatten()
            .filter(|status| status.resources.is_some());
        let mut sum = match status {
            Some(status) => in_force(pod, container, status),
            None => Sum::of(&container.resources.requests),
        };
        sum.fill(wanted.defaults);
        sum
    };
    added_up(pod, behaviour, request)
}

/// Containers in sum, or the largest moment of the init containers; `request` gives the
/// numbers of one, by its statuses and whether it may be resized.
fn added_up<'a>(
    pod: &'a Pod,
    behaviour: &Behaviour,
    request: impl Fn(&'a Container, &'a [ContainerStatus], bool) -> Sum<'a>,
) -> Sum<'a> {
    let mut total = Sum::default();
    for container in &pod.spec.containers {
        total.fold(&request(container, &pod.status.container_statuses, true), Quantity::saturating_add);
    }
    let mut sidecars = Sum::default();
    let mut init = Sum::default();
    for container in &pod.spec.init_containers {
        let sidecar = behaviour.sidecars != Sidecars::Ignored && is_sidecar(container);
        let mut needed = request(container, &pod.status.init_container_statuses, sidecar);
        if sidecar {
            total.fold(&needed, Quantity::saturating_add);
        }
        needed.fold(&sidecars, Quantity::saturating_add);
        if sidecar {
            sidecars = needed.clone();
        }
        init.fold(&needed, Ord::max);
    }
    total.fold(&init, Ord::max);
    total
}

/// Requests in force of a container that may have been resized.
fn in_force<'a>(pod: &Pod, container: &'a Container, status: &'a ContainerStatus) -> Sum<'a> {
    let mut sum = if is_resize_infeasible(pod) { Sum::default() } else { Sum::of(&container.resources.requests) };
    if let Some(resources) = &status.resources {
        sum.max_list(&resources.requests);
    }
    sum.max_list(&status.allocated_resources);
    sum
}

fn pod_level_in_force(pod: &Pod) -> Sum<'_> {
    let mut sum = Sum::default();
    if !is_resize_infeasible(pod)
        && let Some(resources) = &pod.spec.resources
    {
        sum.max_list(&resources.requests);
    }
    if let Some(resources) = &pod.status.resources {
        sum.max_list(&resources.requests);
    }
    sum.max_list(&pod.status.allocated_resources);
    sum
}

fn is_resize_infeasible(pod: &Pod) -> bool {
    pod.condition("PodResizePending").is_some_and(|condition| condition.reason == "Infeasible")
}

fn is_pod_level(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

fn has_pod_level_requests(pod: &Pod) -> bool {
    pod.spec.resources.as_ref().is_some_and(|resources| resources.requests.keys().any(|name| is_pod_level(name)))
}
