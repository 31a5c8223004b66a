//! Judging a pod: the cycle over all nodes, the scores, the message.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::cycle::{Cycle, Filtered, plugin_names};
use super::filter::View;
use super::message::write;
use super::preemption::{self, Left, PostFilter};
use super::snapshot::{Assumed, Snapshot};
use super::verdict::{Code, Doubt, Judgement, NodeVerdict, Reason, Refusal, Verdict};
use super::version::{KubernetesVersion, Restricted};
use super::{scheduling_gates, score};
use crate::model::Cluster;
use crate::model::pod::Pod;

/// Label by which Tekton's affinity terms find the assistant's pod
/// (tektoncd/pipeline `pkg/internal/affinityassistant/transformer.go`).
const COMPONENT: &str = "app.kubernetes.io/component";
const ASSISTANT: &str = "affinity-assistant";

/// How to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// List every obstacle of a node, not only the scheduler's first.
    pub all_obstacles: bool,
    /// Judge the pod as if the affinity towards Tekton's assistant were met or gone.
    pub without_assistant: bool,
    /// Leave out scores and message.
    pub verdicts_only: bool,
}

/// Judges a pod on every node of a cluster. The pod itself is left out of the
/// cluster, so that a placed pod is judged as if it were to be placed again.
pub fn judge(cluster: &Cluster, pod: &Pod, version: KubernetesVersion, options: Options) -> Judgement {
    let itself = [(pod.metadata.namespace.as_str(), pod.metadata.name.as_str())];
    let without: &[_] = if pod.spec.node_name.is_empty() { &[] } else { &itself };
    let snapshot = Snapshot::assuming(cluster, version, Assumed { without, ..Assumed::default() });
    if pod.spec.node_name.is_empty() {
        return judge_in(&snapshot, pod, options);
    }
    let mut unplaced = pod.clone();
    unplaced.spec.node_name.clear();
    judge_in(&snapshot, &unplaced, options)
}

/// Judges a pod against a state that was prepared once for many pods.
pub fn judge_in<'a>(snapshot: &Snapshot<'a>, pod: &'a Pod, options: Options) -> Judgement {
    let pod: Cow<'_, Pod> = if options.without_assistant {
        let mut pod = pod.clone();
        drop_assistant_affinity(&mut pod);
        Cow::Owned(pod)
    } else {
        Cow::Borrowed(pod)
    };
    run(snapshot, &pod, options)
}

/// Takes away the required affinity towards Tekton's assistant.
pub fn drop_assistant_affinity(pod: &mut Pod) {
    if let Some(affinity) = &mut pod.spec.affinity.pod_affinity {
        affinity.required.retain(|term| {
            let selector = term.label_selector.as_ref();
            selector.and_then(|selector| selector.match_labels.get(COMPONENT)).map(String::as_str) != Some(ASSISTANT)
        });
    }
}

fn run<'a>(snapshot: &Snapshot<'a>, pod: &'a Pod, options: Options) -> Judgement {
    let cycle = Cycle::start(snapshot, pod, options.all_obstacles);
    let mut judgement = Judgement {
        version: snapshot.version(),
        prefilter: cycle.refusal.clone(),
        doubts: cycle.doubts.clone(),
        nodes: Vec::new(),
        message: None,
        error: None,
        gated: scheduling_gates::gated(pod),
        chosen_among: Vec::new(),
        sampled: None,
    };
    let listed = snapshot.unread(crate::model::Kind::Node, "");
    if snapshot.nodes().is_empty() {
        if listed.is_none() {
            judgement.error = Some("no nodes available to schedule pods".to_owned());
        }
        return judgement;
    }
    let known = judgement.doubts.is_empty() && listed.is_none();
    if let Some(refusal) = &judgement.prefilter {
        if known {
            let left = vec![Left::Unresolvable; snapshot.nodes().len()];
            judgement.message = finish(&cycle, &left, Some(&refusal.message), &BTreeMap::new());
        }
        return judgement;
    }
    let missing = cycle.names.iter().flatten().find(|name| snapshot.node(name).is_none());
    if let Some(name) = missing.filter(|_| snapshot.behaviour.missing_named_node_aborts) {
        judgement.error = Some(format!("nodeinfo not found for node name {name:?}"));
    }
    let none_named = cycle.names.iter().flatten().all(|name| snapshot.node(name).is_none());
    if cycle.names.is_some() && none_named && snapshot.behaviour.no_named_node_panics {
        judgement.error = Some("panic: runtime error: integer divide by zero".to_owned());
        return judgement;
    }
    let mut filtered = filter_all(&cycle, options.all_obstacles);
    if let Some(error) = filtered.iter().flatten().find_map(|filtered| filtered.error.clone()) {
        judgement.error = judgement.error.or(Some(error));
    }
    let fits = |filtered: &Option<Filtered>| {
        filtered.as_ref().is_some_and(|f| f.refusal.is_none() && f.doubts.is_empty() && f.error.is_none())
    };
    let none_fits =
        filtered.iter().all(|filtered| filtered.as_ref().is_none_or(|f| f.refusal.is_some() && f.doubts.is_empty()));
    if none_fits && known && judgement.error.is_none() && !options.verdicts_only {
        judgement.message = message(&cycle, &filtered);
    }
    let feasible: Vec<usize> = (0..filtered.len()).filter(|&at| fits(&filtered[at])).collect();
    judgement.sampled = Some(enough(snapshot.nodes().len())).filter(|enough| feasible.len() > *enough);
    let to_score: &[usize] = if options.verdicts_only { &[] } else { &feasible };
    let scores = match score::score(&cycle, to_score) {
        Ok(scores) => scores,
        Err(error) => {
            if feasible.len() > 1 {
                judgement.error = judgement.error.or(Some(error));
            }
            Vec::new()
        }
    };
    let best = scores.iter().map(|score| score.total).max();
    let mut scores = to_score.iter().copied().zip(scores).collect::<BTreeMap<_, _>>();
    judgement.chosen_among = scores
        .iter()
        .filter(|(_, score)| Some(score.total) == best)
        .map(|(at, _)| snapshot.nodes()[*at].name().to_owned())
        .collect();
    judgement.nodes = snapshot
        .sorted()
        .iter()
        .map(|&at| verdict(snapshot.nodes()[at].name(), filtered[at].take(), scores.remove(&at)))
        .collect();
    judgement
}

/// From so many nodes on the filters share the processors, as upstream's do.
const PARALLEL_FROM: usize = 512;

/// The filters' answers by position of the node; none for nodes that are not asked.
fn filter_all(cycle: &Cycle<'_, '_>, all_obstacles: bool) -> Vec<Option<Filtered>> {
    let nodes = cycle.snapshot.nodes();
    let filter = |at: usize| {
        let info = &nodes[at];
        let named = cycle.is_named(info);
        (named || all_obstacles).then(|| {
            let mut filtered = cycle.filter(at, &View { info, changes: None }, all_obstacles);
            if !named {
                let first = filtered.refusal.replace(restricted());
                filtered.also.splice(0..0, first);
            }
            filtered
        })
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(16);
    if nodes.len() < PARALLEL_FROM || workers < 2 {
        return (0..nodes.len()).map(filter).collect();
    }
    let mut filtered: Vec<Option<Filtered>> = vec![None; nodes.len()];
    let share = nodes.len().div_ceil(workers);
    std::thread::scope(|scope| {
        for (worker, part) in filtered.chunks_mut(share).enumerate() {
            scope.spawn(move || {
                for (at, slot) in part.iter_mut().enumerate() {
                    *slot = filter(worker * share + at);
                }
            });
        }
    });
    filtered
}

/// How many fitting nodes end the search (`numFeasibleNodesToFind` of
/// `schedule_one.go`, 1.27 to 1.36, with the default percentage).
fn enough(nodes: usize) -> usize {
    if nodes < 100 {
        return nodes;
    }
    let percentage = 50_usize.saturating_sub(nodes / 125).max(5);
    (nodes * percentage / 100).max(100)
}

/// The refusal of a node that no filter saw.
fn restricted() -> Refusal {
    Refusal { plugin: None, code: Code::PreFilterRestricted, reasons: Vec::new() }
}

fn verdict(name: &str, filtered: Option<Filtered>, score: Option<super::verdict::Score>) -> NodeVerdict {
    let filtered = filtered.unwrap_or_else(|| Filtered { refusal: Some(restricted()), ..Filtered::default() });
    let doubts: Vec<Doubt> = filtered.doubts;
    let verdict = match filtered.refusal {
        Some(refusal) => Verdict::Refused(refusal),
        None if doubts.is_empty() && filtered.error.is_none() => Verdict::Fits,
        None => Verdict::Unknown,
    };
    NodeVerdict { name: name.to_owned(), verdict, also: filtered.also, doubts, is_open: filtered.is_open, score }
}

/// The message when every node is refused.
fn message(cycle: &Cycle<'_, '_>, filtered: &[Option<Filtered>]) -> Option<String> {
    let behaviour = &cycle.snapshot.behaviour;
    let mut reasons: BTreeMap<Reason, usize> = BTreeMap::new();
    let mut left = Vec::with_capacity(filtered.len());
    for refusal in filtered.iter().map(|filtered| filtered.as_ref().and_then(|filtered| filtered.refusal.as_ref())) {
        match refusal.filter(|refusal| refusal.code != Code::PreFilterRestricted) {
            Some(refusal) => {
                refusal.reasons.iter().for_each(|reason| *reasons.entry(reason.clone()).or_default() += 1);
                let resolvable = refusal.code == Code::Unschedulable;
                left.push(if resolvable { Left::Unschedulable } else { Left::Unresolvable });
            }
            None => {
                left.push(Left::Restricted);
                let text: Option<Reason> = match behaviour.restricted {
                    Restricted::Tried | Restricted::Hidden => None,
                    Restricted::FilteredOut => Some("node is filtered out by the prefilter result".into()),
                    Restricted::Named => {
                        let plugins = plugin_names(&cycle.named_by);
                        Some(format!("node(s) didn't satisfy plugin(s) [{}]", plugins.join(" ")).into())
                    }
                };
                if let Some(text) = text {
                    *reasons.entry(text).or_default() += 1;
                }
            }
        }
    }
    finish(cycle, &left, None, &reasons)
}

/// The message with what PostFilter says.
fn finish(
    cycle: &Cycle<'_, '_>,
    left: &[Left],
    prefilter: Option<&str>,
    reasons: &BTreeMap<Reason, usize>,
) -> Option<String> {
    let tail = match preemption::post_filter(cycle, left) {
        PostFilter::Silent => None,
        PostFilter::Says(text) => Some(text),
        PostFilter::Unknown => return None,
    };
    Some(write::fit_error(left.len(), prefilter, reasons, tail.as_deref(), &cycle.snapshot.behaviour))
}
