//! The nodes for a pod as a person reads them: who fits, best first; who refuses,
//! and why.

use std::collections::BTreeMap;

use crate::analysis::scheduler::message::Agreement;
use crate::analysis::scheduler::proven::{Fact, Proven};
use crate::analysis::scheduler::{Judgement, NodeVerdict, Refusal, Verdict};

use super::{Block, Cell, Column, Document, Table, Text, Tone};

/// From this many nodes on, rows are put together unless all are wanted.
const MANY: usize = 60;
/// Names that are shown of a group.
const EXAMPLES: usize = 3;

/// What is free on a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Free {
    /// Thousandths of a core.
    pub(crate) milli_cpu: i64,
    /// Bytes.
    pub(crate) memory: i64,
    /// Pods.
    pub(crate) pods: i64,
}

/// What is shown.
#[derive(Debug)]
pub(crate) struct View<'a> {
    /// `NAMESPACE/NAME` of the pod.
    pub(crate) pod: &'a str,
    /// What was judged differently from what is there, as half a sentence.
    pub(crate) assumed: Option<&'a str>,
    /// The verdicts.
    pub(crate) judgement: &'a Judgement,
    /// What is free, by node.
    pub(crate) free: BTreeMap<&'a str, Free>,
    /// Whether all pods were read; else there may be less free.
    pub(crate) free_is_known: bool,
    /// How the prediction compares with the pod's own message.
    pub(crate) agreement: Option<Agreement>,
    /// What is certain without reading nodes; empty where they were read.
    pub(crate) proven: Proven,
    /// Every obstacle of every node.
    pub(crate) wide: bool,
    /// Every node in a row of its own.
    pub(crate) all: bool,
}

/// The nodes, best first.
pub(crate) fn document(view: &View<'_>) -> Document {
    let judgement = view.judgement;
    let mut document = Document::verdict(headline(view));
    let mut lines = Vec::new();
    if let Some(text) = judgement.message.as_ref().filter(|_| view.wide) {
        lines.push(Block::entry(format!("predicted: {text}")));
    }
    lines.extend(view.agreement.as_ref().map(|agreement| Block::entry(agreement_text(agreement))));
    lines.extend(certain(&view.proven).into_iter().map(Block::entry));
    document.push(Block::Nested(lines));
    if judgement.nodes.is_empty() {
        return document;
    }
    let mut nodes: Vec<&NodeVerdict> = judgement.nodes.iter().collect();
    nodes.sort_by_key(|node| (rank(node), std::cmp::Reverse(total(node))));
    if nodes.len() > MANY && !view.all {
        groups(view, &nodes, &mut document);
    } else {
        rows(view, &nodes, &mut document);
    }
    document
}

fn headline(view: &View<'_>) -> Text {
    let judgement = view.judgement;
    let count = |rank_wanted: u8| judgement.nodes.iter().filter(|node| rank(node) == rank_wanted).count();
    let pod = Text::from("Pod ").and(Tone::Strong.of(view.pod));
    if let Some(gates) = &judgement.gated {
        return pod.and(format!(" is not scheduled at all: {gates}"));
    }
    let pod = pod.and(view.assumed.map(|text| format!(" ({text})")).unwrap_or_default()).and(": ");
    if let Some(refusal) = &judgement.prefilter {
        let plugin = refusal.plugin.map_or("several plugins", |plugin| plugin.name());
        let why = format!(" ({plugin} refuses every node): {}", refusal.message);
        return pod.and(Tone::Bad.of("no node fits")).and(why);
    }
    if let Some(error) = &judgement.error {
        return pod.and(format!("the scheduler ends in an error: {error}"));
    }
    let all = judgement.nodes.len();
    if all == 0 {
        return pod.and(Tone::Careful.of("cannot tell")).and(": nodes were not read");
    }
    let verdict = match (count(0), count(1)) {
        (0, 0) => Tone::Bad.of(format!("no node of {all} fits")),
        (0, unknown) => Tone::Careful.of(format!("no node is known to fit; {unknown} of {all} cannot be judged")),
        (fits, 0) => Tone::Good.of(format!("{fits} of {all} nodes fit")),
        (fits, unknown) => Tone::Good.of(format!("{fits} of {all} nodes fit; {unknown} cannot be judged")),
    };
    let chosen = match judgement.chosen_among.as_slice() {
        [] => String::new(),
        _ if judgement.sampled.is_some() => {
            let enough = judgement.sampled.unwrap_or_default();
            format!("; the scheduler stops searching after {enough} that fit, so it may miss the best")
        }
        [one] => format!("; the scheduler takes {one}"),
        several => format!("; the scheduler takes one of {} with the highest score", several.len()),
    };
    pod.and(verdict).and(format!("{chosen} (rules of Kubernetes {})", judgement.version))
}

fn agreement_text(agreement: &Agreement) -> String {
    match agreement {
        Agreement::Exact => "The pod's own message says exactly this, word for word.".to_owned(),
        Agreement::SameReasons => {
            "The pod's own message gives the same reasons for the same numbers of nodes.".to_owned()
        }
        Agreement::Incomparable => "The pod's own message is no refusal by filters.".to_owned(),
        Agreement::Different { reasons, nodes } => {
            let mut parts: Vec<String> = reasons
                .iter()
                .map(|(reason, observed, predicted)| format!("{reason}: {observed} nodes there, {predicted} here"))
                .collect();
            if nodes.0 != nodes.1 {
                parts.insert(0, format!("{} nodes there, {} here", nodes.0, nodes.1));
            }
            format!("The pod's own message differs; it may be older than what was read. {}", parts.join("; "))
        }
    }
}

/// What is certain without reading nodes, a sentence each.
fn certain(proven: &Proven) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(all) = proven.nodes {
        lines.push(format!("By the scheduler's own message, which knows {all} nodes:"));
    }
    for known in &proven.refused {
        let passed = match known.passed.last() {
            None => String::new(),
            Some(last) => {
                format!("; they passed every filter up to {last}, which nodes with other reasons may not have")
            }
        };
        lines.push(format!("{} of them: {}{passed}.", known.count, known.reason));
    }
    lines.extend(proven.facts.iter().map(|fact| match fact {
        Fact::Selected { claim, node } => {
            format!("Claim {claim} is tied to node {node} by the scheduler (annotation selected-node): no other node will do.")
        }
        Fact::Used { claim, node, by } => format!("Pod {by} uses claim {claim} on node {node}, so its volume reaches that node."),
        Fact::Assistant { pod, node } => {
            format!("The affinity assistant {pod} runs on node {node}: the pod must run there.")
        }
    }));
    lines
}

fn rank(node: &NodeVerdict) -> u8 {
    match node.verdict {
        Verdict::Fits => 0,
        Verdict::Unknown => 1,
        Verdict::Refused(_) => 2,
    }
}

fn total(node: &NodeVerdict) -> i64 {
    node.score.as_ref().map_or(0, |score| score.total)
}

fn word(node: &NodeVerdict) -> Text {
    match node.verdict {
        Verdict::Fits => Tone::Good.of("fits"),
        Verdict::Unknown => Tone::Careful.of("unknown"),
        Verdict::Refused(_) => Tone::Bad.of("refused"),
    }
}

/// Why, in one line.
fn why(node: &NodeVerdict) -> String {
    match &node.verdict {
        Verdict::Fits => String::new(),
        Verdict::Refused(refusal) => refusal_text(refusal),
        Verdict::Unknown => {
            let mut unread: Vec<String> = node.doubts.iter().map(|doubt| doubt.unread.to_string()).collect();
            unread.dedup();
            format!("not read: {}", unread.join(", "))
        }
    }
}

fn refusal_text(refusal: &Refusal) -> String {
    match refusal.plugin {
        None => "outside the nodes that the pod names".to_owned(),
        Some(plugin) => format!("{plugin}: {}", refusal.reasons.join(", ")),
    }
}

const COLUMNS: [Column; 7] = [
    Column::needed("NODE"),
    Column::needed("VERDICT"),
    Column::spare("SCORE"),
    Column::spare("CPU FREE"),
    Column::spare("MEMORY FREE"),
    Column::spare("PODS FREE"),
    Column::reason("WHY NOT"),
];

fn rows(view: &View<'_>, nodes: &[&NodeVerdict], document: &mut Document) {
    let mut rows = Vec::new();
    for node in nodes {
        let free = view.free.get(node.name.as_str()).copied().unwrap_or_default();
        let score = node.score.as_ref().map_or(String::new(), |score| score.total.to_string());
        let also = node.also.iter().map(|refusal| format!("also {}", refusal_text(refusal)));
        let doubts =
            node.doubts.iter().map(|doubt| format!("{} cannot judge: not read: {}", doubt.plugin, doubt.unread));
        let more = also.chain(doubts).filter(|_| view.wide);
        rows.push(vec![
            Cell::node(&node.name),
            word(node).into(),
            score.into(),
            cores(free.milli_cpu).into(),
            bytes(free.memory).into(),
            free.pods.to_string().into(),
            [why(node)].into_iter().chain(more).collect(),
        ]);
    }
    document.push(Block::Table(Table { columns: COLUMNS.to_vec(), rows, is_whole: view.wide, has_header: true }));
    if !view.free_is_known {
        let text = "Pods of other namespaces were not read: less may be free than is shown.";
        document.push(Block::Note(text.to_owned()));
    }
}

/// Many nodes: groups with counts, and the best that fit.
fn groups(view: &View<'_>, nodes: &[&NodeVerdict], document: &mut Document) {
    let mut groups: BTreeMap<(u8, String), Vec<&NodeVerdict>> = BTreeMap::new();
    for node in nodes {
        groups.entry((rank(node), why(node))).or_default().push(node);
    }
    let mut ordered: Vec<_> = groups.into_iter().collect();
    ordered.sort_by_key(|((rank, _), nodes)| (*rank, std::cmp::Reverse(nodes.len())));
    let row = |((_, why), nodes): ((u8, String), Vec<&NodeVerdict>)| {
        let names = nodes.iter().take(EXAMPLES).map(|node| node.name.clone()).collect();
        vec![
            nodes.len().to_string().into(),
            word(nodes[0]).into(),
            Cell::Nodes { names, has_more: nodes.len() > EXAMPLES },
            why.into(),
        ]
    };
    let columns = vec![
        Column::needed("NODES"),
        Column::needed("VERDICT"),
        Column::spare("FOR EXAMPLE"),
        Column::reason("WHY NOT"),
    ];
    let rows = ordered.into_iter().map(row).collect();
    document.push(Block::Table(Table { columns, rows, is_whole: view.wide, has_header: true }));
    let best: Vec<&NodeVerdict> = nodes.iter().copied().filter(|node| node.fits()).take(10).collect();
    if !best.is_empty() {
        self::rows(view, &best, document);
    }
    document.push(Block::Note("--all shows every node in a row of its own.".to_owned()));
}

fn cores(milli: i64) -> String {
    if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") }
}

fn bytes(bytes: i64) -> String {
    let sign = if bytes < 0 { "-" } else { "" };
    let bytes = bytes.unsigned_abs();
    for (shift, unit) in [(40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")] {
        let size = 1_u64 << shift;
        if bytes >= size {
            let tenths = bytes / (size / 10);
            return if tenths.is_multiple_of(10) {
                format!("{sign}{}{unit}", tenths / 10)
            } else {
                format!("{sign}{}.{}{unit}", tenths / 10, tenths % 10)
            };
        }
    }
    format!("{sign}{bytes}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        assert_eq!([cores(1500), cores(2000), cores(-250)], ["1500m", "2", "-250m"]);
        assert_eq!([bytes(512), bytes(1 << 30), bytes(-(3 << 29)), bytes(0)], ["512", "1Gi", "-1.5Gi", "0"]);
    }
}
