//! PodTopologySpread: hard spread constraints.
//!
//! Mirrors `plugins/podtopologyspread/{filtering,common,plugin}.go` (1.27 to 1.36).

use std::collections::HashMap;

use super::filter::{Outcome, PreFilter, View};
use super::labels::{self, RequiredNodeAffinity};
use super::plugin::Plugin;
use super::snapshot::{NodeInfo, Snapshot};
use super::tolerations::first_untolerated;
use super::verdict::{Refusal, Unread};
use crate::model::pod::{Pod, TopologySpreadConstraint};
use crate::model::selector::LabelSelector;

/// A constraint with its label selector completed.
#[derive(Debug)]
pub(super) struct Constraint<'a> {
    pub(super) spec: &'a TopologySpreadConstraint,
    /// Values of `matchLabelKeys` on the pod, in addition to the selector.
    keys: Vec<(&'a str, &'a str)>,
}

impl<'a> Constraint<'a> {
    /// The constraints of a pod that do what `action` says.
    pub(super) fn of(pod: &'a Pod, action: &str) -> Vec<Self> {
        let matching = pod.spec.topology_spread_constraints.iter().filter(|spec| spec.when_unsatisfiable == action);
        let keys = |spec: &'a TopologySpreadConstraint| {
            let value = |key: &'a String| Some((key.as_str(), pod.metadata.label(key)?));
            spec.match_label_keys.iter().filter_map(value).collect()
        };
        matching.map(|spec| Constraint { spec, keys: keys(spec) }).collect()
    }

    pub(super) fn key(&self) -> &'a str {
        &self.spec.topology_key
    }

    fn selector(&self) -> Option<&'a LabelSelector> {
        self.spec.label_selector.as_ref()
    }

    /// Whether a pod of the namespace is counted by its labels.
    pub(super) fn matches(&self, pod: &Pod) -> bool {
        labels::matches(self.selector(), &pod.metadata.labels)
            && self.keys.iter().all(|(key, value)| pod.metadata.label(key) == Some(value))
    }

    /// Pods that are counted, by position of their node. A selector without any
    /// requirement counts none; terminating pods do not count.
    pub(super) fn counts(&self, namespace: &str, snapshot: &Snapshot<'_>) -> Vec<i64> {
        let mut counts = vec![0; snapshot.nodes().len()];
        if self.keys.is_empty() && self.selector().is_some_and(labels::is_everything) {
            return counts;
        }
        for (at, pod) in snapshot.pods_of(namespace) {
            if pod.metadata.deletion_timestamp.is_none() && self.matches(pod) {
                counts[*at] += 1;
            }
        }
        counts
    }

    /// Whether the node takes part, by the policies for affinity and taints.
    pub(super) fn includes(&self, pod: &Pod, node: &NodeInfo<'_>, demands: &RequiredNodeAffinity<'_>) -> bool {
        let honours_affinity = self.spec.node_affinity_policy.as_deref().is_none_or(|policy| policy == "Honor");
        let honours_taints = self.spec.node_taints_policy.as_deref() == Some("Honor");
        (!honours_affinity || demands.matches(node.name(), &node.node.metadata.labels))
            && (!honours_taints || first_untolerated(&node.node.spec.taints, &pod.spec.tolerations).is_none())
    }
}

/// Whether the node has the keys of all constraints.
pub(super) fn has_all_keys(constraints: &[Constraint<'_>], node: &NodeInfo<'_>) -> bool {
    constraints.iter().all(|constraint| node.label(constraint.key()).is_some())
}

/// Matching pods by domain, and the two smallest counts.
#[derive(Debug, Default)]
struct Domains<'a> {
    counts: HashMap<&'a str, i64>,
    lowest: Option<(&'a str, i64)>,
    second: Option<i64>,
}

impl Domains<'_> {
    fn rank(&mut self) {
        for (value, count) in &self.counts {
            match self.lowest {
                Some((_, lowest)) if *count >= lowest => {
                    self.second = Some(self.second.map_or(*count, |second| second.min(*count)));
                }
                _ => {
                    self.second = self.lowest.map(|(_, lowest)| lowest);
                    self.lowest = Some((value, *count));
                }
            }
        }
    }

    /// The smallest count when one domain's count is changed.
    fn minimum(&self, changed: &str, by: i64) -> i64 {
        let Some((value, lowest)) = self.lowest else { return i64::from(i32::MAX) };
        let Some(count) = self.counts.get(changed).filter(|_| by != 0) else { return lowest };
        let others = if value == changed { self.second } else { Some(lowest) };
        others.map_or(count + by, |others| others.min(count + by))
    }
}

/// What PreFilter counted.
#[derive(Debug)]
pub(super) struct State<'a> {
    pod: &'a Pod,
    constraints: Vec<Constraint<'a>>,
    /// Counts; several constraints may share one until 1.32.
    domains: Vec<Domains<'a>>,
    /// Which counts a constraint looks at.
    slots: Vec<usize>,
    unread: Option<Unread>,
}

/// Counts matching pods in every domain.
pub(super) fn pre_filter<'a>(pod: &'a Pod, snapshot: &Snapshot<'a>) -> PreFilter<State<'a>> {
    let constraints = Constraint::of(pod, "DoNotSchedule");
    if constraints.is_empty() {
        return PreFilter::Skip;
    }
    let slots = slots(&constraints, snapshot.behaviour.spread_counts_apart);
    let mut domains: Vec<Domains<'a>> = constraints.iter().map(|_| Domains::default()).collect();
    let demands = RequiredNodeAffinity::of(pod);
    let pods: Vec<Vec<i64>> = constraints.iter().map(|c| c.counts(&pod.metadata.namespace, snapshot)).collect();
    for (at, node) in snapshot.nodes().iter().enumerate() {
        if !has_all_keys(&constraints, node) {
            continue;
        }
        let mut counted: Vec<Option<(&'a str, i64)>> = vec![None; constraints.len()];
        for ((constraint, slot), pods) in constraints.iter().zip(&slots).zip(&pods) {
            if let Some(value) = node.label(constraint.key())
                && constraint.includes(pod, node, &demands)
            {
                // Where constraints share a count, the last one's wins on each node.
                counted[*slot] = Some((value, pods[at]));
            }
        }
        for (domains, counted) in domains.iter_mut().zip(counted) {
            if let Some((value, count)) = counted {
                *domains.counts.entry(value).or_default() += count;
            }
        }
    }
    domains.iter_mut().for_each(Domains::rank);
    let unread = snapshot.unread_pods(&pod.metadata.namespace);
    PreFilter::Run(State { pod, constraints, domains, slots, unread })
}

/// Until 1.32 constraints on one key were counted together.
pub(super) fn slots(constraints: &[Constraint<'_>], apart: bool) -> Vec<usize> {
    let first = |at: usize| constraints.iter().position(|other| other.key() == constraints[at].key()).unwrap_or(at);
    (0..constraints.len()).map(|at| if apart { at } else { first(at) }).collect()
}

impl State<'_> {
    /// What adding (`sign` 1) or removing (-1) a pod on a node changes.
    pub(super) fn change(&self, changes: &mut Vec<i64>, node: &NodeInfo<'_>, other: &Pod, sign: i64) {
        if other.metadata.namespace != self.pod.metadata.namespace || !has_all_keys(&self.constraints, node) {
            return;
        }
        changes.resize(self.domains.len(), 0);
        let demands = RequiredNodeAffinity::of(self.pod);
        for (constraint, slot) in self.constraints.iter().zip(&self.slots) {
            if constraint.matches(other) && constraint.includes(self.pod, node, &demands) {
                changes[*slot] += sign;
            }
        }
    }

    /// Refuses a node whose domain would hold too many more pods than the emptiest.
    pub(super) fn filter(&self, view: &View<'_, '_>) -> Outcome {
        for (at, (constraint, slot)) in self.constraints.iter().zip(&self.slots).enumerate() {
            let Some(value) = view.info.label(constraint.key()) else {
                let reason = "node(s) didn't match pod topology spread constraints (missing required label)";
                // An earlier constraint may refuse before.
                let unread = self.unread.clone().filter(|_| at > 0);
                return Outcome::refuse(Refusal::unresolvable(Plugin::PodTopologySpread, reason), unread);
            };
            let domains = &self.domains[*slot];
            let change = view.changes.and_then(|changes| changes.spread.get(*slot)).copied().unwrap_or(0);
            let wanted = usize::try_from(constraint.spec.min_domains.unwrap_or(1)).unwrap_or(0);
            let minimum = if domains.counts.len() < wanted { 0 } else { domains.minimum(value, change) };
            let own = i64::from(constraint.matches(self.pod));
            let count = domains.counts.get(value).map_or(0, |count| count + change);
            if count + own - minimum > i64::from(constraint.spec.max_skew) {
                if let Some(unread) = &self.unread {
                    // More pods may be in the emptiest domain.
                    return Outcome::Unknown(unread.clone());
                }
                let reason = "node(s) didn't match pod topology spread constraints";
                return Refusal::unschedulable(Plugin::PodTopologySpread, reason).into();
            }
        }
        Outcome::unless_unread(self.unread.clone())
    }
}
