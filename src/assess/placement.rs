//! Whether nodes take the pods of a run to come: all of them on the node to which they are
//! pinned, else each assistant with the tasks beside it, and every other task alone.

use serde_json::Value;

use crate::analysis::pipeline_fit::{self, Answer, Fit, Obstacle, Plan};
use crate::analysis::scheduler::{Options, judge_in};
use crate::checks::focus::Focus;
use crate::checks::future;
use crate::checks::judged::judged;
use crate::finding::forecast::{Block, Forecast, Gap, Ground, Who};
use crate::model::Kind;
use crate::model::node::Node;
use crate::model::pod::Pod;
use crate::ops::{Edit, edit};

use super::forecast::{Spread, Subject, apart};

/// The fit of a run's pods, with what it rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placement {
    /// Node by node.
    pub fit: Fit,
    /// Whether everything that uses the nodes was read.
    pub is_complete: bool,
}

/// Nodes were not read, so that none can be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodesUnread;

/// What speaks against nodes, each obstacle with the nodes that it is met on.
pub type Against = Vec<(Option<Obstacle>, Vec<String>)>;

/// Judges every node for a plan; `gone` are pods that are no longer there.
///
/// # Errors
/// When nodes were not read.
pub fn of(focus: &Focus<'_>, plan: &Plan, gone: &[&Pod]) -> Result<Placement, NodesUnread> {
    let (cluster, is_complete) = focus.as_whole();
    if cluster.nodes.is_empty() {
        return Err(NodesUnread);
    }
    let gone: Vec<(&str, &str)> =
        gone.iter().map(|pod| (pod.metadata.namespace.as_str(), pod.metadata.name.as_str())).collect();
    let fit = pipeline_fit::fit(focus.state(!gone.is_empty()), plan, &gone);
    Ok(Placement { fit, is_complete })
}

/// The pods of the old run, which make room once it has ended.
pub fn old_pods<'a>(focus: &Focus<'a>) -> Vec<&'a Pod> {
    Subject::Resubmitted { old_is_gone: true, spread: Spread::AsSpecified }.gone(focus)
}

/// The pods of a new run that is pinned to a node which is still to be found. A selector of the
/// run's own takes the place of the one in `default-pod-template`, so the pin has to be there
/// while the pods are put together.
pub fn pinned_anywhere(focus: &Focus<'_>, new: &Value) -> Plan {
    let mut pinned = new.clone();
    let pin = Edit::PinNode { node: String::new(), hostname: "any".to_owned() };
    // A pin fits every run.
    let _ = edit::apply(&mut pinned, &pin, &[]);
    let mut plan = future::of(focus, &future::as_run(focus, &pinned)).plan;
    let tasks = plan.tasks.iter_mut().filter_map(|task| task.pod.as_mut().ok()?.as_mut());
    for pod in plan.assistants.iter_mut().chain(tasks) {
        pod.spec.node_selector.remove(edit::HOSTNAME);
    }
    plan
}

/// Why no node was chosen.
#[derive(Debug, Clone, PartialEq)]
pub enum NoBest {
    /// Nodes were not read.
    Unread,
    /// Pods of other namespaces were not read; as far as was read the run fits on these.
    FreeUnknown(Vec<String>),
    /// None takes all pods.
    None(Against),
}

/// The best node for a run whose pods are all to be pinned there.
///
/// # Errors
/// Why none can be named.
pub fn best_node(focus: &Focus<'_>, plan: &Plan, gone: &[&Pod]) -> Result<String, NoBest> {
    let placement = of(focus, plan, gone).map_err(|_| NoBest::Unread)?;
    if !placement.is_complete {
        return Err(NoBest::FreeUnknown(placement.fit.fitting().take(3).map(str::to_owned).collect()));
    }
    let best = placement.fit.fitting().next().map(str::to_owned);
    best.ok_or_else(|| NoBest::None(against(&placement.fit)))
}

/// What speaks against each node; an obstacle that several nodes share comes once.
pub fn against(fit: &Fit) -> Against {
    let mut found: Against = Vec::new();
    for node in &fit.nodes {
        let obstacle = match &node.answer {
            Answer::Fits => continue,
            Answer::Refused(obstacles) => obstacles.first().cloned(),
            Answer::Unknown(_) => None,
        };
        match found.iter_mut().find(|(known, _)| *known == obstacle) {
            Some((_, nodes)) => nodes.push(node.node.clone()),
            None => found.push((obstacle, vec![node.node.clone()])),
        }
    }
    found
}

pub(super) fn judge(forecast: &mut Forecast, focus: &Focus<'_>, subject: Subject, plan: &Plan) {
    let gone = subject.gone(focus);
    let mut plan = plan.clone();
    if subject == Subject::Continued && plan.claims.is_empty() {
        existing(forecast, focus, &mut plan);
    } else if subject == Subject::Continued {
        as_they_are(focus, &mut plan);
    }
    let is_one_node = matches!(subject, Subject::Resubmitted { spread: Spread::OneNode, .. });
    for (who, group) in if is_one_node { vec![(Who::Pods, plan)] } else { groups(&plan) } {
        let placement = match of(focus, &group, &gone) {
            Ok(placement) => placement,
            Err(NodesUnread) => return forecast.gap(Gap::Nodes),
        };
        weigh(forecast, focus, &who, &placement);
    }
}

/// The plan with the pods that exist and wait, which are judged together with claims that do
/// not exist yet.
fn as_they_are(focus: &Focus<'_>, plan: &mut Plan) {
    let waits = |pod: &&Pod| pod.spec.node_name.is_empty() && !pod.is_terminal();
    plan.assistants.extend(focus.tree.assistants.iter().filter_map(|node| node.pod).filter(waits).cloned());
    for (task, pod) in focus.unplaced() {
        if let Some(planned) = plan.tasks.iter_mut().find(|planned| planned.name == task.task) {
            planned.pod = Ok(Some(pod.clone()));
        }
    }
}

/// Pods that exist and wait, and whose assistant, if any, exists too: the scheduler looks at
/// them as they are. They are taken out of the plan.
fn existing(forecast: &mut Forecast, focus: &Focus<'_>, plan: &mut Plan) {
    let made: Vec<&str> =
        plan.assistants.iter().map(|pod| pod.metadata.name.trim_end_matches("-0")).collect::<Vec<_>>();
    let assistants = focus.tree.assistants.iter().filter_map(|node| node.pod).map(|pod| (Who::Assistant, pod));
    let tasks = focus
        .unplaced()
        .filter(|(task, _)| task.task_run.assistant().is_none_or(|name| !made.contains(&name)))
        .map(|(task, pod)| (Who::Task(task.task.to_owned()), pod));
    let waiting: Vec<(Who, &Pod)> =
        assistants.filter(|(_, pod)| pod.spec.node_name.is_empty() && !pod.is_terminal()).chain(tasks).collect();
    let (cluster, is_complete) = focus.as_whole();
    if cluster.nodes.is_empty() {
        if !waiting.is_empty() {
            forecast.gap(Gap::Nodes);
        }
    } else if !waiting.is_empty() {
        let snapshot = focus.state(false);
        let waits = waiting.iter().any(|(who, _)| *who == Who::Assistant);
        for (who, pod) in &waiting {
            // Where the assistant itself waits, its tasks follow it.
            let options = Options { without_assistant: waits && *who != Who::Assistant, ..Options::default() };
            let judgement = judge_in(snapshot, pod, options);
            let fitting = judgement.fitting().count();
            if fitting > 0 && (is_complete || judged(focus, pod).is_complete) {
                forecast.ground(Ground::Fits { who: who.clone(), nodes: fitting, of: snapshot.nodes().len() });
            } else if fitting > 0 {
                forecast.gap(Gap::FreeCapacity);
            } else if let Some(message) = judgement.message.or(judgement.error).or(judgement.gated) {
                // Pods that were not read only take room away.
                let message = Some(message);
                forecast.block(Block::NoNode { who: who.clone(), against: Vec::new(), message });
            } else {
                forecast.gap(Gap::Node(who.clone(), Vec::new(), Vec::new()));
            }
        }
    }
    let is_waiting = |task: &str| waiting.iter().any(|(who, _)| *who == Who::Task(task.to_owned()));
    // What comes after them is not judged against a node that they do not have yet.
    let follows = |task: &pipeline_fit::PlannedTask| {
        let beside = match &task.pod {
            Ok(Some(pod)) => pod.metadata.annotation(crate::model::run::ASSISTANT_ANNOTATION),
            _ => None,
        };
        beside.is_some_and(|name| !made.contains(&name))
    };
    plan.tasks.retain(|task| !is_waiting(&task.name) && !follows(task));
}

fn weigh(forecast: &mut Forecast, focus: &Focus<'_>, who: &Who, placement: &Placement) {
    let fit = &placement.fit;
    let count = fit.fitting().count();
    let unknown: Vec<String> = fit
        .nodes
        .iter()
        .filter_map(|node| if let Answer::Unknown(doubts) = &node.answer { Some(doubts) } else { None })
        .flatten()
        .cloned()
        .collect();
    let first = |name: &str| match fit.node(name).map(|node| &node.answer) {
        Some(Answer::Refused(obstacles)) => obstacles.first().cloned(),
        _ => None,
    };
    let turns = fit.nodes.iter().find(|node| node.takes_turns());
    if let Some(node) = turns.filter(|_| count == 0) {
        let obstacle = first(&node.node);
        forecast.ground(Ground::TakesTurns { who: who.clone(), node: node.node.clone(), obstacle });
    } else if count == 0 && !focus.cluster.coverage.proves_absence(Kind::Node, "") {
        // A node that was not read may take them.
        forecast.gap(Gap::Nodes);
    } else if count == 0 && unknown.is_empty() && (placement.is_complete || is_lasting(fit)) {
        forecast.block(Block::NoNode { who: who.clone(), against: against(fit), message: None });
    } else if count == 0 {
        let mut doubts = unknown;
        doubts.sort();
        doubts.dedup();
        forecast.gap(Gap::Node(who.clone(), against(fit), doubts));
    } else if let Some(elsewhere) = misled(fit).or_else(|| taken_for_free(fit)) {
        forecast.gap(Gap::Misled {
            who: who.clone(),
            elsewhere: elsewhere.to_owned(),
            obstacle: first(elsewhere),
            better: fit.fitting().next().unwrap_or_default().to_owned(),
        });
    } else if !placement.is_complete && !agrees_with_scheduler(focus) {
        forecast.gap(Gap::FreeCapacity);
    } else {
        forecast.ground(Ground::Fits { who: who.clone(), nodes: count, of: fit.nodes.len() });
    }
}

/// Whether every node is refused for what pods that were not read cannot change: they only
/// take room away.
fn is_lasting(fit: &Fit) -> bool {
    fit.nodes.iter().all(|node| matches!(&node.answer, Answer::Refused(_)))
}

/// A node that the scheduler may choose for the assistant, which it judges alone,
/// although the tasks do not fit there.
fn misled(fit: &Fit) -> Option<&str> {
    let refuses = |name: &&String| {
        let node = fit.node(name);
        node.is_some_and(|node| matches!(node.answer, Answer::Refused(_)) && !node.takes_turns())
    };
    fit.assistant_goes_to.iter().find(refuses).map(String::as_str)
}

/// A node that the scheduler may choose although a volume is held on another one: only the
/// kubelet finds that out (no filter knows it but for ReadWriteOncePod).
fn taken_for_free(fit: &Fit) -> Option<&str> {
    let is_held = |obstacle: &pipeline_fit::Obstacle| matches!(obstacle.reason, pipeline_fit::Reason::Held(_));
    let only_held = |node: &&pipeline_fit::NodeFit| match &node.answer {
        Answer::Refused(obstacles) => obstacles.iter().all(is_held),
        Answer::Fits | Answer::Unknown(_) => false,
    };
    fit.nodes.iter().find(only_held).map(|node| node.node.as_str())
}

/// The pods that have to find a node together.
fn groups(plan: &Plan) -> Vec<(Who, Plan)> {
    let pods = || {
        let tasks = plan.tasks.iter().filter_map(|task| task.pod.as_ref().ok()?.as_ref());
        plan.assistants.iter().chain(tasks)
    };
    let pin = |pod: &Pod| pod.spec.node_selector.get("kubernetes.io/hostname").cloned();
    let first = pods().next().and_then(pin);
    if plan.assistants.is_empty() && plan.tasks.is_empty() {
        return Vec::new();
    }
    if first.is_some() && pods().all(|pod| pin(pod) == first) {
        return vec![(Who::Pods, plan.clone())];
    }
    let mut groups: Vec<(Who, Plan)> = Vec::new();
    let mut placed: Vec<String> = Vec::new();
    for assistant in &plan.assistants {
        let beside = pipeline_fit::beside(plan, assistant);
        placed.extend(beside.tasks.iter().map(|task| task.name.clone()));
        groups.push((Who::Pods, beside));
    }
    groups.extend(apart(plan, &placed).into_iter().map(|alone| {
        let name = alone.tasks.first().map(|task| task.name.clone()).unwrap_or_default();
        (Who::Task(name), alone)
    }));
    groups
}

/// Whether the scheduler's own words about every waiting task say the same as the
/// judgement without the pods that were not read: then those change nothing. Where
/// no task waits for a node, nothing says that room is short.
fn agrees_with_scheduler(focus: &Focus<'_>) -> bool {
    focus.unplaced().all(|(_, pod)| judged(focus, pod).is_complete)
}

fn architecture(node: &Node) -> &str {
    node.metadata.label("kubernetes.io/arch").unwrap_or_default()
}

/// Whether a node is of another processor architecture than most nodes: whether the
/// images run there cannot be read from the cluster.
pub fn is_foreign(focus: &Focus<'_>, node: &Node) -> bool {
    if node.spec.taints.iter().any(|taint| taint.key == "kubernetes.io/arch") {
        return true;
    }
    let nodes = &focus.cluster.nodes;
    let count = nodes.iter().filter(|other| architecture(other) == architecture(node)).count();
    count * 2 < nodes.len() && nodes.iter().filter(|other| !architecture(other).is_empty()).count() > count
}

/// The architecture that sets a node apart: its taint says it where its label does not.
fn foreign(node: &Node) -> &str {
    let taint = node.spec.taints.iter().find(|taint| taint.key == "kubernetes.io/arch");
    taint.map_or_else(|| architecture(node), |taint| taint.value.as_str())
}

/// Adds that images may not run on the nodes to which edits lead, where these are of
/// another architecture.
pub(super) fn foreign_nodes(forecast: &mut Forecast, focus: &Focus<'_>, edits: &[Edit]) {
    for edit in edits {
        let leads_to: Vec<&Node> = match edit {
            Edit::PinNode { node, .. } => focus.cluster.node(node).into_iter().collect(),
            Edit::Toleration { toleration } => {
                let key = toleration.get("key").and_then(Value::as_str);
                let has = |node: &&Node| node.spec.taints.iter().any(|taint| Some(taint.key.as_str()) == key);
                focus.cluster.nodes.iter().filter(has).collect()
            }
            _ => continue,
        };
        if let Some(first) = leads_to.first().filter(|_| leads_to.iter().all(|node| is_foreign(focus, node))) {
            forecast.gap(Gap::Architecture(format!("{} ({})", first.metadata.name, foreign(first))));
        }
    }
}
