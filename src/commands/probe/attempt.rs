//! One attempt: the probe is created by the engine, watched, and taken back whatever
//! happened; that it is gone is seen to.

use std::time::{Duration, Instant};

use crate::analysis::tekton::run_tree;
use crate::cli::{CommandError, Ui, interrupt};
use crate::commands::repair::act;
use crate::commands::resume;
use crate::commands::undo::{self, Voice};
use crate::model::{Cluster, Kind};
use crate::ops::{ObjectRef, Request, Write};
use crate::repairs::probe::Probe;
use crate::report::probe::Outcome;
use crate::report::wording;
use crate::sources::SourceError;
use crate::sources::live::Connection;
use crate::sources::live::write::{Target, nonce};
use crate::workflows::engine::{self, Prepared, Stop};
use crate::workflows::gate::Move;
use crate::workflows::journal::Journal;
use crate::workflows::operation::{Operation, Place};

/// Between two readings.
const EVERY: Duration = Duration::from_secs(1);
/// How often the probe is tried to be deleted.
const TRIES: u32 = 5;
/// How long the pod of a deleted probe may take to go.
const GOING: Duration = Duration::from_secs(45);
/// How long a probe is watched where nobody says.
pub(super) const WAIT: Duration = Duration::from_secs(120);

/// The write that creates a probe.
pub(super) fn request(namespace: &str, probe: &Probe) -> Request {
    let name = super::text_at(&probe.task_run, "/metadata/name");
    Request { object: ObjectRef::new(Kind::TaskRun, namespace, name), write: Write::Create(probe.task_run.clone()) }
}

/// Creates the probe for a run, watches it, and deletes it whatever happened; `None` when
/// the person interrupted.
pub(super) async fn attempt(
    ui: &mut Ui,
    connection: &Connection,
    run: &ObjectRef,
    prepared: &Prepared,
    wait: Duration,
) -> Result<Option<Outcome>, CommandError> {
    let _hold = interrupt::hold();
    let Write::Create(object) = &prepared.request.write else {
        return Err(CommandError::usage("a probe is created"));
    };
    let id = nonce(object).unwrap_or_default().to_owned();
    let (operation, _lock) = begin(connection, run, &id, prepared).await?;
    let ObjectRef { namespace, name, .. } = &prepared.request.object;
    let outcome = match engine::carry_out(connection, &operation, 0, prepared).await {
        Ok(_) => {
            ui.status(&format!("Created TaskRun {namespace}/{name}."));
            tokio::select! {
                outcome = follow(connection, namespace, name, wait) => outcome.map(Some).map_err(CommandError::from),
                _ = tokio::signal::ctrl_c() => Ok(None),
            }
        }
        Err(stop @ Stop::Unclear(_)) => Err(act::stopped(&stop, &operation, 0)),
        Err(stop) => return Err(act::stopped(&stop, &operation, 0)),
    };
    match remove(ui, connection, &prepared.request.object, &id).await {
        Ok(()) => ui.status(&format!("Deleted TaskRun {namespace}/{name}.")),
        Err(error) => {
            ui.warn(&format!("the probe could not be deleted: {error}"));
            ui.status(&format!("To delete it: {} undo {id}", wording::caller().program()));
        }
    }
    outcome
}

/// The probe as an operation of the journal.
async fn begin(
    connection: &Connection,
    run: &ObjectRef,
    id: &str,
    prepared: &Prepared,
) -> Result<(Operation, crate::workflows::journal::Lock), CommandError> {
    let journal = Journal::of_user().ok_or_else(|| {
        CommandError::unreadable("there is no home folder for the journal of changes; nothing was created")
            .hint("name a folder with TEKTON_FIX_STATE")
    })?;
    let lock = act::lock(&journal, id)?;
    let place =
        Place { server: connection.server.clone(), cluster: act::cluster_uid(connection).await, run: run.clone() };
    let path = journal.path().display().to_string();
    let operation = Operation::new(journal, id, place, "probe", 1);
    operation.plan(&[Move::write(prepared.clone())]).map_err(|error| {
        CommandError::unreadable(format!("the journal {path} cannot be written: {error}; nothing was created"))
    })?;
    Ok((operation, lock))
}

/// Takes the probe back, and waits until it and its pod are gone.
async fn remove(ui: &mut Ui, connection: &Connection, probe: &ObjectRef, id: &str) -> Result<(), CommandError> {
    let mut tries = 0;
    loop {
        let removed = match resume::settled(ui, connection, id).await {
            Ok(()) => undo::whole(ui, connection, id, Voice::Silent).await,
            Err(error) => Err(error),
        };
        match removed {
            Ok(()) => break,
            Err(error) if tries + 1 >= TRIES => return Err(error),
            Err(_) => tokio::time::sleep(EVERY * 2u32.pow(tries)).await,
        }
        tries += 1;
    }
    let deadline = Instant::now() + GOING;
    loop {
        let left = left_of(connection, probe).await?;
        let Some(left) = left else { return Ok(()) };
        if Instant::now() >= deadline {
            let seconds = GOING.as_secs();
            return Err(CommandError::timed_out(format!("{left} is still there {seconds} s after its deletion")));
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// What is left of a probe that was deleted.
async fn left_of(connection: &Connection, probe: &ObjectRef) -> Result<Option<String>, SourceError> {
    let ObjectRef { namespace, name, .. } = probe;
    if connection.find(Target { kind: Kind::TaskRun, namespace, name }).await?.is_some() {
        return Ok(Some(format!("TaskRun {namespace}/{name}")));
    }
    let pods = connection.task_run(namespace, name).await?.pods;
    Ok(pods.first().map(|pod| format!("Pod {namespace}/{}", pod.metadata.name)))
}

async fn follow(connection: &Connection, namespace: &str, name: &str, wait: Duration) -> Result<Outcome, SourceError> {
    let deadline = Instant::now() + wait;
    loop {
        tokio::time::sleep(EVERY).await;
        let (outcome, settled) = look(&connection.task_run(namespace, name).await?, namespace, name);
        if settled || Instant::now() >= deadline {
            return Ok(outcome);
        }
    }
}

/// How the probe stands, and whether that is final.
fn look(cluster: &Cluster, namespace: &str, name: &str) -> (Outcome, bool) {
    let task_run = cluster.task_runs.iter().find(|t| t.metadata.namespace == namespace && t.metadata.name == name);
    let Some(task_run) = task_run else { return (Outcome::Waits("Tekton has not taken it up".to_owned()), false) };
    let pod = run_tree::pod_of(cluster, task_run);
    let words = task_run.succeeded().map(|condition| format!("{}: {}", condition.reason, condition.message));
    match task_run.succeeded().map(|condition| condition.status.as_str()) {
        Some("True") => return (Outcome::Ran, true),
        Some("False") => {
            let ran = task_run.status.steps.iter().any(|step| {
                step.state.terminated.as_ref().is_some_and(|t| t.started_at.is_some() && t.reason != "TaskRunTimeout")
            });
            return (if ran { Outcome::Ran } else { Outcome::Failed(words.unwrap_or_default()) }, true);
        }
        _ => {}
    }
    if let Some(pod) = pod {
        if pod.status.phase == "Running" {
            return (Outcome::Ran, true);
        }
        if let Some(condition) = pod.condition("PodScheduled").filter(|condition| condition.status == "False") {
            return (Outcome::Waits(condition.message.clone()), false);
        }
        let mut warnings = cluster.events_about("Pod", namespace, &pod.metadata.name);
        warnings.retain(|event| event.kind == "Warning");
        if let Some(last) = warnings.last() {
            return (Outcome::Waits(format!("{}: {}", last.reason, last.message)), false);
        }
    }
    (Outcome::Waits(words.unwrap_or_else(|| "Tekton has not taken it up".to_owned())), false)
}
