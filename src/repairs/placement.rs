//! The nodes on which a run's pods fit together.

use jiff::Timestamp;

use crate::analysis::scheduler::{Assumed, Options, Snapshot, Verdict, judge_in};
use crate::checks::focus::Focus;
use crate::checks::judged::kubernetes_version;
use crate::model::pod::Pod;
use crate::model::run::PipelineRun;
use crate::model::{Cluster, Kind, Reading};

use super::future;

/// Nodes for some pods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nodes {
    /// Nodes that take all of them, the best first.
    pub fitting: Vec<String>,
    /// Why the others do not, a clause each.
    pub refused: Vec<String>,
    /// How many nodes there are.
    pub of: usize,
    /// Whether everything that uses the nodes was read.
    pub is_complete: bool,
}

/// Judges each node for the assistants and every task alone beside them; tasks that
/// run at the same time are not added up.
///
/// # Errors
/// When nodes were not read.
pub fn together(cluster: &Cluster, assistants: &[Pod], tasks: &[(String, Pod)]) -> Result<Nodes, String> {
    if cluster.nodes.is_empty() {
        return Err("whether a node takes its pods: nodes were not read".to_owned());
    }
    let is_complete = cluster.coverage.proves_absence(Kind::Pod, "");
    let mut assumed;
    let cluster = if is_complete {
        cluster
    } else {
        assumed = cluster.clone();
        for kind in Kind::ALL {
            assumed.coverage.record(*kind, "", Reading::Listed);
        }
        &assumed
    };
    // The old run's assistants make room for the new one's.
    let old: Vec<(&str, &str)> = Vec::new();
    let snapshot = Snapshot::assuming(cluster, kubernetes_version(cluster), Assumed { without: &old, with: &[] });
    let named = assistants
        .iter()
        .map(|pod| ("the assistant".to_owned(), pod))
        .chain(tasks.iter().map(|(task, pod)| (format!("task {task}"), pod)));
    let mut nodes = Nodes { of: cluster.nodes.len(), is_complete, ..Nodes::default() };
    let mut scores: Vec<(String, i64)> = cluster.nodes.iter().map(|node| (node.metadata.name.clone(), 0)).collect();
    for (who, pod) in named {
        let judgement = judge_in(&snapshot, pod, Options { without_assistant: true, ..Options::default() });
        if let Some(prefilter) = &judgement.prefilter {
            nodes.refused.push(format!("{who}: {}", prefilter.message));
            scores.clear();
        }
        for verdict in &judgement.nodes {
            let fits = matches!(verdict.verdict, Verdict::Fits);
            if fits {
                let total = verdict.score.as_ref().map_or(0, |score| score.total);
                if let Some((_, sum)) = scores.iter_mut().find(|(name, _)| *name == verdict.name) {
                    *sum += total;
                }
            } else if scores.iter().any(|(name, _)| *name == verdict.name) {
                let reason =
                    verdict.refusal().map(|r| r.reasons.join(", ")).unwrap_or_else(|| "cannot be judged".to_owned());
                nodes.refused.push(format!("{}: {reason} ({who})", verdict.name));
                scores.retain(|(name, _)| *name != verdict.name);
            }
        }
    }
    scores.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    nodes.fitting = scores.into_iter().map(|(name, _)| name).collect();
    Ok(nodes)
}

/// The best node for a run submitted again as it is.
///
/// # Errors
/// A reason for each node when none takes its pods.
pub fn best_node(cluster: &Cluster, run: &PipelineRun, now: Timestamp) -> Result<String, Vec<String>> {
    let focus = Focus::new(cluster, run, now);
    let again = super::resubmission::resubmission(run, &run.metadata.name);
    let new = future::as_run(&focus, &again);
    let assistants = future::assistant_pods(&focus, &new);
    let tasks = future::task_pods(&focus, &new);
    let nodes = together(cluster, &assistants, &tasks).map_err(|why| vec![why])?;
    if !nodes.is_complete {
        return Err(vec!["pods of other namespaces were not read, so what nodes have free is not known".to_owned()]);
    }
    nodes.fitting.into_iter().next().ok_or(nodes.refused)
}
