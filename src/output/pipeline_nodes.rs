//! The nodes for a whole pipeline: what it asks for at the worst moment, and which
//! nodes have that free.

use std::io::{self, Write};

use serde::Serialize;

use super::json_v1::SCHEMA_VERSION;
use super::{Style, plain, table, wrap};
use crate::analysis::pipeline_fit::{Answer, Fit, Load, NodeFit, Obstacle, Reason, Who, load};
use crate::analysis::scheduler::KubernetesVersion;

/// From this many nodes on, those with one reason share a row unless all are wanted.
const MANY: usize = 60;

/// What is shown.
#[derive(Debug)]
pub struct View<'a> {
    /// `NAMESPACE/NAME` of the run.
    pub run: &'a str,
    /// Release whose rules were used.
    pub version: KubernetesVersion,
    /// The verdicts.
    pub fit: &'a Fit,
    /// Pods that admission would refuse wherever they go.
    pub refused: &'a [String],
    /// What was not read.
    pub unread: Option<&'a str>,
    /// Puts an obstacle into words.
    pub clause: fn(&Obstacle) -> String,
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
    let fit = view.fit;
    let (count, all) = (fit.fitting().count(), fit.nodes.len());
    let unknown = fit.nodes.iter().filter(|node| matches!(node.answer, Answer::Unknown(_))).count();
    let verdict = match (count, unknown) {
        _ if !view.refused.is_empty() => style.bad("no node helps"),
        (0, 0) => style.bad(&format!("no node of {all} takes it whole")),
        (0, unknown) => style.warn(&format!("no node is known to take it whole; {unknown} of {all} cannot be judged")),
        (fits, _) => style.good(&format!("{fits} of {all} nodes take it whole")),
    };
    let text = format!(
        "Run {}, cancelled and submitted again with all its pods on one node: {verdict} (rules of Kubernetes {})",
        style.bold(&plain(view.run)),
        view.version
    );
    writeln!(out, "{}", wrap(&text, style.width, "", "  "))?;
    for refused in view.refused {
        writeln!(out, "{}", wrap(&plain(refused), style.width, "  ", "    "))?;
    }
    for load in &fit.loads {
        writeln!(out, "{}", wrap(&plain(&at_once(load)), style.width, "  ", "    "))?;
    }
    for unknown in fit.unknown.iter().map(String::as_str).chain(view.unread) {
        let text = format!("cannot tell {}", plain(unknown));
        writeln!(out, "{}", wrap(&text, style.width, "  ", "    "))?;
    }
    writeln!(out)?;
    let rows = if all > MANY && !view.all { groups(view, style) } else { rows(view, style) };
    table::render(&["NODE", "VERDICT", "SCORE", "WHY NOT"], &rows, style, out)?;
    if all > MANY && !view.all {
        writeln!(out, "{}", style.dim("--all shows every node in a row of its own."))?;
    }
    Ok(())
}

/// The worst moment of one resource.
fn at_once(load: &Load) -> String {
    let amount = |value| load::amount(&load.resource, value);
    let bound = if load.is_exact { "" } else { "at most " };
    let mut parts: Vec<String> = Vec::new();
    if load.assistants > 0 {
        parts.push(format!("assistant {}", amount(load.assistants)));
    }
    parts.extend(load.tasks.iter().map(|(task, part)| format!("{task} {}", amount(*part))));
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(" + ")) };
    format!("at once: {bound}{} {}{parts}", amount(load.total), load.resource)
}

fn word(node: &NodeFit, style: Style) -> String {
    match node.answer {
        Answer::Fits => style.good("fits"),
        Answer::Unknown(_) => style.warn("unknown"),
        Answer::Refused(_) => style.bad("refused"),
    }
}

/// Why not, one line each.
fn reasons(node: &NodeFit, view: &View<'_>) -> Vec<String> {
    match &node.answer {
        Answer::Fits => Vec::new(),
        Answer::Refused(obstacles) => obstacles.iter().map(view.clause).collect(),
        Answer::Unknown(doubts) => doubts.iter().map(|doubt| format!("cannot tell {doubt}")).collect(),
    }
}

fn rows(view: &View<'_>, style: Style) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for node in &view.fit.nodes {
        let mut reasons = reasons(node, view).into_iter();
        let score = if node.answer == Answer::Fits { node.score.to_string() } else { String::new() };
        let first = plain(&reasons.next().unwrap_or_default()).into_owned();
        rows.push(vec![plain(&node.node).into_owned(), word(node, style), score, first]);
        for more in reasons.filter(|_| view.wide) {
            rows.push(vec![String::new(), String::new(), String::new(), format!("also {}", plain(&more))]);
        }
    }
    rows
}

/// Nodes with one reason in one row; those that fit keep rows of their own, the best.
fn groups(view: &View<'_>, style: Style) -> Vec<Vec<String>> {
    const BEST: usize = 10;
    let mut groups: Vec<(String, Vec<&NodeFit>)> = Vec::new();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut fitting = 0;
    for node in &view.fit.nodes {
        if node.answer == Answer::Fits {
            fitting += 1;
            if fitting <= BEST {
                rows.push(vec![
                    plain(&node.node).into_owned(),
                    word(node, style),
                    node.score.to_string(),
                    String::new(),
                ]);
            }
            continue;
        }
        let reason = reasons(node, view).into_iter().next().unwrap_or_default();
        match groups.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, nodes)) => nodes.push(node),
            None => groups.push((reason, vec![node])),
        }
    }
    if fitting > BEST {
        rows.push(vec![format!("{} more", fitting - BEST), style.good("fits"), String::new(), String::new()]);
    }
    groups.sort_by_key(|(_, nodes)| std::cmp::Reverse(nodes.len()));
    for (reason, nodes) in groups {
        let name = match nodes.as_slice() {
            [one] => plain(&one.node).into_owned(),
            several => format!("{} nodes", several.len()),
        };
        rows.push(vec![name, word(nodes[0], style), String::new(), plain(&reason).into_owned()]);
    }
    rows
}

/// What `nodes --for-pipeline -o json` prints, version 1.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Document<'a> {
    schema_version: &'static str,
    exit_code: u8,
    kubernetes_version: String,
    run: &'a str,
    refused: &'a [String],
    at_once: Vec<AtOnce<'a>>,
    cannot_tell: Vec<&'a str>,
    nodes: Vec<Node<'a>>,
}

#[derive(Debug, Serialize)]
struct AtOnce<'a> {
    resource: &'a str,
    assistants: i64,
    tasks: Vec<Part<'a>>,
    total: i64,
    exact: bool,
}

#[derive(Debug, Serialize)]
struct Part<'a> {
    name: &'a str,
    amount: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Node<'a> {
    name: &'a str,
    verdict: &'static str,
    score: Option<i64>,
    obstacles: Vec<JsonObstacle<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cannot_tell: &'a [String],
}

#[derive(Debug, Serialize)]
struct JsonObstacle<'a> {
    who: &'static str,
    task: Option<&'a str>,
    plugin: Option<&'static str>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    short: Option<Short<'a>>,
}

#[derive(Debug, Serialize)]
struct Short<'a> {
    resource: &'a str,
    wanted: i64,
    free: i64,
    by: i64,
    lasting: bool,
}

/// The JSON shape of a view.
pub fn document<'a>(view: &'a View<'a>, exit_code: u8) -> Document<'a> {
    let part = |(name, amount): &'a (String, i64)| Part { name, amount: *amount };
    let at_once = view.fit.loads.iter().map(|load| AtOnce {
        resource: &load.resource,
        assistants: load.assistants,
        tasks: load.tasks.iter().map(part).collect(),
        total: load.total,
        exact: load.is_exact,
    });
    Document {
        schema_version: SCHEMA_VERSION,
        exit_code,
        kubernetes_version: view.version.to_string(),
        run: view.run,
        refused: view.refused,
        at_once: at_once.collect(),
        cannot_tell: view.fit.unknown.iter().map(String::as_str).chain(view.unread).collect(),
        nodes: view.fit.nodes.iter().map(|fit| node(fit, view)).collect(),
    }
}

fn node<'a>(node: &'a NodeFit, view: &View<'a>) -> Node<'a> {
    let (verdict, obstacles, cannot_tell): (_, &[Obstacle], &[String]) = match &node.answer {
        Answer::Fits => ("fits", &[], &[]),
        Answer::Refused(obstacles) => ("refused", obstacles, &[]),
        Answer::Unknown(doubts) => ("unknown", &[], doubts),
    };
    Node {
        name: &node.node,
        verdict,
        score: (node.answer == Answer::Fits).then_some(node.score),
        obstacles: obstacles.iter().map(|obstacle| json(obstacle, view)).collect(),
        cannot_tell,
    }
}

fn json<'a>(obstacle: &'a Obstacle, view: &View<'a>) -> JsonObstacle<'a> {
    let (who, task) = match &obstacle.who {
        Who::Assistant => ("assistant", None),
        Who::Task(name) => ("task", Some(name.as_str())),
        Who::Together(name) => ("together", name.as_deref()),
        Who::Run => ("run", None),
    };
    let short = match &obstacle.reason {
        Reason::Short { resource, wanted, free, is_lasting, .. } => {
            let by = wanted.saturating_sub(*free);
            Some(Short { resource, wanted: *wanted, free: *free, by, lasting: *is_lasting })
        }
        _ => None,
    };
    JsonObstacle { who, task, plugin: obstacle.plugin, text: (view.clause)(obstacle), short }
}
