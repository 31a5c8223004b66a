//! The pod has a node and its containers do not start: node, volumes, images.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::model::Kind;
use crate::model::event::Event;
use crate::model::pod::Pod;

use super::finding::Finding;
use super::focus::Focus;
use super::refused::between;

/// Waiting reasons that mean that the image does not come.
const IMAGE: [&str; 5] =
    ["ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"];

/// Runs the checks on pods that are bound to a node.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for task in &focus.tree.tasks {
        let done_well = task.task_run.succeeded().is_some_and(|c| c.status == "True");
        if done_well {
            continue;
        }
        let finding = image(focus, task).or_else(|| config_refused(focus, task)).or_else(|| {
            let pod = task.pod.filter(|pod| !pod.spec.node_name.is_empty() && pod.status.phase == "Pending")?;
            if task.task_run.is_done() || !focus.is_past_grace(pod.metadata.creation_timestamp) {
                return None;
            }
            multi_attach(focus, task, pod)
                .or_else(|| source_missing(focus, task, pod))
                .or_else(|| node_not_ready(focus, task, pod))
                .or_else(|| config_error(focus, task, pod))
        });
        findings.extend(finding);
    }
    findings
}

fn warnings<'a>(focus: &Focus<'a>, pod: &str) -> Vec<&'a Event> {
    let mut events = focus.cluster.events_about("Pod", focus.namespace(), pod);
    events.retain(|event| event.kind == "Warning");
    events
}

fn pod_name(task: &TaskNode<'_>) -> String {
    match task.pod {
        Some(pod) => pod.metadata.name.clone(),
        None if !task.task_run.status.pod_name.is_empty() => task.task_run.status.pod_name.clone(),
        None => format!("{}-pod", task.task_run.metadata.name),
    }
}

fn image(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let waiting = task.pod.and_then(|pod| {
        let states = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
        states.filter_map(|c| Some((c, c.state.waiting.as_ref()?))).find(|(_, w)| IMAGE.contains(&w.reason.as_str()))
    });
    let reason = task.task_run.succeeded().map(|c| c.reason.as_str()).unwrap_or_default();
    let reported = matches!(reason, "TaskRunImagePullFailed" | "PullImageFailed");
    if waiting.is_none() && !reported {
        return None;
    }
    let events: Vec<&Event> = warnings(focus, &pod_name(task));
    let pull = events.iter().find(|event| event.message.contains("Failed to pull image"));
    let image = pull
        .and_then(|event| between(&event.message, "Failed to pull image \"", "\""))
        .or_else(|| {
            let (status, _) = waiting?;
            let pod = task.pod?;
            pod.all_containers().find(|c| c.name == status.name).map(|c| c.image.as_str())
        })
        .unwrap_or("an image");
    let mut finding =
        Finding::new("TKF405", "image-pull", format!("the node cannot pull {image}, which task {} needs", task.task))
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run));
    if let Some(event) = pull {
        finding = finding.link(event.message.clone());
    }
    if let (Some(pod), Some((status, waiting))) = (task.pod, waiting) {
        let value = format!("{}: {}", waiting.reason, waiting.message);
        let field = format!("status.containerStatuses[{}].state.waiting", status.name);
        finding = finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, value)]);
    }
    Some(
        finding
            .evidence(events.into_iter().map(|event| focus.quote_event(event)))
            .evidence(focus.quote_warnings("TaskRun", &task.task_run.metadata.name))
            .evidence(focus.quote_warnings("PipelineRun", &focus.run().metadata.name)),
    )
}

fn multi_attach(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let events = warnings(focus, &pod.metadata.name);
    let event = events.iter().find(|event| event.message.contains("Multi-Attach error"))?;
    Some(
        Finding::new(
            "TKF403",
            "volume-multi-attach",
            format!("the volume of task {} is attached to another node than {}", task.task, pod.spec.node_name),
        )
        .link("A ReadWriteOnce volume can be attached to one node only; without an assistant nothing keeps the run's pods on one node.")
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", &pod.spec.node_name), focus.quote_event(event)]),
    )
}

fn source_missing(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let events = warnings(focus, &pod.metadata.name);
    let event = events.iter().find(|event| {
        event.reason == "FailedMount"
            && event.message.contains("not found")
            && (event.message.contains("secret \"") || event.message.contains("configmap \""))
    })?;
    let what = between(&event.message, "secret \"", "\"")
        .map(|name| format!("Secret {name}"))
        .or_else(|| between(&event.message, "configmap \"", "\"").map(|name| format!("ConfigMap {name}")))?;
    Some(
        Finding::new(
            "TKF404",
            "volume-source-missing",
            format!("{what}, which task {} mounts, does not exist in namespace {}", task.task, focus.namespace()),
        )
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote_event(event)]),
    )
}

fn node_not_ready(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let node = focus.cluster.node(&pod.spec.node_name)?;
    let ready = node.ready().filter(|condition| condition.status != "True")?;
    let value = format!("{} {}: {}", ready.status, ready.reason, ready.message);
    Some(
        Finding::new(
            "TKF205",
            "node-not-ready",
            format!(
                "the pod of task {} is bound to {}, which lost contact and starts nothing",
                task.task, node.metadata.name
            ),
        )
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([
            focus.quote(Kind::Pod, &pod.metadata.name, "spec.nodeName", &pod.spec.node_name),
            focus.quote(Kind::Node, &node.metadata.name, "status.conditions[Ready]", value),
        ]),
    )
}

fn config_error(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let states = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let (status, waiting) = states
        .filter_map(|c| Some((c, c.state.waiting.as_ref()?)))
        .find(|(_, w)| matches!(w.reason.as_str(), "CreateContainerConfigError" | "CreateContainerError"))?;
    let value = format!("{}: {}", waiting.reason, waiting.message);
    Some(
        Finding::new(
            "TKF406",
            "container-not-created",
            format!("container {} of task {} cannot be created: {}", status.name, task.task, waiting.message),
        )
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote(
            Kind::Pod,
            &pod.metadata.name,
            format!("status.containerStatuses[{}].state.waiting", status.name),
            value,
        )]),
    )
}

/// The TaskRun failed at once because a container could not be set up
/// (tektoncd/pipeline pkg/pod/status.go `ReasonCreateContainerConfigError`).
fn config_refused(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let condition = task.task_run.succeeded().filter(|condition| {
        condition.status == "False"
            && matches!(condition.reason.as_str(), "CreateContainerConfigError" | "CreateContainerError")
    })?;
    let events = warnings(focus, &pod_name(task));
    let told = task.pod.and_then(|pod| config_waiting(pod)).map(|(name, text)| format!("{name}: {text}"));
    let why = told.unwrap_or_else(|| condition.message.clone());
    Some(
        Finding::new(
            "TKF406",
            "container-not-created",
            format!("a container of task {} cannot be created: {why}", task.task),
        )
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence(events.into_iter().map(|event| focus.quote_event(event)))
        .evidence(focus.quote_warnings("TaskRun", &task.task_run.metadata.name)),
    )
}

/// The container that cannot be set up, and why.
fn config_waiting(pod: &Pod) -> Option<(&str, &str)> {
    let states = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    states
        .filter_map(|status| Some((status.name.as_str(), status.state.waiting.as_ref()?)))
        .find(|(_, waiting)| matches!(waiting.reason.as_str(), "CreateContainerConfigError" | "CreateContainerError"))
        .map(|(name, waiting)| (name, waiting.message.as_str()))
}
