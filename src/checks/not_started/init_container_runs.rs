//! An init container does not come to its end, so that no step begins.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::SLOW_START;
use crate::checks::containers::{is_of_tekton, span};
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;
use crate::model::pod::Pod;

/// `pod-not-started`: steps begin once every init container has ended.
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, pod: &Pod) -> Option<Finding> {
    let sidecar = |name: &str| {
        let own = pod.spec.init_containers.iter().find(|container| container.name == name);
        own.is_some_and(|container| container.restart_policy.as_deref() == Some("Always"))
    };
    let (status, age) = pod.status.init_container_statuses.iter().find_map(|status| {
        let started = status.state.running.as_ref()?.started_at;
        let age = focus.age(started).filter(|age| *age >= SLOW_START)?;
        (!sidecar(&status.name)).then_some((status, age))
    })?;
    let (name, container) = (&pod.metadata.name, &status.name);
    let whose = if is_of_tekton(container) {
        "It is one of Tekton's own containers."
    } else {
        "It is not one of Tekton's own containers: the cluster or the pod template added it."
    };
    let mut finding = Finding::new(
        Cause::PodNotStarted,
        format!("no step of task {} has begun: its init container {container} has run for {}", task.task, span(age)),
    )
    .link(whose);
    let last = focus.log(pod, container).and_then(|log| log.lines().map(str::trim).rfind(|line| !line.is_empty()));
    finding = match last {
        Some(line) => finding.link(format!("It wrote last: {line}")),
        None => finding.cannot_tell(format!(
            "what it waits for: its log was not read; kubectl logs {name} -c {container} -n {}",
            focus.namespace()
        )),
    };
    let field = format!("status.initContainerStatuses[{container}].state");
    Some(
        finding
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence([focus.quote(Kind::Pod, name, field, "running")])
            .evidence(focus.quote_log(pod, container))
            .evidence(focus.quote_warnings("Pod", name)),
    )
}
