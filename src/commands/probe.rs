//! `probe`: is the pipeline or the environment at fault? A minimal TaskRun with the
//! run's ServiceAccount, pod template and volume tells, and is taken away again.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::analysis::tekton::run_tree;
use crate::checks::focus::Focus;
use crate::cli::args::duration;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit, interrupt};
use crate::model::{Cluster, Kind};
use crate::repairs::probe::{self, Probe};
use crate::report;
use crate::report::json::{self, v1};
use crate::report::probe::Outcome;
use crate::sources::live::Connection;
use crate::sources::live::write::{Mode, NONCE, WriteError, mark, nonce};
use crate::sources::{Source, Wanted};
use crate::workflows::journal::State;

use super::choice::{self, Chosen, RunName};
use super::dry_run::DryRun;
use super::print;
use super::recorder::{self, Recorder};

/// Between two readings.
const EVERY: Duration = Duration::from_secs(1);
/// How often the probe is tried to be deleted.
const TRIES: u32 = 5;

/// Try a minimal TaskRun with the run's ServiceAccount, pod template and volume, to tell whether the environment is at fault
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run: NAME or NAMESPACE/NAME (default: the newest in progress)
    run: Option<String>,
    /// Task of the pipeline that the probe stands for (default: the first that waits or failed)
    #[arg(long)]
    task: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// `client` prints the TaskRun, `server` has the server check it; nothing is created
    #[arg(long, value_enum, default_value_t = DryRun::None, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "client", ignore_case = true)]
    dry_run: DryRun,
    /// How long the probe may take
    #[arg(long, default_value = "2m", value_name = "DURATION")]
    wait: String,
    /// Output format
    #[arg(short, long, value_enum, ignore_case = true)]
    output: Option<Output>,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let wait = duration("--wait", &args.wait)?;
    let name = RunName::parse(args.run.as_deref(), globals)?;
    let source = super::open(globals).await?;
    if matches!(source, Source::Export(_)) && args.dry_run != DryRun::Client {
        return Err(CommandError::usage("an export cannot be probed")
            .hint("add --dry-run=client to print the TaskRun, or omit --from"));
    }
    let chosen = choice::choose(ui, &source, &name).await?;
    let probe = make(&chosen, args.task.as_deref())?;
    if args.dry_run == DryRun::Client {
        print::manifest(ui, &probe.task_run)?;
        return Ok(exit::OK);
    }
    ui.tell(&report::probe::preview(&json::yaml(&probe.task_run)?, &probe.left_out));
    let connection = source.live()?;
    let checked = connection.create(Kind::TaskRun, &chosen.namespace, &probe.task_run, Mode::DryRun).await?;
    for warning in &checked.warnings {
        ui.warn(warning);
    }
    let probe_name = text_at(&probe.task_run, "/metadata/name");
    if args.dry_run == DryRun::Server {
        ui.line(&format!("taskrun.tekton.dev/{probe_name} created (server dry run)"))?;
        return Ok(exit::OK);
    }
    let question = format!("Create TaskRun {}/{probe_name}, and delete it afterwards?", chosen.namespace);
    if !args.yes && !ui.confirm(&question)? {
        return Err(CommandError::declined("nothing was created"));
    }
    let outcome = tried(ui, connection, &chosen.namespace, &probe, wait).await?;
    let Some(outcome) = outcome else { return Ok(exit::INTERRUPTED) };
    let code = if outcome == Outcome::Ran { exit::OK } else { exit::FINDINGS };
    let run = format!("{}/{}", chosen.namespace, chosen.name);
    if !print::document(ui, args.output, code, || v1::probe::Probe::of(&run, &probe.task, &outcome))? {
        ui.show(&report::probe::document(&run, &probe.task, &outcome))?;
    }
    Ok(code)
}

fn make(chosen: &Chosen, task: Option<&str>) -> Result<Probe, CommandError> {
    let focus = Focus::new(&chosen.cluster, chosen.run()?, chosen.now());
    let mark = mark();
    let name = format!("tekton-fix-probe-{}", &mark[..6]);
    let mut made = probe::probe(&focus, task, &name).map_err(CommandError::usage)?;
    made.task_run["metadata"]["annotations"][NONCE] = Value::from(mark);
    Ok(made)
}

fn text_at(value: &Value, at: &str) -> String {
    value.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Creates the probe, watches it, and deletes it whatever happened; `None` when the
/// person interrupted.
async fn tried(
    ui: &mut Ui,
    connection: &Connection,
    namespace: &str,
    probe: &Probe,
    wait: Duration,
) -> Result<Option<Outcome>, CommandError> {
    let name = text_at(&probe.task_run, "/metadata/name");
    let _hold = interrupt::hold();
    let recorder = Recorder::new(connection, namespace, nonce(&probe.task_run).unwrap_or_default());
    let object = format!("taskrun/{name}");
    let undo = format!("kubectl delete {object} -n {namespace}");
    recorder.record(ui, "create", &object, Some(&undo), State::Sent);
    let created = connection.create(Kind::TaskRun, namespace, &probe.task_run, Mode::Real).await;
    recorder.record(ui, "create", &object, Some(&undo), recorder::outcome(&created));
    let outcome = match &created {
        Ok(_) => {
            ui.status(&format!("Created TaskRun {namespace}/{name}."));
            tokio::select! {
                outcome = follow(connection, namespace, &name, wait) => outcome.map(Some),
                _ = tokio::signal::ctrl_c() => Ok(None),
            }
        }
        Err(error) => Err(error.clone().into()),
    };
    if created.is_err() {
        // An unclear answer may have created it all the same.
        let _ = connection.delete(Kind::TaskRun, namespace, &name).await;
        return outcome;
    }
    let removed = remove(connection, namespace, &name).await;
    recorder.record(ui, "delete", &object, None, recorder::outcome(&removed));
    match removed {
        Ok(()) => ui.status(&format!("Deleted TaskRun {namespace}/{name}.")),
        Err(error) => {
            ui.warn(&format!("the probe could not be deleted: {error}; kubectl delete taskrun/{name} -n {namespace}"));
        }
    }
    outcome
}

async fn remove(connection: &Connection, namespace: &str, name: &str) -> Result<(), WriteError> {
    let mut tries = 0;
    loop {
        match connection.delete(Kind::TaskRun, namespace, name).await {
            Ok(()) => return Ok(()),
            Err(error) if tries + 1 >= TRIES => return Err(error),
            Err(_) => tokio::time::sleep(EVERY * 2u32.pow(tries)).await,
        }
        tries += 1;
    }
}

async fn follow(connection: &Connection, namespace: &str, name: &str, wait: Duration) -> Result<Outcome, CommandError> {
    let deadline = Instant::now() + wait;
    loop {
        tokio::time::sleep(EVERY).await;
        let cluster =
            connection.read(&Wanted { namespaces: Some(vec![namespace.to_owned()]), all_pods: false }).await?;
        let (outcome, settled) = look(&cluster, namespace, name);
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
