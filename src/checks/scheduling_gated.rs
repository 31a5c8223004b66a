//! A pod is held back by scheduling gates, on purpose.

use crate::model::Kind;

use super::focus::Focus;
use crate::finding::{Cause, Finding, Severity};

/// `scheduling-gated`: the scheduler does not look at a pod before its gates are taken
/// away; queues such as Kueue hold pods so (kubernetes
/// pkg/scheduler/framework/plugins/schedulinggates, v1.33).
pub fn check(focus: &Focus<'_>) -> Vec<Finding> {
    let assistants = focus.tree.assistants.iter().filter_map(|node| {
        let pod = super::focus::unplaced(node.pod?)?;
        Some((format!("the affinity assistant's pod {}", pod.metadata.name), Vec::new(), pod))
    });
    let tasks =
        focus.unplaced().map(|(task, pod)| (format!("the pod of task {}", task.task), focus.quote_waiting(task), pod));
    assistants
        .chain(tasks)
        .filter(|(_, _, pod)| !pod.spec.scheduling_gates.is_empty())
        .map(|(who, evidence, pod)| {
            let gates: Vec<&str> = pod.spec.scheduling_gates.iter().map(|gate| gate.name.as_str()).collect();
            let gates = gates.join(", ");
            Finding::new(Cause::SchedulingGated, format!("{who} is held back by the scheduling gates {gates}"))
                .severity(Severity::Warning)
                .link("The scheduler does not look at the pod while it has a gate; whoever put the gate there (a queue) takes it away.")
                .evidence(evidence)
                .evidence([focus.quote(Kind::Pod, &pod.metadata.name, "spec.schedulingGates", gates)])
                .evidence(focus.quote_scheduler(pod))
        })
        .collect()
}
