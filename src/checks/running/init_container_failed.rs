//! An init container failed: no step has run.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Facts, Finding};
use crate::model::Kind;
use crate::model::pod::{ContainerStatus, Pod};

use super::{ended, memory};

/// Containers that Tekton adds (tektoncd/pipeline pkg/pod, v0.68 to v1.15).
pub const OF_TEKTON: [&str; 3] = ["prepare", "place-scripts", "working-dir-initializer"];
/// Key of config-defaults that gives containers their resources, Tekton's own included.
const RESOURCES: &str = "default-container-resource-requirements";

/// `init-container-failed`.
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let failed =
        |status: &&ContainerStatus| ended(status).is_some_and(|(code, _)| code != 0) && status.state.running.is_none();
    let status = pod.status.init_container_statuses.iter().find(failed)?;
    let end = status.state.terminated.as_ref().or(status.last_state.terminated.as_ref())?;
    if !task.task_run.is_done() && !focus.is_past_grace(end.finished_at) {
        return None;
    }
    let (code, reason) = ended(status)?;
    let name = &status.name;
    let limit = memory(pod, name);
    let whose = if OF_TEKTON.contains(&name.as_str()) { "Tekton's own init container" } else { "init container" };
    let why = match (reason.as_str(), &limit) {
        ("OOMKilled", Some(limit)) => format!("OOMKilled, its memory limit is {limit}"),
        (reason, _) if !reason.is_empty() => format!("{reason}, exit code {code}"),
        _ => format!("exit code {code}"),
    };
    let summary = format!("{whose} {name} of task {} failed ({why}): no step has run", task.task);
    let field = format!("status.initContainerStatuses[{name}].state.terminated");
    let value = format!("exitCode {code}, reason {reason}: {}", end.message);
    let mut finding = Finding::new(Cause::InitContainerFailed, summary)
        .facts(Facts::Step { task: task.task.to_owned(), step: name.clone(), memory: limit.clone() })
        .evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, value.trim_end_matches([':', ' ']))]);
    if !task.task_run.is_done() {
        finding = finding.link(format!(
            "The pod has phase {}; Tekton has not ended the TaskRun, and its steps can no longer begin.",
            pod.status.phase
        ));
    }
    if let Some(limit) = limit {
        let field = format!("spec.initContainers[{name}].resources.limits.memory");
        finding = finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, field, limit)]);
    }
    if let Some(map) = focus.installation.defaults
        && let Some(text) = map.data.get(RESOURCES)
    {
        finding = finding
            .link(format!("{RESOURCES} of ConfigMap config-defaults gives Tekton's own containers their resources."))
            .evidence([focus.quote_in(
                &map.metadata.namespace,
                Kind::ConfigMap,
                &map.metadata.name,
                format!("data.{RESOURCES}"),
                text.clone(),
            )]);
    } else if OF_TEKTON.contains(&name.as_str()) && focus.installation.defaults.is_none() {
        finding = finding.cannot_tell(format!(
            "whether {RESOURCES} sets its memory: ConfigMap config-defaults of Tekton's namespace was not read"
        ));
    }
    Some(finding)
}
