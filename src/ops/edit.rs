//! What a resubmission keeps of a run, and how it is changed.
//!
//! A run's spec cannot be edited once it exists, so a repair is a new run. Which
//! metadata stays follows from what Tekton, Chains, Results, Pipelines as Code,
//! Triggers and Argo CD do with it.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

use crate::model::run::PipelineRun;
use crate::model::secrecy::is_secret;

use super::resubmission;

/// A field of which a table holds the name. (Serde would borrow a plain `&str` from the text
/// that is read.)
type FieldName = &'static str;

/// One change of the new run's spec.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "edit")]
pub enum Edit {
    /// Every pod of the run on one node.
    PinNode {
        /// The node.
        node: String,
        /// Its label `kubernetes.io/hostname`.
        hostname: String,
    },
    /// Every pod of the run on nodes with this label value.
    NodeSelector {
        /// Label.
        key: String,
        /// Its value.
        value: String,
    },
    /// Set the pod template's fsGroup.
    FsGroup {
        /// The group.
        group: i64,
        /// Whether it is the one at the start of the namespace's block.
        of_namespace: bool,
    },
    /// Set the pod template's runAsUser.
    RunAsUser {
        /// The user.
        user: i64,
    },
    /// Give a parameter of the run another value.
    Param {
        /// Its name.
        name: String,
        /// A text, a list or an object.
        value: Value,
    },
    /// Give the pipeline another time to end.
    Timeout {
        /// As Go writes durations, `2h30m` for example.
        timeout: String,
    },
    /// Lay fields over the run's pod template (RFC 7386).
    MergeTemplate {
        /// The fields; null takes one away.
        fields: Value,
    },
    /// Drop a field of the pod template's securityContext.
    DropSecurityField {
        /// The field.
        #[serde(deserialize_with = "security_field")]
        field: FieldName,
    },
    /// Drop the pod template's whole securityContext.
    DropSecurityContext,
    /// Move the securityContext from the run to each of its tasks.
    SecurityContextToTasks,
    /// Tolerate a taint, in the run's pod template.
    Toleration {
        /// The toleration.
        toleration: Value,
    },
    /// Drop the node selection of the run's pod template.
    DropNodeSelection,
    /// Drop node selection and tolerations of single tasks.
    DropTaskPlacement,
    /// Give the node selection and tolerations of one task to the whole run.
    PlacementOf {
        /// The task.
        task: String,
    },
    /// Run as another ServiceAccount.
    ServiceAccount {
        /// Its name.
        name: String,
    },
    /// Run one task as another ServiceAccount.
    TaskServiceAccount {
        /// The task.
        task: String,
        /// Name of the account.
        name: String,
    },
    /// Bind a workspace to something else.
    Workspace {
        /// The workspace.
        name: String,
        /// The binding without its name.
        binding: Value,
    },
    /// Drop a field of the run's pod template and of those of its tasks.
    DropPodField {
        /// The field.
        #[serde(deserialize_with = "pod_field")]
        field: FieldName,
    },
    /// Let a step, or a task as a whole, ask for another amount of a resource.
    Request {
        /// Task of the pipeline.
        task: String,
        /// Step; absent for the task as a whole.
        step: Option<String>,
        /// Resource, `cpu` for example.
        resource: String,
        /// Amount, as a quantity.
        quantity: String,
    },
    /// Run only these tasks, by a pipeline that the run brings along.
    OnlyTasks {
        /// The tasks.
        tasks: Vec<String>,
        /// The pipeline.
        pipeline: Value,
    },
    /// Lay fields over the whole run (RFC 7386), as a person has written them.
    Patch {
        /// The fields; null takes one away.
        fields: Value,
    },
    /// Put a pod template that was written beside `taskRunTemplate` into it.
    PodTemplate {
        /// Its fields.
        fields: Value,
    },
}

/// Fields of the pod template that can be dropped, with the word for each on the command
/// line of `rerun --drop`.
pub const POD_FIELDS: [(&str, &str); 5] = [
    ("affinity", "affinity"),
    ("topologySpreadConstraints", "topology-spread"),
    ("priorityClassName", "priority-class"),
    ("runtimeClassName", "runtime-class"),
    ("schedulerName", "scheduler-name"),
];

/// The same for fields of its securityContext.
pub const SECURITY_FIELDS: [(&str, &str); 7] = [
    ("runAsUser", "run-as-user"),
    ("fsGroup", "fs-group"),
    ("supplementalGroups", "supplemental-groups"),
    ("seLinuxOptions", "selinux-options"),
    ("seccompProfile", "seccomp-profile"),
    ("runAsNonRoot", "run-as-non-root"),
    ("sysctls", "sysctls"),
];

fn security_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    known_field(&SECURITY_FIELDS, deserializer)
}

fn pod_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<&'static str, D::Error> {
    known_field(&POD_FIELDS, deserializer)
}

fn known_field<'de, D: Deserializer<'de>>(
    fields: &[(&'static str, &str)],
    deserializer: D,
) -> Result<&'static str, D::Error> {
    let name = String::deserialize(deserializer)?;
    let found = fields.iter().map(|(field, _)| *field).find(|field| *field == name);
    found.ok_or_else(|| serde::de::Error::custom(format!("{name:?} is not a field that is dropped")))
}

impl Edit {
    /// Whether it may hold a secret, so that it must not be kept on a disk.
    pub fn may_hold_secrets(&self) -> bool {
        match self {
            Self::Param { name, .. } => is_secret(name),
            Self::MergeTemplate { fields } | Self::PodTemplate { fields } => fields.get("env").is_some(),
            // What a person has typed may be anything, and parameters are filled in.
            Self::Patch { .. } | Self::OnlyTasks { .. } => true,
            _ => false,
        }
    }
}

/// A binding to a claim that is made anew for each run.
pub fn claim_template(size: &str, class: Option<&str>, mode: &str) -> Value {
    json!({ "volumeClaimTemplate": { "spec": fresh_claim(size, class, mode) } })
}

/// The spec of a new claim; without a class that of the cluster's default.
pub fn fresh_claim(size: &str, class: Option<&str>, mode: &str) -> Value {
    let mut spec = json!({ "accessModes": [mode], "resources": { "requests": { "storage": size } } });
    if let Some(class) = class {
        spec["storageClassName"] = Value::from(class);
    }
    spec
}

/// Node label that a pin names.
pub const HOSTNAME: &str = "kubernetes.io/hostname";

/// The run with edits, under its own name.
///
/// # Errors
/// A sentence when an edit does not fit the run.
pub fn edited(run: &PipelineRun, edits: &[Edit]) -> Result<Value, String> {
    edited_as(run, &run.metadata.name, edits)
}

/// The run to submit under a name, with edits.
///
/// # Errors
/// A sentence when an edit does not fit the run.
pub fn edited_as(run: &PipelineRun, name: &str, edits: &[Edit]) -> Result<Value, String> {
    let mut new = resubmission::manifest(run, name);
    let tasks: Vec<String> = run.task_names().map(str::to_owned).collect();
    for edit in edits {
        apply(&mut new, edit, &tasks)?;
    }
    Ok(new)
}

/// The run without the node that it or a task of it is pinned to: a pin takes the place
/// of another one.
pub fn unpinned(run: &Value) -> Value {
    let mut run = run.clone();
    let own = run.pointer_mut("/spec/taskRunTemplate/podTemplate/nodeSelector").and_then(Value::as_object_mut);
    if let Some(selector) = own {
        selector.remove(HOSTNAME);
    }
    for template in task_templates(&mut run) {
        if let Some(selector) = template.get_mut("nodeSelector").and_then(Value::as_object_mut) {
            selector.remove(HOSTNAME);
        }
    }
    run
}

/// The pod template of the run in a new run, made where it is not there.
fn template(run: &mut Value) -> &mut Map<String, Value> {
    object(object(object(root(run), "spec"), "taskRunTemplate"), "podTemplate")
}

fn root(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("it was made an object above"),
    }
}

fn object<'v>(parent: &'v mut Map<String, Value>, key: &str) -> &'v mut Map<String, Value> {
    root(parent.entry(key).or_insert_with(|| json!({})))
}

fn task_templates(run: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let specs = run.pointer_mut("/spec/taskRunSpecs").and_then(Value::as_array_mut);
    specs.into_iter().flatten().filter_map(|spec| spec.get_mut("podTemplate")?.as_object_mut())
}

/// Changes the new run. `tasks` are the names of the pipeline's tasks, finally
/// included.
///
/// # Errors
/// A sentence when the edit does not fit the run.
pub fn apply(run: &mut Value, edit: &Edit, tasks: &[String]) -> Result<(), String> {
    match edit {
        Edit::PinNode { hostname, .. } => select(run, HOSTNAME, hostname),
        Edit::NodeSelector { key, value } => select(run, key, value),
        Edit::FsGroup { group, .. } => {
            object(template(run), "securityContext").insert("fsGroup".to_owned(), Value::from(*group));
        }
        Edit::RunAsUser { user } => {
            object(template(run), "securityContext").insert("runAsUser".to_owned(), Value::from(*user));
        }
        Edit::Param { name, value } => {
            entry_of(object(root(run), "spec"), "params", "name", name).insert("value".to_owned(), value.clone());
        }
        Edit::Timeout { timeout } => {
            let spec = object(root(run), "spec");
            // The field of v1beta1; both are refused.
            spec.remove("timeout");
            object(spec, "timeouts").insert("pipeline".to_owned(), Value::from(timeout.clone()));
        }
        Edit::MergeTemplate { fields } => {
            template(run);
            if let Some(template) = run.pointer_mut("/spec/taskRunTemplate/podTemplate") {
                json_patch::merge(template, fields);
            }
        }
        Edit::DropSecurityField { field } => {
            object(template(run), "securityContext").remove(*field);
        }
        Edit::DropSecurityContext => {
            template(run).remove("securityContext");
        }
        Edit::SecurityContextToTasks => to_tasks(run, tasks)?,
        Edit::Toleration { toleration } => {
            let list = template(run).entry("tolerations").or_insert_with(|| json!([]));
            if let Some(list) = list.as_array_mut()
                && !list.contains(toleration)
            {
                list.push(toleration.clone());
            }
        }
        Edit::DropNodeSelection => {
            template(run).remove("nodeSelector");
            if let Some(affinity) = template(run).get_mut("affinity").and_then(Value::as_object_mut) {
                affinity.remove("nodeAffinity");
            }
        }
        Edit::DropTaskPlacement => {
            for template in task_templates(run) {
                for field in ["nodeSelector", "tolerations", "affinity"] {
                    template.remove(field);
                }
            }
        }
        Edit::PlacementOf { task } => placement_of(run, task)?,
        Edit::TaskServiceAccount { task, name } => {
            check_task(tasks, task)?;
            entry_of(object(root(run), "spec"), "taskRunSpecs", "pipelineTaskName", task)
                .insert("serviceAccountName".to_owned(), Value::from(name.clone()));
        }
        Edit::ServiceAccount { name } => {
            object(object(root(run), "spec"), "taskRunTemplate")
                .insert("serviceAccountName".to_owned(), Value::from(name.clone()));
        }
        Edit::Workspace { name: workspace, binding: source } => {
            let bindings = run.pointer_mut("/spec/workspaces").and_then(Value::as_array_mut);
            let binding = bindings
                .into_iter()
                .flatten()
                .find(|binding| binding.get("name").and_then(Value::as_str) == Some(workspace))
                .ok_or_else(|| format!("the run has no workspace {workspace:?}"))?;
            *binding = source.clone();
            root(binding).insert("name".to_owned(), Value::from(workspace.clone()));
        }
        Edit::DropPodField { field } => {
            template(run).remove(*field);
            for template in task_templates(run) {
                template.remove(*field);
            }
        }
        Edit::Request { task, step, resource, quantity } => {
            check_task(tasks, task)?;
            request(run, task, step.as_deref(), resource, quantity);
        }
        Edit::Patch { fields } => json_patch::merge(run, fields),
        Edit::OnlyTasks { tasks, pipeline } => {
            let spec = object(root(run), "spec");
            spec.remove("pipelineRef");
            spec.insert("pipelineSpec".to_owned(), pipeline.clone());
            // Tekton refuses settings for tasks that its pipeline has not.
            if let Some(specs) = spec.get_mut("taskRunSpecs").and_then(Value::as_array_mut) {
                specs.retain(|entry| {
                    let task = entry["pipelineTaskName"].as_str().unwrap_or_default();
                    tasks.iter().any(|known| known == task)
                });
            }
        }
        Edit::PodTemplate { fields } => {
            for (key, value) in fields.as_object().into_iter().flatten() {
                template(run).insert(key.clone(), value.clone());
            }
        }
    }
    prune_empty(run);
    Ok(())
}

/// Every pod of the run on nodes with this label value.
fn select(run: &mut Value, key: &str, value: &str) {
    object(template(run), "nodeSelector").insert(key.to_owned(), Value::from(value));
    // A task's own selector replaces the run's as a whole.
    for template in task_templates(run).filter(|template| template.contains_key("nodeSelector")) {
        object(template, "nodeSelector").insert(key.to_owned(), Value::from(value));
    }
}

fn check_task(tasks: &[String], task: &String) -> Result<(), String> {
    if tasks.is_empty() || tasks.contains(task) {
        return Ok(());
    }
    Err(format!("the run has no task {task:?}; it has {}", tasks.join(", ")))
}

/// Another request of a step or task, by way of `taskRunSpecs`. The limit goes with it
/// where the resource is an extended one: there both must be equal.
fn request(run: &mut Value, task: &str, step: Option<&str>, resource: &str, quantity: &str) {
    let spec = entry_of(object(root(run), "spec"), "taskRunSpecs", "pipelineTaskName", task);
    let owner = match step {
        Some(step) => entry_of(spec, "stepSpecs", "name", step),
        None => spec,
    };
    let resources = object(owner, "computeResources");
    object(resources, "requests").insert(resource.to_owned(), Value::from(quantity));
    if resource.contains('/') {
        object(resources, "limits").insert(resource.to_owned(), Value::from(quantity));
    }
}

/// The entry of a list that `key` names, made where it is not there.
fn entry_of<'v>(parent: &'v mut Map<String, Value>, list: &str, key: &str, name: &str) -> &'v mut Map<String, Value> {
    let entries = parent.entry(list).or_insert_with(|| json!([]));
    if !entries.is_array() {
        *entries = json!([]);
    }
    let Value::Array(entries) = entries else { unreachable!("it was made a list above") };
    let known = entries.iter().position(|entry| entry.get(key).and_then(Value::as_str) == Some(name));
    let index = known.unwrap_or_else(|| {
        entries.push(json!({ key: name }));
        entries.len() - 1
    });
    root(&mut entries[index])
}

fn to_tasks(run: &mut Value, tasks: &[String]) -> Result<(), String> {
    let Some(context) = template(run).remove("securityContext") else {
        return Err("the run's pod template has no securityContext to move".to_owned());
    };
    if tasks.is_empty() {
        return Err("the tasks of the pipeline are not known: it was not resolved".to_owned());
    }
    for task in tasks {
        let spec = entry_of(object(root(run), "spec"), "taskRunSpecs", "pipelineTaskName", task);
        // A task's own context wins as a whole already.
        object(spec, "podTemplate").entry("securityContext").or_insert_with(|| context.clone());
    }
    Ok(())
}

fn placement_of(run: &mut Value, task: &str) -> Result<(), String> {
    let specs = run.pointer("/spec/taskRunSpecs").and_then(Value::as_array);
    let source = specs
        .into_iter()
        .flatten()
        .find(|spec| spec.get("pipelineTaskName").and_then(Value::as_str) == Some(task))
        .and_then(|spec| spec.get("podTemplate").cloned())
        .ok_or_else(|| format!("the run has no pod template for task {task:?}"))?;
    for field in ["nodeSelector", "tolerations", "affinity"] {
        if let Some(value) = source.get(field) {
            template(run).insert(field.to_owned(), value.clone());
        }
    }
    Ok(())
}

/// Objects that an edit left empty are not worth a line in the diff.
fn prune_empty(run: &mut Value) {
    let is_empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
    for field in ["securityContext", "nodeSelector", "affinity"] {
        if template(run).get(field).is_some_and(is_empty) {
            template(run).remove(field);
        }
    }
    let spec = object(root(run), "spec");
    if let Some(outer) = spec.get_mut("taskRunTemplate").and_then(Value::as_object_mut)
        && outer.get("podTemplate").is_some_and(is_empty)
    {
        outer.remove("podTemplate");
    }
    if spec.get("taskRunTemplate").is_some_and(is_empty) {
        spec.remove("taskRunTemplate");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(metadata: Value, spec: Value) -> PipelineRun {
        serde_json::from_value(json!({ "metadata": metadata, "spec": spec })).unwrap()
    }

    fn edited(spec: Value, edits: &[Edit]) -> Value {
        let mut new = resubmission::manifest(&run(json!({ "name": "r", "namespace": "n" }), spec), "x");
        for edit in edits {
            apply(&mut new, edit, &["a".to_owned(), "b".to_owned()]).unwrap();
        }
        new["spec"].clone()
    }

    #[test]
    fn a_pin_reaches_tasks_whose_own_selector_would_replace_it() {
        let spec = json!({ "taskRunSpecs": [{ "pipelineTaskName": "a", "podTemplate": { "nodeSelector": { "x": "y" } } },
                                            { "pipelineTaskName": "b", "podTemplate": { "tolerations": [] } }] });
        let new = edited(spec, &[Edit::PinNode { node: "n1".to_owned(), hostname: "n1".to_owned() }]);
        assert_eq!(new["taskRunTemplate"]["podTemplate"]["nodeSelector"], json!({ "kubernetes.io/hostname": "n1" }));
        assert_eq!(
            new["taskRunSpecs"][0]["podTemplate"]["nodeSelector"],
            json!({ "x": "y", "kubernetes.io/hostname": "n1" })
        );
        assert_eq!(new["taskRunSpecs"][1]["podTemplate"], json!({ "tolerations": [] }));
    }

    #[test]
    fn requests_reach_a_step_or_a_task_and_fields_go_everywhere() {
        let spec = json!({ "taskRunTemplate": { "podTemplate": { "schedulerName": "none", "priorityClassName": "p" } },
            "taskRunSpecs": [{ "pipelineTaskName": "a", "podTemplate": { "schedulerName": "none" } }] });
        let ask = |step: Option<&str>, resource: &str, quantity: &str| Edit::Request {
            task: "a".to_owned(),
            step: step.map(str::to_owned),
            resource: resource.to_owned(),
            quantity: quantity.to_owned(),
        };
        let new = edited(
            spec,
            &[
                Edit::DropPodField { field: "schedulerName" },
                ask(Some("main"), "nvidia.com/gpu", "1"),
                ask(Some("main"), "cpu", "2"),
                ask(None, "memory", "1Gi"),
            ],
        );
        assert_eq!(new["taskRunTemplate"], json!({ "podTemplate": { "priorityClassName": "p" } }));
        assert_eq!(
            new["taskRunSpecs"],
            json!([{ "pipelineTaskName": "a", "podTemplate": {},
                "stepSpecs": [{ "name": "main", "computeResources": { "requests": { "nvidia.com/gpu": "1", "cpu": "2" }, "limits": { "nvidia.com/gpu": "1" } } }],
                "computeResources": { "requests": { "memory": "1Gi" } } }])
        );
    }

    #[test]
    fn security_edits_leave_nothing_empty_behind() {
        let spec = json!({ "taskRunTemplate": { "podTemplate": { "securityContext": { "fsGroup": 1001, "runAsUser": 1001 } } } });
        assert_eq!(
            edited(
                spec.clone(),
                &[Edit::FsGroup { group: 7, of_namespace: false }, Edit::DropSecurityField { field: "runAsUser" }]
            ),
            json!({ "taskRunTemplate": { "podTemplate": { "securityContext": { "fsGroup": 7 } } } })
        );
        assert_eq!(edited(spec.clone(), &[Edit::DropSecurityContext]), json!({}));
        let moved = edited(spec, &[Edit::SecurityContextToTasks]);
        assert_eq!(moved.get("taskRunTemplate"), None);
        assert_eq!(moved["taskRunSpecs"][1]["podTemplate"]["securityContext"]["fsGroup"], json!(1001));
    }

    fn bind(name: &str) -> Edit {
        Edit::Workspace { name: name.to_owned(), binding: json!({ "emptyDir": {} }) }
    }

    #[test]
    fn a_workspace_that_does_not_exist_is_named() {
        let mut new = resubmission::manifest(
            &run(
                json!({ "name": "r" }),
                json!({ "workspaces": [{ "name": "w", "persistentVolumeClaim": { "claimName": "c" } }] }),
            ),
            "x",
        );
        assert_eq!(apply(&mut new, &bind("v"), &[]).unwrap_err(), "the run has no workspace \"v\"");
        apply(&mut new, &bind("w"), &[]).unwrap();
        assert_eq!(new["spec"]["workspaces"], json!([{ "name": "w", "emptyDir": {} }]));
    }
}
