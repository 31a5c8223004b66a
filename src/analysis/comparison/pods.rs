//! What Tekton made of two runs, and how it went.

use serde::Serialize;

use crate::analysis::tekton::RunTree;
use crate::model::Cluster;
use crate::model::pod::Pod;
use crate::model::run::PipelineRun;

use super::{Difference, Level, between};

type Facts = Vec<(String, String)>;

/// Differences of pods, assistants and outcomes, aligned by task of the pipeline.
pub(super) fn differences(left: (&Cluster, &PipelineRun), right: (&Cluster, &PipelineRun)) -> Vec<Difference> {
    let (left_tree, right_tree) = (RunTree::of(left.0, left.1), RunTree::of(right.0, right.1));
    let mut differences = between(Level::Pods, made(&left_tree), made(&right_tree));
    // What one side lacks because it is over, or never came so far, is no difference
    // of what was made.
    differences.retain(|difference| difference.left.is_some() && difference.right.is_some());
    differences.extend(between(Level::Outcome, outcome(&left_tree), outcome(&right_tree)));
    differences
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

pub(super) fn made(tree: &RunTree<'_>) -> Facts {
    let mut facts = Facts::new();
    for task in &tree.tasks {
        let at = |field: &str| format!("tasks[{}].{field}", task.task);
        let assistant = if task.task_run.assistant().is_some() { "required" } else { "none" };
        facts.push((at("assistant"), assistant.to_owned()));
        if let Some(pod) = task.pod {
            facts.extend(pod_facts(pod).into_iter().map(|(field, text)| (at(&field), text)));
        }
    }
    for (index, set) in tree.assistants.iter().filter_map(|node| node.stateful_set).enumerate() {
        // Names are made of the run's; the order of the workspaces stays.
        let spec = &set.spec.template.spec;
        for (field, value) in [
            ("serviceAccountName", spec.service_account_name.clone()),
            ("securityContext", text(&spec.security_context)),
            ("nodeSelector", text(&spec.node_selector)),
            ("tolerations", text(&spec.tolerations)),
        ] {
            facts.push((format!("assistants[{index}].{field}"), value));
        }
    }
    facts
}

fn pod_facts(pod: &Pod) -> Facts {
    let mut facts = vec![
        ("pod.serviceAccountName".to_owned(), pod.spec.service_account_name.clone()),
        ("pod.securityContext".to_owned(), text(&pod.spec.security_context)),
        ("pod.nodeSelector".to_owned(), text(&pod.spec.node_selector)),
        ("pod.affinity".to_owned(), affinity(pod)),
        (
            "pod.node".to_owned(),
            if pod.spec.node_name.is_empty() { "none".to_owned() } else { pod.spec.node_name.clone() },
        ),
        ("pod.scc".to_owned(), pod.metadata.annotation("openshift.io/scc").unwrap_or("none").to_owned()),
    ];
    let tolerations: Vec<_> =
        pod.spec.tolerations.iter().filter(|t| !t.key.starts_with("node.kubernetes.io/")).collect();
    facts.push(("pod.tolerations".to_owned(), text(&tolerations)));
    for container in &pod.spec.containers {
        facts.push((format!("pod.requests[{}]", container.name), text(&container.resources.requests)));
    }
    facts
}

/// The pod's affinity without the term that ties it to its own assistant.
fn affinity(pod: &Pod) -> String {
    let mut pod = pod.clone();
    crate::analysis::scheduler::drop_assistant_affinity(&mut pod);
    text(&pod.spec.affinity)
}

pub(super) fn outcome(tree: &RunTree<'_>) -> Facts {
    let mut facts = Facts::new();
    let state = |condition: Option<&crate::model::Condition>| {
        condition.map_or_else(|| "not taken up".to_owned(), |c| format!("{} {}", c.status, c.reason))
    };
    facts.push(("run".to_owned(), state(tree.run.succeeded())));
    for task in &tree.tasks {
        facts.push((format!("tasks[{}]", task.task), state(task.task_run.succeeded())));
    }
    for node in &tree.assistants {
        if let Some(set) = node.stateful_set {
            facts.push(("assistant.pods".to_owned(), set.status.replicas.to_string()));
        }
    }
    facts
}
