//! The state that filters look at: nodes with their pods and usage, built once
//! and used for any number of pods to judge.
//!
//! Mirrors `pkg/scheduler/backend/cache` and `framework.NodeInfo` (1.33): pods that
//! have ended do not exist, pods on nodes without a Node object are invisible,
//! unscheduled pods exist only when they are nominated.

use std::collections::HashMap;

use super::requests::{self, Amounts};
use super::storage::Storage;
use super::verdict::Unread;
use super::version::{Behaviour, KubernetesVersion};
use crate::model::node::Node;
use crate::model::pod::{Pod, PodAffinity};
use crate::model::volume::Claim;
use crate::model::{Cluster, Kind};

/// A node with what runs on it.
#[derive(Debug, Clone)]
pub struct NodeInfo<'a> {
    /// The node.
    pub node: &'a Node,
    /// Its pods that have not ended, terminating ones included.
    pub pods: Vec<&'a Pod>,
    /// What they ask for.
    pub requested: Amounts<'a>,
    /// Cpu (thousandths) and memory with defaults for containers without requests.
    pub non_zero: (i64, i64),
    /// What the node offers.
    pub allocatable: Amounts<'a>,
}

impl<'a> NodeInfo<'a> {
    pub(super) fn add(&mut self, pod: &'a Pod, behaviour: &Behaviour) {
        self.pods.push(pod);
        self.count(pod, behaviour, 1);
    }

    pub(super) fn remove(&mut self, pod: &Pod, behaviour: &Behaviour) {
        if let Some(at) = self.pods.iter().position(|known| std::ptr::eq(*known, pod)) {
            let pod = self.pods.swap_remove(at);
            self.count(pod, behaviour, -1);
        }
    }

    fn count(&mut self, pod: &'a Pod, behaviour: &Behaviour, sign: i64) {
        self.requested.change(&requests::of_existing(pod, behaviour), sign);
        let (cpu, memory) = requests::non_zero_of_existing(pod, behaviour);
        self.non_zero.0 = self.non_zero.0.saturating_add(sign * cpu);
        self.non_zero.1 = self.non_zero.1.saturating_add(sign * memory);
    }

    /// Name of the node.
    pub fn name(&self) -> &'a str {
        &self.node.metadata.name
    }

    /// A label of the node.
    pub fn label(&self, key: &str) -> Option<&'a str> {
        self.node.metadata.labels.get(key).map(String::as_str)
    }
}

/// Differences from the cluster as it was read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Assumed<'a> {
    /// Pods (namespace, name) that are judged as if they were gone.
    pub without: &'a [(&'a str, &'a str)],
    /// Pods that are judged as if they were there.
    pub with: &'a [Pod],
    /// Claims that are judged as if they were there.
    pub claims: &'a [Claim],
}

/// The state of a cluster, ready to judge pods.
#[derive(Debug, Clone)]
pub struct Snapshot<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) behaviour: Behaviour,
    pub(super) storage: Storage<'a>,
    nodes: Vec<NodeInfo<'a>>,
    by_name: HashMap<&'a str, usize>,
    /// Positions of the nodes in the order of their names.
    sorted: Vec<usize>,
    nominated: HashMap<usize, Vec<&'a Pod>>,
    /// Required anti-affinity, by the only namespace that it means.
    repelling_in: HashMap<&'a str, Vec<(usize, &'a Pod)>>,
    /// Required anti-affinity that may mean several namespaces.
    repelling: Vec<(usize, &'a Pod)>,
    with_affinity: Vec<(usize, &'a Pod)>,
    by_namespace: HashMap<&'a str, Vec<(usize, &'a Pod)>>,
}

impl<'a> Snapshot<'a> {
    /// The cluster as it was read, under the rules of a release.
    pub fn new(cluster: &'a Cluster, version: KubernetesVersion) -> Self {
        Self::assuming(cluster, version, Assumed::default())
    }

    /// The cluster without some pods (namespace, name).
    pub fn leaving_out(cluster: &'a Cluster, version: KubernetesVersion, without: &[(&str, &str)]) -> Self {
        Self::build(cluster, version, without, &[], &[])
    }

    /// The cluster with differences.
    pub fn assuming(cluster: &'a Cluster, version: KubernetesVersion, assumed: Assumed<'a>) -> Self {
        Self::build(cluster, version, assumed.without, assumed.with, assumed.claims)
    }

    fn build(
        cluster: &'a Cluster,
        version: KubernetesVersion,
        without: &[(&str, &str)],
        with: &'a [Pod],
        claims: &'a [Claim],
    ) -> Self {
        let behaviour = Behaviour::of(version);
        let nodes: Vec<_> = cluster
            .nodes
            .iter()
            .map(|node| NodeInfo {
                node,
                pods: Vec::new(),
                requested: Amounts::default(),
                non_zero: (0, 0),
                allocatable: Amounts::of_list(&node.status.allocatable),
            })
            .collect();
        let by_name = nodes.iter().enumerate().map(|(at, node)| (node.name(), at)).collect();
        let mut sorted: Vec<usize> = (0..nodes.len()).collect();
        sorted.sort_by_key(|&at| nodes[at].name());
        let mut snapshot = Self {
            cluster,
            behaviour,
            storage: Storage::new(cluster, claims),
            nodes,
            by_name,
            sorted,
            nominated: HashMap::new(),
            repelling_in: HashMap::new(),
            repelling: Vec::new(),
            with_affinity: Vec::new(),
            by_namespace: HashMap::new(),
        };
        for pod in cluster.pods.iter().chain(with) {
            let gone = without
                .iter()
                .any(|(namespace, name)| *name == pod.metadata.name && *namespace == pod.metadata.namespace);
            if !gone && !pod.is_terminal() {
                snapshot.place(pod);
            }
        }
        snapshot
    }

    fn place(&mut self, pod: &'a Pod) {
        if pod.spec.node_name.is_empty() {
            if let Some(&at) = self.by_name.get(pod.status.nominated_node_name.as_str()) {
                self.nominated.entry(at).or_default().push(pod);
            }
            return;
        }
        let Some(&at) = self.by_name.get(pod.spec.node_name.as_str()) else { return };
        self.nodes[at].add(pod, &self.behaviour);
        self.by_namespace.entry(&pod.metadata.namespace).or_default().push((at, pod));
        let required = pod.spec.affinity.pod_anti_affinity.as_ref().map_or(&[][..], |affinity| &affinity.required);
        if required.iter().any(|term| !term.namespaces.is_empty() || term.namespace_selector.is_some()) {
            self.repelling.push((at, pod));
        } else if !required.is_empty() {
            self.repelling_in.entry(&pod.metadata.namespace).or_default().push((at, pod));
        }
        let any = |affinity: &Option<PodAffinity>| {
            affinity.as_ref().is_some_and(|a| !a.required.is_empty() || !a.preferred.is_empty())
        };
        if any(&pod.spec.affinity.pod_affinity) || any(&pod.spec.affinity.pod_anti_affinity) {
            self.with_affinity.push((at, pod));
        }
    }

    /// The same state with claims that do not exist yet: pods are not looked at again.
    #[must_use]
    pub fn with_claims<'s>(&self, claims: &'s [Claim]) -> Snapshot<'s>
    where
        'a: 's,
    {
        Snapshot { storage: Storage::new(self.cluster, claims), ..self.clone() }
    }

    /// The cluster as it was read.
    pub fn cluster(&self) -> &'a Cluster {
        self.cluster
    }

    /// The release whose rules are used.
    pub fn version(&self) -> KubernetesVersion {
        self.behaviour.version
    }

    /// The nodes, in the order in which they were read.
    pub fn nodes(&self) -> &[NodeInfo<'a>] {
        &self.nodes
    }

    /// A node by name.
    pub fn node(&self, name: &str) -> Option<&NodeInfo<'a>> {
        self.by_name.get(name).map(|&at| &self.nodes[at])
    }

    /// Positions of the nodes in the order of their names.
    pub(super) fn sorted(&self) -> &[usize] {
        &self.sorted
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub(super) fn nominated(&self, at: usize) -> &[&'a Pod] {
        self.nominated.get(&at).map_or(&[], Vec::as_slice)
    }

    /// Placed pods of a namespace, with the positions of their nodes: most rules look at
    /// one namespace, and few pods of a large cluster are in it.
    pub(super) fn pods_of(&self, namespace: &str) -> &[(usize, &'a Pod)] {
        self.by_namespace.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// Placed pods whose required anti-affinity may mean pods of a namespace, and their
    /// nodes.
    pub(super) fn repelling(&self, namespace: &str) -> impl Iterator<Item = (&NodeInfo<'a>, &'a Pod)> {
        let own = self.repelling_in.get(namespace).map_or(&[][..], Vec::as_slice);
        own.iter().chain(&self.repelling).map(|(at, pod)| (&self.nodes[*at], *pod))
    }

    /// Placed pods with any pod affinity or anti-affinity, and their nodes.
    pub(super) fn with_affinity(&self) -> impl Iterator<Item = (&NodeInfo<'a>, &'a Pod)> {
        self.with_affinity.iter().map(|(at, pod)| (&self.nodes[*at], *pod))
    }

    /// What is missing to know every pod of a namespace (`""`: of all).
    pub(super) fn unread_pods(&self, namespace: &str) -> Option<Unread> {
        self.unread(Kind::Pod, namespace)
    }

    /// What is missing to know every object of a kind in a namespace.
    pub(super) fn unread(&self, kind: Kind, namespace: &str) -> Option<Unread> {
        (!self.cluster.coverage.proves_absence(kind, namespace)).then(|| Unread::all(kind, namespace))
    }
}
