//! The nodes for a pod as a person reads them: who fits, best first; who refuses,
//! and why.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::analysis::scheduler::message::Agreement;
use crate::analysis::scheduler::proven::{Fact, Proven};
use crate::analysis::scheduler::{Judgement, NodeVerdict, Refusal, Verdict};

use super::{Style, plain, table, wrap};

/// From this many nodes on, rows are put together unless all are wanted.
const MANY: usize = 60;
/// Names that are shown of a group.
const EXAMPLES: usize = 3;

/// What is free on a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Free {
    /// Thousandths of a core.
    pub milli_cpu: i64,
    /// Bytes.
    pub memory: i64,
    /// Pods.
    pub pods: i64,
}

/// What is shown.
#[derive(Debug)]
pub struct View<'a> {
    /// `NAMESPACE/NAME` of the pod.
    pub pod: &'a str,
    /// What was judged differently from what is there, as half a sentence.
    pub assumed: Option<&'a str>,
    /// The verdicts.
    pub judgement: &'a Judgement,
    /// What is free, by node.
    pub free: BTreeMap<&'a str, Free>,
    /// Whether all pods were read; else there may be less free.
    pub free_is_known: bool,
    /// How the prediction compares with the pod's own message.
    pub agreement: Option<Agreement>,
    /// What is certain without reading nodes; empty where they were read.
    pub proven: Proven,
    /// Every obstacle of every node.
    pub wide: bool,
    /// Every node in a row of its own.
    pub all: bool,
}

/// Renders the nodes.
///
/// # Errors
/// Those of the writer.
pub fn render(view: &View<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let judgement = view.judgement;
    writeln!(out, "{}", wrap(&headline(view, style), style.width, "", "  "))?;
    if let Some(text) = judgement.message.as_ref().filter(|_| view.wide) {
        writeln!(out, "{}", wrap(&plain(text), style.width, "  predicted: ", "    "))?;
    }
    if let Some(agreement) = &view.agreement {
        writeln!(out, "{}", wrap(&agreement_text(agreement), style.width, "  ", "    "))?;
    }
    for line in certain(&view.proven) {
        writeln!(out, "{}", wrap(&plain(&line), style.width, "  ", "    "))?;
    }
    if judgement.nodes.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let mut nodes: Vec<&NodeVerdict> = judgement.nodes.iter().collect();
    nodes.sort_by_key(|node| (rank(node), std::cmp::Reverse(total(node))));
    if nodes.len() > MANY && !view.all { groups(view, &nodes, style, out) } else { rows(view, &nodes, style, out) }
}

fn headline(view: &View<'_>, style: Style) -> String {
    let judgement = view.judgement;
    let count = |rank_wanted: u8| judgement.nodes.iter().filter(|node| rank(node) == rank_wanted).count();
    let pod = style.bold(&plain(view.pod));
    let assumed = view.assumed.map(|text| format!(" ({text})")).unwrap_or_default();
    let version = judgement.version;
    if let Some(gates) = &judgement.gated {
        return format!("Pod {pod} is not scheduled at all: {}", plain(gates));
    }
    if let Some(refusal) = &judgement.prefilter {
        let plugin = refusal.plugin.map_or("several plugins", |plugin| plugin.name());
        let message = plain(&refusal.message);
        return format!("Pod {pod}{assumed}: {} ({plugin} refuses every node): {message}", style.bad("no node fits"));
    }
    if let Some(error) = &judgement.error {
        return format!("Pod {pod}{assumed}: the scheduler ends in an error: {}", plain(error));
    }
    let all = judgement.nodes.len();
    if all == 0 {
        return format!("Pod {pod}{assumed}: {}: nodes were not read", style.warn("cannot tell"));
    }
    let verdict = match (count(0), count(1)) {
        (0, 0) => style.bad(&format!("no node of {all} fits")),
        (0, unknown) => style.warn(&format!("no node is known to fit; {unknown} of {all} cannot be judged")),
        (fits, 0) => style.good(&format!("{fits} of {all} nodes fit")),
        (fits, unknown) => style.good(&format!("{fits} of {all} nodes fit; {unknown} cannot be judged")),
    };
    let chosen = match judgement.chosen_among.as_slice() {
        [] => String::new(),
        _ if judgement.sampled.is_some() => {
            let enough = judgement.sampled.unwrap_or_default();
            format!("; the scheduler stops searching after {enough} that fit, so it may miss the best")
        }
        [one] => format!("; the scheduler takes {}", plain(one)),
        several => format!("; the scheduler takes one of {} with the highest score", several.len()),
    };
    format!("Pod {pod}{assumed}: {verdict}{chosen} (rules of Kubernetes {version})")
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
                .map(|(reason, observed, predicted)| {
                    format!("{}: {observed} nodes there, {predicted} here", plain(reason))
                })
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
            format!("The affinity assistant {pod} stands on node {node}: the pod has to run there.")
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

fn word(node: &NodeVerdict, style: Style) -> String {
    match node.verdict {
        Verdict::Fits => style.good("fits"),
        Verdict::Unknown => style.warn("unknown"),
        Verdict::Refused(_) => style.bad("refused"),
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

fn rows(view: &View<'_>, nodes: &[&NodeVerdict], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = Vec::new();
    for node in nodes {
        let free = view.free.get(node.name.as_str()).copied().unwrap_or_default();
        let score = node.score.as_ref().map_or(String::new(), |score| score.total.to_string());
        let mut cells = vec![
            plain(&node.name).into_owned(),
            word(node, style),
            score,
            cores(free.milli_cpu),
            bytes(free.memory),
            free.pods.to_string(),
        ];
        cells.push(plain(&why(node)).into_owned());
        lines.push(cells);
        for refusal in node.also.iter().filter(|_| view.wide) {
            let mut cells = vec![String::new(); 6];
            cells.push(format!("also {}", plain(&refusal_text(refusal))));
            lines.push(cells);
        }
        for doubt in node.doubts.iter().filter(|_| view.wide) {
            let mut cells = vec![String::new(); 6];
            cells.push(format!("{} cannot judge: not read: {}", doubt.plugin, plain(&doubt.unread.to_string())));
            lines.push(cells);
        }
    }
    let header = ["NODE", "VERDICT", "SCORE", "CPU FREE", "MEMORY FREE", "PODS FREE", "WHY NOT"];
    table::render(&header, &lines, style, out)?;
    if !view.free_is_known {
        writeln!(out, "{}", style.dim("Pods of other namespaces were not read: less may be free than is shown."))?;
    }
    Ok(())
}

/// Many nodes: groups with counts, and the best that fit.
fn groups(view: &View<'_>, nodes: &[&NodeVerdict], style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: BTreeMap<(u8, String), Vec<&NodeVerdict>> = BTreeMap::new();
    for node in nodes {
        groups.entry((rank(node), why(node))).or_default().push(node);
    }
    let mut ordered: Vec<_> = groups.into_iter().collect();
    ordered.sort_by_key(|((rank, _), nodes)| (*rank, std::cmp::Reverse(nodes.len())));
    let rows: Vec<Vec<String>> = ordered
        .iter()
        .map(|((_, why), nodes)| {
            let names: Vec<String> = nodes.iter().take(EXAMPLES).map(|node| plain(&node.name).into_owned()).collect();
            let more = if nodes.len() > EXAMPLES { ", …" } else { "" };
            vec![
                nodes.len().to_string(),
                word(nodes[0], style),
                format!("{}{more}", names.join(", ")),
                plain(why).into_owned(),
            ]
        })
        .collect();
    table::render(&["NODES", "VERDICT", "FOR EXAMPLE", "WHY NOT"], &rows, style, out)?;
    let best: Vec<&NodeVerdict> = nodes.iter().copied().filter(|node| node.fits()).take(10).collect();
    if !best.is_empty() {
        writeln!(out)?;
        self::rows(view, &best, style, out)?;
    }
    writeln!(out, "{}", style.dim("--all shows every node in a row of its own."))
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
