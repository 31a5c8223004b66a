//! The pods of a run as they reach the SCC plugin: the assistants' and those of all
//! tasks, whether they exist already or not.

use serde_json::{Value, json};

use crate::analysis::tekton::task_pod::{Setting, task_pod};
use crate::analysis::tekton::{Coschedule, Defaults, TektonVersion, assistant_pod};
use crate::model::Cluster;
use crate::model::namespace::LimitRange;
use crate::model::pod::Pod;
use crate::model::run::PipelineRun;
use crate::model::volume::Volume;

use super::pod_creator::{self, Known};
use super::{AdmissionRequest, Release, Verdict, admit};

/// What a pod is in its run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// An affinity assistant.
    Assistant,
    /// The pod of this task of the pipeline.
    Task(String),
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Assistant => f.write_str("assistant"),
            Self::Task(name) => write!(f, "task {name}"),
        }
    }
}

/// One pod of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPod {
    /// What it is.
    pub role: Role,
    /// The pod, as Tekton and ServiceAccount admission leave it.
    pub pod: Pod,
    /// Who creates it.
    pub known: Known,
    /// What was not read of it, so that less than the whole pod is judged.
    pub unseen: Option<String>,
}

/// How the installation makes pods.
#[derive(Debug, Clone, Copy)]
pub struct Tekton<'a> {
    /// How pods are kept together.
    pub mode: Coschedule,
    /// The version; `None` is judged as one without the newest behaviour.
    pub version: Option<TektonVersion>,
    /// Its settings.
    pub defaults: &'a Defaults,
}

/// All pods of a run, the assistants first.
pub fn of_run(cluster: &Cluster, run: &PipelineRun, tekton: Tekton<'_>) -> Vec<RunPod> {
    let limit_ranges: Vec<&LimitRange> =
        cluster.limit_ranges.iter().filter(|range| range.metadata.namespace == run.metadata.namespace).collect();
    let Tekton { mode, version, defaults } = tekton;
    let setting = Setting { run, mode, version, defaults, limit_ranges: &limit_ranges };
    let assistants = assistant_pod::assistant_pods(setting).into_iter().map(|pod| RunPod {
        role: Role::Assistant,
        pod: as_admitted(pod),
        known: pod_creator::assistant(),
        unseen: None,
    });
    let tasks = run.pipeline_tasks().into_iter().filter(|task| makes_a_pod(task)).map(|task| {
        let name = task.get("name").and_then(Value::as_str).unwrap_or_default();
        let (spec, unseen) = match task_spec(cluster, run, task) {
            Ok(spec) => (spec, None),
            Err(unseen) => (json!({}), Some(unseen)),
        };
        let mut pod = task_pod(setting, task, &spec);
        pod.spec.volumes.extend(volume(json!({ "name": "tekton-internal-downward", "downwardAPI": { "items": [] } })));
        RunPod { role: Role::Task(name.to_owned()), pod: as_admitted(pod), known: pod_creator::task(cluster), unseen }
    });
    assistants.chain(tasks).collect()
}

/// The run with its pipeline's tasks, which a run that was not submitted yet only
/// names.
///
/// # Errors
/// A sentence on why the tasks are not known.
pub fn with_pipeline(cluster: &Cluster, run: &PipelineRun) -> Result<PipelineRun, String> {
    if run.status.pipeline_spec.is_some() || run.spec_at("/pipelineSpec").is_some() {
        return Ok(run.clone());
    }
    let Some(name) = run.spec_at("/pipelineRef/name").and_then(Value::as_str) else {
        return Err("its pipeline comes from a resolver and is not known before the run starts".to_owned());
    };
    let namespace = &run.metadata.namespace;
    let found = cluster
        .pipelines
        .iter()
        .find(|pipeline| pipeline.metadata.namespace == *namespace && pipeline.metadata.name == name);
    let pipeline = found.ok_or_else(|| format!("Pipeline {namespace}/{name} was not read"))?;
    let mut run = run.clone();
    run.status.pipeline_spec = Some(pipeline.spec.clone());
    Ok(run)
}

/// Judges a pod of a run.
pub fn judge(cluster: &Cluster, pod: &RunPod, release: Release) -> Verdict {
    let request = AdmissionRequest { release, ..AdmissionRequest::create(cluster, &pod.pod, &pod.known.creator) };
    admit(cluster, &request)
}

/// Custom tasks make no pod of Tekton's.
fn makes_a_pod(task: &Value) -> bool {
    let api = ["/taskRef/apiVersion", "/taskSpec/apiVersion"].iter().find_map(|at| task.pointer(at)?.as_str());
    task.get("pipelineRef").is_none()
        && task.get("pipelineSpec").is_none()
        && api.is_none_or(|api| api.is_empty() || api.starts_with("tekton.dev/"))
}

/// The steps: written into the pipeline, resolved in a TaskRun, or those of a Task.
fn task_spec(cluster: &Cluster, run: &PipelineRun, task: &Value) -> Result<Value, String> {
    if let Some(spec) = task.get("taskSpec").filter(|spec| spec.get("steps").is_some()) {
        return Ok(spec.clone());
    }
    let name = task.get("name").and_then(Value::as_str).unwrap_or_default();
    let meta = &run.metadata;
    let of_run = cluster.task_runs.iter().find(|task_run| {
        task_run.metadata.namespace == meta.namespace
            && task_run.metadata.label("tekton.dev/pipelineRun") == Some(meta.name.as_str())
            && task_run.pipeline_task() == Some(name)
    });
    if let Some(spec) = of_run.and_then(|task_run| task_run.status.task_spec.clone()) {
        return Ok(spec);
    }
    let Some(named) = task.pointer("/taskRef/name").and_then(Value::as_str) else {
        return Err(format!("the steps of task {name} come from a resolver and are not known before it runs"));
    };
    let found =
        cluster.tasks.iter().find(|found| found.metadata.namespace == meta.namespace && found.metadata.name == named);
    found.map(|found| found.spec.clone()).ok_or_else(|| format!("Task {named} was not read: its steps are not judged"))
}

fn volume(value: Value) -> Option<Volume> {
    serde_json::from_value(value).ok()
}

/// The pod as ServiceAccount admission leaves it (kubernetes
/// `plugin/pkg/admission/serviceaccount/admission.go`): it comes before the SCC
/// plugin, names the account and mounts its token.
fn as_admitted(mut pod: Pod) -> Pod {
    if pod.spec.service_account_name.is_empty() {
        pod.spec.service_account_name = "default".to_owned();
    }
    pod.spec.volumes.extend(volume(json!({ "name": "kube-api-access-00000", "projected": { "sources": [
        { "serviceAccountToken": { "expirationSeconds": 3607, "path": "token" } },
        { "configMap": { "name": "kube-root-ca.crt", "items": [{ "key": "ca.crt", "path": "ca.crt" }] } },
        { "downwardAPI": { "items": [{ "path": "namespace",
            "fieldRef": { "apiVersion": "v1", "fieldPath": "metadata.namespace" } }] } },
    ] } })));
    pod
}
