//! Pipelines of a namespace whose variables a newer Tekton refuses.

use crate::analysis::tekton::variables;
use crate::finding::{Cause, Finding, Severity};

use super::{Ground, Place, own_containers};

/// Adds the runs whose pipeline an upgrade to `target` would refuse.
pub(super) fn judge(ground: &Ground<'_>, place: &mut Place) {
    let is_ahead = ground.installation.tekton().is_some_and(|version| !version.checks_variable_prefixes())
        && ground.target.checks_variable_prefixes();
    if !is_ahead {
        return;
    }
    for run in own_containers::newest(ground.cluster, &place.name) {
        let own = run.spec_at("/pipelineSpec");
        let pipeline = own.or(run.status.pipeline_spec.as_ref());
        let Some((task, name)) = pipeline.map(variables::invalid).unwrap_or_default().into_iter().next() else {
            continue;
        };
        let text = format!(
            "from Tekton 1.14 on the pipeline of run {} is refused: the variable $({name}) of task {task} must begin with params, tasks, finally, context, workspaces or results (a shell variable is ${{NAME}})",
            run.metadata.name
        );
        let at = if own.is_some() { "spec.pipelineSpec" } else { "status.pipelineSpec" };
        let used = ground.of_run(run, &format!("{at}.tasks[{task}]"), format!("$({name})"));
        let refused = Finding::new(Cause::UpgradeChangesMeaning, text).severity(Severity::Warning);
        place.findings.push(refused.evidence([used]).evidence(ground.version()));
    }
}
