//! `rerun`: submit a run again, changed, after showing what changes and what that
//! is predicted to do.

use std::time::Duration;

use clap::ValueEnum;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::checks::finding::Prediction;
use crate::checks::focus::Focus;
use crate::checks::{self};
use crate::cli::{CommandError, GlobalArgs, Ui, exit};
use crate::model::Kind;
use crate::model::run::PipelineRun;
use crate::output::{Style, diff, plain, wrap};
use crate::repairs::resubmission::{self, Edit};
use crate::repairs::{self, prediction};
use crate::sources::live::Connection;
use crate::sources::live::write::{Mode, NONCE};
use crate::sources::{Source, SourceError, Wanted};
use crate::workflows::journal::{Entry, Journal, State};
use crate::yaml;

use super::choice::{self, Chosen, RunName};

/// Submit a run again, pinned to a node or with a corrected pod template, after showing the change and asking
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run: NAME or NAMESPACE/NAME; left out, the newest one that is under way
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
    /// Bind a workspace to an emptyDir: NAME=emptyDir
    #[arg(long, value_name = "NAME=emptyDir")]
    workspace: Vec<String>,
    /// Put a pod template that was written beside taskRunTemplate, and so was dropped, into its place
    #[arg(long)]
    correct_pod_template: bool,
    /// Cancel the old run first, if it is still under way
    #[arg(long)]
    cancel_old: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// `client` prints the run, `server` has the server check it; nothing is created
    #[arg(long, value_enum, default_value_t = DryRun::None, value_name = "MODE")]
    dry_run: DryRun,
    /// How long to watch the new run until its pods have nodes; 0 does not watch
    #[arg(long, default_value = "2m", value_name = "DURATION")]
    wait: String,
}

/// What to drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// securityContext.runAsUser
    RunAsUser,
    /// securityContext.fsGroup
    FsGroup,
    /// The whole securityContext
    SecurityContext,
    /// Node selection of the run
    NodeSelector,
    /// Node selection and tolerations of single tasks
    TaskPlacement,
}

/// Whether to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DryRun {
    /// Create the run
    None,
    /// Print it
    Client,
    /// Let the server check it
    Server,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let wait =
        crate::cli::args::duration(&args.wait).map_err(|error| CommandError::usage(format!("--wait: {error}")))?;
    let name = RunName::parse(args.run.as_deref(), globals)?;
    let source = super::open(globals).await?;
    if matches!(source, Source::Export(_)) && args.dry_run != DryRun::Client {
        return Err(CommandError::usage("an export cannot be written to")
            .hint("add --dry-run=client to print the run, or leave --from away"));
    }
    let chosen = choice::choose(ui, &source, &name).await?;
    let old = chosen.run()?;
    let (new, edits) = build(&chosen, old, &args)?;
    show(ui, &chosen, old, &new, &edits, args.cancel_old)?;
    if args.dry_run == DryRun::Client {
        let text = yaml::write(&new).map_err(|error| CommandError::unreadable(error.to_string()))?;
        write!(ui.out(), "{text}")?;
        return Ok(exit::OK);
    }
    let connection = source.live()?;
    submit(ui, connection, &chosen, &new, &args, wait).await
}

/// The new run, with the edits that made it.
fn build(chosen: &Chosen, old: &PipelineRun, args: &Args) -> Result<(Value, Vec<Edit>), CommandError> {
    let mut edits = edits(chosen, old, args)?;
    let nonce = nonce();
    let mut new = resubmission::resubmission(old, &resubmission::name(old, &nonce[..5]));
    let tasks: Vec<String> =
        old.pipeline_tasks().iter().filter_map(|task| Some(task.get("name")?.as_str()?.to_owned())).collect();
    for edit in &edits {
        resubmission::apply(&mut new, edit, &tasks).map_err(CommandError::usage)?;
    }
    // The node is chosen for the run as the other changes make it.
    if let Some(node) = &args.pin_node {
        let value = pin(chosen, node, &new, args.cancel_old)?;
        let edit = Edit::NodeSelector(resubmission::HOSTNAME.to_owned(), value);
        resubmission::apply(&mut new, &edit, &tasks).map_err(CommandError::usage)?;
        edits.push(edit);
    }
    new["metadata"]["annotations"][NONCE] = Value::from(nonce);
    Ok((new, edits))
}

/// A mark of its own for each submission, of characters that names may have.
fn nonce() -> String {
    use std::hash::{BuildHasher, Hasher};
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    // The standard library seeds its hasher from the system's random source.
    let mut bits = std::collections::hash_map::RandomState::new().build_hasher().finish();
    let mut text = String::new();
    for _ in 0..12 {
        text.push(char::from(ALPHABET[(bits % ALPHABET.len() as u64) as usize]));
        bits /= ALPHABET.len() as u64;
    }
    text
}

fn edits(chosen: &Chosen, old: &PipelineRun, args: &Args) -> Result<Vec<Edit>, CommandError> {
    let mut edits = Vec::new();
    for part in &args.drop {
        edits.push(match part {
            Part::RunAsUser => Edit::DropSecurityField("runAsUser"),
            Part::FsGroup => Edit::DropSecurityField("fsGroup"),
            Part::SecurityContext => Edit::DropSecurityContext,
            Part::NodeSelector => Edit::DropNodeSelection,
            Part::TaskPlacement => Edit::DropTaskPlacement,
        });
    }
    if args.drop_security_context {
        edits.push(Edit::DropSecurityContext);
    }
    if args.correct_pod_template {
        let applied: Option<Value> = old
            .metadata
            .annotation("kubectl.kubernetes.io/last-applied-configuration")
            .and_then(|text| serde_json::from_str(text).ok());
        let template = applied.and_then(|applied| applied.pointer("/spec/podTemplate").cloned()).ok_or_else(|| {
            CommandError::usage("the run does not tell of a misplaced pod template: it has no last-applied-configuration with spec.podTemplate")
        })?;
        edits.push(Edit::PodTemplate(template));
    }
    if let Some(group) = &args.fs_group {
        edits.push(Edit::FsGroup(fs_group(chosen, group)?));
    }
    if args.security_context_to_tasks {
        edits.push(Edit::SecurityContextToTasks);
    }
    if let Some(task) = &args.placement_of {
        edits.push(Edit::PlacementOf(task.clone()));
    }
    for pair in &args.node_selector {
        let (key, value) = pair
            .split_once('=')
            .ok_or_else(|| CommandError::usage(format!("--node-selector {pair:?}: expected KEY=VALUE")))?;
        edits.push(Edit::NodeSelector(key.to_owned(), value.to_owned()));
    }
    for text in &args.toleration {
        edits.push(Edit::Toleration(toleration(text)?));
    }
    if let Some(name) = &args.service_account {
        edits.push(Edit::ServiceAccount(name.clone()));
    }
    for binding in &args.workspace {
        match binding.split_once('=') {
            Some((name, "emptyDir")) => edits.push(Edit::EmptyDir(name.to_owned())),
            _ => return Err(CommandError::usage(format!("--workspace {binding:?}: expected NAME=emptyDir"))),
        }
    }
    Ok(edits)
}

/// The value of the hostname label of the node to pin to.
fn pin(chosen: &Chosen, node: &str, new: &Value, cancel_old: bool) -> Result<String, CommandError> {
    let cluster = &chosen.cluster;
    if cluster.nodes.is_empty() {
        return Err(CommandError::incomplete("nodes were not read, so none can be chosen or checked").hint(
            "ask for get and list on nodes, or use --node-selector kubernetes.io/hostname=NODE at your own risk",
        ));
    }
    let name = if node.is_empty() { best_node(chosen, new, cancel_old)? } else { node.to_owned() };
    let found = cluster.node(&name).ok_or_else(|| {
        let known: Vec<&str> = cluster.nodes.iter().map(|node| node.metadata.name.as_str()).collect();
        CommandError::usage(format!("there is no node {name:?}")).hint(format!("nodes: {}", known.join(", ")))
    })?;
    Ok(found.metadata.label("kubernetes.io/hostname").unwrap_or(&name).to_owned())
}

fn best_node(chosen: &Chosen, new: &Value, cancel_old: bool) -> Result<String, CommandError> {
    let focus = Focus::new(&chosen.cluster, chosen.run()?, chosen.now());
    let plan = repairs::future::of(&focus, &repairs::future::as_run(&focus, &resubmission::unpinned(new))).plan;
    let is_cancelled = cancel_old || !focus.is_running();
    repairs::placement::best_node(&focus, &plan, is_cancelled).map_err(|reasons| {
        let mut error = CommandError::incomplete("no node takes the whole pipeline");
        for reason in reasons.into_iter().take(12) {
            error = error.hint(reason);
        }
        error
    })
}

fn fs_group(chosen: &Chosen, text: &str) -> Result<i64, CommandError> {
    if text != "namespace" {
        return text
            .parse()
            .map_err(|_| CommandError::usage(format!("--fs-group {text:?}: expected a group id or `namespace`")));
    }
    let focus = Focus::new(&chosen.cluster, chosen.run()?, chosen.now());
    repairs::block_start(&focus).ok_or_else(|| {
        CommandError::incomplete(format!("the group block of namespace {} is not known", chosen.namespace)).hint(
            "the Namespace object with its annotation openshift.io/sa.scc.supplemental-groups was not read; pass the number",
        )
    })
}

fn toleration(text: &str) -> Result<Value, CommandError> {
    let bad = || {
        CommandError::usage(format!(
            "--toleration {text:?}: expected KEY[=VALUE]:EFFECT, for example nvidia.com/gpu=true:NoSchedule"
        ))
    };
    let (taint, effect) = text.rsplit_once(':').ok_or_else(bad)?;
    if !matches!(effect, "NoSchedule" | "NoExecute" | "PreferNoSchedule") {
        return Err(bad());
    }
    Ok(match taint.split_once('=') {
        Some((key, value)) => json!({ "key": key, "operator": "Equal", "value": value, "effect": effect }),
        None => json!({ "key": taint, "operator": "Exists", "effect": effect }),
    })
}

/// Shows the change and what is predicted of it.
fn show(
    ui: &mut Ui,
    chosen: &Chosen,
    old: &PipelineRun,
    new: &Value,
    edits: &[Edit],
    cancel_old: bool,
) -> Result<(), CommandError> {
    let style = ui.style();
    let before = text_of(&resubmission::resubmission(old, &old.metadata.name))?;
    let after = text_of(new)?;
    let name = new.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
    ui.status(&diff::unified(&before, &after, &old.metadata.name, name, style));
    if edits.is_empty() {
        ui.status("The new run asks for the same as the old one.");
    }
    let focus = Focus::new(&chosen.cluster, old, chosen.now());
    let predicted = prediction::of(&focus, new, cancel_old);
    let verdict = match predicted.outcome {
        Prediction::Heals => style.good("the new run will go on"),
        Prediction::DoesNotHeal => style.bad("the new run will stay stuck"),
        Prediction::Unknown => style.warn("cannot be told"),
    };
    let because = if predicted.because.is_empty() {
        String::new()
    } else {
        format!(", because {}", plain(&predicted.because.join("; ")))
    };
    ui.status(&wrap(&format!("Prediction: {verdict}{because}."), style.width, "", "  "));
    if predicted.outcome == Prediction::DoesNotHeal {
        let report = checks::diagnose(&chosen.cluster, old, chosen.now());
        let mut report = report;
        repairs::attach(&chosen.cluster, &mut report, chosen.now());
        let healing = report
            .findings
            .iter()
            .flat_map(|finding| &finding.repairs)
            .filter(|repair| repair.predicted == Prediction::Heals);
        for repair in healing {
            ui.status(&wrap(&plain(&format!("would heal: {}", repair.summary)), style.width, "  ", "    "));
            for line in repair.command.lines() {
                ui.status(&format!("    $ {}", plain(line)));
            }
        }
    }
    Ok(())
}

fn text_of(value: &Value) -> Result<String, CommandError> {
    yaml::write(value).map_err(|error| CommandError::unreadable(error.to_string()))
}

async fn submit(
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
        writeln!(ui.out(), "pipelinerun.tekton.dev/{name} created (server dry run)")?;
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
    let written = Written {
        journal: Journal::of_user(),
        server: &connection.server,
        namespace,
        id: new.pointer("/metadata/annotations").and_then(|all| all[NONCE].as_str()).unwrap_or_default(),
    };
    let undo = format!("kubectl delete pipelinerun/{name} -n {namespace}");
    written.record(ui, "create", &name, Some(&undo), State::Sent);
    let created = connection.create(Kind::PipelineRun, namespace, new, Mode::Real).await;
    written.record(ui, "create", &name, Some(&undo), outcome(&created));
    let created = created?;
    for warning in created.warnings.iter().filter(|warning| !checked.warnings.contains(warning)) {
        ui.warn(warning);
    }
    writeln!(ui.out(), "pipelinerun.tekton.dev/{name} created")?;
    ui.out().flush()?;
    ui.status(&format!("Undo: {undo}"));
    if cancels {
        // Only now: had the create failed, the old run would be lost for nothing.
        let old = &chosen.name;
        written.record(ui, "cancel", old, None, State::Sent);
        let cancelled = connection.merge_patch(Kind::PipelineRun, namespace, old, &cancellation(), Mode::Real).await;
        written.record(ui, "cancel", old, None, outcome(&cancelled));
        cancelled?;
        ui.status(&format!("Cancelled {namespace}/{old}, which cannot be undone."));
    }
    if wait.is_zero() {
        return Ok(exit::OK);
    }
    watch(ui, connection, namespace, &name, wait).await
}

/// What is written in the journal about the writes of one submission.
struct Written<'a> {
    journal: Option<Journal>,
    server: &'a str,
    namespace: &'a str,
    id: &'a str,
}

impl Written<'_> {
    fn record(&self, ui: &mut Ui, action: &str, run: &str, undo: Option<&str>, state: State) {
        let entry = Entry {
            time: Timestamp::now(),
            id: self.id.to_owned(),
            server: self.server.to_owned(),
            namespace: self.namespace.to_owned(),
            action: action.to_owned(),
            object: format!("pipelinerun/{run}"),
            undo: undo.map(str::to_owned),
            state,
        };
        let Some(journal) = &self.journal else { return };
        if let Err(error) = journal.add(&entry) {
            ui.warn(&format!("{action} of {run} is not recorded: {}: {error}", journal.path().display()));
        }
    }
}

fn outcome<T>(result: &Result<T, SourceError>) -> State {
    match result {
        Ok(_) => State::Done,
        Err(error) => State::Failed(error.to_string()),
    }
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
    use checks::finding::RunState;
    let deadline = tokio::time::Instant::now() + wait;
    let style: Style = ui.style();
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
                        crate::output::diagnosis::render(&report, style, false, ui.out())?;
                        return Ok(exit::FINDINGS);
                    }
                    if moved {
                        let text = if run.is_done() { report.headline } else { "its pods have a node".to_owned() };
                        ui.status(&format!("{namespace}/{name}: {}", plain(&text)));
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
