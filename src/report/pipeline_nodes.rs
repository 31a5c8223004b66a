//! The nodes for a whole pipeline: what it asks for at the worst moment, and which
//! nodes have that free.

use crate::analysis::pipeline_fit::{Answer, Fit, Load, NodeFit, load};
use crate::analysis::scheduler::KubernetesVersion;

use super::{Block, Cell, Column, Document, Table, Text, Tone, wording};

/// From this many nodes on, those with one reason share a row unless all are wanted.
const MANY: usize = 60;

/// What is shown.
#[derive(Debug)]
pub(crate) struct View<'a> {
    /// `NAMESPACE/NAME` of the run.
    pub(crate) run: &'a str,
    /// Release whose rules were used.
    pub(crate) version: KubernetesVersion,
    /// The verdicts.
    pub(crate) fit: &'a Fit,
    /// Pods that admission would refuse wherever they go.
    pub(crate) refused: &'a [String],
    /// What was not read.
    pub(crate) unread: Option<&'a str>,
    /// Every obstacle of every node.
    pub(crate) wide: bool,
    /// Every node in a row of its own.
    pub(crate) all: bool,
}

/// The nodes, best first.
pub(crate) fn document(view: &View<'_>) -> Document {
    let fit = view.fit;
    let mut document = Document::verdict(headline(view));
    let mut lines = view.refused.iter().map(Block::entry).collect::<Vec<_>>();
    lines.extend(fit.loads.iter().map(|load| Block::entry(peak(load))));
    let unknown = fit.unknown.iter().map(String::as_str).chain(view.unread);
    lines.extend(unknown.map(|unknown| Block::entry(format!("cannot tell {unknown}"))));
    document.push(Block::Nested(lines));
    let is_grouped = fit.nodes.len() > MANY && !view.all;
    let rows = if is_grouped { groups(view) } else { rows(view) };
    let columns =
        vec![Column::needed("NODE"), Column::needed("VERDICT"), Column::spare("SCORE"), Column::reason("WHY NOT")];
    document.push(Block::Table(Table { columns, rows, is_whole: view.wide, has_header: true }));
    if is_grouped {
        document.push(Block::Note("--all shows every node in a row of its own.".to_owned()));
    }
    document
}

fn headline(view: &View<'_>) -> Text {
    let fit = view.fit;
    let (count, all) = (fit.fitting().count(), fit.nodes.len());
    let unknown = fit.nodes.iter().filter(|node| matches!(node.answer, Answer::Unknown(_))).count();
    let verdict = match (count, unknown) {
        _ if !view.refused.is_empty() => Tone::Bad.of("no node helps"),
        (0, 0) => Tone::Bad.of(format!("the whole pipeline fits on none of {all} nodes")),
        (0, unknown) => {
            Tone::Careful.of(format!("the whole pipeline is known to fit on no node; {unknown} of {all} are unknown"))
        }
        (fits, _) => Tone::Good.of(format!("the whole pipeline fits on {fits} of {all} nodes")),
    };
    Text::from("Run ")
        .and(Tone::Strong.of(view.run))
        .and(", cancelled and resubmitted with all its pods on one node: ")
        .and(verdict)
        .and(format!(" (rules of Kubernetes {})", view.version))
}

/// The highest demand for one resource.
fn peak(load: &Load) -> String {
    let amount = |value| load::amount(&load.resource, value);
    let bound = if load.is_exact { "" } else { "at most " };
    let mut parts: Vec<String> = Vec::new();
    if load.assistants > 0 {
        parts.push(format!("assistant {}", amount(load.assistants)));
    }
    parts.extend(load.tasks.iter().map(|(task, part)| format!("{task} {}", amount(*part))));
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(" + ")) };
    format!("peak demand: {bound}{} {}{parts}", amount(load.total), load.resource)
}

fn word(node: &NodeFit) -> Text {
    match node.answer {
        Answer::Fits => Tone::Good.of("fits"),
        Answer::Unknown(_) => Tone::Careful.of("unknown"),
        Answer::Refused(_) => Tone::Bad.of("refused"),
    }
}

/// Why not, one line each.
fn reasons(node: &NodeFit) -> Vec<String> {
    match &node.answer {
        Answer::Fits => Vec::new(),
        Answer::Refused(obstacles) => obstacles.iter().map(wording::obstacle).collect(),
        Answer::Unknown(doubts) => doubts.iter().map(|doubt| format!("cannot tell {doubt}")).collect(),
    }
}

fn row(name: Cell, node: &NodeFit, reasons: Cell) -> Vec<Cell> {
    let score = if node.answer == Answer::Fits { node.score.to_string() } else { String::new() };
    vec![name, word(node).into(), score.into(), reasons]
}

fn rows(view: &View<'_>) -> Vec<Vec<Cell>> {
    let row = |node: &NodeFit| {
        let mut reasons = reasons(node).into_iter();
        let first = reasons.next().into_iter();
        let more = reasons.filter(|_| view.wide).map(|reason| format!("also {reason}"));
        row(Cell::node(&node.node), node, first.chain(more).collect())
    };
    view.fit.nodes.iter().map(row).collect()
}

/// Nodes with one reason in one row; those that fit keep rows of their own, the best.
fn groups(view: &View<'_>) -> Vec<Vec<Cell>> {
    const BEST: usize = 10;
    let (fitting, others): (Vec<&NodeFit>, Vec<&NodeFit>) =
        view.fit.nodes.iter().partition(|node| node.answer == Answer::Fits);
    let best = fitting.iter().take(BEST);
    let mut rows: Vec<Vec<Cell>> = best.map(|node| row(Cell::node(&node.node), node, Cell::empty())).collect();
    if fitting.len() > BEST {
        let more = format!("{} more", fitting.len() - BEST);
        rows.push(vec![more.into(), Tone::Good.of("fits").into(), Cell::empty(), Cell::empty()]);
    }
    let mut groups: Vec<(String, Vec<&NodeFit>)> = Vec::new();
    for node in others {
        let reason = reasons(node).into_iter().next().unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, nodes)) => nodes.push(node),
            None => groups.push((reason, vec![node])),
        }
    }
    groups.sort_by_key(|(_, nodes)| std::cmp::Reverse(nodes.len()));
    rows.extend(groups.into_iter().map(|(reason, nodes)| {
        let name = match nodes.as_slice() {
            [one] => Cell::node(&one.node),
            several => format!("{} nodes", several.len()).into(),
        };
        row(name, nodes[0], reason.into())
    }));
    rows
}
