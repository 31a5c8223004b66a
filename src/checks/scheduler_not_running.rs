//! No scheduler has looked at a pod.

use crate::model::Kind;

use super::focus::Focus;
use super::obstacles::waits_for_provisioner;
use crate::finding::{Cause, Finding};

/// Pods that were never looked at: no condition, no event. Either their scheduler
/// does not exist or the scheduler does not run.
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    focus
        .unplaced()
        .filter(|(_, pod)| pod.condition("PodScheduled").is_none())
        .filter(|(_, pod)| focus.is_past_grace(pod.metadata.creation_timestamp))
        // The scheduler says nothing while it waits for a provisioner.
        .filter(|(_, pod)| !waits_for_provisioner(focus, pod))
        .map(|(task, pod)| {
            let scheduler = if pod.spec.scheduler_name.is_empty() { "default-scheduler" } else { &pod.spec.scheduler_name };
            let events_read = focus.cluster.coverage.proves_absence(Kind::Event, focus.namespace());
            let mut finding = Finding::new(Cause::SchedulerNotRunning,
                format!("no scheduler has looked at the pod of task {}: it asks for the scheduler {scheduler}", task.task),
            )
            .link("A scheduler that sees a pod and finds no node writes the condition PodScheduled and an event; there is neither.")
            .evidence(focus.quote_run())
            .evidence(focus.quote_task_run(task.task_run))
            .evidence([
                focus.quote(Kind::Pod, &pod.metadata.name, "spec.schedulerName", scheduler),
                focus.quote(Kind::Pod, &pod.metadata.name, "status.conditions[PodScheduled]", "absent"),
            ]);
            if !events_read {
                finding = finding.not_proven().cannot_tell(format!("whether the scheduler wrote an event: events of namespace {} were not read", focus.namespace()));
            }
            finding
        })
        .collect()
}
