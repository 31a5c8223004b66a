//! `workflow test`: what a workflow comes to for a run, without touching anything.

use crate::checks::focus::Focus;
use crate::cli::output::OutputParser;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::commands::choice::{self, RunName};
use crate::commands::{diagnose, open, print};
use crate::finding::{Offer, Outcome};
use crate::report::json::v1::workflow::WorkflowPlan;
use crate::report::workflow as screens;
use crate::scripts::plan;

use super::answers::{self, Answers};
use super::load::Which;

/// Show what a workflow comes to for a run of an export or a cluster: steps, changes and forecast; nothing is changed
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # On an export, without a cluster
  kubectl tekton-fix workflow test pin-node NAMESPACE/RUN --from must-gather

  # A workflow of your own
  kubectl tekton-fix workflow test -f my.yaml NAMESPACE/RUN --from must-gather")]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// Give an input: NAME=VALUE; may be repeated
    #[arg(long, value_name = "INPUT")]
    set: Vec<String>,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = OutputParser)]
    output: Option<Output>,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: &Args) -> Result<u8, CommandError> {
    let (workflow, run) = args.which.load(ui)?;
    let name = RunName::parse(run, globals)?;
    let source = open(globals).await?;
    let mut chosen = choice::choose(ui, &source, &name).await?;
    diagnose::read_logs(&source, &mut chosen).await?;
    let report = chosen.diagnosed()?;
    let focus = Focus::new(&chosen.cluster, chosen.run()?, chosen.now());
    let planned = answers::planned(ui, &workflow, &focus, &report, (&args.set, Answers::Proposed))?;
    let verdict = plan::verdict(workflow.spec.forecast, planned.offer.as_ref());
    let code = code(planned.offer.as_ref());
    if print::document(ui, args.output.as_ref(), code, || WorkflowPlan::of(&workflow, &planned, &report, verdict))? {
        return Ok(code);
    }
    if args.output == Some(Output::Name) {
        ui.line(&workflow.metadata.name.inner)?;
        return Ok(code);
    }
    ui.show(&screens::planned(&workflow, &planned, &report, focus.run())?)?;
    ui.show(&screens::verdict(verdict, &planned))?;
    Ok(code)
}

/// The exit code for what is forecast.
pub(super) fn code(offer: Option<&Offer>) -> u8 {
    match offer.map(|offer| offer.forecast.outcome()) {
        None | Some(Outcome::GoesOn) => exit::OK,
        Some(Outcome::Blocked) => exit::FINDINGS,
        Some(Outcome::Unknown) => exit::INCOMPLETE,
    }
}
