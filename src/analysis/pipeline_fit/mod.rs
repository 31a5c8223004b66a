//! Whether a whole pipeline fits on one node: each of its pods alone by the
//! scheduler's filters, and what runs at the same time together with the assistants.
//!
//! Pods of one pipeline come one by one, and the scheduler looks at each alone; a
//! node that takes the first of them may be too small for those that run together
//! later. The assistant holds them to that node, so they wait there without end.

pub mod antichain;
pub mod graph;
pub mod load;
mod volumes;

pub use graph::{Copies, Graph};
pub use load::Load;
pub use volumes::{Held, attached_nowhere};

use std::collections::{BTreeMap, BTreeSet};

use load::Weight;

use crate::analysis::scheduler::{Behaviour, Judgement, NodeInfo, Options, Snapshot, Verdict, judge_in};
use crate::model::Cluster;
use crate::model::pod::Pod;
use crate::model::volume::Claim;

/// A task of the pipeline with the pod that it would get.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedTask {
    /// Name in the pipeline.
    pub name: String,
    /// The pod, `None` for a task that gets none, or why it is not known.
    pub pod: Result<Option<Pod>, String>,
}

/// The pods of a run that are to share a node.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The assistants' pods.
    pub assistants: Vec<Pod>,
    /// The tasks, in any order.
    pub tasks: Vec<PlannedTask>,
    /// Which task waits for which.
    pub graph: Graph,
    /// Claims that the run would have made.
    pub claims: Vec<Claim>,
}

/// Which pods are judged as if they were gone.
pub type Gone<'a> = &'a [(&'a str, &'a str)];

/// Who meets an obstacle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// An assistant's pod.
    Assistant,
    /// A task's pod.
    Task(String),
    /// Pods that run at the same time; the task is the first that no longer fits.
    Together(Option<String>),
    /// All of them.
    Run,
}

/// What speaks against a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// Whom it stops.
    pub who: Who,
    /// The filter plugin; absent when no filter knows it.
    pub plugin: Option<&'static str>,
    /// Why.
    pub reason: Reason,
}

/// Why a node does not take the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The scheduler's words.
    Filter(Vec<String>),
    /// What runs at one time asks for more than is free.
    Short {
        /// The resource.
        resource: String,
        /// What is asked for.
        wanted: i64,
        /// The assistants' part of it.
        assistants: i64,
        /// What is free.
        free: i64,
        /// Tasks that run at that time.
        tasks: Vec<String>,
        /// False when `wanted` is an upper bound.
        is_exact: bool,
        /// Whether it stays so: the assistants never end, and beside them one task
        /// alone does not fit. Else tasks wait until others have ended.
        is_lasting: bool,
    },
    /// A volume is in use on another node.
    Held(Held),
    /// The assistant has a claim that only one pod may have.
    OnePod(String),
}

/// The answer for one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The whole pipeline fits.
    Fits,
    /// It does not; the first obstacle is the one that would be met first.
    Refused(Vec<Obstacle>),
    /// Not told, because of these.
    Unknown(Vec<String>),
}

/// A node and the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFit {
    /// Name of the node.
    pub node: String,
    /// Whether the pipeline fits.
    pub answer: Answer,
    /// Sum of the scheduler's scores of the pods.
    pub score: i64,
}

/// All nodes and the pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fit {
    /// The nodes: those that fit by score, then the others by name.
    pub nodes: Vec<NodeFit>,
    /// What is asked for at the worst moment.
    pub loads: Vec<Load>,
    /// Nodes of which the scheduler would take one for the first assistant.
    pub assistant_goes_to: Vec<String>,
    /// What could not be taken into account.
    pub unknown: Vec<String>,
}

impl NodeFit {
    /// Whether the pods get this node one after the other, though not all at one time.
    pub fn takes_turns(&self) -> bool {
        matches!(&self.answer, Answer::Refused(obstacles) if !obstacles.iter().any(Obstacle::is_lasting))
    }
}

impl Fit {
    /// Names of the nodes that fit, the best first.
    pub fn fitting(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().filter(|node| node.answer == Answer::Fits).map(|node| node.node.as_str())
    }

    /// A node by name.
    pub fn node(&self, name: &str) -> Option<&NodeFit> {
        self.nodes.iter().find(|node| node.node == name)
    }
}

/// Judges every node of a state from which the pods of `gone` were left out.
pub fn fit(state: &Snapshot<'_>, plan: &Plan, gone: Gone<'_>) -> Fit {
    let cluster = state.cluster();
    let behaviour = Behaviour::of(state.version());
    let plan = &judgeable(cluster, plan);
    let with_claims = (!plan.claims.is_empty()).then(|| state.with_claims(&plan.claims));
    let snapshot = with_claims.as_ref().unwrap_or(state);
    let pods: BTreeMap<&str, &Pod> =
        plan.tasks.iter().filter_map(|task| Some((task.name.as_str(), task.pod.as_ref().ok()?.as_ref()?))).collect();
    let mut found = Found::new(snapshot);
    for pod in &plan.assistants {
        let judgement = judge_in(snapshot, pod, Options::default());
        if found.assistant_goes_to.is_empty() {
            found.assistant_goes_to.clone_from(&judgement.chosen_among);
        }
        found.take(&Who::Assistant, &judgement);
    }
    let options = Options { without_assistant: true, ..Options::default() };
    for (name, pod) in &pods {
        let who = Who::Task((*name).to_owned());
        found.take(&who, &judge_in(snapshot, pod, options));
        for assistant in &plan.assistants {
            if let Some(claim) = volumes::for_one_pod(cluster, &plan.claims, assistant, pod) {
                found.everywhere(&who, Some("VolumeRestrictions"), &Reason::OnePod(claim.to_owned()));
            }
        }
    }
    found.held(cluster, plan, &pods, gone);
    let weights: Vec<Option<Weight<'_>>> = plan
        .graph
        .steps
        .iter()
        .map(|step| {
            let copies = i64::try_from(step.copies.at_least()).unwrap_or(i64::MAX);
            pods.get(step.name.as_str()).map(|pod| Weight { pod, copies })
        })
        .collect();
    let assistants: Vec<&Pod> = plan.assistants.iter().collect();
    let loads = load::loads(&plan.graph, &weights, &assistants, &behaviour);
    found.loads(snapshot, &loads);
    found.finish(loads, unknown(cluster, plan))
}

/// The plan without volumes that nobody can judge before they are made.
fn judgeable(cluster: &Cluster, plan: &Plan) -> Plan {
    let made: Vec<&str> =
        volumes::bound_at_once(cluster, &plan.claims).map(|claim| claim.metadata.name.as_str()).collect();
    if made.is_empty() {
        return plan.clone();
    }
    let mut judgeable = plan.clone();
    for pod in &mut judgeable.assistants {
        *pod = volumes::without(pod, &made);
    }
    for task in &mut judgeable.tasks {
        if let Ok(Some(pod)) = &mut task.pod {
            *pod = volumes::without(pod, &made);
        }
    }
    judgeable
}

/// What was left out, in sentences' parts.
fn unknown(cluster: &Cluster, plan: &Plan) -> Vec<String> {
    let mut unknown: Vec<String> = Vec::new();
    for task in &plan.tasks {
        if let Err(why) = &task.pod {
            unknown.push(format!("what task {} asks for: {why}", task.name));
        }
    }
    for step in plan.graph.steps.iter().filter(|step| step.copies == Copies::FromResults) {
        unknown.push(format!("how often task {} runs side by side: a result decides; it is counted once", step.name));
    }
    for claim in volumes::made_anywhere(cluster, &plan.claims) {
        let class = claim.spec.storage_class_name.as_deref().unwrap_or("no class");
        unknown.push(format!(
            "in which zone the volume of claim {} is made: its class ({class}) does not wait for a pod",
            claim.metadata.name
        ));
    }
    unknown
}

/// What is found of each node, while it is gathered.
struct Found {
    names: Vec<String>,
    obstacles: BTreeMap<String, Vec<Obstacle>>,
    doubts: BTreeMap<String, BTreeSet<String>>,
    scores: BTreeMap<String, i64>,
    assistant_goes_to: Vec<String>,
}

impl Found {
    fn new(snapshot: &Snapshot<'_>) -> Self {
        Self {
            names: snapshot.nodes().iter().map(|node| node.name().to_owned()).collect(),
            obstacles: BTreeMap::new(),
            doubts: BTreeMap::new(),
            scores: BTreeMap::new(),
            assistant_goes_to: Vec::new(),
        }
    }

    fn add(&mut self, node: &str, obstacle: Obstacle) {
        self.obstacles.entry(node.to_owned()).or_default().push(obstacle);
    }

    fn everywhere(&mut self, who: &Who, plugin: Option<&'static str>, reason: &Reason) {
        for node in self.names.clone() {
            self.add(&node, Obstacle { who: who.clone(), plugin, reason: reason.clone() });
        }
    }

    fn take(&mut self, who: &Who, judgement: &Judgement) {
        if let Some(refusal) = &judgement.prefilter {
            let reason = Reason::Filter(vec![refusal.message.clone()]);
            self.everywhere(who, refusal.plugin.map(|plugin| plugin.name()), &reason);
            return;
        }
        if let Some(text) = judgement.gated.as_ref().or(judgement.error.as_ref()) {
            self.everywhere(who, None, &Reason::Filter(vec![text.clone()]));
            return;
        }
        for node in &judgement.nodes {
            match &node.verdict {
                Verdict::Fits => {
                    let score = node.score.as_ref().map_or(0, |score| score.total);
                    *self.scores.entry(node.name.clone()).or_default() += score;
                }
                Verdict::Refused(refusal) => {
                    let words = refusal.reasons.iter().map(ToString::to_string).collect();
                    let plugin = refusal.plugin.map(|plugin| plugin.name());
                    self.add(&node.name, Obstacle { who: who.clone(), plugin, reason: Reason::Filter(words) });
                }
                Verdict::Unknown => {
                    let unread = node.doubts.iter().map(|doubt| format!("not read: {}", doubt.unread));
                    self.doubts.entry(node.name.clone()).or_default().extend(unread);
                }
            }
        }
    }

    /// Volumes that another node has.
    fn held(&mut self, cluster: &Cluster, plan: &Plan, pods: &BTreeMap<&str, &Pod>, gone: Gone<'_>) {
        let all = || plan.assistants.iter().chain(pods.values().copied());
        let Some(namespace) = all().map(|pod| pod.metadata.namespace.as_str()).next() else { return };
        let claims: BTreeSet<&str> = all().flat_map(volumes::claims_of).collect();
        let stranded = volumes::stranded(cluster, namespace, &claims);
        for held in volumes::held(cluster, namespace, &claims, gone).into_iter().chain(stranded) {
            for node in self.names.clone().into_iter().filter(|node| *node != held.node) {
                if held.is_certain {
                    self.add(&node, Obstacle { who: Who::Run, plugin: None, reason: Reason::Held(held.clone()) });
                } else {
                    let text = format!(
                        "whether claim {}, which {} uses on {}, can be on a second node: its volume was not read",
                        held.claim, held.by, held.node
                    );
                    self.doubts.entry(node).or_default().insert(text);
                }
            }
        }
    }

    fn loads(&mut self, snapshot: &Snapshot<'_>, loads: &[Load]) {
        let over = |node: &NodeInfo<'_>, load: &Load| {
            let free = load::free(node, &load.resource);
            if load.total <= free {
                return None;
            }
            let single = load.largest.as_ref().filter(|(_, amount)| load.assistants.saturating_add(*amount) > free);
            let (first, wanted, tasks, is_exact) = match single {
                Some((name, amount)) => (Some(name.as_str()), load.assistants + amount, vec![name.clone()], true),
                None => {
                    let tasks = load.tasks.iter().map(|(name, _)| name.clone()).collect();
                    (load.first_over(free), load.total, tasks, load.is_exact)
                }
            };
            Some(Obstacle {
                who: Who::Together(first.map(str::to_owned)),
                plugin: Some("NodeResourcesFit"),
                reason: Reason::Short {
                    resource: load.resource.clone(),
                    wanted,
                    assistants: load.assistants,
                    free,
                    tasks,
                    is_exact,
                    is_lasting: single.is_some(),
                },
            })
        };
        for node in snapshot.nodes() {
            let known = self.obstacles.get(node.name()).into_iter().flatten();
            // A pod that is too large by itself needs no sum.
            if known.into_iter().any(|obstacle| obstacle.plugin == Some("NodeResourcesFit")) {
                continue;
            }
            for obstacle in loads.iter().filter_map(|load| over(node, load)) {
                self.add(node.name(), obstacle);
            }
        }
    }

    fn finish(mut self, loads: Vec<Load>, unknown: Vec<String>) -> Fit {
        let mut nodes: Vec<NodeFit> = Vec::with_capacity(self.names.len());
        for node in std::mem::take(&mut self.names) {
            let answer = match (self.obstacles.remove(&node), self.doubts.remove(&node)) {
                // A bound that is too high proves nothing.
                (Some(obstacles), _) if obstacles.iter().any(Obstacle::is_proven) => Answer::Refused(obstacles),
                (Some(_), _) => Answer::Unknown(vec!["the pipeline has too many tasks for an exact sum".to_owned()]),
                (None, Some(doubts)) => Answer::Unknown(doubts.into_iter().collect()),
                (None, None) if !unknown.is_empty() => Answer::Unknown(unknown.clone()),
                (None, None) => Answer::Fits,
            };
            let score = self.scores.get(&node).copied().unwrap_or(0);
            nodes.push(NodeFit { node, answer, score });
        }
        let rank = |node: &NodeFit| match node.answer {
            Answer::Fits => 0,
            Answer::Unknown(_) => 1,
            Answer::Refused(_) => 2,
        };
        nodes.sort_by(|a, b| {
            let by_score = if rank(a) < 2 { b.score.cmp(&a.score) } else { std::cmp::Ordering::Equal };
            rank(a).cmp(&rank(b)).then(by_score).then_with(|| a.node.cmp(&b.node))
        });
        Fit { nodes, loads, assistant_goes_to: self.assistant_goes_to, unknown }
    }
}

impl Obstacle {
    /// Whether the pods stay without a node, and do not only wait for one another.
    pub fn is_lasting(&self) -> bool {
        !matches!(self.reason, Reason::Short { is_lasting: false, .. })
    }

    fn is_proven(&self) -> bool {
        !matches!(self.reason, Reason::Short { is_exact: false, .. })
    }
}

/// The tasks of a plan that are held to one assistant's node, with that assistant;
/// others find nodes of their own.
pub fn beside(plan: &Plan, assistant: &Pod) -> Plan {
    let name = assistant.metadata.name.strip_suffix("-0").unwrap_or(&assistant.metadata.name);
    let is_beside = |task: &PlannedTask| match &task.pod {
        Ok(Some(pod)) => pod.metadata.annotation(crate::model::run::ASSISTANT_ANNOTATION) == Some(name),
        Ok(None) | Err(_) => false,
    };
    Plan {
        assistants: vec![assistant.clone()],
        tasks: plan.tasks.iter().filter(|task| is_beside(task)).cloned().collect(),
        graph: plan.graph.clone(),
        claims: plan.claims.clone(),
    }
}
