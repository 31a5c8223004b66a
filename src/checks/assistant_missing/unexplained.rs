//! The assistant is absent and nothing that was read tells why.

use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};

use super::{listed, start};

/// `assistant-missing`, or `evidence-missing` where StatefulSets were not read.
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, name: &str) -> Option<Finding> {
    let namespace = focus.namespace();
    if listed(focus) {
        return Some(
            start(
                focus,
                task,
                name,
                Cause::AssistantMissing,
                format!("the affinity assistant {name} that task {} waits for does not exist", task.task),
            )
            .not_proven()
            .cannot_tell("whether it was deleted or never made (a flag changed, the operator was upgraded): no event of it was found"),
        );
    }
    Some(
        start(
            focus,
            task,
            name,
            Cause::EvidenceMissing,
            format!("task {} must run on the same node as the assistant {name}; whether that exists, was refused or waits is unknown", task.task),
        )
        .not_proven()
        .cannot_tell(format!("whether the assistant {name} exists: StatefulSets of namespace {namespace} were not read"))
        .cannot_tell(format!("collect it: kubectl get statefulsets,events -n {namespace} -o yaml")),
    )
}
