//! An init container failed: no step has run.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::failed_task;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::{Container, Pod, Terminated};

use super::quote_end;

/// Init containers that Tekton makes (tektoncd/pipeline pkg/pod/entrypoint.go,
/// script.go and workingdir_init.go, v0.44 to v1.15.0).
const OF_TEKTON: [(&str, &str); 6] = [
    ("prepare", "puts Tekton's entrypoint into the pod"),
    ("place-scripts", "writes the scripts of the steps"),
    ("working-dir-initializer", "makes the working directories of the steps"),
    ("place-tools", "puts Tekton's entrypoint into the pod"),
    ("credential-initializer", "writes credentials"),
    ("step-init", "prepares the steps"),
];

/// Whether Tekton makes the init container.
pub fn is_of_tekton(container: &str) -> bool {
    OF_TEKTON.iter().any(|(known, _)| *known == container)
}

/// `init-container-failed`. Tekton before 1.12 says `Failed` of it, later ones
/// `InitContainerFailed` and `InitContainerOOM` (tektoncd/pipeline pkg/pod/status.go).
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    if task.task_run.succeeded().is_some_and(|condition| condition.status == "True") {
        return None;
    }
    let Some((pod, (container, end))) = task.pod.and_then(|pod| Some((pod, failed(pod)?))) else {
        return by_words(focus, task);
    };
    let name = &container.name;
    let who = format!("init container {name}");
    let foreign = failed_task::wrong_architecture_of(focus, task, &who, name);
    if foreign.is_some() {
        return foreign;
    }
    let role = OF_TEKTON.iter().find(|(known, _)| known == name).map(|(_, role)| *role);
    let how = if end.reason == "OOMKilled" {
        format!("was killed for memory (OOMKilled, exit code {})", end.exit_code)
    } else {
        format!("ended with exit code {}", end.exit_code)
    };
    let mut finding = Finding::new(
        Cause::InitContainerFailed,
        format!("init container {name} of task {} {how}: no step has run", task.task),
    )
    .facts(facts(task, container, end))
    .link(match role {
        Some(role) => format!("{name} is one of Tekton's own containers; it {role}."),
        None => format!("{name} is not one of Tekton's own containers: the cluster or the pod template added it."),
    });
    if !task.task_run.is_done() && pod.status.phase == "Failed" {
        finding = finding.link(
            "The pod has Failed, and the TaskRun does not notice: it waits for its timeout. Tekton with enable-kubernetes-sidecar is known for it.",
        );
    }
    finding = about_memory(focus, finding, pod, container, end);
    finding = finding
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "status.phase", &pod.status.phase)])
        .evidence([quote_end(focus, pod, "initContainerStatuses", name, end)]);
    let log = focus.quote_log(pod, name);
    let is_silent = log.is_none() && end.reason != "OOMKilled" && end.message.trim().is_empty();
    finding = finding.evidence(log).evidence(focus.quote_warnings("Pod", &pod.metadata.name));
    Some(if is_silent {
        finding.cannot_tell(format!(
            "what {name} wrote: its log was not read; kubectl logs {} -c {name} -n {}",
            pod.metadata.name,
            focus.namespace()
        ))
    } else {
        finding
    })
}

/// The pod is gone; since 1.12 the TaskRun's reason tells (tektoncd/pipeline
/// pkg/apis/pipeline/v1/taskrun_types.go `TaskRunReasonInitContainerFailed`).
fn by_words(focus: &Focus<'_>, task: &TaskNode<'_>) -> Option<Finding> {
    let condition = task.task_run.succeeded().filter(|condition| condition.reason.starts_with("InitContainer"))?;
    Some(
        Finding::new(
            Cause::InitContainerFailed,
            format!("an init container of task {} failed, no step has run: {}", task.task, condition.message.trim()),
        )
        .evidence(focus.quote_run())
        .evidence(focus.quote_task_run(task.task_run))
        .cannot_tell(format!("what it wrote, and its memory limit: pod {} was not read", task.pod_name())),
    )
}

/// The first init container that ended badly and is not started again.
pub(super) fn failed(pod: &Pod) -> Option<(&Container, &Terminated)> {
    let is_sidecar = |container: &Container| container.restart_policy.as_deref() == Some("Always");
    let containers = pod.spec.init_containers.iter().filter(|container| !is_sidecar(container));
    containers
        .filter_map(|container| {
            let status = pod.status.init_container_statuses.iter().find(|status| status.name == container.name)?;
            Some((container, status.state.terminated.as_ref()?))
        })
        .find(|(_, end)| end.exit_code != 0)
}

/// More memory is an answer only where memory was the matter.
fn facts(task: &TaskNode<'_>, container: &Container, end: &Terminated) -> Facts {
    if end.reason != "OOMKilled" && end.exit_code != 137 {
        return Facts::None;
    }
    Facts::Step {
        task: task.task.to_owned(),
        step: container.name.clone(),
        memory: container.resources.limits.get("memory").map(ToString::to_string),
    }
}

fn about_memory(focus: &Focus<'_>, finding: Finding, pod: &Pod, container: &Container, end: &Terminated) -> Finding {
    let Some(limit) = container.resources.limits.get("memory") else { return finding };
    if end.reason != "OOMKilled" && end.exit_code != 137 {
        return finding;
    }
    let name = &container.name;
    let field = format!("spec.initContainers[{name}].resources.limits.memory");
    let finding = finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, limit.to_string())]);
    match defaults(focus, name) {
        Some(quoted) => finding
            .link(format!(
                "Its memory limit of {limit} comes from default-container-resource-requirements in ConfigMap config-defaults of Tekton."
            ))
            .evidence([quoted]),
        None => finding.link(format!("Its memory limit is {limit}.")),
    }
}

/// Quotes the setting that gives a container its resources, where there is one
/// (tektoncd/pipeline pkg/internal/defaultresourcerequirements, v0.56 and later).
fn defaults(focus: &Focus<'_>, container: &str) -> Option<Evidence> {
    const KEY: &str = "default-container-resource-requirements";
    let map = focus.installation.defaults?;
    let text = map.data.get(KEY)?;
    let names_it = |line: &str| {
        let key = line.trim().trim_end_matches(':').trim_matches('"');
        let by_prefix =
            || key.strip_prefix("prefix-").is_some_and(|prefix| container.starts_with(&format!("{prefix}-")));
        line.trim().ends_with(':') && (key == container || key == "default" || by_prefix())
    };
    if !text.lines().any(names_it) {
        return None;
    }
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let namespace = &map.metadata.namespace;
    Some(focus.quote_in(namespace, Kind::ConfigMap, &map.metadata.name, format!("data.{KEY}"), lines.join("\n").trim()))
}
