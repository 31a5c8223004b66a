//! The pods of a run that does not exist yet: its assistant's, and those of the
//! tasks whose pods the old run shows.
//!
//! Mirrors tektoncd/pipeline pkg/reconciler/pipelinerun/affinity_assistant.go and
//! pkg/apis/pipeline/pod/template.go (v0.68.1 to v1.15.0): a task's own pod template
//! wins field by field as a whole.

use serde_json::Value;

use crate::analysis::tekton::{Coschedule, assistant};
use crate::checks::focus::Focus;
use crate::checks::scc_verdict;
use crate::model::Quantity;
use crate::model::pod::{Container, Pod, Resources};
use crate::model::run::PipelineRun;
use crate::model::volume::{ClaimSource, Volume, VolumeSource};

/// The new run as the model holds runs; its pipeline is the old one's.
pub fn as_run(focus: &Focus<'_>, new: &Value) -> PipelineRun {
    let mut run = PipelineRun { spec: new.get("spec").cloned().unwrap_or_default(), ..PipelineRun::default() };
    run.metadata.name = new.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    run.metadata.namespace = focus.namespace().to_owned();
    run.status.pipeline_spec = focus.run().status.pipeline_spec.clone();
    run
}

/// The assistants' pods that the new run would get.
pub fn assistant_pods(focus: &Focus<'_>, run: &PipelineRun) -> Vec<Pod> {
    let mode = focus.coschedule().unwrap_or(Coschedule::Workspaces);
    let created = assistant::created_for(run, mode);
    created
        .into_iter()
        .map(|(name, workspace)| {
            let known = focus.tree.assistants.iter().find_map(|node| node.stateful_set);
            let mut pod = match known {
                Some(set) => scc_verdict::template_pod(set),
                None => from_nothing(focus, run),
            };
            pod.metadata.name = format!("{name}-0");
            pod.metadata.namespace = focus.namespace().to_owned();
            pod.metadata.labels.insert(assistant::INSTANCE_LABEL.to_owned(), name);
            volumes(&mut pod, run, &workspace, mode);
            template(&mut pod, run.spec_at("/taskRunTemplate/podTemplate"), focus);
            if focus.tekton().is_some_and(|version| version.assistant_has_service_account()) {
                let account = pod.spec.service_account_name.clone();
                let follows = known.is_none() || Some(account.as_str()) == focus.run().service_account();
                if follows {
                    pod.spec.service_account_name = run.service_account().unwrap_or(&account).to_owned();
                }
            }
            pod
        })
        .collect()
}

fn from_nothing(focus: &Focus<'_>, run: &PipelineRun) -> Pod {
    let mut pod = Pod::default();
    pod.metadata.labels = run.metadata.labels.clone();
    pod.metadata.labels.insert(assistant::COMPONENT_LABEL.to_owned(), assistant::COMPONENT.to_owned());
    let fixed: crate::model::quantity::ResourceList = [
        ("cpu".to_owned(), Quantity::from_milli(assistant::CPU_MILLI)),
        ("memory".to_owned(), Quantity::from_units(assistant::MEMORY_BYTES)),
    ]
    .into();
    pod.spec.containers = vec![Container {
        name: "affinity-assistant".to_owned(),
        resources: Resources { requests: fixed.clone(), limits: fixed },
        ..Container::default()
    }];
    if focus.tekton().is_some_and(|version| version.assistant_has_service_account()) {
        pod.spec.service_account_name = run.service_account().unwrap_or("default").to_owned();
    }
    pod
}

/// The claims that the assistant holds.
fn volumes(pod: &mut Pod, run: &PipelineRun, workspace: &str, mode: Coschedule) {
    let claims = assistant::claim_workspaces(run)
        .into_iter()
        .filter(|bound| mode.is_per_run() || bound.workspace == workspace)
        .filter_map(|bound| bound.claim);
    pod.spec.volumes = claims
        .enumerate()
        .map(|(index, claim_name)| Volume {
            name: format!("workspace-{index}"),
            source: VolumeSource::PersistentVolumeClaim(ClaimSource { claim_name, read_only: false }),
        })
        .collect();
}

/// Lays the fields of a pod template that placement and admission read over a pod.
fn template(pod: &mut Pod, template: Option<&Value>, focus: &Focus<'_>) {
    let old = focus.run().spec_at("/taskRunTemplate/podTemplate");
    let changed = |field: &str| old.and_then(|old| old.get(field)) != template.and_then(|new| new.get(field));
    let field = |name: &str| template.and_then(|template| template.get(name)).cloned().unwrap_or_default();
    if changed("securityContext") || template.is_some_and(|t| t.get("securityContext").is_some()) {
        pod.spec.security_context = serde_json::from_value(field("securityContext")).unwrap_or_default();
    }
    if changed("nodeSelector") {
        pod.spec.node_selector = serde_json::from_value(field("nodeSelector")).unwrap_or_default();
    }
    if changed("tolerations") {
        pod.spec.tolerations = serde_json::from_value(field("tolerations")).unwrap_or_default();
    }
}

/// The pods of tasks as the new run would make them, as far as the old run shows
/// theirs: by task, freed from the old assistant and node.
pub fn task_pods(focus: &Focus<'_>, run: &PipelineRun) -> Vec<(String, Pod)> {
    focus
        .tree
        .tasks
        .iter()
        .filter_map(|node| Some((node, node.pod?)))
        .map(|(node, old)| {
            let mut pod = old.clone();
            pod.metadata.name = format!("{}-{}-pod", run.metadata.name, node.task);
            pod.metadata.uid.clear();
            pod.status = crate::model::pod::PodStatus::default();
            pod.spec.node_name.clear();
            crate::analysis::scheduler::drop_assistant_affinity(&mut pod);
            let merged = merged_template(run, node.task);
            let field = |name: &str| merged.get(name).cloned().unwrap_or_default();
            pod.spec.security_context = serde_json::from_value(field("securityContext")).unwrap_or_default();
            pod.spec.node_selector = serde_json::from_value(field("nodeSelector")).unwrap_or_default();
            pod.spec.tolerations = serde_json::from_value(field("tolerations")).unwrap_or_default();
            if let Some(account) = service_account(run, node.task) {
                pod.spec.service_account_name = account;
            }
            own_contexts(&mut pod, node.task_run.status.task_spec.as_ref());
            pod.metadata
                .annotations
                .retain(|key, _| !key.starts_with("openshift.io/") && !key.starts_with("security.openshift.io/"));
            (node.task.to_owned(), pod)
        })
        .collect()
}

/// Admission wrote into the containers of the old pod; a new one starts from what
/// its steps say.
fn own_contexts(pod: &mut Pod, task: Option<&Value>) {
    let step = |name: &str| {
        let steps = task?.get("steps")?.as_array()?;
        let step = steps.iter().find(|step| step.get("name").and_then(Value::as_str) == name.strip_prefix("step-"))?;
        let base = task?.pointer("/stepTemplate/securityContext").cloned();
        step.get("securityContext").cloned().or(base)
    };
    for container in pod.spec.init_containers.iter_mut().chain(&mut pod.spec.containers) {
        container.security_context = step(&container.name).and_then(|context| serde_json::from_value(context).ok());
    }
}

fn service_account(run: &PipelineRun, task: &str) -> Option<String> {
    task_spec(run, task)
        .and_then(|spec| spec.get("serviceAccountName")?.as_str())
        .or_else(|| run.service_account())
        .map(str::to_owned)
}

fn task_spec<'r>(run: &'r PipelineRun, task: &str) -> Option<&'r Value> {
    run.spec_at("/taskRunSpecs")?
        .as_array()?
        .iter()
        .find(|spec| spec.get("pipelineTaskName").and_then(Value::as_str) == Some(task))
}

/// A task's pod template over the run's, field by field.
fn merged_template(run: &PipelineRun, task: &str) -> serde_json::Map<String, Value> {
    let mut merged =
        run.spec_at("/taskRunTemplate/podTemplate").and_then(Value::as_object).cloned().unwrap_or_default();
    let own = task_spec(run, task).and_then(|spec| spec.get("podTemplate")?.as_object());
    for (key, value) in own.into_iter().flatten().filter(|(_, value)| !value.is_null()) {
        merged.insert(key.clone(), value.clone());
    }
    merged
}
