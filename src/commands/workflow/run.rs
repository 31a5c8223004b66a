//! `workflow run`: carries a workflow out, after showing it and asking.

use crate::checks::focus::Focus;
use crate::cli::args::duration;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::commands::choice::{self, RunName};
use crate::commands::dry_run::DryRun;
use crate::commands::repair::events::Events;
use crate::commands::repair::{self, EventOutput, MaxRisk, act, moves};
use crate::commands::{diagnose, open, print};
use crate::report::json::v1::workflow::WorkflowPlan;
use crate::report::workflow as screens;
use crate::report::{repair as repair_screens, wording};
use crate::scripts::plan::{self, Verdict};
use crate::sources::live::write::mark;
use crate::workflows::gate::{Gate, Move};

use super::answers::{self, Answers};
use super::load::Which;

/// Carry out a workflow for a run, after showing every change and asking
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # Pin the run to a node; the node is asked for
  kubectl tekton-fix workflow run pin-node NAMESPACE/RUN

  # Unattended
  kubectl tekton-fix workflow run pin-node NAMESPACE/RUN --set node=node-1 -y

  # One of your own, checked by the server; nothing is changed
  kubectl tekton-fix workflow run -f my.yaml NAMESPACE/RUN --dry-run=server")]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Give an input: NAME=VALUE; may be repeated
    #[arg(long, value_name = "INPUT")]
    set: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Carry it out only if it is of at most this risk
    #[arg(long, value_enum, default_value_t = MaxRisk::High, value_name = "RISK")]
    max_risk: MaxRisk,
    /// `client` shows what would be done, `server` has the server check it; nothing is changed
    #[arg(long, value_enum, default_value_t = DryRun::None, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "client", ignore_case = true)]
    dry_run: DryRun,
    /// How long to wait where a step does not say it
    #[arg(long, default_value = "2m", value_name = "DURATION")]
    wait: String,
    /// `json` prints an event a line; with --dry-run=client one document
    #[arg(short, long, value_enum, ignore_case = true)]
    output: Option<EventOutput>,
}

/// `repair --plan ID --set NAME=VALUE`: the workflow of that name.
pub(in crate::commands) async fn of_repair(
    ui: &mut Ui,
    globals: &GlobalArgs,
    args: repair::Args,
) -> Result<u8, CommandError> {
    let repair::Args { run: name, plan, set, yes, max_risk, dry_run, wait, output, .. } = args;
    let which = Which::named(plan.unwrap_or_default(), name);
    run(ui, globals, &Args { which, set, yes, max_risk, dry_run, wait, output }).await
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: &Args) -> Result<u8, CommandError> {
    let wait = duration("--wait", &args.wait)?;
    let (workflow, run) = args.which.load(ui)?;
    let name = RunName::parse(run, globals)?;
    let source = open(globals).await?;
    args.dry_run.check(&source, "see what would be done")?;
    let mut chosen = choice::choose(ui, &source, &name).await?;
    diagnose::read_logs(&source, &mut chosen).await?;
    let report = chosen.diagnosed()?;
    let focus = Focus::new(&chosen.cluster, chosen.run()?, chosen.now());
    let who = if args.yes { Answers::Proposed } else { Answers::Asked };
    let planned = answers::planned(ui, &workflow, &focus, &report, (&args.set, who))?;
    let screen = screens::planned(&workflow, &planned, &report, focus.run())?;
    let verdict = plan::verdict(workflow.spec.forecast, planned.offer.as_ref());
    let prediction = screens::verdict(verdict, &planned);
    if args.dry_run == DryRun::Client {
        let code = super::test::code(planned.offer.as_ref());
        let document = || WorkflowPlan::of(&workflow, &planned, &report, verdict);
        if print::document(ui, args.output.map(|_| Output::Json).as_ref(), code, document)? {
            return Ok(code);
        }
        ui.show(&screen)?;
        ui.show(&prediction)?;
        return Ok(code);
    }
    ui.tell(&screen);
    if verdict == Verdict::Refused {
        ui.tell(&prediction);
        ui.status("Nothing was changed.");
        return Ok(exit::FINDINGS);
    }
    if let Some(offer) = planned.offer.as_ref().filter(|offer| !args.max_risk.takes(offer)) {
        let risks = wording::risks(offer);
        return Err(CommandError::incomplete("the workflow risks more than --max-risk allows; nothing was changed")
            .hint(if risks.is_empty() { "it changes what concerns others than the run".to_owned() } else { risks }));
    }
    let connection = source.live()?;
    let mark = mark();
    let moves = moves::of_workflow(&focus, &report.findings, &planned, &mark).map_err(CommandError::usage)?;
    let mut ready = act::prepare(connection, moves).await?;
    for warning in ready.writes().flat_map(|prepared| &prepared.warnings) {
        ui.warn(warning);
    }
    ui.tell(&repair_screens::changes(ready.writes(), &report.name)?);
    if ready.cancels_first {
        ui.status("The old run is cancelled first: the new one needs what it holds.");
    }
    ui.tell(&prediction);
    if args.dry_run == DryRun::Server {
        ui.line("The server accepts every change (dry run); nothing was changed.")?;
        return Ok(exit::OK);
    }
    let question = question(&mut ready, verdict);
    if !args.yes && !ui.confirm(&question)? {
        return Err(CommandError::declined("nothing was changed"));
    }
    act::still_needed(connection, &chosen).await?;
    let id = format!("workflow {}", workflow.metadata.name.inner);
    let (operation, _lock) = act::begin(connection, &chosen, &id, &mark, &ready).await?;
    let events = Events { as_json: args.output.is_some(), is_quiet: false, operation: mark };
    let manner = act::Manner { wait, yes: args.yes };
    let course = act::act(ui, &events, connection, &operation, &ready, manner).await;
    let (code, _) = act::close(ui, connection, &operation, &ready, course).await?;
    if code == exit::OK {
        let program = wording::caller().program();
        let undo = if ready.writes().next().is_some() {
            format!(" To take it back: {program} undo {}", operation.id())
        } else {
            String::new()
        };
        ui.status(&format!("Done.{undo}"));
    }
    Ok(code)
}

/// What is asked before anything is done: the workflow's own question, where it begins with
/// one that --yes answers.
fn question(ready: &mut act::Ready, verdict: Verdict) -> String {
    let is_shown = |one: &Move<_>| matches!(one, Move::Gate(gate) if gate.gate == Gate::Diagnose);
    let at = ready.list.iter().position(|one| !is_shown(one));
    let own = match at.and_then(|at| ready.list.get(at)) {
        Some(Move::Gate(first)) => match &first.gate {
            Gate::Confirm { question, always: false } => Some(question.clone()),
            _ => None,
        },
        _ => None,
    };
    if let (Some(_), Some(at)) = (&own, at) {
        ready.list.remove(at);
    }
    match (verdict, own) {
        (Verdict::Careful, _) => "Carry it out, although it is not known to help?".to_owned(),
        (_, Some(own)) => own,
        (_, None) => "Carry it out?".to_owned(),
    }
}
