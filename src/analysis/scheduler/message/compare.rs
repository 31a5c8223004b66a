//! Compares the message that a pod has with the one that the judgement predicts.

use std::collections::BTreeMap;

use super::read::{Message, Unschedulable, read};

/// How well a prediction agrees with what was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// Word for word.
    Exact,
    /// The same nodes for the same reasons; only what preemption could do differs,
    /// or the observed text was cut.
    SameReasons,
    /// Other reasons, or other numbers of nodes.
    Different {
        /// Reasons with the counts that were observed and predicted.
        reasons: Vec<(String, usize, usize)>,
        /// All nodes, observed and predicted.
        nodes: (usize, usize),
    },
    /// One of the two is not a refusal by filters.
    Incomparable,
}

/// Compares an observed message with a predicted one.
pub fn compare(observed: &str, predicted: &str) -> Agreement {
    if observed.trim() == predicted.trim() {
        return Agreement::Exact;
    }
    let (Message::Unschedulable(observed), Message::Unschedulable(predicted)) = (read(observed), read(predicted))
    else {
        return Agreement::Incomparable;
    };
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (reason, count) in reasons(&observed) {
        counts.entry(reason).or_default().0 += count;
    }
    for (reason, count) in reasons(&predicted) {
        counts.entry(reason).or_default().1 += count;
    }
    // The last reason of a cut text may be a fragment.
    let fragment = observed.is_cut.then(|| observed.reasons.last()).flatten().map(|item| item.reason.clone());
    let different: Vec<_> = counts
        .into_iter()
        .filter(|(reason, (seen, expected))| seen != expected && Some(reason) != fragment.as_ref())
        .filter(|(_, (seen, _))| !(observed.is_cut && *seen == 0))
        .map(|(reason, (seen, expected))| (reason, seen, expected))
        .collect();
    if different.is_empty() && observed.nodes == predicted.nodes {
        return Agreement::SameReasons;
    }
    Agreement::Different { reasons: different, nodes: (observed.nodes, predicted.nodes) }
}

fn reasons(message: &Unschedulable) -> impl Iterator<Item = (String, usize)> {
    let prefilter = message.prefilter.iter().map(|reason| (reason.clone(), message.nodes));
    prefilter.chain(message.reasons.iter().map(|item| (item.reason.clone(), item.count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0/2 nodes are available: 1 Insufficient cpu, 1 Too many pods.";

    #[test]
    fn only_reasons_decide() {
        assert_eq!(compare(ONE, ONE), Agreement::Exact);
        let preempted = format!("{ONE} preemption: not eligible due to preemptionPolicy=Never.");
        assert_eq!(compare(ONE, &preempted), Agreement::SameReasons);
        let other = "0/2 nodes are available: 2 Insufficient cpu.";
        let Agreement::Different { reasons, nodes } = compare(ONE, other) else { panic!("they differ") };
        assert_eq!(nodes, (2, 2));
        assert_eq!(reasons, [("Insufficient cpu".to_owned(), 1, 2), ("Too many pods".to_owned(), 1, 0)]);
    }

    #[test]
    fn a_cut_text_differs_only_in_what_it_shows() {
        let cut = "0/2 nodes are available: 1 Insufficient cpu, 1 Too ma ...";
        assert_eq!(compare(cut, ONE), Agreement::SameReasons);
    }

    #[test]
    fn other_texts_cannot_be_compared() {
        assert_eq!(compare("no nodes available to schedule pods", ONE), Agreement::Incomparable);
    }
}
