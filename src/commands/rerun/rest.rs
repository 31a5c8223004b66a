//! `rerun --only-failed`: the tasks that have not succeeded, with what the others gave filled
//! in, or why that cannot be.

use serde_json::Value;

use crate::analysis::comparison;
use crate::analysis::tekton::remaining::{self, Missing, Refusal};
use crate::analysis::tekton::{Installation, RunTree};
use crate::cli::{CommandError, Ui};
use crate::commands::choice::Chosen;
use crate::model::run::PipelineRun;
use crate::ops::Edit;

use super::{Args, edits};

/// The feature flag that forbids pipelines inside runs (tektoncd/pipeline
/// pkg/apis/config/feature_flags.go, since 0.59).
const NO_INLINE: &str = "disable-inline-spec";

/// The edits that leave out what has succeeded.
pub(super) fn of(ui: &mut Ui, chosen: &Chosen, old: &PipelineRun, args: &Args) -> Result<Vec<Edit>, CommandError> {
    let flags = Installation::find(&chosen.cluster).feature_flags;
    let forbidden = flags.and_then(|flags| flags.data.get(NO_INLINE));
    if forbidden.is_some_and(|kinds| kinds.split(',').any(|kind| kind.trim() == "pipelinerun")) {
        return Err(refused("the cluster refuses pipelines inside runs (disable-inline-spec)"));
    }
    let tree = RunTree::of(&chosen.cluster, old);
    let unchanged = unchanged(chosen, old);
    let rest = remaining::of(&tree, unchanged, args.cancel_old)
        .map_err(|refusal| refused(&words(&refusal)).hint(hint(&refusal)))?;
    let has_variables = unchanged.is_some() || old.spec_at("/pipelineSpec").is_some();
    if !args.param.is_empty() && !has_variables {
        return Err(refused("--param has no effect: the pipeline is known only with its parameters filled in"));
    }
    ui.status(&format!("Left out, because they have succeeded: {}.", rest.left_out.join(", ")));
    let bindings = old.spec_at("/workspaces").and_then(Value::as_array);
    let is_made = |binding: &&Value| {
        let name = binding["name"].as_str().unwrap_or_default();
        binding["volumeClaimTemplate"].is_object() && rest.workspaces.iter().any(|known| known == name)
    };
    let made: Vec<&str> =
        bindings.into_iter().flatten().filter(is_made).filter_map(|binding| binding["name"].as_str()).collect();
    let mut found = Vec::new();
    if !made.is_empty() && !args.keep_volumes {
        found = edits::kept_volumes(chosen, old, Some(&made))?;
    }
    found.push(Edit::OnlyTasks { tasks: rest.tasks, pipeline: rest.pipeline });
    Ok(found)
}

/// The Pipeline of today, where it is the one that the old run has used.
fn unchanged<'c>(chosen: &'c Chosen, old: &PipelineRun) -> Option<&'c Value> {
    let name = old.spec_at("/pipelineRef/name").and_then(Value::as_str)?;
    let is_it = |meta: &crate::model::ObjectMeta| meta.namespace == chosen.namespace && meta.name == name;
    let today = chosen.cluster.pipelines.iter().find(|pipeline| is_it(&pipeline.metadata))?;
    let used = old.status.pipeline_spec.as_ref()?;
    comparison::drift(used, &today.spec).is_empty().then_some(&today.spec)
}

fn refused(why: &str) -> CommandError {
    CommandError::incomplete(format!("--only-failed: {why}"))
}

fn hint(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnderWay(_) => "add --cancel-old, or wait until the run has ended",
        Refusal::Unread(_) => "ask for get and list on taskruns, or collect them for an export",
        _ => "Tekton cannot run a part of a pipeline; without --only-failed the whole run is submitted again",
    }
}

fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Unresolved => "which tasks the run has is not known: its pipeline was not resolved".to_owned(),
        Refusal::Unread(names) => format!("not read: TaskRun {}", names.join(", ")),
        Refusal::NothingSucceeded => "no task of the run has succeeded, so none can be left out".to_owned(),
        Refusal::NothingLeft => "all tasks of the run have succeeded".to_owned(),
        Refusal::UnderWay(tasks) => format!("still under way: {}", tasks.join(", ")),
        Refusal::Custom(task) => format!("task {task} is not run by Tekton itself, and how it ended was not read"),
        Refusal::Needs { variable, why } => {
            let why = match why {
                Missing::NoResult => "that result is not in the old run",
                Missing::HoldsVariable => "that result holds a variable itself",
                Missing::Matrix => "that task was fanned out, and has several results",
                Missing::NotText => "that result is a list or an object in the middle of a text",
                Missing::Unknown => "that form is not known",
            };
            format!("a task that is left needs {variable}: {why}")
        }
    }
}
