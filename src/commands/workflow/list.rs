//! `workflow list`: what there is, and what of it is for a run.

use crate::checks::focus::Focus;
use crate::cli::output::OutputParser;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::commands::choice::{self, RunName};
use crate::commands::{open, print};
use crate::report::json::v1::workflow::WorkflowList;
use crate::report::workflow::{self as screens, Listed};
use crate::scripts::{lint, plan, scope};

use super::load;

/// List the workflows, of this program and of your own folder
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # What there is
  kubectl tekton-fix workflow list

  # Which of them are for a run
  kubectl tekton-fix workflow list NAMESPACE/RUN")]
pub struct Args {
    /// Tell which are for this run: NAME or NAMESPACE/NAME
    run: Option<String>,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = OutputParser)]
    output: Option<Output>,
    /// Print the rows of tables alone, without their header
    #[arg(long)]
    no_headers: bool,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: &Args) -> Result<u8, CommandError> {
    ui.without_headers(args.no_headers);
    let all = load::all()?;
    let mut listed: Vec<Listed> = Vec::new();
    for document in all {
        let read = lint::read(&document.text);
        let is_known = |one: &Listed| match (&one.workflow, &read) {
            (Some(known), Ok(read)) => known.metadata.name.inner == read.metadata.name.inner,
            _ => false,
        };
        // A workflow of the user takes the place of one of the program.
        if !listed.iter().any(is_known) {
            listed.push(Listed { origin: document.origin, workflow: read.ok(), fit: None });
        }
    }
    if args.run.is_some() {
        let name = RunName::parse(args.run.as_deref(), globals)?;
        let source = open(globals).await?;
        let chosen = choice::choose(ui, &source, &name).await?;
        let report = chosen.diagnosed()?;
        let focus = Focus::new(&chosen.cluster, chosen.run()?, chosen.now());
        let scope = scope::of(&focus, &report);
        for one in &mut listed {
            one.fit = one.workflow.as_ref().map(|workflow| plan::fit(workflow, &report.findings, &scope));
        }
    }
    if print::document(ui, args.output.as_ref(), exit::OK, || WorkflowList::of(&listed))? {
        return Ok(exit::OK);
    }
    if args.output == Some(Output::Name) {
        for workflow in listed.iter().filter_map(|one| one.workflow.as_ref()) {
            ui.line(&workflow.metadata.name.inner)?;
        }
        return Ok(exit::OK);
    }
    ui.show(&screens::list(&listed))?;
    Ok(exit::OK)
}
