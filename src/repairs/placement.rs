//! The nodes on which a run's pods fit together, in words.

use crate::analysis::pipeline_fit::{self, Answer, Fit, NodeFit, Obstacle, Plan, Reason, Who, load};
use crate::checks::focus::Focus;
use crate::checks::judged::kubernetes_version;

/// The fit of a run's pods, with what it rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placement {
    /// Node by node.
    pub fit: Fit,
    /// Whether everything that uses the nodes was read.
    pub is_complete: bool,
}

/// Judges every node for a plan. `is_cancelled` tells whether the old run's pods make
/// room.
///
/// # Errors
/// When nodes were not read.
pub fn of(focus: &Focus<'_>, plan: &Plan, is_cancelled: bool) -> Result<Placement, String> {
    let (cluster, is_complete) = focus.as_whole();
    if cluster.nodes.is_empty() {
        return Err("whether a node takes its pods: nodes were not read".to_owned());
    }
    let old = focus.tree.assistants.iter().filter_map(|node| node.pod);
    let old = old.chain(focus.tree.tasks.iter().filter_map(|node| node.pod));
    let old: Vec<(&str, &str)> = old.map(|pod| (pod.metadata.namespace.as_str(), pod.metadata.name.as_str())).collect();
    let gone: &[(&str, &str)] = if is_cancelled { &old } else { &[] };
    let fit = pipeline_fit::fit(cluster, kubernetes_version(cluster), plan, gone);
    Ok(Placement { fit, is_complete })
}

/// The best node for a run whose pods are all to be pinned there.
///
/// # Errors
/// A reason for each node when none takes its pods.
pub fn best_node(focus: &Focus<'_>, plan: &Plan, is_cancelled: bool) -> Result<String, Vec<String>> {
    let placement = of(focus, plan, is_cancelled).map_err(|why| vec![why])?;
    if !placement.is_complete {
        let mut reasons =
            vec!["pods of other namespaces were not read, so what nodes have free is not known".to_owned()];
        let candidates: Vec<&str> = placement.fit.fitting().take(3).collect();
        if !candidates.is_empty() {
            reasons.push(format!(
                "as far as was read it fits on {}; name one to pin to it all the same: --pin-node={}",
                candidates.join(", "),
                candidates[0]
            ));
        }
        return Err(reasons);
    }
    let best = placement.fit.fitting().next().map(str::to_owned);
    best.ok_or_else(|| against(&placement.fit))
}

/// What speaks against each node, a clause each; clauses that hold of several nodes
/// come once.
pub fn against(fit: &Fit) -> Vec<String> {
    let mut clauses: Vec<(String, Vec<&str>)> = Vec::new();
    for node in &fit.nodes {
        let Some(clause) = clause(node) else { continue };
        match clauses.iter_mut().find(|(known, _)| *known == clause) {
            Some((_, nodes)) => nodes.push(&node.node),
            None => clauses.push((clause, vec![&node.node])),
        }
    }
    let named = |nodes: &[&str]| match nodes {
        [first, second, third, .., _] => format!("{first}, {second}, {third} and {} more", nodes.len() - 3),
        few => few.join(", "),
    };
    clauses.iter().map(|(clause, nodes)| format!("{}: {clause}", named(nodes))).collect()
}

/// Why a node does not take the pods; `None` when it does.
pub fn clause(node: &NodeFit) -> Option<String> {
    match &node.answer {
        Answer::Fits => None,
        Answer::Refused(obstacles) => obstacles.first().map(sentence),
        Answer::Unknown(doubts) => Some(format!("cannot tell {}", doubts.join("; "))),
    }
}

/// An obstacle in words.
pub fn sentence(obstacle: &Obstacle) -> String {
    let who = match &obstacle.who {
        Who::Assistant => "the assistant".to_owned(),
        Who::Task(name) => format!("task {name}"),
        Who::Together(_) | Who::Run => String::new(),
    };
    match &obstacle.reason {
        Reason::Filter(reasons) if reasons.is_empty() => format!("outside the nodes that are asked for ({who})"),
        Reason::Filter(reasons) => format!("{} ({who})", reasons.join(", ")),
        Reason::OnePod(claim) => {
            format!("{who} cannot mount claim {claim}, which the assistant has and only one pod may")
        }
        Reason::Held(held) => {
            format!(
                "claim {} is in use on node {} by {}, and its volume can be on one node only",
                held.claim, held.node, held.by
            )
        }
        Reason::Short { resource, wanted, assistants, free, tasks, is_exact, is_lasting } => {
            let amount = |value: i64| load::amount(resource, value);
            let short = amount(wanted.saturating_sub(*free));
            let beside = if *assistants > 0 { " beside the assistant" } else { "" };
            let together = match tasks.as_slice() {
                [] => "what may run at one time asks".to_owned(),
                [one] if beside.is_empty() => format!("{one} runs several times at once and asks"),
                [one] => format!("{one} runs{beside} and both ask"),
                [first, .., last] if tasks.len() > 4 => {
                    format!("{} tasks ({first} to {last}) run at one time{beside} and ask", tasks.len())
                }
                [most @ .., last] => format!("{} and {last} run at one time{beside} and ask", most.join(", ")),
            };
            let first = match &obstacle.who {
                Who::Together(Some(task)) => format!("task {task} does not fit, "),
                _ => String::new(),
            };
            let bound = if *is_exact { "" } else { "at most " };
            let turns = if *is_lasting { "" } else { "; it waits until others have ended" };
            format!(
                "{together} for {bound}{} {resource} of {} free: {first}{short} short{turns}",
                amount(*wanted),
                amount(*free.max(&0))
            )
        }
    }
}
