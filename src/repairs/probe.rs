//! The smallest TaskRun that asks for what a task of a run asks for: ServiceAccount,
//! pod template, one claim, image. It has no assistant, so it tells whether the
//! environment or what Tekton adds is at fault.

use serde_json::{Value, json};

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::pod_template::{self, Template};
use crate::checks::focus::Focus;
use crate::model::run::PipelineRun;

/// Label that marks probes, with the run's name.
pub const LABEL: &str = "tekton-fix.dev/probe-of";
/// Where the probe mounts the claim.
const WORKSPACE: &str = "probe";
/// No probe outlives this, even if nobody deletes it.
const TIMEOUT: &str = "5m";

/// A probe, and what of the task it leaves out.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The TaskRun.
    pub task_run: Value,
    /// Task that it stands for.
    pub task: String,
    /// What it cannot ask for, a sentence each.
    pub left_out: Vec<String>,
}

/// Makes a probe for a task: the one named, else the first that waits or failed.
///
/// # Errors
/// When the run has no such task.
pub fn probe(focus: &Focus<'_>, task: Option<&str>, name: &str) -> Result<Probe, String> {
    let run = focus.run();
    let task = chosen(focus, task)?;
    let mut left_out = Vec::new();
    let mut spec = json!({ "timeout": TIMEOUT, "taskSpec": { "steps": [step(focus, &task)] } });
    if let Some(account) =
        own(run, &task, "serviceAccountName").or_else(|| run.spec_at("/taskRunTemplate/serviceAccountName").cloned())
    {
        spec["serviceAccountName"] = account;
    }
    // The defaults of the installation are merged into any TaskRun, the probe too.
    let template = pod_template::of_task(run, &task, focus.tekton(), &Template::new());
    if !template.is_empty() {
        spec["podTemplate"] = Value::Object(template);
    }
    if let Some(resources) = own(run, &task, "computeResources") {
        spec["computeResources"] = resources;
    }
    let definition = run.task(&task).cloned().unwrap_or_default();
    // More than one claim in a TaskRun is refused while assistants are on.
    let mut claims = assistant::task_claim_workspaces(run, &definition).into_iter();
    for bound in claims.by_ref() {
        let Some(claim) = bound.claim else {
            left_out
                .push(format!("workspace {} has a claim of the run's own, made from its template", bound.workspace));
            continue;
        };
        spec["taskSpec"]["workspaces"] = json!([{ "name": WORKSPACE }]);
        spec["workspaces"] = json!([{ "name": WORKSPACE, "persistentVolumeClaim": { "claimName": claim } }]);
        break;
    }
    left_out.extend(claims.map(|bound| format!("workspace {}: a probe binds one claim", bound.workspace)));
    let metadata = &run.metadata;
    let mut task_run = json!({ "apiVersion": "tekton.dev/v1", "kind": "TaskRun",
        "metadata": { "name": name, "namespace": metadata.namespace, "labels": { LABEL: metadata.name } }, "spec": spec });
    if !metadata.uid.is_empty() {
        // Should nobody delete the probe, it goes with the run.
        task_run["metadata"]["ownerReferences"] = json!([{ "apiVersion": "tekton.dev/v1", "kind": "PipelineRun",
            "name": metadata.name, "uid": metadata.uid }]);
    }
    Ok(Probe { task_run, task, left_out })
}

fn chosen(focus: &Focus<'_>, task: Option<&str>) -> Result<String, String> {
    let names: Vec<&str> = focus.run().task_names().collect();
    match task {
        Some(task) if names.contains(&task) => Ok(task.to_owned()),
        Some(task) => Err(format!("the run has no task {task:?}; it has {}", names.join(", "))),
        None => {
            let waits = focus.unplaced().map(|(node, _)| node.task).next();
            let is_unsuccessful = |node: &&crate::analysis::tekton::run_tree::TaskNode<'_>| {
                node.task_run.succeeded().is_none_or(|c| c.status != "True")
            };
            let unsuccessful = focus.tree.tasks.iter().find(is_unsuccessful).map(|node| node.task);
            waits
                .or(unsuccessful)
                .or(names.first().copied())
                .map(str::to_owned)
                .ok_or_else(|| "the tasks of the run's pipeline are not known: it was not resolved".to_owned())
        }
    }
}

/// One step with the image of the task's first step, that only looks around.
fn step(focus: &Focus<'_>, task: &str) -> Value {
    let node = focus.tree.tasks.iter().find(|node| node.task == task);
    let first = node.and_then(|node| node.task_run.status.task_spec.as_ref()?.pointer("/steps/0").cloned());
    let of_pipeline = || focus.run().task(task)?.pointer("/taskSpec/steps/0").cloned();
    let first = first.or_else(of_pipeline).unwrap_or_default();
    let image = first.get("image").and_then(Value::as_str).filter(|image| !image.contains("$("));
    let mut step = json!({ "name": "probe", "image": image.unwrap_or("registry.access.redhat.com/ubi9/ubi-minimal"),
        "script": "#!/bin/sh\nid\nls -ldn \"${PWD}\" /workspace/* 2>/dev/null\nexit 0\n" });
    for field in ["securityContext", "computeResources"] {
        if let Some(value) = first.get(field) {
            step[field] = value.clone();
        }
    }
    step
}

fn own(run: &PipelineRun, task: &str, field: &str) -> Option<Value> {
    pod_template::task_run_spec(run, task)?.get(field).filter(|value| !value.is_null()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cluster;

    #[test]
    fn a_probe_asks_for_what_the_task_asks_for() {
        let run: PipelineRun = serde_json::from_value(json!({ "metadata": { "name": "r", "namespace": "n", "uid": "u" },
            "spec": { "taskRunTemplate": { "serviceAccountName": "sa", "podTemplate": { "nodeSelector": { "a": "b" }, "priorityClassName": "p", "env": [{ "name": "A", "value": "1" }] } },
                "taskRunSpecs": [{ "pipelineTaskName": "build", "podTemplate": { "nodeSelector": { "c": "d" }, "env": [{ "name": "B", "value": "2" }] } }],
                "workspaces": [{ "name": "w", "persistentVolumeClaim": { "claimName": "data" } }, { "name": "x", "persistentVolumeClaim": { "claimName": "more" } }],
                "pipelineSpec": { "tasks": [{ "name": "build", "workspaces": [{ "name": "w" }, { "name": "x" }],
                    "taskSpec": { "steps": [{ "image": "example.com/go", "script": "make" }] } }] } } }))
        .unwrap();
        let cluster = Cluster::default();
        let focus = Focus::new(&cluster, &run, jiff::Timestamp::UNIX_EPOCH);
        let made = probe(&focus, None, "probe-1").unwrap();
        assert_eq!(made.task, "build");
        assert_eq!(made.task_run["spec"]["serviceAccountName"], "sa");
        assert_eq!(
            made.task_run["spec"]["podTemplate"],
            json!({ "nodeSelector": { "c": "d" }, "priorityClassName": "p",
                "env": [{ "name": "B", "value": "2" }, { "name": "A", "value": "1" }] })
        );
        assert_eq!(made.task_run["spec"]["workspaces"][0]["persistentVolumeClaim"]["claimName"], "data");
        assert_eq!(made.task_run["spec"]["taskSpec"]["steps"][0]["image"], "example.com/go");
        assert_eq!(made.task_run["metadata"]["ownerReferences"][0]["uid"], "u");
        assert_eq!(made.left_out, ["workspace x: a probe binds one claim"]);
        assert!(probe(&focus, Some("nope"), "x").unwrap_err().contains("it has build"));
    }
}
