//! The submission: checked by the server, asked for, created once, recorded, followed.

use std::time::Duration;

use serde_json::Value;

use crate::cli::{CommandError, Ui, exit};
use crate::commands::choice::Chosen;
use crate::commands::repair::act::{self, Ended};
use crate::commands::repair::events::Events;
use crate::commands::repair::moves::Moves;
use crate::model::Kind;
use crate::ops::Edit;
use crate::report::wording;
use crate::sources::live::Connection;
use crate::sources::live::write::{Target, nonce};

use super::{Args, DryRun};

/// Submits the new run; with a time to wait, follows it. Gives the exit code, and how it ended
/// where something was submitted. With `cancels_first` the old run
/// ends before the new one begins, because that needs what the old one holds.
pub(super) async fn submit(
    ui: &mut Ui,
    connection: &Connection,
    chosen: &Chosen,
    (new, edits): (Value, Vec<Edit>),
    args: &Args,
    cancels_first: bool,
    wait: Duration,
) -> Result<(u8, Option<Ended>), CommandError> {
    let (namespace, old) = (&chosen.namespace, &chosen.name);
    let mark = nonce(&new).unwrap_or_default().to_owned();
    let moves = Moves::of_submission(chosen.run()?, (new, edits), args.cancel_old, cancels_first);
    let (name, cancels, first) = (moves.run.name.clone(), moves.list.len() > 2, moves.cancels_first);
    let ready = act::prepare(connection, moves).await?;
    for warning in ready.writes().flat_map(|prepared| &prepared.warnings) {
        ui.warn(warning);
    }
    if args.dry_run == DryRun::Server {
        let checked = ready.writes().find(|prepared| prepared.request.object.name == name);
        if let (Some(output), Some(run)) = (args.output, checked.and_then(|prepared| prepared.after.as_ref())) {
            output.print(ui, run)?;
            return Ok((exit::OK, None));
        }
        ui.line(&format!("pipelinerun.tekton.dev/{name} created (server dry run)"))?;
        return Ok((exit::OK, None));
    }
    if cancels {
        let when = match (first, wait.is_zero()) {
            (true, _) => "is cancelled first, because the new one needs what it holds",
            (false, true) => "is cancelled once the new one exists",
            (false, false) => "is cancelled once the pods of the new one have a node",
        };
        ui.status(&format!("The old run {when}: {old} gets spec.status Cancelled, which cannot be undone."));
    }
    if args.keep_volumes {
        ui.status("The kept claims stay owned by the old run: they go, with their data, when it is deleted.");
    }
    let and = if cancels { format!(" and cancel {old}") } else { String::new() };
    if !args.yes && !ui.confirm(&format!("Create PipelineRun {namespace}/{name}{and}?"))? {
        return Err(CommandError::declined("nothing was created"));
    }
    act::still_needed(connection, chosen).await?;
    let (operation, _lock) = act::begin(connection, chosen, "rerun", &mark, &ready).await?;
    let events = Events { as_json: false, is_quiet: args.output.is_some(), operation: mark };
    let manner = act::Manner { wait, yes: args.yes };
    let course = act::act(ui, &events, connection, &operation, &ready, manner).await;
    if course.ended.is_err() {
        return act::close(ui, connection, &operation, &ready, course).await.map(|(code, _)| (code, None));
    }
    if let Some(output) = args.output {
        let target = Target { kind: Kind::PipelineRun, namespace, name: &name };
        output.print(ui, &connection.find(target).await?.unwrap_or_default())?;
    }
    let (code, ended) = act::close(ui, connection, &operation, &ready, course).await?;
    if code == exit::OK {
        ui.status(&format!("Undo: {} undo {}", wording::caller().program(), operation.id()));
    }
    Ok((code, Some(ended)))
}
