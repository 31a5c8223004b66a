//! InterPodAffinity: required affinity and anti-affinity, of the pod and towards it.
//!
//! Mirrors `plugins/interpodaffinity/{filtering,plugin}.go` and `AffinityTerm` of
//! `framework/types.go` (1.27 to 1.36).

use std::collections::{BTreeSet, HashMap};

use super::filter::{Outcome, PreFilter, View};
use super::labels;
use super::plugin::Plugin;
use super::snapshot::{NodeInfo, Snapshot};
use super::verdict::{Refusal, Unread};
use crate::model::Kind;
use crate::model::meta::StringMap;
use crate::model::pod::{Pod, PodAffinity, PodAffinityTerm};
use crate::model::selector::LabelSelector;

/// A term, with the namespaces that it means.
#[derive(Debug)]
pub(super) struct Term<'a> {
    selector: Option<&'a LabelSelector>,
    namespaces: Vec<&'a str>,
    /// Further namespaces by their labels; absent means none.
    namespace_selector: Option<&'a LabelSelector>,
    pub(super) key: &'a str,
}

impl<'a> Term<'a> {
    /// A term as its pod wrote it.
    pub(super) fn new(pod: &'a Pod, term: &'a PodAffinityTerm) -> Self {
        let own = term.namespaces.is_empty() && term.namespace_selector.is_none();
        let namespaces = if own {
            vec![pod.metadata.namespace.as_str()]
        } else {
            term.namespaces.iter().map(String::as_str).collect()
        };
        Self {
            selector: term.label_selector.as_ref(),
            namespaces,
            namespace_selector: term.namespace_selector.as_ref(),
            key: &term.topology_key,
        }
    }

    /// Replaces the namespace selector by the namespaces that it selects, as is done
    /// for the terms of the pod to place (`mergeAffinityTermNamespacesIfNotEmpty`).
    pub(super) fn resolve(mut self, snapshot: &Snapshot<'a>) -> Self {
        let Some(selector) = self.namespace_selector.filter(|selector| !labels::is_everything(selector)) else {
            return self;
        };
        let selected = snapshot.cluster.namespaces.iter().filter(|ns| selector.matches(&ns.metadata.labels));
        self.namespaces.extend(selected.map(|namespace| namespace.metadata.name.as_str()));
        // From 1.34 on the selector stays in force by mistake, against no labels.
        if !snapshot.behaviour.negative_namespace_selector_matches_all {
            self.namespace_selector = None;
        }
        self
    }

    /// Whether the term means a pod; unknown when that depends on labels of the pod's
    /// namespace that are not known.
    fn means(&self, pod: &Pod, namespace_labels: Option<&StringMap>) -> Option<bool> {
        if let Some(labels) = namespace_labels {
            return Some(self.matches(pod, labels));
        }
        let by_name = self.namespaces.contains(&pod.metadata.namespace.as_str());
        let by_labels = self.namespace_selector.is_some_and(|selector| !labels::is_everything(selector));
        let depends = by_labels && !by_name && labels::matches(self.selector, &pod.metadata.labels);
        (!depends).then(|| self.matches(pod, &NO_LABELS))
    }

    /// Whether the term means a pod whose namespace has these labels.
    pub(super) fn matches(&self, pod: &Pod, namespace_labels: &StringMap) -> bool {
        (self.namespaces.contains(&pod.metadata.namespace.as_str())
            || labels::matches(self.namespace_selector, namespace_labels))
            && labels::matches(self.selector, &pod.metadata.labels)
    }

    /// What would have to be read to know every pod that a resolved term means.
    fn unread(&self, snapshot: &Snapshot<'_>, written: &PodAffinityTerm) -> Option<Unread> {
        match &written.namespace_selector {
            Some(selector) if labels::is_everything(selector) => return snapshot.unread_pods(""),
            Some(_) => {
                if let Some(unread) = snapshot.unread(Kind::Namespace, "") {
                    return Some(unread);
                }
            }
            None => {}
        }
        self.namespaces.iter().find_map(|namespace| snapshot.unread_pods(namespace))
    }
}

/// The required terms of one direction.
pub(super) fn required<'a>(pod: &'a Pod, affinity: Option<&'a PodAffinity>) -> impl Iterator<Item = Term<'a>> {
    affinity.into_iter().flat_map(|affinity| &affinity.required).map(move |term| Term::new(pod, term))
}

/// A topology key and a value of it.
type Place<'a> = (&'a str, &'a str);

/// Pods by place, as far as terms mean them.
#[derive(Debug, Default)]
struct Counts<'a>(HashMap<Place<'a>, i64>);

impl<'a> Counts<'a> {
    fn add(&mut self, node: &NodeInfo<'a>, key: &'a str) {
        if let Some(value) = node.label(key) {
            *self.0.entry((key, value)).or_default() += 1;
        }
    }

    fn get(&self, place: Place<'a>, changes: &Difference<'a>) -> i64 {
        self.0.get(&place).copied().unwrap_or(0) + changes.get(place)
    }

    fn is_empty(&self, changes: &Difference<'a>) -> bool {
        let changed = changes.0.iter().filter(|(place, by)| *by != 0 || self.0.contains_key(place));
        let (mut known, mut alive) = (0, 0);
        for (place, by) in changed {
            let before = self.0.get(place).copied();
            known += usize::from(before.is_some());
            alive += usize::from(before.unwrap_or(0) + by != 0);
        }
        self.0.len() == known && alive == 0
    }
}

/// Changed counts; a handful, because all changes are on one node.
#[derive(Debug, Clone, Default)]
struct Difference<'a>(Vec<(Place<'a>, i64)>);

impl<'a> Difference<'a> {
    fn add(&mut self, node: &NodeInfo<'a>, key: &'a str, sign: i64) {
        let Some(value) = node.label(key) else { return };
        match self.0.iter_mut().find(|(place, _)| *place == (key, value)) {
            Some((_, by)) => *by += sign,
            None => self.0.push(((key, value), sign)),
        }
    }

    fn get(&self, place: Place<'a>) -> i64 {
        self.0.iter().find(|(known, _)| *known == place).map_or(0, |(_, by)| *by)
    }
}

/// What added or removed pods change.
#[derive(Debug, Clone, Default)]
pub(super) struct Changes<'a> {
    affinity: Difference<'a>,
    anti_affinity: Difference<'a>,
    existing: Difference<'a>,
}

/// What PreFilter counted.
#[derive(Debug)]
pub(super) struct State<'a> {
    pod: &'a Pod,
    /// Labels of the pod's namespace, when they are known.
    namespace_labels: Option<&'a StringMap>,
    affinity_terms: Vec<Term<'a>>,
    anti_affinity_terms: Vec<Term<'a>>,
    affinity: Counts<'a>,
    anti_affinity: Counts<'a>,
    existing: Counts<'a>,
    existing_keys: BTreeSet<&'a str>,
    unread_affinity: Option<Unread>,
    unread_anti_affinity: Option<Unread>,
    unread_existing: Option<Unread>,
}

static NO_LABELS: StringMap = StringMap::new();

/// Labels of a namespace, none when it does not exist; `None` when it was not read.
pub(super) fn namespace_labels<'a>(snapshot: &Snapshot<'a>, namespace: &str) -> Option<&'a StringMap> {
    match snapshot.cluster.namespace(namespace) {
        Some(namespace) => Some(&namespace.metadata.labels),
        None => snapshot.unread(Kind::Namespace, "").is_none().then_some(&NO_LABELS),
    }
}

/// Counts the pods that the terms mean.
pub(super) fn pre_filter<'a>(pod: &'a Pod, snapshot: &Snapshot<'a>) -> PreFilter<State<'a>> {
    let affinity = &pod.spec.affinity;
    let resolved = |affinity| required(pod, affinity).map(|term| term.resolve(snapshot)).collect::<Vec<_>>();
    let affinity_terms = resolved(affinity.pod_affinity.as_ref());
    let anti_affinity_terms = resolved(affinity.pod_anti_affinity.as_ref());
    let unread_existing = snapshot.unread_pods("");
    let unread = |terms: &[Term<'_>], affinity: Option<&PodAffinity>| {
        let written = affinity.into_iter().flat_map(|affinity| &affinity.required);
        terms.iter().zip(written).find_map(|(term, written)| term.unread(snapshot, written))
    };
    let mut state = State {
        pod,
        namespace_labels: namespace_labels(snapshot, &pod.metadata.namespace),
        unread_affinity: unread(&affinity_terms, affinity.pod_affinity.as_ref()),
        unread_anti_affinity: unread(&anti_affinity_terms, affinity.pod_anti_affinity.as_ref()),
        affinity_terms,
        anti_affinity_terms,
        affinity: Counts::default(),
        anti_affinity: Counts::default(),
        existing: Counts::default(),
        existing_keys: BTreeSet::new(),
        unread_existing,
    };
    for (node, other) in snapshot.repelling(&pod.metadata.namespace) {
        let affinity = other.spec.affinity.pod_anti_affinity.as_ref();
        let written = affinity.into_iter().flat_map(|affinity| &affinity.required);
        for term in written.filter(|term| reaches(term, other, pod)).map(|term| Term::new(other, term)) {
            match term.means(pod, state.namespace_labels) {
                Some(true) => state.existing.add(node, term.key),
                Some(false) => {}
                None => state.unread_existing = Some(Unread::one(Kind::Namespace, "", &pod.metadata.namespace)),
            }
        }
    }
    state.existing_keys = state.existing.0.keys().map(|(key, _)| *key).collect();
    let has_terms = !state.affinity_terms.is_empty() || !state.anti_affinity_terms.is_empty();
    if has_terms {
        let terms = state.affinity_terms.iter().chain(&state.anti_affinity_terms);
        let (mut affinity, mut anti_affinity) = (Counts::default(), Counts::default());
        each_meant(snapshot, &terms.collect::<Vec<_>>(), |node, other| {
            if state.means_by_affinity(other) {
                state.affinity_terms.iter().for_each(|term| affinity.add(node, term.key));
            }
            for term in state.anti_affinity_terms.iter().filter(|term| term.matches(other, &NO_LABELS)) {
                anti_affinity.add(node, term.key);
            }
        });
        (state.affinity, state.anti_affinity) = (affinity, anti_affinity);
    } else if state.existing.0.is_empty() {
        // Skipped also when nominated pods would forbid the node.
        return match state.unread_existing {
            None => PreFilter::Skip,
            Some(unread) => PreFilter::Unknown(unread),
        };
    }
    PreFilter::Run(state)
}

/// Whether a term of another pod can mean a pod at all: most name no namespaces, and
/// then mean those of their own only.
fn reaches(term: &PodAffinityTerm, of: &Pod, pod: &Pod) -> bool {
    !term.namespaces.is_empty() || term.namespace_selector.is_some() || of.metadata.namespace == pod.metadata.namespace
}

/// Visits every placed pod that any of the resolved terms may mean, with its node.
pub(super) fn each_meant<'a>(
    snapshot: &Snapshot<'a>,
    terms: &[&Term<'a>],
    mut visit: impl FnMut(&NodeInfo<'a>, &'a Pod),
) {
    if terms.iter().any(|term| term.namespace_selector.is_some()) {
        for node in snapshot.nodes() {
            node.pods.iter().for_each(|other| visit(node, other));
        }
        return;
    }
    let namespaces: BTreeSet<&str> = terms.iter().flat_map(|term| &term.namespaces).copied().collect();
    for (at, other) in namespaces.into_iter().flat_map(|namespace| snapshot.pods_of(namespace)) {
        visit(&snapshot.nodes()[*at], other);
    }
}

impl<'a> State<'a> {
    /// An existing pod counts only when it matches every affinity term.
    fn means_by_affinity(&self, other: &Pod) -> bool {
        !self.affinity_terms.is_empty() && self.affinity_terms.iter().all(|term| term.matches(other, &NO_LABELS))
    }

    /// What adding (`sign` 1) or removing (-1) a pod on a node changes.
    pub(super) fn change(&self, changes: &mut Changes<'a>, node: &NodeInfo<'a>, other: &'a Pod, sign: i64) {
        for term in required(other, other.spec.affinity.pod_anti_affinity.as_ref()) {
            if term.means(self.pod, self.namespace_labels) == Some(true) {
                changes.existing.add(node, term.key, sign);
            }
        }
        if self.means_by_affinity(other) {
            self.affinity_terms.iter().for_each(|term| changes.affinity.add(node, term.key, sign));
        }
        for term in &self.anti_affinity_terms {
            if term.matches(other, &NO_LABELS) {
                changes.anti_affinity.add(node, term.key, sign);
            }
        }
    }

    /// Affinity first, then the pod's anti-affinity, then that of existing pods.
    pub(super) fn filter(&self, view: &View<'_, 'a>) -> Outcome {
        let none = Changes::default();
        let changes = view.changes.map_or(&none, |changes| &changes.inter_pod);
        let refuse = |code: fn(Plugin, &'static str) -> Refusal, reason| code(Plugin::InterPodAffinity, reason);
        if !self.affinity_met(view.info, &changes.affinity) {
            let keys_missing = self.affinity_terms.iter().any(|term| view.info.label(term.key).is_none());
            if let Some(unread) = self.unread_affinity.as_ref().filter(|_| !keys_missing) {
                return Outcome::Unknown(unread.clone());
            }
            return refuse(Refusal::unresolvable, "node(s) didn't match pod affinity rules").into();
        }
        // The first-pod exception rests on no pod matching anywhere.
        let exception = !self.affinity_terms.is_empty() && self.affinity.is_empty(&changes.affinity);
        let mut unread = self.unread_affinity.as_ref().filter(|_| exception);
        let forbidden = self.anti_affinity_terms.iter().any(|term| {
            let place = view.info.label(term.key).map(|value| (term.key, value));
            place.is_some_and(|place| self.anti_affinity.get(place, &changes.anti_affinity) > 0)
        });
        if forbidden {
            let refusal = refuse(Refusal::unschedulable, "node(s) didn't match pod anti-affinity rules");
            return Outcome::refuse(refusal, unread.cloned());
        }
        unread = unread.or(self.unread_anti_affinity.as_ref());
        let new_keys = changes.existing.0.iter().map(|((key, _), _)| *key);
        let forbidden = self.existing_keys.iter().copied().chain(new_keys).any(|key| {
            let place = view.info.label(key).map(|value| (key, value));
            place.is_some_and(|place| self.existing.get(place, &changes.existing) > 0)
        });
        if forbidden {
            let refusal = refuse(Refusal::unschedulable, "node(s) didn't satisfy existing pods anti-affinity rules");
            return Outcome::refuse(refusal, unread.cloned());
        }
        Outcome::unless_unread(unread.or(self.unread_existing.as_ref()).cloned())
    }

    fn affinity_met(&self, info: &NodeInfo<'a>, changes: &Difference<'a>) -> bool {
        let mut all = true;
        for term in &self.affinity_terms {
            let Some(value) = info.label(term.key) else { return false };
            all &= self.affinity.get((term.key, value), changes) > 0;
        }
        // The first pod of a group that wants to be together may go anywhere.
        all || (self.affinity.is_empty(changes) && self.means_by_affinity(self.pod))
    }
}
