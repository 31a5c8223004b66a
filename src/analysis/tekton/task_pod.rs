//! The pod that Tekton makes for a task of a run.
//!
//! Mirrors tektoncd/pipeline `pkg/pod/pod.go` (`Builder.Build`), `pkg/pod/script.go`,
//! `pkg/pod/workingdir_init.go`, `pkg/workspace/apply.go` and
//! `pkg/internal/affinityassistant/transformer.go` (v0.68.1 to v1.15.0), as far as
//! placement and admission read a pod.

use serde_json::Value;

use super::assistant::{self, Coschedule};
use super::defaults::Defaults;
use super::pod_template::{self, Template};
use super::step_resources;
use super::version::TektonVersion;
use super::workspaces;
use crate::model::namespace::LimitRange;
use crate::model::pod::{Affinity, Container, Pod, PodAffinityTerm, PodPlan, Resources};
use crate::model::run::{ASSISTANT_ANNOTATION, PipelineRun};
use crate::model::selector::LabelSelector;
use crate::model::volume::{Volume, VolumeSource};

/// The run and the Tekton that it meets.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The run.
    pub run: &'a PipelineRun,
    /// How its pods are kept together.
    pub mode: Coschedule,
    /// The installed version, where it is known.
    pub version: Option<TektonVersion>,
    /// What the installation is set to.
    pub defaults: &'a Defaults,
    /// LimitRanges of the run's namespace.
    pub limit_ranges: &'a [&'a LimitRange],
}

/// Puts together the pod of a task of the pipeline whose steps are those of `spec`.
pub fn task_pod(setting: Setting<'_>, task: &Value, spec: &Value) -> Pod {
    let name = task.get("name").and_then(Value::as_str).unwrap_or_default();
    let of_run = pod_template::task_run_spec(setting.run, name);
    let template = template(setting, task, spec, name);
    let mut pod = Pod::default();
    metadata(&mut pod, setting, name, of_run);
    let mut steps = steps(spec, of_run);
    let whole = of_run.and_then(|spec| spec.get("computeResources"));
    let whole: Option<Resources> = whole.and_then(|whole| serde_json::from_value(whole.clone()).ok());
    step_resources::task_level(&mut steps, whole.as_ref());
    let sidecars = sidecars(setting.defaults, spec, of_run);
    pod.spec = of_template(&template).into();
    pod.spec.init_containers = added(setting.defaults, spec, &steps);
    pod.spec.containers = steps;
    if setting.defaults.native_sidecars {
        let always = Some("Always".to_owned());
        pod.spec
            .init_containers
            .extend(sidecars.into_iter().map(|c| Container { restart_policy: always.clone(), ..c }));
    } else {
        pod.spec.containers.extend(sidecars);
    }
    pod.spec.restart_policy = Some("Never".to_owned());
    pod.spec.active_deadline_seconds = Some(DEADLINE);
    pod.spec.service_account_name = service_account(setting, of_run);
    pod.spec.volumes = volumes(setting, task, spec, &template);
    if setting.version.is_none_or(TektonVersion::reads_container_resources) {
        step_resources::container_defaults(&mut pod, &setting.defaults.container_resources);
    }
    step_resources::limit_ranges(&mut pod, setting.limit_ranges);
    if let Some(assistant) = assistant::name_for_task(setting.run, task, setting.mode) {
        beside(&mut pod.spec.affinity, &assistant);
        pod.metadata.annotations.insert(ASSISTANT_ANNOTATION.to_owned(), assistant);
    }
    pod
}

/// Every pod of a task has a deadline, one and a half times its timeout, which is an hour
/// where nothing else is said (tektoncd/pipeline `pkg/pod/pod.go` `Build`, v0.68.1 to
/// v1.15.0). Quotas ask only whether there is one.
const DEADLINE: i64 = 5400;

/// The task's pod template with the values of its parameters.
fn template(setting: Setting<'_>, task: &Value, spec: &Value, name: &str) -> Template {
    let merged = pod_template::of_task(setting.run, name, setting.version, &setting.defaults.pod_template);
    let text = |value: &Value, field: &str| {
        Some((value.get("name")?.as_str()?.to_owned(), value.get(field)?.as_str()?.to_owned()))
    };
    let list = |value: &Value| value.get("params").and_then(Value::as_array).cloned().unwrap_or_default();
    let given = list(task).iter().filter_map(|param| text(param, "value")).collect::<Vec<_>>();
    let defaults = list(spec).iter().filter_map(|param| text(param, "default")).collect::<Vec<_>>();
    let mut value = Value::Object(merged);
    pod_template::substitute(&mut value, &given);
    pod_template::substitute(&mut value, &defaults);
    pod_template::of(Some(&value))
}

/// Labels that the pod gets by way of the TaskRun (`getTaskrunLabels`, `makeLabels`).
fn metadata(pod: &mut Pod, setting: Setting<'_>, task: &str, of_run: Option<&Value>) {
    let run = &setting.run.metadata;
    pod.metadata.name = format!("{}-{task}-pod", run.name);
    pod.metadata.namespace.clone_from(&run.namespace);
    let labels = &mut pod.metadata.labels;
    labels.extend(run.labels.iter().map(|(key, value)| (key.clone(), value.clone())));
    let own = of_run.and_then(|spec| spec.pointer("/metadata/labels")).and_then(Value::as_object);
    for (key, value) in own.into_iter().flatten() {
        labels.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    labels.insert("tekton.dev/pipelineRun".to_owned(), run.name.clone());
    labels.insert("tekton.dev/pipelineTask".to_owned(), task.to_owned());
    labels.insert("app.kubernetes.io/managed-by".to_owned(), "tekton-pipelines".to_owned());
}

/// The placement part of a pod template as a pod's spec.
fn of_template(template: &Template) -> PodPlan {
    const FIELDS: [&str; 11] = [
        "nodeSelector",
        "tolerations",
        "affinity",
        "securityContext",
        "runtimeClassName",
        "schedulerName",
        "hostNetwork",
        "hostUsers",
        "priorityClassName",
        "imagePullSecrets",
        "topologySpreadConstraints",
    ];
    let mut spec = PodPlan::default();
    // A field that cannot be read must not take the others with it.
    for field in FIELDS {
        let Some(value) = template.get(field) else { continue };
        let one = serde_json::json!({ field: value });
        let Ok(read) = serde_json::from_value::<PodPlan>(one) else { continue };
        match field {
            "nodeSelector" => spec.node_selector = read.node_selector,
            "tolerations" => spec.tolerations = read.tolerations,
            "affinity" => spec.affinity = read.affinity,
            "securityContext" => spec.security_context = read.security_context,
            "runtimeClassName" => spec.runtime_class_name = read.runtime_class_name,
            "schedulerName" => spec.scheduler_name = read.scheduler_name,
            "hostNetwork" => spec.host_network = read.host_network,
            "hostUsers" => spec.host_users = read.host_users,
            "priorityClassName" => spec.priority_class_name = read.priority_class_name,
            "imagePullSecrets" => spec.image_pull_secrets = read.image_pull_secrets,
            _ => spec.topology_spread_constraints = read.topology_spread_constraints,
        }
    }
    spec
}

fn list<'v>(value: &'v Value, field: &str) -> &'v [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn named<'v>(items: &'v [Value], name: &str) -> Option<&'v Value> {
    items.iter().find(|item| item.get("name").and_then(Value::as_str) == Some(name))
}

/// A step or sidecar as a container; `resources` is how v1beta1 spelled it.
fn container(value: &Value, overrides: &[Value]) -> Container {
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
    let own = value.get("computeResources").or_else(|| value.get("resources")).cloned().unwrap_or_default();
    let over = named(overrides, name).and_then(|item| item.get("computeResources")).cloned().unwrap_or_default();
    let mut plain = value.clone();
    if let Some(fields) = plain.as_object_mut() {
        fields.remove("computeResources");
        fields.insert("resources".to_owned(), step_resources::merged(&own, &over));
    }
    serde_json::from_value(plain).unwrap_or_else(|_| Container { name: name.to_owned(), ..Container::default() })
}

fn steps(spec: &Value, of_run: Option<&Value>) -> Vec<Container> {
    let overrides = of_run.map_or(&[][..], |spec| list(spec, "stepSpecs"));
    let below = spec.get("stepTemplate").cloned().unwrap_or_default();
    let steps = list(spec, "steps").iter().enumerate().map(|(at, step)| {
        let mut container = container(&step_resources::merged(&below, step), overrides);
        container.name =
            if container.name.is_empty() { format!("step-unnamed-{at}") } else { format!("step-{}", container.name) };
        container
    });
    steps.collect()
}

fn sidecars(defaults: &Defaults, spec: &Value, of_run: Option<&Value>) -> Vec<Container> {
    let overrides = of_run.map_or(&[][..], |spec| list(spec, "sidecarSpecs"));
    let mut sidecars: Vec<Container> = list(spec, "sidecars").iter().map(|value| container(value, overrides)).collect();
    if defaults.results_sidecar && !list(spec, "results").is_empty() {
        sidecars.push(internal(defaults, "tekton-log-results"));
    }
    for sidecar in &mut sidecars {
        sidecar.name = format!("sidecar-{}", sidecar.name);
    }
    sidecars
}

fn internal(defaults: &Defaults, name: &str) -> Container {
    Container { name: name.to_owned(), security_context: defaults.security_context(), ..Container::default() }
}

/// The init containers that Tekton adds, in its order.
fn added(defaults: &Defaults, spec: &Value, steps: &[Container]) -> Vec<Container> {
    let has_script = |value: &Value| value.get("script").and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let mut names = vec!["prepare"];
    if list(spec, "steps").iter().chain(list(spec, "sidecars")).any(has_script) {
        names.push("place-scripts");
    }
    let is_made = |folder: &str| !folder.is_empty() && (!folder.starts_with('/') || folder.starts_with("/workspace/"));
    if steps.iter().any(|step| is_made(&step.working_dir)) {
        names.push("working-dir-initializer");
    }
    names.into_iter().map(|name| internal(defaults, name)).collect()
}

/// The task's account, else the run's, else the installation's.
fn service_account(setting: Setting<'_>, of_run: Option<&Value>) -> String {
    let own = of_run.and_then(|spec| spec.get("serviceAccountName")?.as_str()).filter(|name| !name.is_empty());
    let default = setting.defaults.service_account.as_deref();
    own.or_else(|| setting.run.service_account()).or(default).unwrap_or("default").to_owned()
}

/// Tekton's own volumes, the task's, those of its workspaces and of the template.
fn volumes(setting: Setting<'_>, task: &Value, spec: &Value, template: &Template) -> Vec<Volume> {
    let read = |value: &Value| serde_json::from_value::<Volume>(value.clone()).ok();
    let mut volumes = vec![Volume {
        name: "tekton-internal-workspace".to_owned(),
        source: VolumeSource::Other("emptyDir".to_owned()),
    }];
    volumes.extend(list(spec, "volumes").iter().filter_map(read));
    volumes.extend(workspaces::volumes(setting.run, task, setting.mode));
    let of_template = template.get("volumes").and_then(Value::as_array);
    volumes.extend(of_template.into_iter().flatten().filter_map(read));
    volumes
}

/// Appends the term that ties a pod to its assistant's node.
fn beside(affinity: &mut Affinity, name: &str) {
    let match_labels = [
        (assistant::INSTANCE_LABEL.to_owned(), name.to_owned()),
        (assistant::COMPONENT_LABEL.to_owned(), assistant::COMPONENT.to_owned()),
    ];
    affinity.pod_affinity.get_or_insert_default().required.push(PodAffinityTerm {
        label_selector: Some(LabelSelector { match_labels: match_labels.into(), match_expressions: Vec::new() }),
        topology_key: "kubernetes.io/hostname".to_owned(),
        ..PodAffinityTerm::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run() -> PipelineRun {
        let mut run = PipelineRun {
            spec: json!({
                "taskRunTemplate": { "serviceAccountName": "pipeline",
                    "podTemplate": { "nodeSelector": { "arch": "$(params.arch)" }, "securityContext": { "fsGroup": 7 } } },
                "taskRunSpecs": [{ "pipelineTaskName": "build", "serviceAccountName": "builder",
                    "stepSpecs": [{ "name": "make", "computeResources": { "requests": { "cpu": "3" } } }],
                    "metadata": { "labels": { "team": "a" } } }],
                "workspaces": [{ "name": "src", "persistentVolumeClaim": { "claimName": "data" } }] }),
            ..PipelineRun::default()
        };
        run.metadata.name = "r".to_owned();
        run
    }

    fn built(defaults: &Defaults, mode: Coschedule) -> Pod {
        let task = json!({ "name": "build", "workspaces": [{ "name": "src" }],
            "params": [{ "name": "arch", "value": "arm64" }] });
        let spec = json!({ "results": [{ "name": "digest" }],
            "stepTemplate": { "securityContext": { "runAsUser": 1 }, "computeResources": { "requests": { "memory": "1Gi" } } },
            "steps": [{ "name": "make", "script": "make", "workingDir": "/workspace/src" }, { "image": "x" }],
            "sidecars": [{ "name": "db", "computeResources": { "requests": { "cpu": "1" } } }],
            "volumes": [{ "name": "cache", "emptyDir": {} }] });
        let run = run();
        let setting = Setting { run: &run, mode, version: None, defaults, limit_ranges: &[] };
        task_pod(setting, &task, &spec)
    }

    fn names(containers: &[Container]) -> Vec<&str> {
        containers.iter().map(|container| container.name.as_str()).collect()
    }

    #[test]
    fn containers_and_their_requests_are_tektons() {
        let pod = built(&Defaults::default(), Coschedule::Workspaces);
        assert_eq!(names(&pod.spec.init_containers), ["prepare", "place-scripts", "working-dir-initializer"]);
        assert_eq!(names(&pod.spec.containers), ["step-make", "step-unnamed-1", "sidecar-db"]);
        let make = &pod.spec.containers[0];
        let requests: Vec<String> = make.resources.requests.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(requests, ["cpu=3", "memory=1Gi"]);
        assert_eq!(make.security_context.as_ref().and_then(|context| context.run_as_user), Some(1));
        assert_eq!(pod.spec.init_containers[0].security_context, None);
    }

    #[test]
    fn template_account_labels_and_volumes_arrive() {
        let pod = built(&Defaults::default(), Coschedule::Workspaces);
        assert_eq!(pod.spec.node_selector.get("arch").map(String::as_str), Some("arm64"));
        assert_eq!(pod.spec.security_context.as_ref().and_then(|context| context.fs_group), Some(7));
        assert_eq!(pod.spec.service_account_name, "builder");
        assert_eq!(pod.metadata.label("team"), Some("a"));
        let volumes: Vec<&str> = pod.spec.volumes.iter().map(|volume| volume.name.as_str()).collect();
        assert_eq!(volumes, ["tekton-internal-workspace", "cache", "ws-src"]);
    }

    #[test]
    fn the_assistant_is_named_in_affinity_and_annotation() {
        let pod = built(&Defaults::default(), Coschedule::Workspaces);
        let name = assistant::name("src", "r");
        assert_eq!(pod.metadata.annotation(ASSISTANT_ANNOTATION), Some(name.as_str()));
        let terms = &pod.spec.affinity.pod_affinity.as_ref().unwrap().required;
        let labels = &terms[0].label_selector.as_ref().unwrap().match_labels;
        assert_eq!(labels.get(assistant::INSTANCE_LABEL), Some(&name));
        assert_eq!(built(&Defaults::default(), Coschedule::Disabled).spec.affinity, Affinity::default());
    }

    #[test]
    fn flags_change_what_is_added() {
        let defaults = Defaults {
            set_security_context: true,
            native_sidecars: true,
            results_sidecar: true,
            ..Defaults::default()
        };
        let pod = built(&defaults, Coschedule::Disabled);
        let init = ["prepare", "place-scripts", "working-dir-initializer", "sidecar-db", "sidecar-tekton-log-results"];
        assert_eq!(names(&pod.spec.init_containers), init);
        assert_eq!(pod.spec.init_containers[3].restart_policy.as_deref(), Some("Always"));
        assert!(pod.spec.init_containers[0].security_context.is_some());
    }
}
