//! Pipelines of a namespace whose variables a newer Tekton refuses.

use crate::analysis::tekton::{Installation, TektonVersion, variables};
use crate::finding::Cause;
use crate::model::Cluster;

use super::{Note, Place, own_containers};

/// Adds the runs whose pipeline an upgrade to `target` would refuse.
pub(super) fn judge(cluster: &Cluster, installation: &Installation<'_>, target: TektonVersion, place: &mut Place) {
    let is_ahead = installation.tekton().is_some_and(|version| !version.checks_variable_prefixes())
        && target.checks_variable_prefixes();
    if !is_ahead {
        return;
    }
    for run in own_containers::newest(cluster, &place.name) {
        let pipeline = run.spec_at("/pipelineSpec").or(run.status.pipeline_spec.as_ref());
        let Some((task, name)) = pipeline.map(variables::invalid).unwrap_or_default().into_iter().next() else {
            continue;
        };
        let text = format!(
            "from Tekton 1.14 on the pipeline of run {} is refused: the variable $({name}) of task {task} must begin with params, tasks, finally, context, workspaces or results (a shell variable is ${{NAME}})",
            run.metadata.name
        );
        place.notes.push(Note::new(Cause::UpgradeChangesMeaning, "warning", text));
    }
}
