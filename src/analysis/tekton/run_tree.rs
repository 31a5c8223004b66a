//! A run with everything that hangs from it: TaskRuns, pods, assistants.

use crate::model::meta::OwnerReference;
use crate::model::pod::Pod;
use crate::model::run::{PipelineRun, TaskRun};
use crate::model::workload::Workload;
use crate::model::{Cluster, Kind};

use super::assistant::{COMPONENT, COMPONENT_LABEL};

/// A PipelineRun and its objects.
#[derive(Debug, Clone)]
pub struct RunTree<'a> {
    /// The run.
    pub run: &'a PipelineRun,
    /// Its TaskRuns, in the order of the pipeline, then by name.
    pub tasks: Vec<TaskNode<'a>>,
    /// Its assistants: StatefulSets with the label, each with its pod.
    pub assistants: Vec<AssistantNode<'a>>,
    /// Children that the run names but that were not found among the objects read.
    pub missing_children: Vec<String>,
}

/// A TaskRun with its pod.
#[derive(Debug, Clone, Copy)]
pub struct TaskNode<'a> {
    /// The TaskRun.
    pub task_run: &'a TaskRun,
    /// Task of the pipeline, or the TaskRun's name where it has none.
    pub task: &'a str,
    /// Its pod, when there is one among the objects read.
    pub pod: Option<&'a Pod>,
}

impl TaskNode<'_> {
    /// Name of its pod, which may be gone or not made yet.
    pub fn pod_name(&self) -> String {
        match self.pod {
            Some(pod) => pod.metadata.name.clone(),
            None if !self.task_run.status.pod_name.is_empty() => self.task_run.status.pod_name.clone(),
            None => format!("{}-pod", self.task_run.metadata.name),
        }
    }
}

/// An assistant: its StatefulSet and its pod, either of which may be absent.
#[derive(Debug, Clone)]
pub struct AssistantNode<'a> {
    /// Name of the StatefulSet.
    pub name: String,
    /// The StatefulSet.
    pub stateful_set: Option<&'a Workload>,
    /// Its pod `<name>-0`.
    pub pod: Option<&'a Pod>,
}

impl<'a> RunTree<'a> {
    /// Collects a run's objects.
    pub fn of(cluster: &'a Cluster, run: &'a PipelineRun) -> Self {
        let mut task_runs = cluster.task_runs_near(run);
        task_runs.retain(|task_run| belongs(task_run, run));
        let order: Vec<&str> = run.task_names().collect();
        let place = |task_run: &TaskRun| {
            let position = order.iter().position(|task| task_run.pipeline_task() == Some(task));
            (position.unwrap_or(usize::MAX), task_run.metadata.name.clone())
        };
        task_runs.sort_by_key(|task_run| place(task_run));
        let missing_children = run
            .status
            .child_references
            .iter()
            .filter(|child| child.kind == "TaskRun")
            .filter(|child| !task_runs.iter().any(|task_run| task_run.metadata.name == child.name))
            .map(|child| child.name.clone())
            .collect();
        let tasks = task_runs
            .into_iter()
            .map(|task_run| TaskNode {
                task_run,
                task: task_run.pipeline_task().unwrap_or(&task_run.metadata.name),
                pod: pod_of(cluster, task_run),
            })
            .collect();
        Self { run, tasks, assistants: assistants(cluster, run), missing_children }
    }

    /// An assistant by name.
    pub fn assistant(&self, name: &str) -> Option<&AssistantNode<'a>> {
        self.assistants.iter().find(|assistant| assistant.name == name)
    }

    /// Tasks that are not over.
    pub fn unfinished(&self) -> impl Iterator<Item = &TaskNode<'a>> {
        self.tasks.iter().filter(|task| !task.task_run.is_done())
    }
}

/// A TaskRun belongs to a run by owner UID, or by label where it has no owner.
fn belongs(task_run: &TaskRun, run: &PipelineRun) -> bool {
    match task_run.metadata.controller() {
        Some(owner) if !owner.uid.is_empty() && !run.metadata.uid.is_empty() => owner.uid == run.metadata.uid,
        _ => task_run.pipeline_run() == Some(run.metadata.name.as_str()),
    }
}

/// The pod of a TaskRun: the one its status names, else the newest with its label. That of an
/// attempt that is over is not the TaskRun's any more (tektoncd/pipeline
/// pkg/reconciler/taskrun/taskrun.go `retryTaskRun`, v1.6).
pub fn pod_of<'a>(cluster: &'a Cluster, task_run: &TaskRun) -> Option<&'a Pod> {
    let namespace = &task_run.metadata.namespace;
    if !task_run.status.pod_name.is_empty() {
        return cluster.pod(namespace, &task_run.status.pod_name);
    }
    let attempts = task_run.status.retries_status.iter();
    let over: Vec<&str> = attempts.filter_map(|attempt| attempt.get("podName")?.as_str()).collect();
    let is_owner = |owner: &OwnerReference| owner.kind == "TaskRun" && owner.name == task_run.metadata.name;
    cluster
        .pods_near_task_run(task_run)
        .into_iter()
        .filter(|pod| pod.metadata.controller().is_some_and(is_owner) && !over.contains(&pod.metadata.name.as_str()))
        .max_by_key(|pod| pod.metadata.creation_timestamp)
}

fn assistants<'a>(cluster: &'a Cluster, run: &PipelineRun) -> Vec<AssistantNode<'a>> {
    let namespace = &run.metadata.namespace;
    let is_ours = |meta: &crate::model::ObjectMeta| {
        meta.namespace == *namespace
            && meta.label(COMPONENT_LABEL) == Some(COMPONENT)
            && meta.label("tekton.dev/pipelineRun") == Some(run.metadata.name.as_str())
    };
    let mut nodes: Vec<AssistantNode<'a>> = cluster
        .stateful_sets_near(run)
        .into_iter()
        .filter(|set| is_ours(&set.metadata))
        .map(|set| AssistantNode { name: set.metadata.name.clone(), stateful_set: Some(set), pod: None })
        .collect();
    for pod in cluster.pods_near(run).into_iter().filter(|pod| is_ours(&pod.metadata)) {
        let name = pod.metadata.name.strip_suffix("-0").unwrap_or(&pod.metadata.name);
        match nodes.iter_mut().find(|node| node.name == name) {
            Some(node) => node.pod = Some(pod),
            None => nodes.push(AssistantNode { name: name.to_owned(), stateful_set: None, pod: Some(pod) }),
        }
    }
    nodes
}

/// Whether it is proven that an assistant's StatefulSet does not exist.
pub fn stateful_sets_listed(cluster: &Cluster, namespace: &str) -> bool {
    cluster.coverage.proves_absence(Kind::StatefulSet, namespace)
}
