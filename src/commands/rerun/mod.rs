//! `rerun`: submit a run again, changed, after showing what changes and what that
//! is predicted to do.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::Value;

use crate::analysis::tekton::params::{self, Given};
use crate::assess::{self, placement};
use crate::checks::focus::Focus;
use crate::cli::args::duration;
use crate::cli::{CommandError, GlobalArgs, Ui, exit};
use crate::finding::Outcome;
use crate::model::Kind;
use crate::model::origin::Origin;
use crate::model::run::PipelineRun;
use crate::ops::edit::{self, Edit};
use crate::ops::{ObjectRef, Op, Part, resubmission};
use crate::report::comparison::unified;
use crate::report::rerun::{Preview, preview};
use crate::report::{json, secrets};
use crate::sources::live::write::mark;

use super::choice::{self, Chosen, RunName};
use super::dry_run::DryRun;
use super::print;
use super::repair::moves::{needs_what_the_old_run_holds, resubmission};
use super::write_back;

mod drift;
mod editor;
mod edits;
mod rest;
mod submit;

/// Resubmit a run, pinned to a node or with a corrected pod template, after showing the change and asking
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # Pinned to the best node for the whole pipeline
  kubectl tekton-fix rerun NAMESPACE/RUN --pin-node

  # Without the pod template's securityContext, in place of the old run
  kubectl tekton-fix rerun NAMESPACE/RUN --drop-security-context --cancel-old

  # And the same in the manifest, once the new run has a node
  kubectl tekton-fix rerun NAMESPACE/RUN --fs-group namespace --write-back .tekton/build.yaml

  # Only what has not succeeded, as a manifest to look at
  kubectl tekton-fix rerun NAMESPACE/RUN --only-failed --dry-run=client")]
pub struct Args {
    /// The run: NAME or NAMESPACE/NAME (default: the newest in progress)
    run: Option<String>,
    /// Pin every pod to a node; without a name, to the best one on which the whole pipeline fits
    #[arg(long, value_name = "NODE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pin_node: Option<String>,
    /// Every pod on nodes with this label
    #[arg(long, value_name = "KEY=VALUE")]
    node_selector: Vec<String>,
    /// fsGroup of the pod template: a number, or `namespace` for the start of the namespace's block
    #[arg(long, value_name = "namespace|N")]
    fs_group: Option<String>,
    /// runAsUser of the pod template
    #[arg(long, value_name = "UID")]
    run_as_user: Option<i64>,
    /// Lay the pod template in this file over the run's, field by field; null takes a field away
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pod_template: Option<PathBuf>,
    /// Give a parameter another value: NAME=VALUE; a list is NAME=A,B or JSON; may be repeated
    #[arg(short = 'p', long, value_name = "PARAM")]
    param: Vec<String>,
    /// Give the pipeline this long to end, 2h30m for example
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
    /// Drop a part of what the run asks for; may be repeated
    #[arg(long, value_enum)]
    drop: Vec<Part>,
    /// Drop the pod template's securityContext
    #[arg(long)]
    drop_security_context: bool,
    /// Move the securityContext from the run to each of its tasks, so that the affinity assistant does not get it
    #[arg(long)]
    security_context_to_tasks: bool,
    /// Tolerate a taint: KEY[=VALUE]:EFFECT; may be repeated
    #[arg(long, value_name = "TAINT")]
    toleration: Vec<String>,
    /// Give the node selection and tolerations of this task to the whole run
    #[arg(long, value_name = "TASK")]
    placement_of: Option<String>,
    /// Run as this ServiceAccount
    #[arg(long, value_name = "NAME")]
    service_account: Option<String>,
    /// Run a task as this ServiceAccount; may be repeated
    #[arg(long, value_name = "TASK=NAME")]
    task_service_account: Vec<String>,
    /// Bind a workspace to something else: NAME=emptyDir, name=NAME,claimName=CLAIM[,subPath=DIR] or name=NAME,size=SIZE[,storageClass=CLASS][,accessMode=MODE]; may be repeated
    #[arg(short = 'w', long, value_name = "BINDING")]
    workspace: Vec<String>,
    /// Use the volumes that the old run has made for itself, instead of new empty ones
    #[arg(long)]
    keep_volumes: bool,
    /// Run only the tasks that have not succeeded: results of the others are filled in, and their volumes are kept
    #[arg(long)]
    only_failed: bool,
    /// Change the run in $KUBE_EDITOR or $EDITOR before it is checked
    #[arg(long)]
    edit: bool,
    /// Print metadata.generateName in place of a name, to be created with kubectl: only with --dry-run=client
    #[arg(long)]
    generate_name: bool,
    /// Let a step, or a whole task, ask for another amount: TASK[/STEP]:RESOURCE=QUANTITY; may be repeated
    #[arg(long, value_name = "REQUEST")]
    request: Vec<String>,
    /// Put a pod template that was written beside taskRunTemplate, and so was dropped, into its place
    #[arg(long)]
    correct_pod_template: bool,
    /// Cancel the old run, if it is still under way, once the new one exists
    #[arg(long)]
    cancel_old: bool,
    /// Once the new run goes on, make the same change in its manifest, which is found in this file or folder
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath, conflicts_with_all = ["only_failed", "keep_volumes"])]
    write_back: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// How to print the run that is created, or with --dry-run would be
    #[arg(short, long, value_enum, ignore_case = true)]
    output: Option<RunOutput>,
    /// `client` prints the run, `server` has the server check it; nothing is created
    #[arg(long, value_enum, default_value_t = DryRun::None, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "client", ignore_case = true)]
    dry_run: DryRun,
    /// How long to watch the new run until its pods have nodes; 0 does not watch
    #[arg(long, default_value = "2m", value_name = "DURATION")]
    wait: String,
}

/// How a run is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RunOutput {
    /// The manifest as YAML
    Yaml,
    /// The manifest as JSON
    Json,
    /// Its name only
    Name,
}

impl RunOutput {
    fn print(self, ui: &mut Ui, run: &Value) -> Result<(), CommandError> {
        match self {
            Self::Yaml => print::manifest(ui, run),
            Self::Json => Ok(ui.text(&json::json(run)?)?),
            Self::Name => {
                let name = run.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
                Ok(ui.line(&format!("pipelinerun.tekton.dev/{name}"))?)
            }
        }
    }
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let wait = duration("--wait", &args.wait)?;
    let name = RunName::parse(args.run.as_deref(), globals)?;
    let source = super::open(globals).await?;
    args.dry_run.check(&source, "print the run")?;
    let chosen = choice::choose(ui, &source, &name).await?;
    let old = chosen.run()?;
    if args.generate_name && args.dry_run != DryRun::Client {
        return Err(CommandError::usage(
            "--generate-name only prints: what is created gets its name here, so that it is created once",
        )
        .hint("add --dry-run=client"));
    }
    let (mut new, mut edits) = build(ui, &chosen, old, &args)?;
    for (name, _) in args.param.iter().filter_map(|text| text.split_once('=')) {
        if params::given(&chosen.cluster, old, name) == Given::Unread {
            ui.warn(&format!("whether the pipeline has a parameter {name} is unknown: it was not read"));
        }
    }
    if args.edit {
        let (edit, name) = editor::edit(ui, &new)?;
        if let Some(edit) = &edit {
            let tasks: Vec<String> = old.task_names().map(str::to_owned).collect();
            edit::apply(&mut new, edit, &tasks).map_err(CommandError::usage)?;
        }
        new["metadata"]["name"] = Value::from(name);
        edits.extend(edit);
    }
    let write_back = write_back::of_args(args.write_back.as_ref(), old, &edits)?;
    let (cancels_first, outcome) = show(ui, &chosen, old, &new, &edits, args.cancel_old)?;
    write_back::show(ui, write_back.as_ref(), &edits, &Origin::of_run(old));
    if args.dry_run == DryRun::Client {
        if args.generate_name
            && let Some(metadata) = new["metadata"].as_object_mut()
        {
            metadata.remove("name");
            metadata.insert("generateName".to_owned(), Value::from(resubmission::stem(old)));
        }
        args.output.unwrap_or(RunOutput::Yaml).print(ui, &new)?;
        return Ok(match outcome {
            Outcome::GoesOn => exit::OK,
            Outcome::Blocked => exit::FINDINGS,
            Outcome::Unknown => exit::INCOMPLETE,
        });
    }
    let connection = source.live()?;
    let (code, ended) = submit::submit(ui, connection, &chosen, (new, edits), &args, cancels_first, wait).await?;
    write_back::after(ui, write_back.as_ref(), ended.as_ref(), args.yes)?;
    Ok(code)
}

/// The new run, with the edits that made it.
fn build(ui: &mut Ui, chosen: &Chosen, old: &PipelineRun, args: &Args) -> Result<(Value, Vec<Edit>), CommandError> {
    let mut edits = edits::of(chosen, old, args)?;
    edits::exist(&edits, old)?;
    if args.only_failed {
        edits.extend(rest::of(ui, chosen, old, args)?);
    }
    edits::agree(&edits)?;
    let mark = mark();
    let mut new = resubmission(old, &edits, &mark).map_err(CommandError::usage)?;
    // The node is chosen for the run as the other changes make it.
    if let Some(node) = &args.pin_node {
        let edit = pin(chosen, node, &new, args.cancel_old)?;
        let tasks: Vec<String> = old.task_names().map(str::to_owned).collect();
        edit::apply(&mut new, &edit, &tasks).map_err(CommandError::usage)?;
        edits.push(edit);
        edits::agree(&edits)?;
    }
    Ok((new, edits))
}

/// The pin to the node that is named, or to the best one.
fn pin(chosen: &Chosen, node: &str, new: &Value, cancel_old: bool) -> Result<Edit, CommandError> {
    let cluster = &chosen.cluster;
    if cluster.nodes.is_empty() {
        return Err(CommandError::incomplete("nodes were not read, so none can be chosen or checked").hint(
            "ask for get and list on nodes, or use --node-selector kubernetes.io/hostname=NODE at your own risk",
        ));
    }
    let name = if node.is_empty() { best_node(chosen, new, cancel_old)? } else { node.to_owned() };
    let found = cluster.node(&name).ok_or_else(|| {
        let known: Vec<&str> = cluster.nodes.iter().map(|node| node.metadata.name.as_str()).collect();
        CommandError::incomplete(format!("there is no node {name:?}")).known("nodes", &name, known)
    })?;
    let hostname = found.metadata.label(edit::HOSTNAME).unwrap_or(&name).to_owned();
    Ok(Edit::PinNode { node: name, hostname })
}

fn best_node(chosen: &Chosen, new: &Value, cancel_old: bool) -> Result<String, CommandError> {
    let focus = Focus::new(&chosen.cluster, chosen.run()?, chosen.now());
    let plan = placement::pinned_anywhere(&focus, new);
    let old = placement::old_pods(&focus);
    let gone: &[_] = if cancel_old || !focus.is_running() { &old } else { &[] };
    placement::best_node(&focus, &plan, gone)
        .map_err(|none| choice::no_best_node(&none, |node| format!("--pin-node={node}")))
}

/// Shows the change and what is predicted of it, which it gives too, after whether the new
/// run needs what the old one holds, so that this has to be cancelled first.
fn show(
    ui: &mut Ui,
    chosen: &Chosen,
    old: &PipelineRun,
    new: &Value,
    edits: &[Edit],
    cancel_old: bool,
) -> Result<(bool, Outcome), CommandError> {
    let before = secrets::yaml(&resubmission::manifest(old, &old.metadata.name))?;
    let after = secrets::yaml(new)?;
    let name = new.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    let focus = Focus::new(&chosen.cluster, old, chosen.now());
    let report = chosen.diagnosed()?;
    let run = ObjectRef::new(Kind::PipelineRun, &chosen.namespace, &chosen.name);
    let op = Op::Submit { run: run.clone(), edits: edits.to_vec(), cancel_old };
    let forecast = assess::forecast(&focus, &report.findings, std::slice::from_ref(&op));
    // What the old run holds may be all that is in the way.
    let instead = Op::Submit { run, edits: edits.to_vec(), cancel_old: true };
    let is_held = forecast.outcome() == Outcome::Blocked
        && !cancel_old
        && focus.is_running()
        && assess::forecast(&focus, &report.findings, std::slice::from_ref(&instead)).outcome() == Outcome::GoesOn;
    ui.tell(&preview(Preview {
        without_old: is_held.then_some(&instead),
        change: unified((&before, &old.metadata.name), (&after, name)),
        is_same: edits.is_empty(),
        forecast: &forecast,
        old: &report,
        drift: drift::of(&chosen.cluster, old, new),
    }));
    let cancels_first =
        cancel_old && needs_what_the_old_run_holds(&focus, &report.findings, std::slice::from_ref(&op), &forecast);
    Ok((cancels_first, forecast.outcome()))
}
