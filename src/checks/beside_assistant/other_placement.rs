//! The task's own node selection excludes the node of its assistant.

use crate::analysis::scheduler::Plugin;
use crate::analysis::tekton::pod_template;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Evidence, Finding};
use crate::model::Kind;

use super::Joining;

/// `assistant-contradicts-task-placement`.
pub(super) fn finding(joining: &Joining<'_, '_>) -> Option<Finding> {
    let Joining { focus, task, node, .. } = *joining;
    joining.has(Plugin::NodeAffinity).then(|| {
        Finding::new(
            Cause::AssistantContradictsTaskPlacement,
            format!(
                "task {task} may not run on {node}, where the assistant runs: its own node selection excludes that node"
            ),
        )
        .evidence(task_specs(focus, task))
    })
}

/// What the run says of one task only.
fn task_specs(focus: &Focus<'_>, task: &str) -> Vec<Evidence> {
    pod_template::task_run_spec(focus.run(), task)
        .into_iter()
        .filter_map(|spec| spec.get("podTemplate"))
        .map(|template| {
            let field = format!("spec.taskRunSpecs[{task}].podTemplate");
            focus.quote(Kind::PipelineRun, &focus.run().metadata.name, field, template.to_string())
        })
        .collect()
}
