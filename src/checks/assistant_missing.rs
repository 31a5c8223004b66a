//! The assistant that a task waits for was never created, or is gone: two
//! workspaces on one claim, flags that changed under way, a deleted StatefulSet.

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::run_tree::{self, TaskNode};
use crate::model::Kind;

use super::finding::{Confidence, Finding};
use super::focus::{Focus, unplaced};

/// Runs the three checks: they share the question which assistant is missing, and
/// each task has one answer.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (task, name) in focus.beside_assistant() {
        let node = focus.assistant_or_absent(name);
        let waits = task.pod.and_then(unplaced).is_some_and(|pod| focus.is_past_grace(pod.metadata.creation_timestamp));
        if !waits || node.stateful_set.is_some() || node.pod.is_some() {
            continue;
        }
        let finding = shared_claim(focus, task, name)
            .or_else(|| flag_flip(focus, task, name))
            .or_else(|| deleted(focus, task, name))
            .or_else(|| unexplained(focus, task, name));
        if let Some(finding) = finding
            && !findings.iter().any(|known| known.cause == finding.cause)
        {
            findings.push(finding);
        }
    }
    findings
}

fn listed(focus: &Focus<'_>) -> bool {
    run_tree::stateful_sets_listed(focus.cluster, focus.namespace())
}

/// What every variant says: who waits for what, and that it is not there.
fn start(
    focus: &Focus<'_>,
    task: &TaskNode<'_>,
    name: &str,
    code: &'static str,
    cause: &'static str,
    summary: String,
) -> Finding {
    let mut finding = Finding::new(code, cause, summary)
        .link(format!("The pod of task {} must stand beside the assistant {name}.", task.task))
        .evidence(focus.quote_waiting(task));
    if listed(focus) {
        finding = finding
            .link(format!("The StatefulSet {name} does not exist; Tekton creates assistants only before a run's first TaskRun, so it will not come."))
            .evidence([focus.quote(Kind::StatefulSet, name, "name", "does not exist in the complete list of the namespace")]);
    }
    for other in &focus.tree.assistants {
        if let Some(set) = other.stateful_set {
            finding = finding.evidence([focus.quote_replicas(set)]);
        }
    }
    finding
}

fn shared_claim(focus: &Focus<'_>, task: &TaskNode<'_>, name: &str) -> Option<Finding> {
    let run = focus.run();
    let (claim, workspaces) = assistant::shared_claims(run)
        .into_iter()
        .find(|(_, workspaces)| workspaces.iter().any(|w| assistant::name(w, &run.metadata.name) == name))?;
    // Another assistant of the run proves that assistants were made, without this one.
    let sibling = focus.tree.assistants.iter().find(|other| {
        other.name != name && workspaces.iter().any(|w| assistant::name(w, &run.metadata.name) == other.name)
    })?;
    let wanted = workspaces.iter().find(|w| assistant::name(w, &run.metadata.name) == name)?;
    let made = workspaces.iter().find(|w| assistant::name(w, &run.metadata.name) == sibling.name)?;
    let mut finding = start(
        focus,
        task,
        name,
        "TKF111",
        "assistant-missing-shared-claim",
        format!("workspaces {} bind the same claim {claim}; Tekton made one assistant, for {made}, and task {} waits for the one of {wanted}", workspaces.join(" and "), task.task),
    )
    .link(format!(
        "Tekton makes one assistant for each claim, under the name of the last workspace that binds it ({made} → {}); task {} uses {wanted}, whose assistant nobody created.",
        sibling.name, task.task
    ));
    for (index, binding) in run.spec_at("/workspaces").and_then(|w| w.as_array()).into_iter().flatten().enumerate() {
        if binding.pointer("/persistentVolumeClaim/claimName").and_then(|c| c.as_str()) == Some(claim.as_str()) {
            finding = finding.evidence([focus.quote(
                Kind::PipelineRun,
                &run.metadata.name,
                format!("spec.workspaces[{index}]"),
                binding.to_string(),
            )]);
        }
    }
    if let Some(pod) = sibling.pod {
        finding = finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, "status.phase", &pod.status.phase)]);
    }
    if !listed(focus) {
        finding = finding.cannot_tell(format!(
            "whether a StatefulSet {name} exists: StatefulSets of namespace {} were not read",
            focus.namespace()
        ));
    }
    Some(finding)
}

/// An earlier TaskRun of the run that used a claim and was not tied to an
/// assistant: assistants were off when the run began.
fn flag_flip(focus: &Focus<'_>, task: &TaskNode<'_>, name: &str) -> Option<Finding> {
    if !listed(focus) {
        return None;
    }
    let run = focus.run();
    let per_run_name = assistant::name("", &run.metadata.name);
    let uses_claim = |node: &TaskNode<'_>| {
        name == per_run_name
            || run.task(node.task).is_some_and(|t| !assistant::task_claim_workspaces(run, t).is_empty())
    };
    let earlier = |node: &&TaskNode<'_>| {
        node.task_run.metadata.creation_timestamp <= task.task_run.metadata.creation_timestamp
            && node.task_run.metadata.name != task.task_run.metadata.name
    };
    let before = focus.tree.tasks.iter().filter(earlier).find(|node| {
        uses_claim(node)
            && node.task_run.assistant() != Some(name)
            && (node.task_run.assistant().is_none() || name == per_run_name)
    });
    let switched_mode =
        focus.tree.assistants.iter().any(|other| (name == per_run_name) != (other.name == per_run_name));
    if before.is_none() && !switched_mode {
        return None;
    }
    let mut finding = start(
        focus,
        task,
        name,
        "TKF112",
        "assistant-missing-flag-flip",
        format!(
            "the affinity assistant was switched on while the run was under way: task {} waits for {name}, which was never created",
            task.task
        ),
    );
    if let Some(before) = before {
        let annotation = crate::model::run::ASSISTANT_ANNOTATION;
        finding = finding
            .link(format!(
                "TaskRun {} of the same run has no assistant, TaskRun {} has one: the flag changed between them.",
                before.task_run.metadata.name, task.task_run.metadata.name
            ))
            .evidence([focus.quote(
                Kind::TaskRun,
                &before.task_run.metadata.name,
                format!("metadata.annotations[{annotation}]"),
                before.task_run.assistant().unwrap_or("absent"),
            )])
            .evidence(focus.quote_task_run(before.task_run));
    }
    Some(finding.link("Setting the flag back does not help this run: the annotation stays on the TaskRun."))
}

fn deleted(focus: &Focus<'_>, task: &TaskNode<'_>, name: &str) -> Option<Finding> {
    if !listed(focus) {
        return None;
    }
    let made: Vec<_> = focus
        .cluster
        .events_about("StatefulSet", focus.namespace(), name)
        .into_iter()
        .filter(|event| event.reason == "SuccessfulCreate")
        .collect();
    let earlier = focus.tree.tasks.iter().find(|node| {
        node.task_run.metadata.name != task.task_run.metadata.name
            && node.task_run.assistant() == Some(name)
            && node.task_run.is_done()
    });
    if made.is_empty() && earlier.is_none() {
        return None;
    }
    let mut finding = start(
        focus,
        task,
        name,
        "TKF113",
        "assistant-deleted",
        format!("the StatefulSet of the affinity assistant {name} was deleted while the run was under way"),
    )
    .evidence(made.into_iter().map(|event| focus.quote_event(event)));
    if let Some(earlier) = earlier {
        finding = finding
            .link(format!("Task {} ran beside it, so it did exist.", earlier.task))
            .evidence(focus.quote_task_run(earlier.task_run))
            .evidence(focus.quote_annotation(earlier.task_run));
    }
    Some(finding)
}

/// The assistant is absent and nothing that was read tells why.
fn unexplained(focus: &Focus<'_>, task: &TaskNode<'_>, name: &str) -> Option<Finding> {
    let namespace = focus.namespace();
    if listed(focus) {
        return Some(
            start(
                focus,
                task,
                name,
                "TKF114",
                "assistant-missing",
                format!("the affinity assistant {name} that task {} waits for does not exist", task.task),
            )
            .confidence(Confidence::Likely)
            .cannot_tell("whether it was deleted or never made (a flag changed, the operator was upgraded): no event of it was found"),
        );
    }
    Some(
        start(
            focus,
            task,
            name,
            "TKF901",
            "evidence-missing",
            format!("task {} must stand beside the assistant {name}; whether that exists, was refused or waits cannot be told", task.task),
        )
        .confidence(Confidence::Likely)
        .cannot_tell(format!("whether the assistant {name} exists: StatefulSets of namespace {namespace} were not read"))
        .cannot_tell(format!("collect statefulsets and events of namespace {namespace}: oc adm inspect ns/{namespace}")),
    )
}
