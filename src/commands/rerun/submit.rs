//! The submission: checked by the server, asked for, created once, recorded, watched.

use std::time::Duration;

use serde_json::{Value, json};

use crate::checks;
use crate::cli::{CommandError, Ui, exit};
use crate::commands::choice::{self, Chosen};
use crate::commands::recorder::{Recorder, outcome};
use crate::model::Kind;
use crate::report::diagnosis;
use crate::sources::Wanted;
use crate::sources::live::Connection;
use crate::sources::live::write::{Mode, nonce};
use crate::workflows::journal::State;

use super::{Args, DryRun};

/// Submits the new run; with a time to wait, follows it.
pub(super) async fn submit(
    ui: &mut Ui,
    connection: &Connection,
    chosen: &Chosen,
    new: &Value,
    args: &Args,
    wait: Duration,
) -> Result<u8, CommandError> {
    let namespace = &chosen.namespace;
    let checked = connection.create(Kind::PipelineRun, namespace, new, Mode::DryRun).await?;
    for warning in &checked.warnings {
        ui.warn(warning);
    }
    let name = new.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
    if args.dry_run == DryRun::Server {
        ui.line(&format!("pipelinerun.tekton.dev/{name} created (server dry run)"))?;
        return Ok(exit::OK);
    }
    let cancels = args.cancel_old && !chosen.run()?.is_done();
    if cancels {
        connection.merge_patch(Kind::PipelineRun, namespace, &chosen.name, &cancellation(), Mode::DryRun).await?;
        ui.status(&format!(
            "The old run is cancelled once the new one exists: {} gets spec.status Cancelled.",
            chosen.name
        ));
    }
    let and = if cancels { format!(" and cancel {}", chosen.name) } else { String::new() };
    if !args.yes && !ui.confirm(&format!("Create PipelineRun {namespace}/{name}{and}?"))? {
        return Err(CommandError::declined("nothing was created"));
    }
    let written = Recorder::new(connection, namespace, nonce(new).unwrap_or_default());
    let undo = format!("kubectl delete pipelinerun/{name} -n {namespace}");
    written.record(ui, "create", &format!("pipelinerun/{name}"), Some(&undo), State::Sent);
    let created = connection.create(Kind::PipelineRun, namespace, new, Mode::Real).await;
    written.record(ui, "create", &format!("pipelinerun/{name}"), Some(&undo), outcome(&created));
    let created = created?;
    for warning in created.warnings.iter().filter(|warning| !checked.warnings.contains(warning)) {
        ui.warn(warning);
    }
    ui.line(&format!("pipelinerun.tekton.dev/{name} created"))?;
    ui.flush()?;
    ui.status(&format!("Undo: {undo}"));
    if cancels {
        // Only now: had the create failed, the old run would be lost for nothing.
        let old = &chosen.name;
        written.record(ui, "cancel", &format!("pipelinerun/{old}"), None, State::Sent);
        let cancelled = connection.merge_patch(Kind::PipelineRun, namespace, old, &cancellation(), Mode::Real).await;
        written.record(ui, "cancel", &format!("pipelinerun/{old}"), None, outcome(&cancelled));
        cancelled?;
        ui.status(&format!("Cancelled {namespace}/{old}, which cannot be undone."));
    }
    if wait.is_zero() {
        return Ok(exit::OK);
    }
    watch(ui, connection, namespace, &name, wait).await
}

/// How Tekton is asked to cancel a run (tektoncd/pipeline docs/pipelineruns.md).
fn cancellation() -> Value {
    json!({ "spec": { "status": "Cancelled" } })
}

/// How often a run that waits is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// How often everything is read again to tell whether it is stuck: seldom, because
/// that is much to read.
const WHOLE_EVERY: u32 = 5;

/// Follows the new run until it is over, its pods have a node, or it is stuck for a
/// reason. A reading that fails is tried again: the run exists, whatever happens here.
async fn watch(
    ui: &mut Ui,
    connection: &Connection,
    namespace: &str,
    name: &str,
    wait: Duration,
) -> Result<u8, CommandError> {
    use crate::finding::RunState;
    let deadline = tokio::time::Instant::now() + wait;
    let mut last_error = None;
    for beat in 1_u32.. {
        tokio::time::sleep(EVERY).await;
        let progress = connection.progress(namespace, name).await;
        let moved = progress.as_ref().is_ok_and(|progress| progress.is_done || progress.has_node);
        last_error = progress.err();
        if (moved || beat.is_multiple_of(WHOLE_EVERY)) && last_error.is_none() {
            match connection.read(&Wanted::namespace(namespace)).await {
                Ok(cluster) => {
                    let Some(run) = cluster.pipeline_run(namespace, name) else { continue };
                    let report = checks::diagnose(&cluster, run, choice::now(&cluster));
                    if matches!(report.state, RunState::Stuck | RunState::Failed) {
                        ui.show(&diagnosis::one(&report, false))?;
                        return Ok(exit::FINDINGS);
                    }
                    if moved {
                        let text = if run.is_done() { report.headline } else { "its pods have a node".to_owned() };
                        ui.status(&format!("{namespace}/{name}: {text}"));
                        return Ok(exit::OK);
                    }
                }
                Err(error) => last_error = Some(error),
            }
        }
        if tokio::time::Instant::now() >= deadline {
            break;
        }
    }
    let mut error =
        CommandError::timed_out(format!("{namespace}/{name} has no node for its pods after {} s", wait.as_secs()));
    if let Some(last) = last_error {
        error = error.hint(format!("the last look at it failed: {last}"));
    }
    Err(error.hint(format!("oc tekton-fix diagnose {namespace}/{name}")))
}
