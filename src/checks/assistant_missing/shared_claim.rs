//! Two workspaces on one claim: Tekton makes one assistant, under the name of one of
//! them.

use crate::analysis::tekton::assistant;
use crate::analysis::tekton::run_tree::TaskNode;
use crate::checks::focus::Focus;
use crate::finding::{Cause, Finding};
use crate::model::Kind;

use super::{listed, start};

/// `assistant-missing-shared-claim`.
pub(super) fn finding(focus: &Focus<'_>, task: &TaskNode<'_>, name: &str) -> Option<Finding> {
    let run = focus.run();
    let (claim, workspaces) = assistant::shared_claims(run)
        .into_iter()
        .find(|(_, workspaces)| workspaces.iter().any(|w| assistant::name(w, &run.metadata.name) == name))?;
    // Another assistant of the run proves that assistants were made, without this one.
    let sibling = focus.tree.assistants.iter().find(|other| {
        other.name != name && workspaces.iter().any(|w| assistant::name(w, &run.metadata.name) == other.name)
    })?;
    let wanted = workspaces.iter().find(|w| assistant::name(w, &run.metadata.name) == name)?;
    let made = workspaces.iter().find(|w| assistant::name(w, &run.metadata.name) == sibling.name)?;
    let mut finding = start(
        focus,
        task,
        name,
        Cause::AssistantMissingSharedClaim,
        format!("workspaces {} bind the same claim {claim}; Tekton made one assistant, for {made}, and task {} waits for the one of {wanted}", workspaces.join(" and "), task.task),
    )
    .link(format!(
        "Tekton makes one assistant for each claim, under the name of the last workspace that binds it ({made} → {}); task {} uses {wanted}, whose assistant nobody created.",
        sibling.name, task.task
    ));
    for (index, binding) in run.spec_at("/workspaces").and_then(|w| w.as_array()).into_iter().flatten().enumerate() {
        if binding.pointer("/persistentVolumeClaim/claimName").and_then(|c| c.as_str()) == Some(claim.as_str()) {
            finding = finding.evidence([focus.quote(
                Kind::PipelineRun,
                &run.metadata.name,
                format!("spec.workspaces[{index}]"),
                binding.to_string(),
            )]);
        }
    }
    if let Some(pod) = sibling.pod {
        finding = finding.evidence([focus.quote(Kind::Pod, &pod.metadata.name, "status.phase", &pod.status.phase)]);
    }
    if !listed(focus) {
        finding = finding.cannot_tell(format!(
            "whether a StatefulSet {name} exists: StatefulSets of namespace {} were not read",
            focus.namespace()
        ));
    }
    Some(finding)
}
