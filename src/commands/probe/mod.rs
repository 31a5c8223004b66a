//! `probe`: is the pipeline or the environment at fault? A minimal TaskRun with the
//! run's ServiceAccount, pod template and volume tells, and is taken away again.

use serde_json::Value;

use crate::checks::focus::Focus;
use crate::cli::args::duration;
use crate::cli::output::OutputParser;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::model::Kind;
use crate::ops::ObjectRef;
use crate::repairs::probe::{self, Probe};
use crate::report;
use crate::report::json::{self, v1};
use crate::report::probe::Outcome;
use crate::sources::live::Connection;
use crate::sources::live::write::{NONCE, mark};
use crate::sources::{Source, Wanted};
use crate::workflows::engine;

use super::choice::{self, Chosen, RunName};
use super::dry_run::DryRun;
use super::print;
use super::repair::act::Manner;

mod attempt;

/// Try a minimal TaskRun with the run's ServiceAccount, pod template and volume, to tell whether the environment is at fault
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # Does a minimal task run where this one waits?
  kubectl tekton-fix probe NAMESPACE/RUN

  # The TaskRun, without creating it
  kubectl tekton-fix probe NAMESPACE/RUN --dry-run=client")]
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
    #[arg(short, long, value_name = "FORMAT", value_parser = OutputParser)]
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
    let request = attempt::request(&chosen.namespace, &probe);
    let prepared = engine::prepare(connection, request).await?;
    for warning in &prepared.warnings {
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
    let run = ObjectRef::new(Kind::PipelineRun, &chosen.namespace, &chosen.name);
    let outcome = attempt::attempt(ui, connection, &run, &prepared, wait).await?;
    let Some(outcome) = outcome else { return Ok(exit::INTERRUPTED) };
    let code = if outcome == Outcome::Ran { exit::OK } else { exit::FINDINGS };
    let run = format!("{}/{}", chosen.namespace, chosen.name);
    if !print::document(ui, args.output.as_ref(), code, || v1::probe::Probe::of(&run, &probe.task, &outcome))? {
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

/// Probes as a step of a workflow: the run is read anew, and nothing is asked.
///
/// # Errors
/// When the run or the task does not exist, the server refuses the probe, or it was
/// interrupted.
pub(super) async fn of_gate(
    ui: &mut Ui,
    connection: &Connection,
    run: &ObjectRef,
    task: Option<&str>,
    manner: Manner,
) -> Result<Outcome, CommandError> {
    let cluster = connection.read(&Wanted::namespace(&run.namespace)).await?;
    let chosen = Chosen { cluster, namespace: run.namespace.clone(), name: run.name.clone() };
    let probe = make(&chosen, task)?;
    let prepared = engine::prepare(connection, attempt::request(&run.namespace, &probe)).await?;
    let wait = if manner.wait.is_zero() { attempt::WAIT } else { manner.wait };
    let outcome = attempt::attempt(ui, connection, run, &prepared, wait).await?;
    outcome.ok_or_else(|| CommandError::interrupted("interrupted while the probe ran; it was deleted"))
}
