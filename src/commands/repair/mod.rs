//! `repair`: from the diagnosis to a run that goes on: the plans that work, one of them
//! chosen, shown, confirmed, carried out, followed and recorded.

pub(super) mod act;
pub(super) mod events;
pub(super) mod follow;
mod gates;
pub(super) mod moves;

use clap::ValueEnum;

use crate::checks::focus::Focus;
use crate::cli::args::duration;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::finding::{Offer, RunReport, RunState};
use crate::model::Kind;
use crate::model::origin::Origin;
use crate::ops::{Danger, Edit, Op, Write, resubmission};
use crate::report::comparison::unified;
use crate::report::json::v1::workflow::RepairPlans;
use crate::report::repair as screens;
use crate::report::{Document, diagnosis, secrets, wording};
use crate::sources::live::write::mark;
use crate::workflows::engine::Prepared;
use crate::workflows::gate::Move;

use super::choice::{self, Chosen, RunName};
use super::dry_run::DryRun;
use super::print;
use super::write_back::{self, WriteBack};
use events::Events;

/// Diagnose a run, choose a fix that is predicted to work, and carry it out after showing it and asking
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # Choose among the fixes for a run, see the change, and carry it out
  kubectl tekton-fix repair private-models/mistral-24b-quantized-gx87d

  # See what would be done; nothing is changed
  kubectl tekton-fix repair NAMESPACE/RUN --dry-run=server

  # And the same in the manifest, once the new run has a node
  kubectl tekton-fix repair NAMESPACE/RUN --write-back .tekton/build.yaml

  # Unattended: the best fix of low or medium risk
  kubectl tekton-fix repair NAMESPACE/RUN --yes --max-risk medium")]
pub struct Args {
    /// The run: NAME or NAMESPACE/NAME (default: the newest in progress)
    pub(super) run: Option<String>,
    /// Carry out the plan of this id instead of choosing
    #[arg(long, value_name = "ID")]
    pub(super) plan: Option<String>,
    /// Carry out the workflow that --plan names with this input: NAME=VALUE; may be repeated
    #[arg(long, value_name = "INPUT", requires = "plan")]
    pub(super) set: Vec<String>,
    /// Do not ask: the best plan, or the one of --plan
    #[arg(short, long)]
    pub(super) yes: bool,
    /// Consider only plans of at most this risk
    #[arg(long, value_enum, default_value_t = MaxRisk::High, value_name = "RISK")]
    pub(super) max_risk: MaxRisk,
    /// Once a new run goes on, make the same change in its manifest, which is found in this file or folder
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath, conflicts_with = "set")]
    write_back: Option<std::path::PathBuf>,
    /// Leave the old run as it is once a new one goes on
    #[arg(long)]
    keep_old: bool,
    /// `client` lists the plans, `server` has the server check one; nothing is changed
    #[arg(long, value_enum, default_value_t = DryRun::None, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "client", ignore_case = true)]
    pub(super) dry_run: DryRun,
    /// How long to wait until the run's pods have nodes
    #[arg(long, default_value = "2m", value_name = "DURATION")]
    pub(super) wait: String,
    /// `json` prints an event a line
    #[arg(short, long, value_enum, ignore_case = true)]
    pub(super) output: Option<EventOutput>,
}

/// How events are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum EventOutput {
    /// JSON, an event a line
    Json,
}

/// The greatest risk that a plan may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum MaxRisk {
    /// Only the run itself is concerned, and nothing is lost
    Low,
    /// The old run is cancelled, or a step gets less than it asked for
    Medium,
    /// Others than the run are concerned, or something is lost
    High,
}

impl MaxRisk {
    pub(super) fn takes(self, offer: &Offer) -> bool {
        match offer.danger() {
            Danger::Low => true,
            Danger::Medium => self >= Self::Medium,
            Danger::High => self >= Self::High,
        }
    }
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    if !args.set.is_empty() {
        return super::workflow::run::of_repair(ui, globals, args).await;
    }
    let wait = duration("--wait", &args.wait)?;
    let name = RunName::parse(args.run.as_deref(), globals)?;
    let source = super::open(globals).await?;
    args.dry_run.check(&source, "see the plans")?;
    let mut chosen = choice::choose(ui, &source, &name).await?;
    super::diagnose::read_logs(&source, &mut chosen).await?;
    let report = chosen.diagnosed()?;
    if report.findings.is_empty() {
        // What is fine, or cannot be told, needs no repair.
        let code = match report.state {
            RunState::Failed => exit::FINDINGS,
            RunState::Unknown => exit::INCOMPLETE,
            _ => exit::OK,
        };
        let as_document = args.output.filter(|_| args.dry_run == DryRun::Client).map(|_| Output::Json);
        if !print::document(ui, as_document.as_ref(), code, || RepairPlans::of(&report, &[]))? {
            said(ui, &args, &diagnosis::one(&report, false))?;
        }
        return Ok(code);
    }
    let works = working(&report, args.max_risk);
    if args.dry_run == DryRun::Client {
        let works = named(&works, args.plan.as_deref())?.map_or(works, |offer| vec![offer]);
        if works.is_empty() && !working(&report, MaxRisk::High).is_empty() {
            ui.status("No plan that works is within --max-risk; without it there are some.");
        }
        let document = || RepairPlans::of(&report, &works);
        if print::document(ui, args.output.map(|_| Output::Json).as_ref(), exit::FINDINGS, document)? {
            return Ok(exit::FINDINGS);
        }
        let screen = if works.is_empty() { screens::none(&report) } else { screens::plans(&report, &works) };
        ui.show(&screen)?;
        if let Some(offer) = works.first() {
            let (edits, write_back) = write_back(&chosen, offer, &args)?;
            write_back::show(ui, write_back.as_ref(), edits, &report.origins);
        }
        return Ok(exit::FINDINGS);
    }
    let Some(offer) = choose(ui, &report, &works, &args)? else {
        return Ok(exit::FINDINGS);
    };
    let (edits, write_back) = write_back(&chosen, offer, &args)?;
    let connection = source.live()?;
    let mark = mark();
    let focus = Focus::new(&chosen.cluster, chosen.run()?, chosen.now());
    let moves = moves::of_offer(&focus, &report.findings, offer, &mark, args.keep_old).map_err(CommandError::usage)?;
    let cancels_first = moves.cancels_first;
    let ready = act::prepare(connection, moves).await?;
    show(ui, &chosen, &report, offer, &ready, (cancels_first, !wait.is_zero()))?;
    write_back::show(ui, write_back.as_ref(), edits, &report.origins);
    for prepared in ready.writes().filter(|prepared| !prepared.is_needless()) {
        if let Some(warning) = managed(prepared) {
            ui.warn(&warning);
        }
    }
    for warning in ready.writes().flat_map(|prepared| &prepared.warnings) {
        ui.warn(warning);
    }
    if args.dry_run == DryRun::Server {
        ui.line("The server accepts every change (dry run); nothing was changed.")?;
        return Ok(exit::OK);
    }
    if !args.yes && !ui.confirm("Carry it out?")? {
        return Err(CommandError::declined("nothing was changed"));
    }
    act::still_needed(connection, &chosen).await?;
    let (operation, _lock) = act::begin(connection, &chosen, &offer.id, &mark, &ready).await?;
    let events = Events { as_json: args.output.is_some(), is_quiet: false, operation: mark };
    let manner = act::Manner { wait, yes: args.yes };
    let course = act::act(ui, &events, connection, &operation, &ready, manner).await;
    let (code, ended) = act::close(ui, connection, &operation, &ready, course).await?;
    if code == exit::OK {
        let said = if ended == act::Ended::NotFollowed { "Carried out, and not waited for." } else { "Repaired." };
        ui.status(&format!("{said} To take it back: {} undo {}", wording::caller().program(), operation.id()));
    }
    write_back::after(ui, write_back.as_ref(), Some(&ended), args.yes)?;
    Ok(code)
}

/// What a plan changes of the run, and the manifest that is to get it.
fn write_back<'o>(
    chosen: &Chosen,
    offer: &'o Offer,
    args: &Args,
) -> Result<(&'o [Edit], Option<WriteBack>), CommandError> {
    let edits = offer.ops.iter().find_map(Op::edits).unwrap_or_default();
    Ok((edits, write_back::of_args(args.write_back.as_ref(), chosen.run()?, edits)?))
}

/// That what a plan changes is managed from outside of the cluster.
fn managed(prepared: &Prepared) -> Option<String> {
    let object = &prepared.request.object;
    let is_run = matches!(object.kind, Kind::PipelineRun | Kind::TaskRun);
    let before = prepared.before.as_ref().filter(|_| !is_run)?;
    wording::origins::reverted(&format!("{} {}", object.kind, object.name), &Origin::of_object(before))
}

/// Shows a document; beside the data where those are events for a program.
fn said(ui: &mut Ui, args: &Args, document: &Document) -> Result<(), CommandError> {
    if args.output.is_some() {
        ui.tell(document);
        return Ok(());
    }
    Ok(ui.show(document)?)
}

/// The plans that are predicted to work and need no person, the best first, each once.
fn working(report: &RunReport, max: MaxRisk) -> Vec<&Offer> {
    let mut works: Vec<&Offer> = Vec::new();
    for offer in report.findings.iter().flat_map(|finding| &finding.offers) {
        let is_known = works.iter().any(|known| known.ops == offer.ops);
        if offer.works() && !offer.ops.iter().any(Op::is_manual) && max.takes(offer) && !is_known {
            works.push(offer);
        }
    }
    works
}

/// The plan of that id, where one is named.
fn named<'o>(works: &[&'o Offer], id: Option<&str>) -> Result<Option<&'o Offer>, CommandError> {
    let Some(id) = id else { return Ok(None) };
    let found = works.iter().find(|offer| offer.id == id);
    found.map(|offer| Some(*offer)).ok_or_else(|| {
        CommandError::incomplete(format!("there is no plan {id:?} that is predicted to work")).known(
            "plans",
            id,
            works.iter().map(|offer| &*offer.id),
        )
    })
}

/// The plan to carry out; `None` where there is none, which is said.
fn choose<'o>(
    ui: &mut Ui,
    report: &RunReport,
    works: &[&'o Offer],
    args: &Args,
) -> Result<Option<&'o Offer>, CommandError> {
    if let Some(offer) = named(works, args.plan.as_deref())? {
        return Ok(Some(offer));
    }
    let Some(first) = works.first() else {
        said(ui, args, &screens::none(report))?;
        ui.status("No fix is predicted to work; nothing was changed.");
        return Ok(None);
    };
    if args.yes {
        return Ok(Some(first));
    }
    ui.tell(&diagnosis::head(report));
    let mut items: Vec<String> = works.iter().map(|offer| screens::choice(offer)).collect();
    items.push("none of them".to_owned());
    let at = ui.choose("Which fix?", &items)?;
    match at.and_then(|at| works.get(at)) {
        Some(offer) => Ok(Some(offer)),
        None => Err(CommandError::declined("nothing was changed")),
    }
}

/// Shows every change, and what is predicted of the plan.
fn show(
    ui: &mut Ui,
    chosen: &Chosen,
    report: &RunReport,
    offer: &Offer,
    ready: &act::Ready,
    (cancels_first, is_followed): (bool, bool),
) -> Result<(), CommandError> {
    let old = chosen.run()?;
    for one in &ready.list {
        let Move::Write(prepared, _) = one else { continue };
        let Write::Create(new) = &prepared.request.write else { continue };
        if prepared.request.object.kind != Kind::PipelineRun {
            continue;
        }
        let before = secrets::yaml(&resubmission::manifest(old, &old.metadata.name))?;
        ui.tell(&unified((&before, &old.metadata.name), (&secrets::yaml(new)?, &prepared.request.object.name)));
    }
    ui.tell(&screens::changes(ready.writes(), &report.name)?);
    ui.tell(&screens::prediction(offer, cancels_first, is_followed));
    Ok(())
}
