//! How far a run is, so that two readings tell progress from standstill.

use crate::model::pod::Pod;

use super::focus::Focus;

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The run's own words.
    pub words: String,
    /// Everything that changes when something goes on; equal in two readings means
    /// that nothing did.
    pub mark: Vec<String>,
    /// Unfinished tasks whose pod has no node, or that have no pod.
    pub waiting: Vec<String>,
    /// Unfinished tasks whose pod runs.
    pub running: Vec<String>,
}

/// Where the run in focus stands.
pub fn progress(focus: &Focus<'_>) -> Progress {
    let run = focus.run();
    let words = run.succeeded().map_or_else(
        || "not taken up by Tekton's controller yet".to_owned(),
        |condition| format!("{}: {}", condition.reason, condition.message),
    );
    let mut mark = vec![words.clone()];
    let (mut waiting, mut running) = (Vec::new(), Vec::new());
    for task in &focus.tree.tasks {
        let state = task.pod.map(state).unwrap_or_default();
        let reason = task.task_run.succeeded().map(|condition| condition.reason.clone()).unwrap_or_default();
        mark.push(format!("{} {reason} {state}", task.task_run.metadata.name));
        if task.task_run.is_done() {
            continue;
        }
        match task.pod {
            Some(pod) if pod.status.phase == "Running" => running.push(task.task.to_owned()),
            _ => waiting.push(task.task.to_owned()),
        }
    }
    for assistant in &focus.tree.assistants {
        mark.push(format!("{} {}", assistant.name, assistant.pod.map(state).unwrap_or_default()));
    }
    Progress { words, mark, waiting, running }
}

fn state(pod: &Pod) -> String {
    let containers = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let ended = containers.filter(|status| status.state.terminated.is_some()).count();
    format!("{} {} {ended}", pod.spec.node_name, pod.status.phase)
}
