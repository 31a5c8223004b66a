//! A run that ended by a timeout, as it was before: its pods and assistants are gone,
//! but what they looked like follows from the run, and what became of them from events.

use crate::analysis::tekton::assistant::{COMPONENT, COMPONENT_LABEL};
use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::cluster::Cluster;
use crate::model::event::Event;
use crate::model::pod::Pod;
use crate::model::workload::Workload;
use crate::model::{Condition, Kind};

use super::focus::Focus;
use super::future;
use crate::finding::{About, Cause, Evidence, Finding};

/// Causes that only objects of a run under way show, since its StatefulSets go with it; and
/// what is told of the ended run itself.
const NOT_PROVABLE: [Cause; 6] = [
    Cause::AssistantDeleted,
    Cause::AssistantMissing,
    Cause::ControllerNotRunning,
    Cause::EvidenceMissing,
    Cause::PodLost,
    Cause::PodTemplateMisplaced,
];

/// What the run waited for until it ended, by `causes`, which look at a run under way.
pub fn findings(focus: &Focus<'_>, causes: impl Fn(&Focus<'_>) -> Vec<Finding>) -> Vec<Finding> {
    let Some(past) = before_the_end(focus) else { return Vec::new() };
    let run = focus.run();
    let Some(again) = past.pipeline_run(&run.metadata.namespace, &run.metadata.name) else { return Vec::new() };
    let then = Focus::new(&past, again, focus.now).in_the_past();
    let mut found = causes(&then);
    found.retain(|finding| !NOT_PROVABLE.contains(&finding.cause));
    found.into_iter().map(|finding| retold(focus, finding)).collect()
}

/// The finding without quotations of what is no longer there, and with the events that
/// tell of it.
fn retold(focus: &Focus<'_>, mut finding: Finding) -> Finding {
    let is_there = |item: &Evidence| {
        let About::Object { kind, name } = &item.object else { return true };
        match kind {
            Kind::Pod => focus.cluster.pod(focus.namespace(), name).is_some(),
            Kind::StatefulSet => focus.cluster.stateful_set(focus.namespace(), name).is_some(),
            Kind::PipelineRun | Kind::TaskRun => !item.field.starts_with("status."),
            _ => true,
        }
    };
    finding.evidence.retain(is_there);
    if !proves_itself(&finding) {
        // It was put together from what is left; nobody said it while the run waited.
        finding.evidence = finding.evidence.into_iter().map(Evidence::computed).collect();
    }
    let waited = |task: &&TaskNode<'_>| never_started(task);
    let tasks: Vec<&TaskNode<'_>> = focus.tree.tasks.iter().filter(waited).collect();
    let words = tasks.iter().flat_map(|task| scheduling(focus, &task.pod_name()));
    let of_assistants = focus.assistant_names().into_iter().map(|name| format!("{name}-0"));
    let of_assistants: Vec<&Event> = of_assistants.flat_map(|pod| scheduling(focus, &pod)).collect();
    finding.chain.insert(0, "The run is over; until its timeout it waited for what follows.".to_owned());
    finding
        .evidence(focus.quote_run())
        .evidence(tasks.iter().filter_map(|task| focus.quote_task_run(task.task_run)))
        .evidence(tasks.iter().filter_map(|task| focus.quote_annotation(task.task_run)))
        .evidence(words.chain(of_assistants).map(|event| focus.quote_event(event)))
        .evidence(focus.quote_run_warnings())
}

/// A refusal that an event tells needs no computation.
fn proves_itself(finding: &Finding) -> bool {
    let is_refusal = |about: &About| {
        matches!(about, About::Event { kind, reason, .. }
            if kind == Kind::StatefulSet.name() && reason.starts_with("Failed"))
    };
    finding.evidence.iter().any(|item| is_refusal(&item.object))
}

/// What Tekton said while the task's pod was refused again and again.
fn pod_refusal<'a>(focus: &Focus<'a>, task: &TaskNode<'_>) -> Option<&'a Event> {
    let events = focus.events_about("TaskRun", &task.task_run.metadata.name);
    events.into_iter().rev().find(|event| event.reason == "ExceededResourceQuota")
}

/// A task that ended without any of its steps having been started (tektoncd/pipeline
/// pkg/reconciler/taskrun/taskrun.go `terminateStepsInPod`).
pub fn never_started(task: &TaskNode<'_>) -> bool {
    task.task_run.succeeded().is_some_and(|condition| condition.status == "False") && !has_started(task)
}

/// Whether a step of a task was ever started.
pub fn has_started(task: &TaskNode<'_>) -> bool {
    task.task_run.status.steps.iter().any(|step| {
        step.state.running.is_some() || step.state.terminated.as_ref().is_some_and(|end| end.started_at.is_some())
    })
}

/// What the scheduler said last, where Tekton keeps it behind the words of the timeout
/// (tektoncd/pipeline pkg/reconciler/taskrun/taskrun.go `failTaskRun`, v1.13).
fn kept_words(task: &TaskNode<'_>) -> Option<String> {
    let message = &task.task_run.succeeded()?.message;
    let (_, kept) = message.split_once("Previous status")?;
    let (_, words) = kept.split_once("pod status \"PodScheduled\":\"False\"; message: \"")?;
    let (words, _) = words.rsplit_once('"')?;
    Some(words.replace("\\\"", "\""))
}

/// What the scheduler said of a pod, and whether it found a node in the end.
pub fn scheduling<'a>(focus: &Focus<'a>, pod: &str) -> Vec<&'a Event> {
    let mut events = focus.events_about("Pod", pod);
    events.retain(|event| matches!(event.reason.as_str(), "FailedScheduling" | "Scheduled"));
    events
}

/// Puts into a pod what the events about it tell, or Tekton's `kept` words; `None` where
/// there are none.
fn apply_events(focus: &Focus<'_>, pod: &mut Pod, kept: Option<String>) -> Option<()> {
    let events = scheduling(focus, &pod.metadata.name);
    let last = events.last();
    let message = last.map(|event| event.message.clone()).or(kept)?;
    pod.status.phase = "Pending".to_owned();
    // `Successfully assigned NAMESPACE/POD to NODE`
    let placed = events.iter().find(|event| event.reason == "Scheduled");
    match placed.and_then(|event| event.message.rsplit_once(" to ")) {
        Some((_, node)) => node.clone_into(&mut pod.spec.node_name),
        None => pod.status.conditions.push(Condition {
            kind: "PodScheduled".to_owned(),
            status: "False".to_owned(),
            reason: "Unschedulable".to_owned(),
            message,
            last_transition_time: last.and_then(|event| event.last_seen()),
        }),
    }
    Some(())
}

/// The cluster with the run under way; `None` where no event tells of its pods.
fn before_the_end(focus: &Focus<'_>) -> Option<Cluster> {
    let run = focus.run();
    let planned = future::of(focus, run).plan;
    let mut past = focus.cluster.overlay();
    let mut is_known = false;
    for node in focus.tree.tasks.iter().filter(|task| never_started(task)) {
        let planned = planned.tasks.iter().find(|task| task.name == node.task);
        let Some(mut pod) = planned.and_then(|task| task.pod.clone().ok().flatten()) else { continue };
        pod.metadata.name = node.pod_name();
        pod.metadata.creation_timestamp = node.task_run.metadata.creation_timestamp;
        pod.metadata.labels.insert("tekton.dev/taskRun".to_owned(), node.task_run.metadata.name.clone());
        if apply_events(focus, &mut pod, kept_words(node)).is_some() {
            past.pods.retain(|known| {
                known.metadata.namespace != pod.metadata.namespace || known.metadata.name != pod.metadata.name
            });
            past.pods.push(pod);
            is_known = true;
        }
    }
    for mut pod in planned.assistants {
        let name = pod.metadata.name.trim_end_matches("-0").to_owned();
        let of_set = focus.events_about("StatefulSet", &name);
        let created = of_set.iter().any(|event| event.reason == "SuccessfulCreate" && event.message.contains(" Pod "));
        let refused = of_set.iter().any(|event| event.reason == "FailedCreate");
        pod.metadata.creation_timestamp = run.metadata.creation_timestamp;
        let placed = apply_events(focus, &mut pod, None).is_some();
        if !created && !refused && !placed {
            continue;
        }
        is_known = true;
        let exists = created || placed;
        if focus.cluster.stateful_set(focus.namespace(), &name).is_none() {
            past.stateful_sets.push(set(focus, &name, &pod, exists));
        }
        if exists && focus.cluster.pod(focus.namespace(), &pod.metadata.name).is_none() {
            past.pods.push(pod);
        }
    }
    let refused_tasks: Vec<(&str, &Event)> = focus
        .tree
        .tasks
        .iter()
        .filter(|task| never_started(task))
        .filter_map(|task| Some((task.task_run.metadata.name.as_str(), pod_refusal(focus, task)?)))
        .collect();
    if !is_known && refused_tasks.is_empty() {
        return None;
    }
    for known in past
        .pipeline_runs
        .iter_mut()
        .filter(|known| known.metadata.namespace == run.metadata.namespace && known.metadata.name == run.metadata.name)
    {
        under_way(&mut known.status.conditions, "Running");
    }
    let waited: Vec<&str> = focus
        .tree
        .tasks
        .iter()
        .filter(|task| never_started(task))
        .map(|task| task.task_run.metadata.name.as_str())
        .collect();
    for known in past.task_runs.iter_mut().filter(|known| {
        known.metadata.namespace == run.metadata.namespace && waited.contains(&known.metadata.name.as_str())
    }) {
        under_way(&mut known.status.conditions, "Pending");
        let refusal = refused_tasks.iter().find(|(name, _)| *name == known.metadata.name);
        let condition = known.status.conditions.iter_mut().find(|condition| condition.kind == "Succeeded");
        if let (Some((_, event)), Some(condition)) = (refusal, condition) {
            event.reason.clone_into(&mut condition.reason);
            event.message.clone_into(&mut condition.message);
        }
        known.status.completion_time = None;
        if known.status.pod_name.is_empty() {
            known.status.pod_name = format!("{}-pod", known.metadata.name);
        }
    }
    Some(past)
}

fn under_way(conditions: &mut [Condition], reason: &str) {
    for condition in conditions.iter_mut().filter(|condition| condition.kind == "Succeeded") {
        "Unknown".clone_into(&mut condition.status);
        reason.clone_into(&mut condition.reason);
        condition.message.clear();
    }
}

/// The assistant's StatefulSet as it was.
fn set(focus: &Focus<'_>, name: &str, pod: &Pod, has_pod: bool) -> Workload {
    let mut set = Workload::default();
    set.metadata.name = name.to_owned();
    set.metadata.namespace = focus.namespace().to_owned();
    set.metadata.creation_timestamp = focus.run().metadata.creation_timestamp;
    set.metadata.labels.insert(COMPONENT_LABEL.to_owned(), COMPONENT.to_owned());
    set.metadata.labels.insert("tekton.dev/pipelineRun".to_owned(), focus.run().metadata.name.clone());
    set.spec.template.metadata.labels.clone_from(&pod.metadata.labels);
    set.spec.template.spec = pod.spec.clone();
    set.spec.template.spec.node_name.clear();
    set.status.replicas = i32::from(has_pod);
    set
}
