//! One scheduling cycle: PreFilter of every plugin, then the filters node by node.
//!
//! Mirrors `findNodesThatFitPod` of `pkg/scheduler/schedule_one.go` and
//! `RunPreFilterPlugins`, `RunFilterPluginsWithNominatedPods` of
//! `pkg/scheduler/framework/runtime/framework.go` (1.27 to 1.36).

use std::collections::BTreeSet;

use super::filter::{Changes, Outcome, PreFilter, View};
use super::plugin::Plugin;
use super::snapshot::{NodeInfo, Snapshot};
use super::verdict::{Code, Doubt, PreFilterRefusal, Refusal};
use super::{
    dynamic_resources, inter_pod_affinity, node_affinity, node_declared_features, node_name, node_ports,
    node_resources_fit, node_unschedulable, node_volume_limits, pod_topology_spread, taint_toleration, volume_binding,
    volume_restrictions, volume_zone,
};
use crate::model::pod::Pod;

/// The state of all plugins for one pod. A plugin without state is skipped.
pub(super) struct Cycle<'s, 'a> {
    pub(super) snapshot: &'s Snapshot<'a>,
    pub(super) pod: &'a Pod,
    affinity: Option<node_affinity::State<'a>>,
    ports: Option<node_ports::State<'a>>,
    fit: node_resources_fit::State<'a>,
    restrictions: Option<volume_restrictions::State<'a>>,
    limits: bool,
    binding: Option<volume_binding::State<'a>>,
    zone: Option<volume_zone::State<'a>>,
    spread: Option<pod_topology_spread::State<'a>>,
    inter_pod: Option<inter_pod_affinity::State<'a>>,
    declared: Option<node_declared_features::State>,
    /// Plugins that could not judge before any node was looked at.
    pub(super) doubts: Vec<Doubt>,
    /// All nodes are refused.
    pub(super) refusal: Option<PreFilterRefusal>,
    /// The only nodes to filter, and the plugins that named them.
    pub(super) names: Option<BTreeSet<&'a str>>,
    pub(super) named_by: BTreeSet<Plugin>,
}

/// What the filters say about one node.
#[derive(Debug, Clone, Default)]
pub(super) struct Filtered {
    pub(super) refusal: Option<Refusal>,
    pub(super) doubts: Vec<Doubt>,
    pub(super) also: Vec<Refusal>,
    /// Whether a plugin behind the refusing one could not judge. Filled only when all
    /// obstacles were asked for.
    pub(super) is_open: bool,
    pub(super) error: Option<String>,
}

/// Names of plugins in alphabetical order, as upstream prints a set.
pub(super) fn plugin_names(plugins: &BTreeSet<Plugin>) -> Vec<&'static str> {
    let mut names: Vec<&str> = plugins.iter().map(|plugin| plugin.name()).collect();
    names.sort_unstable();
    names
}

impl<'s, 'a> Cycle<'s, 'a> {
    /// Runs every plugin's PreFilter. After a refusal the others run only when all
    /// obstacles are wanted.
    pub(super) fn start(snapshot: &'s Snapshot<'a>, pod: &'a Pod, all_obstacles: bool) -> Self {
        let mut cycle = Self {
            snapshot,
            pod,
            affinity: None,
            ports: None,
            fit: node_resources_fit::pre_filter(pod, snapshot),
            restrictions: None,
            limits: false,
            binding: None,
            zone: None,
            spread: None,
            inter_pod: None,
            declared: None,
            doubts: Vec::new(),
            refusal: None,
            names: None,
            named_by: BTreeSet::new(),
        };
        for &plugin in Plugin::ALL {
            cycle.pre_filter(plugin);
            if cycle.refusal.is_some() && !all_obstacles {
                break;
            }
        }
        cycle
    }

    fn pre_filter(&mut self, plugin: Plugin) {
        let (pod, snapshot) = (self.pod, self.snapshot);
        let behaviour = &snapshot.behaviour;
        match plugin {
            Plugin::NodeAffinity => {
                self.affinity = self.accept(plugin, node_affinity::pre_filter(pod));
                let names = self.affinity.as_mut().and_then(|state| state.names.take());
                self.restrict(plugin, names);
            }
            Plugin::NodePorts => self.ports = self.accept(plugin, node_ports::pre_filter(pod, behaviour)),
            Plugin::VolumeRestrictions => {
                self.restrictions = self.accept(plugin, volume_restrictions::pre_filter(pod, snapshot));
            }
            Plugin::NodeVolumeLimits => {
                self.limits = self.accept(plugin, node_volume_limits::pre_filter(pod)).is_some();
            }
            Plugin::VolumeBinding => {
                self.binding = self.accept(plugin, volume_binding::pre_filter(pod, snapshot));
                let names = self.binding.as_mut().and_then(|state| state.names.take());
                self.restrict(plugin, names);
            }
            Plugin::VolumeZone => self.zone = self.accept(plugin, volume_zone::pre_filter(pod, snapshot)),
            Plugin::PodTopologySpread => {
                self.spread = self.accept(plugin, pod_topology_spread::pre_filter(pod, snapshot));
            }
            Plugin::InterPodAffinity => {
                self.inter_pod = self.accept(plugin, inter_pod_affinity::pre_filter(pod, snapshot));
            }
            Plugin::DynamicResources => {
                self.accept(plugin, dynamic_resources::pre_filter(pod, behaviour));
            }
            Plugin::NodeDeclaredFeatures => {
                self.declared = self.accept(plugin, node_declared_features::pre_filter(pod, behaviour));
            }
            Plugin::NodeName if behaviour.node_name_restricts && !pod.spec.node_name.is_empty() => {
                self.restrict(plugin, Some(BTreeSet::from([pod.spec.node_name.as_str()])));
            }
            Plugin::NodeUnschedulable
            | Plugin::NodeName
            | Plugin::TaintToleration
            | Plugin::NodeResourcesFit
            | Plugin::EBSLimits
            | Plugin::GCEPDLimits
            | Plugin::AzureDiskLimits => {}
        }
    }

    fn accept<S>(&mut self, plugin: Plugin, answer: PreFilter<S>) -> Option<S> {
        match answer {
            PreFilter::Run(state) => return Some(state),
            PreFilter::Skip => {}
            PreFilter::Unknown(unread) => self.doubts.push(Doubt { plugin, unread }),
            PreFilter::Refuse(refusal) => {
                let message = refusal.reasons.join(", ");
                self.refusal.get_or_insert(PreFilterRefusal { plugin: refusal.plugin, code: refusal.code, message });
            }
        }
        None
    }

    /// Intersects the node names that plugins give.
    fn restrict(&mut self, plugin: Plugin, names: Option<BTreeSet<&'a str>>) {
        let Some(names) = names else { return };
        self.named_by.insert(plugin);
        let names = match self.names.take() {
            None => names,
            Some(known) => known.intersection(&names).copied().collect(),
        };
        if names.is_empty() && self.refusal.is_none() {
            let plugins = plugin_names(&self.named_by);
            let message = match plugins.as_slice() {
                [one] => format!("node(s) didn't satisfy plugin {one}"),
                many => format!("node(s) didn't satisfy plugin(s) [{}] simultaneously", many.join(" ")),
            };
            let code = if self.snapshot.behaviour.empty_restriction_is_unresolvable {
                Code::UnschedulableAndUnresolvable
            } else {
                Code::Unschedulable
            };
            self.refusal = Some(PreFilterRefusal { plugin: None, code, message });
        }
        self.names = Some(names);
    }

    /// What VolumeBinding knows of the pod's claims.
    pub(super) fn binding(&self) -> Option<&volume_binding::State<'a>> {
        self.binding.as_ref()
    }

    /// Whether the node is among those to filter.
    pub(super) fn is_named(&self, node: &NodeInfo<'_>) -> bool {
        self.names.as_ref().is_none_or(|names| names.contains(node.name()))
    }

    /// Runs one plugin on a node.
    fn run(&self, plugin: Plugin, view: &View<'_, 'a>) -> Outcome {
        let (pod, snapshot) = (self.pod, self.snapshot);
        let behaviour = &snapshot.behaviour;
        match plugin {
            Plugin::NodeUnschedulable => node_unschedulable::filter(pod, view),
            Plugin::NodeName => node_name::filter(pod, view),
            Plugin::TaintToleration => taint_toleration::filter(pod, view, behaviour),
            Plugin::NodeAffinity => self.affinity.as_ref().map_or(Outcome::Pass, |state| state.filter(view)),
            Plugin::NodePorts => self.ports.as_ref().map_or(Outcome::Pass, |state| state.filter(view, snapshot)),
            Plugin::NodeResourcesFit => self.fit.filter(view, snapshot),
            Plugin::VolumeRestrictions => {
                self.restrictions.as_ref().map_or(Outcome::Pass, |state| state.filter(view, snapshot))
            }
            Plugin::EBSLimits | Plugin::GCEPDLimits | Plugin::AzureDiskLimits => {
                if behaviour.in_tree_volume_limits && !pod.spec.volumes.is_empty() {
                    node_volume_limits::filter_in_tree(plugin, pod, view, snapshot)
                } else {
                    Outcome::Pass
                }
            }
            Plugin::NodeVolumeLimits if self.limits => node_volume_limits::filter(pod, view, snapshot),
            Plugin::VolumeBinding => self.binding.as_ref().map_or(Outcome::Pass, |state| state.filter(view, snapshot)),
            Plugin::VolumeZone => self.zone.as_ref().map_or(Outcome::Pass, |state| state.filter(view, behaviour)),
            Plugin::PodTopologySpread => self.spread.as_ref().map_or(Outcome::Pass, |state| state.filter(view)),
            Plugin::InterPodAffinity => self.inter_pod.as_ref().map_or(Outcome::Pass, |state| state.filter(view)),
            Plugin::NodeDeclaredFeatures => self.declared.as_ref().map_or(Outcome::Pass, |state| state.filter(view)),
            Plugin::NodeVolumeLimits | Plugin::DynamicResources => Outcome::Pass,
        }
    }

    /// Runs the plugins in order until one refuses; on, when all obstacles are
    /// wanted.
    fn pass(&self, view: &View<'_, 'a>, all_obstacles: bool) -> Filtered {
        let mut result = Filtered::default();
        for &plugin in Plugin::ALL {
            match self.run(plugin, view) {
                Outcome::Pass => {}
                Outcome::Unknown(unread) => {
                    if result.refusal.is_none() {
                        result.doubts.push(Doubt { plugin, unread });
                    } else {
                        result.is_open = true;
                    }
                }
                Outcome::Refuse(refusal, unread) if result.refusal.is_none() => {
                    result.doubts.extend(unread.map(|unread| Doubt { plugin, unread }));
                    // Doubts of plugins behind the refusing one do not matter.
                    result.doubts.extend(self.doubts.iter().filter(|doubt| doubt.plugin < plugin).cloned());
                    result.is_open = self.doubts.iter().any(|doubt| doubt.plugin > plugin);
                    result.refusal = Some(refusal);
                    if !all_obstacles {
                        return result;
                    }
                }
                Outcome::Refuse(refusal, _) => result.also.push(refusal),
                Outcome::Error(error) => {
                    if result.refusal.is_none() {
                        result.error = Some(format!("running {:?} filter plugin: {error}", plugin.name()));
                    }
                    return result;
                }
            }
        }
        if result.refusal.is_none() {
            result.doubts.extend(self.doubts.iter().cloned());
        }
        result
    }

    /// Filters a node as it is, or with changed pods. Nominated pods of at least the
    /// pod's priority are there in a first pass and not in a second one; both must
    /// succeed.
    pub(super) fn filter(&self, at: usize, view: &View<'_, 'a>, all_obstacles: bool) -> Filtered {
        let behaviour = &self.snapshot.behaviour;
        let own = priority(self.pod);
        let mut nominated = self
            .snapshot
            .nominated(at)
            .iter()
            .filter(|other| priority(other) >= own && !same_pod(other, self.pod))
            .peekable();
        if nominated.peek().is_none() {
            return self.pass(view, all_obstacles);
        }
        let mut info = view.info.clone();
        let mut changes = view.changes.cloned().unwrap_or_default();
        for other in nominated {
            info.add(other, behaviour);
            self.change(&mut changes, &info, other, 1);
        }
        let first = self.pass(&View { info: &info, changes: Some(&changes) }, all_obstacles);
        if first.refusal.is_some() || first.error.is_some() {
            return first;
        }
        let mut second = self.pass(view, all_obstacles);
        for doubt in first.doubts {
            if !second.doubts.contains(&doubt) {
                second.doubts.push(doubt);
            }
        }
        second
    }

    /// What adding (`sign` 1) or removing (-1) a pod on a node changes in the states.
    pub(super) fn change(&self, changes: &mut Changes<'a>, node: &NodeInfo<'a>, other: &'a Pod, sign: i64) {
        if self.ports.is_some() {
            node_ports::change(&mut changes.freed_ports, other, &self.snapshot.behaviour, sign);
        }
        if let Some(state) = &self.restrictions {
            changes.single_pod_claims += sign * state.uses(other);
        }
        if let Some(state) = &self.spread {
            state.change(&mut changes.spread, node, other, sign);
        }
        if let Some(state) = &self.inter_pod {
            state.change(&mut changes.inter_pod, node, other, sign);
        }
    }
}

/// Priority of a pod; none is 0.
pub(super) fn priority(pod: &Pod) -> i32 {
    pod.spec.priority.unwrap_or(0)
}

fn same_pod(one: &Pod, other: &Pod) -> bool {
    let (one, other) = (&one.metadata, &other.metadata);
    one.uid == other.uid && (!one.uid.is_empty() || (&one.namespace, &one.name) == (&other.namespace, &other.name))
}
