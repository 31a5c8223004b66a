//! Reads a `FailedScheduling` message of any release.
//!
//! The grammar is that of `FitError.Error` (`pkg/scheduler/framework/types.go`, 1.27
//! to 1.37). Reasons may hold dots and commas, so the text is split only where the
//! grammar cannot be meant otherwise. Any text is read; what it is not, it is not.

use super::reason::{Meaning, meaning};

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// No node takes the pod.
    Unschedulable(Unschedulable),
    /// There are no nodes.
    NoNodes,
    /// The pod is kept from the scheduler by these gates.
    Gated(Vec<String>),
    /// Something else: an error, or not a scheduler's text.
    Other(String),
}

/// A pod that no node takes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unschedulable {
    /// All nodes that the scheduler knows.
    pub nodes: usize,
    /// A refusal of all nodes at once.
    pub prefilter: Option<String>,
    /// How many nodes were refused for what. One node may have several reasons, and
    /// some releases leave nodes out.
    pub reasons: Vec<Counted>,
    /// What came after the refusals.
    pub post_filter: PostFilter,
    /// The text was cut, as event notes are at 1024 bytes.
    pub is_cut: bool,
}

impl Message {
    /// What the reasons mean, in the order in which they stand.
    pub fn meanings(&self) -> Vec<Meaning> {
        match self {
            Self::Unschedulable(message) => {
                let of_all = message.prefilter.as_deref().map(meaning);
                of_all.into_iter().chain(message.reasons.iter().map(|item| item.meaning.clone())).collect()
            }
            Self::NoNodes | Self::Gated(_) => Vec::new(),
            // An error may wrap the plugin's own text.
            Self::Other(text) => {
                let start = text.find("persistentvolumeclaim \"").unwrap_or_default();
                vec![meaning(text[start..].trim_end_matches('.'))]
            }
        }
    }
}

/// A reason and how many nodes have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Nodes.
    pub count: usize,
    /// The text.
    pub reason: String,
    /// What the text means.
    pub meaning: Meaning,
}

/// What PostFilter plugins said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PostFilter {
    /// DynamicResources' word, for example `no new claims to deallocate`.
    pub devices: Option<String>,
    /// What preemption could do. None together with no `devices` and a histogram means
    /// that victims were found, until 1.36.
    pub preemption: Option<Preemption>,
    /// The message ends in the stray `not found` of 1.34 and later, which says
    /// nothing about any object.
    pub stray_not_found: bool,
}

/// What preemption comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preemption {
    /// Node by node.
    Nodes(Vec<Counted>),
    /// In one sentence.
    Sentence(String),
    /// It does help: victims were found (1.37 and later).
    Found {
        /// The node on which they are.
        node: String,
        /// How many there are.
        victims: usize,
    },
}

/// Words with which PostFilter's part begins.
const HEADS: [&str; 8] = [
    "preemption: ",
    "no new claims to deallocate",
    "still not schedulable",
    "deallocation of ",
    "deletion of ",
    "plugin disabled",
    "All PostFilter",
    "cannot fit resource",
];

/// Reads a message.
pub fn read(text: &str) -> Message {
    let text = text.trim();
    if text == "no nodes available to schedule pods" {
        return Message::NoNodes;
    }
    if let Some(gates) = text.strip_prefix("waiting for scheduling gates: [").and_then(|rest| rest.strip_suffix(']')) {
        return Message::Gated(gates.split_whitespace().map(str::to_owned).collect());
    }
    unschedulable(text).map_or_else(|| Message::Other(text.to_owned()), Message::Unschedulable)
}

fn unschedulable(text: &str) -> Option<Unschedulable> {
    let (nodes, rest) = counted_head(text)?;
    let (rest, is_cut) = match rest.strip_suffix(" ...") {
        Some(cut) => (cut, true),
        None => (rest, false),
    };
    let (head, tail) = split_tail(rest);
    let head = head.trim().trim_end_matches('.');
    let mut message = Unschedulable { nodes, is_cut, post_filter: post_filter(tail), ..Unschedulable::default() };
    if starts_with_count(head) {
        message.reasons = histogram(head);
    } else if !head.is_empty() {
        message.prefilter = Some(head.to_owned());
    }
    Some(message)
}

/// `0/7 nodes are available:` and what follows.
fn counted_head(text: &str) -> Option<(usize, &str)> {
    let (count, rest) = text.strip_prefix("0/")?.split_once(" nodes are available:")?;
    Some((count.parse().ok()?, rest))
}

/// Where PostFilter's part begins: at one of its heads behind `. ` or at the start.
fn split_tail(text: &str) -> (&str, &str) {
    let starts = HEADS.iter().filter_map(|head| {
        let at_start = text.strip_prefix(' ').is_some_and(|rest| rest.starts_with(head)).then_some(1);
        let inside = text.match_indices(head).map(|(at, _)| at).find(|at| text[..*at].ends_with(". "));
        at_start.or(inside)
    });
    if let Some(at) = starts.min() {
        return (&text[..at], &text[at..]);
    }
    match text.trim_end_matches('.').strip_suffix(". not found") {
        Some(head) => (head, "not found"),
        None => (text, ""),
    }
}

fn post_filter(tail: &str) -> PostFilter {
    let tail = tail.trim();
    if tail.is_empty() {
        return PostFilter::default();
    }
    if tail == "not found" {
        return PostFilter { stray_not_found: true, ..PostFilter::default() };
    }
    let (devices, preemption) = match tail.split_once("preemption: ") {
        Some((devices, preemption)) => (devices, Some(preemption)),
        None => (tail, None),
    };
    let devices = devices.trim().trim_end_matches(['.', ',']);
    PostFilter {
        devices: (!devices.is_empty()).then(|| devices.to_owned()),
        preemption: preemption.map(|text| match counted_head(text) {
            Some((_, rest)) => Preemption::Nodes(histogram(rest.trim().trim_end_matches('.'))),
            None => found(text).unwrap_or_else(|| Preemption::Sentence(text.trim_end_matches('.').to_owned())),
        }),
        stray_not_found: false,
    }
}

/// `found a potential placement for pod on node N, preempting M victims`
/// (`framework/preemption/preemption.go` `Preempt`, 1.37).
fn found(text: &str) -> Option<Preemption> {
    let rest = text.strip_prefix("found a potential placement for pod on node ")?;
    let (node, rest) = rest.split_once(", preempting ")?;
    let victims = rest.split(' ').next()?.parse().ok()?;
    Some(Preemption::Found { node: node.to_owned(), victims })
}

fn starts_with_count(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(count, _)| !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()))
}

/// Splits at commas that are followed by a count.
fn histogram(text: &str) -> Vec<Counted> {
    let mut items = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let commas = rest.match_indices(", ").map(|(at, _)| at);
        let end = commas.into_iter().find(|at| starts_with_count(&rest[at + 2..])).unwrap_or(rest.len());
        if let Some((count, reason)) = rest[..end].split_once(' ')
            && let Ok(count) = count.parse()
        {
            items.push(Counted { count, reason: reason.to_owned(), meaning: meaning(reason) });
        }
        rest = rest.get(end + 2..).unwrap_or_default();
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::scheduler::Plugin;

    fn unschedulable(text: &str) -> Unschedulable {
        match read(text) {
            Message::Unschedulable(message) => message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_same_refusal_is_read_in_three_releases() {
        let old = "0/7 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/master: }, 3 node(s) \
                   didn't match pod affinity rules, 3 node(s) had untolerated taint {nvidia.com/gpu: true}. preemption: \
                   0/7 nodes are available: 7 Preemption is not helpful for scheduling..";
        let new = "0/7 nodes are available: 3 node(s) didn't match pod affinity rules, 4 node(s) had untolerated \
                   taint(s). no new claims to deallocate, preemption: 0/7 nodes are available: 7 Preemption is not \
                   helpful for scheduling.";
        let old = unschedulable(old);
        assert_eq!((old.nodes, old.reasons.len()), (7, 3));
        assert_eq!(old.reasons[0].meaning.plugin, Some(Plugin::TaintToleration));
        let new = unschedulable(new);
        assert_eq!(new.reasons.iter().map(|item| item.count).sum::<usize>(), 7);
        assert_eq!(new.post_filter.devices.as_deref(), Some("no new claims to deallocate"));
        for message in [old, new] {
            let Some(Preemption::Nodes(nodes)) = message.post_filter.preemption else { panic!("no nodes") };
            assert_eq!((nodes.len(), nodes[0].count), (1, 7));
        }
    }

    #[test]
    fn a_refusal_of_all_nodes_is_told_from_a_histogram() {
        let text = "0/2 nodes are available: persistentvolumeclaim \"a.b\" not found. not found";
        let message = unschedulable(text);
        assert_eq!(message.prefilter.as_deref(), Some("persistentvolumeclaim \"a.b\" not found"));
        assert!(message.post_filter.stray_not_found && message.reasons.is_empty());
        let text = "0/2 nodes are available: persistentvolumeclaim \"a\" not found. preemption: 0/2 nodes are \
                    available: 2 No preemption victims found for incoming pod..";
        assert_eq!(unschedulable(text).prefilter.as_deref(), Some("persistentvolumeclaim \"a\" not found"));
        let text = "0/4 nodes are available: preemption: 0/4 nodes are available: 4 Preemption is not helpful for \
                    scheduling.";
        let message = unschedulable(text);
        assert_eq!((message.prefilter.clone(), message.reasons.len()), (None, 0));
        assert!(message.post_filter.preemption.is_some());
    }

    #[test]
    fn reasons_with_commas_stay_whole() {
        let text = "0/3 nodes are available: 1 node declared features check failed - unsatisfied requirements: A, B, 2 \
                    node(s) had taint {k: v}, that the pod didn't tolerate.";
        let reasons = unschedulable(text).reasons;
        assert_eq!(reasons.len(), 2);
        assert!(reasons[0].reason.ends_with("A, B") && reasons[1].reason.ends_with("tolerate"));
    }

    #[test]
    fn texts_of_other_kinds_are_told_apart() {
        assert_eq!(read("no nodes available to schedule pods"), Message::NoNodes);
        assert_eq!(
            read("waiting for scheduling gates: [a/b c/d]"),
            Message::Gated(vec!["a/b".to_owned(), "c/d".to_owned()])
        );
        for text in ["", "0/", "0/x nodes are available: 1 a", "skip schedule deleting pod: a/b"] {
            assert_eq!(read(text), Message::Other(text.to_owned()));
        }
    }

    #[test]
    fn a_cut_text_is_read_as_far_as_it_goes() {
        let message = unschedulable("0/9 nodes are available: 4 Too many pods, 5 node(s) were unsched ...");
        assert!(message.is_cut);
        assert_eq!(message.reasons[0].reason, "Too many pods");
    }

    #[test]
    fn since_1_37_a_tail_may_say_that_preemption_helps() {
        let text = "0/4 nodes are available: 4 Insufficient cpu. preemption: found a potential placement for pod on node \
                    worker-2, preempting 3 victims";
        let found = Preemption::Found { node: "worker-2".to_owned(), victims: 3 };
        assert_eq!(unschedulable(text).post_filter.preemption, Some(found));
        // And one that does not help has no words of DynamicResources any more.
        let text = "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption \
                    victims found for incoming pod.";
        let read = unschedulable(text).post_filter;
        assert!(
            read.devices.is_none() && matches!(read.preemption, Some(Preemption::Nodes(nodes)) if nodes[0].count == 1)
        );
    }

    #[test]
    fn a_sentence_of_preemption_is_kept() {
        let text =
            "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.";
        let sentence = "not eligible due to preemptionPolicy=Never".to_owned();
        assert_eq!(unschedulable(text).post_filter.preemption, Some(Preemption::Sentence(sentence)));
    }
}
