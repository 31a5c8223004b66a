//! `nodes --for-pipeline -o json`.

use serde::Serialize;

use crate::analysis::pipeline_fit::{Answer, NodeFit, Obstacle, Reason, Who};
use crate::report::pipeline_nodes::View;
use crate::report::wording;

use super::Kind;

/// The nodes for a whole pipeline.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PipelineNodes<'a> {
    /// Release whose rules were used.
    kubernetes_version: String,
    /// `NAMESPACE/NAME`.
    run: &'a str,
    /// Pods that admission would refuse on every node.
    refused: &'a [String],
    /// The highest demand for each resource.
    at_once: Vec<AtOnce<'a>>,
    /// What is unknown, and why.
    cannot_tell: Vec<&'a str>,
    /// The nodes, best first.
    nodes: Vec<Node<'a>>,
}

/// The highest demand for one resource.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AtOnce<'a> {
    /// Its name.
    resource: &'a str,
    /// What the assistants ask for; cpu in thousandths, memory in bytes.
    assistants: i64,
    /// What the tasks ask for that run then.
    tasks: Vec<Part<'a>>,
    /// All together.
    total: i64,
    /// Whether that is exact, or an upper bound.
    exact: bool,
}

/// What a task adds.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Part<'a> {
    /// The task.
    name: &'a str,
    /// What it asks for.
    amount: i64,
}

/// The verdict about one node.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
struct Node<'a> {
    /// Name.
    name: &'a str,
    /// Whether the whole pipeline fits.
    #[cfg_attr(test, schemars(extend("enum" = ["fits", "refused", "unknown"])))]
    verdict: &'static str,
    /// The scheduler's score, when it fits.
    score: Option<i64>,
    /// Why not.
    obstacles: Vec<NodeObstacle<'a>>,
    /// What is unknown about this node.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    cannot_tell: &'a [String],
}

/// Why the pipeline does not fit.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NodeObstacle<'a> {
    /// What does not fit: the assistant, a task, tasks together, or the whole run.
    #[cfg_attr(test, schemars(extend("enum" = ["assistant", "task", "together", "run"])))]
    who: &'static str,
    /// The task.
    task: Option<&'a str>,
    /// The filter plugin that refuses.
    plugin: Option<&'static str>,
    /// The obstacle in words.
    text: String,
    /// What it is short of, where it is short of something.
    #[serde(skip_serializing_if = "Option::is_none")]
    short: Option<Short<'a>>,
}

/// What is missing.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Short<'a> {
    /// The resource.
    resource: &'a str,
    /// What is asked for.
    wanted: i64,
    /// What is free.
    free: i64,
    /// How much is missing.
    by: i64,
    /// Whether waiting does not help: false where tasks only wait for one another.
    lasting: bool,
}

impl Kind for PipelineNodes<'_> {
    const KIND: &'static str = "PipelineNodes";
    const LIST: Option<&'static str> = Some("nodes");
}

impl<'a> PipelineNodes<'a> {
    /// A view in this shape.
    pub(crate) fn of(view: &'a View<'a>) -> Self {
        let part = |(name, amount): &'a (String, i64)| Part { name, amount: *amount };
        let at_once = view.fit.loads.iter().map(|load| AtOnce {
            resource: &load.resource,
            assistants: load.assistants,
            tasks: load.tasks.iter().map(part).collect(),
            total: load.total,
            exact: load.is_exact,
        });
        Self {
            kubernetes_version: view.version.to_string(),
            run: view.run,
            refused: view.refused,
            at_once: at_once.collect(),
            cannot_tell: view.fit.unknown.iter().map(String::as_str).chain(view.unread).collect(),
            nodes: view.fit.nodes.iter().map(node).collect(),
        }
    }
}

fn node(node: &NodeFit) -> Node<'_> {
    let (verdict, obstacles, cannot_tell): (_, &[Obstacle], &[String]) = match &node.answer {
        Answer::Fits => ("fits", &[], &[]),
        Answer::Refused(obstacles) => ("refused", obstacles, &[]),
        Answer::Unknown(doubts) => ("unknown", &[], doubts),
    };
    Node {
        name: &node.node,
        verdict,
        score: (node.answer == Answer::Fits).then_some(node.score),
        obstacles: obstacles.iter().map(of_obstacle).collect(),
        cannot_tell,
    }
}

fn of_obstacle(obstacle: &Obstacle) -> NodeObstacle<'_> {
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
    NodeObstacle { who, task, plugin: obstacle.plugin, text: wording::obstacle(obstacle), short }
}
