//! NodeAffinity: nodeSelector and required node affinity.
//!
//! Mirrors `plugins/nodeaffinity/node_affinity.go` (1.27 to 1.36).

use std::collections::BTreeSet;

use super::filter::{Outcome, PreFilter, View};
use super::labels::RequiredNodeAffinity;
use super::plugin::Plugin;
use super::verdict::Refusal;
use crate::model::pod::Pod;
use crate::model::selector::NodeSelectorTerm;

/// What the filter needs, and the only nodes that can match, by name.
#[derive(Debug)]
pub(super) struct State<'a> {
    demands: RequiredNodeAffinity<'a>,
    /// Names that every term with `metadata.name` leaves; `None` when some term
    /// leaves them open.
    pub(super) names: Option<BTreeSet<&'a str>>,
}

/// Reads the pod's demands.
pub(super) fn pre_filter(pod: &Pod) -> PreFilter<State<'_>> {
    let demands = RequiredNodeAffinity::of(pod);
    if demands.is_empty() {
        return PreFilter::Skip;
    }
    let required = pod.spec.affinity.node_affinity.as_ref().and_then(|affinity| affinity.required.as_ref());
    let terms = required.map_or(&[][..], |required| &required.node_selector_terms);
    let names = (!terms.is_empty()).then(|| names(terms)).flatten();
    if names.as_ref().is_some_and(BTreeSet::is_empty) {
        return PreFilter::Refuse(Refusal::unresolvable(Plugin::NodeAffinity, "pod affinity terms conflict"));
    }
    PreFilter::Run(State { demands, names })
}

/// Node names that the terms allow: within a term all `In` requirements on
/// `metadata.name` together, over the terms any of them.
fn names(terms: &[NodeSelectorTerm]) -> Option<BTreeSet<&str>> {
    let mut union = BTreeSet::new();
    for term in terms {
        let mut of_term: Option<BTreeSet<&str>> = None;
        for requirement in &term.match_fields {
            if requirement.key == "metadata.name" && requirement.operator == "In" {
                let values: BTreeSet<&str> = requirement.values.iter().map(String::as_str).collect();
                of_term = Some(match of_term {
                    None => values,
                    Some(known) => known.intersection(&values).copied().collect(),
                });
            }
        }
        union.extend(of_term?);
    }
    Some(union)
}

impl State<'_> {
    /// Refuses a node that does not meet the demands.
    pub(super) fn filter(&self, view: &View<'_, '_>) -> Outcome {
        if self.demands.matches(view.info.name(), &view.info.node.metadata.labels) {
            return Outcome::Pass;
        }
        Refusal::unresolvable(Plugin::NodeAffinity, "node(s) didn't match Pod's node affinity/selector").into()
    }
}
