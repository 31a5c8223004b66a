//! The run on one node that takes all its pods.

use serde_json::{Value, json};

use crate::analysis::tekton::pod_template::{self, Template};
use crate::checks::focus::Focus;
use crate::checks::future;
use crate::finding::{Prediction, Repair};

use super::resubmission::{self, Edit, HOSTNAME};
use super::{placement, prediction, rerun};

const ID: &str = "pin-node";
/// Nodes whose reasons are told.
const REASONS: usize = 5;

/// Pins the run, changed by edits, to the best node for the whole pipeline; `flags` are
/// those of the edits, with a space behind.
pub(super) fn pin(focus: &Focus<'_>, edits: &[Edit], flags: &str) -> Repair {
    let repair = |flags: &str, summary: String, node: &str| {
        rerun(
            focus,
            ID,
            flags,
            summary,
            Prediction::Unknown,
            json!({ "spec.taskRunTemplate.podTemplate.nodeSelector": { HOSTNAME: node } }),
        )
    };
    match best(focus, edits) {
        Ok((node, label)) => {
            let mut all = edits.to_vec();
            all.push(Edit::NodeSelector(HOSTNAME.to_owned(), label));
            let predicted = prediction::of_edits(focus, &all, true);
            Repair {
                predicted: predicted.outcome,
                because: predicted.because,
                ..repair(
                    &format!("{flags}--pin-node={node} --cancel-old"),
                    format!("submit again on {node}, which takes the whole pipeline, assistant included"),
                    &node,
                )
            }
        }
        Err(mut reasons) => {
            let more = reasons.len().saturating_sub(REASONS);
            reasons.truncate(REASONS);
            if more > 0 {
                reasons.push(format!("and {more} more"));
            }
            Repair {
                because: reasons,
                ..repair(
                    &format!("{flags}--pin-node --cancel-old"),
                    "submit again on a node that has room for the whole pipeline, assistant included: none is known"
                        .to_owned(),
                    "…",
                )
            }
        }
    }
}

/// The best node for the changed run, and its hostname label.
fn best(focus: &Focus<'_>, edits: &[Edit]) -> Result<(String, String), Vec<String>> {
    let new = resubmission::edited(focus.run(), edits).map_err(|why| vec![why])?;
    let plan = future::of(focus, &future::as_run(focus, &resubmission::unpinned(&new))).plan;
    let node = placement::best_node(focus, &plan, true)?;
    let label = focus.cluster.node(&node).and_then(|known| known.metadata.label("kubernetes.io/hostname"));
    let label = label.unwrap_or(&node).to_owned();
    Ok((node, label))
}

/// The same with the tolerations of the waiting task given to the whole run: where that
/// task may go, the assistant may then go too.
pub(super) fn pin_with_placement(focus: &Focus<'_>) -> Option<Repair> {
    let task = focus.unplaced().map(|(node, _)| node.task).find(|task| {
        let spec = pod_template::task_run_spec(focus.run(), task);
        spec.and_then(|spec| spec.pointer("/podTemplate/tolerations")).is_some_and(|list| !list.is_null())
    })?;
    let template = pod_template::of_task(focus.run(), task, focus.tekton(), &Template::new());
    let tolerations = template.get("tolerations").and_then(Value::as_array).cloned().unwrap_or_default();
    let edits = [Edit::PlacementOf(task.to_owned())];
    let repair = pin(focus, &edits, &format!("--placement-of {task} "));
    let mut changes = repair.changes.clone();
    changes["spec.taskRunTemplate.podTemplate.tolerations"] = Value::from(tolerations);
    Some(Repair {
        id: "pin-node-with-placement",
        summary: format!("{}, with the tolerations of task {task}", repair.summary),
        changes,
        ..repair
    })
}
