//! `admission`: which SCC takes which pod, with which ids, and why the others do not.

use serde_json::Value;

use crate::analysis::scc::pod_creator::{self, Known};
use crate::analysis::scc::{AdmissionRequest, Answer, Release, Verdict, admit, each};
use crate::assess::{self, run_pods};
use crate::checks;
use crate::checks::focus::Focus;
use crate::cli::output::OutputParser;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::finding::{Cause, Offer};
use crate::model::Cluster;
use crate::model::pod::{Pod, PodPlan};
use crate::model::run::PipelineRun;
use crate::repairs;
use crate::report::admission::{self, Answered, Judged};
use crate::report::json::v1::admission as v1;
use crate::sources::live::rehearse::Rehearsal;
use crate::sources::{Source, Wanted, export};

use super::choice::{self, RunName};
use super::print;

/// Show which SCC admits a run's pods with which ids, or why none does, before they are created
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # Which SCC admits each pod of a run, before the pods exist
  kubectl tekton-fix admission NAMESPACE/RUN

  # The same of a manifest
  kubectl tekton-fix admission -f run.yaml -n NAMESPACE")]
pub struct Args {
    /// The run: NAME or NAMESPACE/NAME; its assistant's pod and those of all its tasks are judged
    run: Option<String>,
    /// Judge a run that has not been submitted yet
    #[arg(short, long, value_name = "FILE", conflicts_with = "run")]
    filename: Option<String>,
    /// Judge this pod, which need not belong to a run
    #[arg(long, value_name = "[NAMESPACE/]NAME", conflicts_with_all = ["run", "filename"])]
    pod: Option<String>,
    /// Who creates the pod (default: Tekton's controller or the StatefulSet controller, as for such pods)
    #[arg(long, value_name = "USER")]
    creator: Option<String>,
    /// A group of the creator; name all of them by repeating the flag
    #[arg(long, value_name = "GROUP", requires = "creator")]
    creator_group: Vec<String>,
    /// Kubernetes release whose messages to print, 1.33 for example (default: the cluster's own)
    #[arg(long, value_name = "VERSION", value_parser = release)]
    kubernetes_version: Option<Release>,
    /// Ask the server as well, by a dry run that impersonates the creator, and show where it disagrees
    #[arg(long)]
    confirm_on_server: bool,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = OutputParser)]
    output: Option<Output>,
}

fn release(text: &str) -> Result<Release, String> {
    Release::parse(text).ok_or_else(|| format!("{text:?} is not a Kubernetes version; expected 1.33 for example"))
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let source = super::open_to_judge(globals).await?;
    if args.confirm_on_server && matches!(source, Source::Export(_)) {
        return Err(CommandError::usage("--confirm-on-server asks a server; an export has none")
            .hint("omit --from, or --confirm-on-server"));
    }
    let ((judged, changes), run) = match (&args.pod, &args.filename) {
        (Some(text), _) => ((vec![one_pod(ui, globals, &source, text, &args).await?], Vec::new()), None),
        (None, Some(file)) => {
            let (beside, run) = not_submitted(globals, &source, file)?;
            let wanted = Wanted::namespace(&run.metadata.namespace);
            let look = |cluster: &Cluster| of_run(&with(cluster, &beside, &run), &run, &args);
            let (cluster, judged) = source.look(&wanted, look).await?;
            choice::warn_of_unread(ui, &cluster);
            (confirmed(ui, &source, judged?, &args).await?, Some(run))
        }
        (None, None) => {
            let mut chosen = choice::begin(ui, &source, &RunName::parse(args.run.as_deref(), globals)?).await?;
            let judged = chosen.look(&source, |cluster, run, _| of_run(cluster, run, &args)).await?;
            choice::warn_of_unread(ui, &chosen.cluster);
            let run = chosen.run()?.clone();
            (confirmed(ui, &source, judged?, &args).await?, Some(run))
        }
    };
    show(ui, &judged, &changes, run.as_ref(), &args)
}

async fn one_pod(
    ui: &mut Ui,
    globals: &GlobalArgs,
    source: &Source,
    text: &str,
    args: &Args,
) -> Result<Judged, CommandError> {
    let (namespace, name) = choice::pod_name(source, globals, text)?;
    let look = |cluster: &Cluster| {
        let pod = choice::pod(cluster, &namespace, name)?;
        let known = creator(args).unwrap_or_else(|| pod_creator::of_pod(cluster, pod));
        let again = Known { creator: known.creator.clone(), because: known.because };
        let judged = judge(cluster, pod, known, args);
        let mut filled = pod.clone();
        if filled.spec.service_account_name.is_empty() {
            filled.spec.service_account_name = "default".to_owned();
        }
        let is_other = judge(cluster, &filled, again, args).verdict.scc != judged.verdict.scc;
        Ok::<_, CommandError>((pod.clone(), judged, is_other))
    };
    let (cluster, seen) = source.look(&Wanted::namespace(&namespace), look).await?;
    choice::warn_of_unread(ui, &cluster);
    let (pod, mut judged, is_other) = seen?;
    if args.creator.is_some() && !judged.creator.groups.iter().any(|group| group == "system:authenticated") {
        ui.warn("the creator is judged without the group system:authenticated, which every authenticated user has; add it with --creator-group");
    }
    confirm(source, &pod, &mut judged, args).await?;
    if is_other {
        ui.warn("the pod names no ServiceAccount and is judged so; with default, which the API server fills in when the pod is created, the verdict is another");
    }
    Ok(judged)
}

fn creator(args: &Args) -> Option<Known> {
    args.creator.as_ref().map(|user| pod_creator::named(user, &args.creator_group))
}

fn judge(cluster: &Cluster, pod: &Pod, known: Known, args: &Args) -> Judged {
    let release = args.kubernetes_version.unwrap_or_else(|| Release::of(cluster));
    let request = AdmissionRequest { release, ..AdmissionRequest::create(cluster, pod, &known.creator) };
    Judged {
        pod: format!("{}/{}", pod.metadata.namespace, pod.metadata.name),
        role: None,
        service_account: pod.spec.service_account_name.clone(),
        verdict: admit(cluster, &request),
        considered: each(cluster, &request),
        creator: known.creator,
        because: known.because,
        server: None,
    }
}

/// Reads a run from a file. Pipelines and Tasks may lie beside it.
fn not_submitted(globals: &GlobalArgs, source: &Source, file: &str) -> Result<(Cluster, PipelineRun), CommandError> {
    if file == "-" && globals.from.as_deref() == Some("-") {
        return Err(CommandError::usage("-f - and --from - cannot both read standard input"));
    }
    let beside = export::read(file)?;
    let (Some(run), 1) = (beside.pipeline_runs.first(), beside.pipeline_runs.len()) else {
        let count = beside.pipeline_runs.len();
        return Err(CommandError::usage(format!("{file} holds {count} PipelineRuns; one is judged at a time")));
    };
    let mut run = run.clone();
    if run.metadata.namespace.is_empty() {
        run.metadata.namespace = choice::namespace(source, globals.namespace.as_deref())?;
    }
    if run.metadata.name.is_empty() {
        run.metadata.name = format!("{}new", run.metadata.generate_name.as_deref().unwrap_or_default());
    }
    Ok((beside, run))
}

/// The cluster with the Pipelines and Tasks that lie beside a run.
fn with(cluster: &Cluster, beside: &Cluster, run: &PipelineRun) -> Cluster {
    let mut cluster = cluster.overlay();
    for mut pipeline in beside.pipelines.iter().cloned() {
        pipeline.metadata.namespace.clone_from(&run.metadata.namespace);
        cluster.pipelines.insert(0, pipeline);
    }
    for mut task in beside.tasks.iter().cloned() {
        task.metadata.namespace.clone_from(&run.metadata.namespace);
        cluster.tasks.insert(0, task);
    }
    cluster
}

/// Asks the server what it says of the pod.
async fn confirm(source: &Source, pod: &Pod, judged: &mut Judged, args: &Args) -> Result<(), CommandError> {
    let Source::Live(connection) = source else { return Ok(()) };
    if !args.confirm_on_server {
        return Ok(());
    }
    let creator = &judged.creator;
    let rehearsal = connection.rehearse(&as_request(pod), &creator.user, &creator.groups).await?;
    let verdict = &judged.verdict;
    judged.server = Some(match rehearsal {
        Rehearsal::Admitted(scc) => Answered {
            admitted: Some(true),
            agrees: Some(verdict.is_admitted() && (scc.is_none() || scc == verdict.scc)),
            scc,
            message: None,
        },
        Rehearsal::Refused(message) => {
            Answered { admitted: Some(false), scc: None, agrees: Some(verdict.is_refused()), message: Some(message) }
        }
        Rehearsal::Unasked(message) => Answered { admitted: None, scc: None, agrees: None, message: Some(message) },
    });
    Ok(())
}

/// The pod as somebody would create it: without what the server adds.
fn as_request(pod: &Pod) -> Value {
    let mut pod = pod.clone();
    pod.metadata.uid.clear();
    pod.metadata.resource_version.clear();
    pod.metadata.creation_timestamp = None;
    pod.metadata.owner_references.clear();
    pod.spec.node_name.clear();
    pod.spec.priority = None;
    pod.spec.volumes.retain(|volume| !volume.name.starts_with("kube-api-access-"));
    let spec: &mut PodPlan = &mut pod.spec;
    for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        container.volume_mounts.clear();
        if container.image.is_empty() {
            // Tekton's own images are not known, and no SCC asks for them.
            "registry.invalid/unknown".clone_into(&mut container.image);
        }
    }
    let mut request = serde_json::to_value(&pod).unwrap_or_default();
    if let Some(fields) = request.as_object_mut() {
        fields.remove("status");
        fields.insert("apiVersion".to_owned(), "v1".into());
        fields.insert("kind".to_owned(), "Pod".into());
    }
    request
}

/// The pods of a run with their verdicts, what gets the refused ones admitted, and what the
/// verdicts had to assume.
struct OfRun {
    pods: Vec<(Judged, Option<Pod>)>,
    changes: Vec<Offer>,
    assumed: Vec<&'static str>,
    /// Whether what Tekton adds to every pod was not read.
    is_open: bool,
}

fn of_run(cluster: &Cluster, run: &PipelineRun, args: &Args) -> Result<OfRun, CommandError> {
    let run = run_pods::with_pipeline(cluster, run).map_err(CommandError::incomplete)?;
    let focus = Focus::new(cluster, &run, choice::now(cluster));
    let mut assumed = Vec::new();
    if focus.coschedule().is_none() {
        assumed.push("Tekton's feature flags were not read: judged with its default, an assistant for each claim");
    }
    let is_open = assess::forecast::settings_unread(&focus);
    if is_open {
        assumed.push("Tekton's ConfigMaps config-defaults and feature-flags were not read: what it adds to every pod is not judged");
    }
    if focus.tekton().is_none() {
        assumed
            .push("Tekton's version was not read: the assistant is judged as before 1.9, with ServiceAccount default");
    }
    let judged = run_pods::pods(&focus, &run).into_iter().map(|pod| {
        let known = creator(args).unwrap_or(pod.known);
        let role = Some(pod.role.to_string());
        match pod.pod {
            Ok(pod) => (Judged { role, ..judge(cluster, &pod, known, args) }, Some(pod)),
            Err(why) => {
                let judged = Judged {
                    pod: format!("{}/?", run.metadata.namespace),
                    role,
                    service_account: String::new(),
                    creator: known.creator,
                    because: known.because,
                    verdict: Verdict { admitted: Answer::CannotTell(vec![why]), ..Verdict::blank() },
                    considered: Vec::new(),
                    server: None,
                };
                (judged, None)
            }
        }
    });
    let pods: Vec<(Judged, Option<Pod>)> = judged.collect();
    let refused = pods.iter().any(|(judged, _)| judged.verdict.is_refused());
    let changes = if refused && args.creator.is_none() { offers(&focus) } else { Vec::new() };
    Ok(OfRun { pods, changes, assumed, is_open })
}

/// The same once the server was asked as well, where that is wanted.
async fn confirmed(
    ui: &mut Ui,
    source: &Source,
    of_run: OfRun,
    args: &Args,
) -> Result<(Vec<Judged>, Vec<Offer>), CommandError> {
    of_run.assumed.iter().for_each(|assumed| ui.warn(assumed));
    let mut pods = Vec::new();
    for (mut judged, pod) in of_run.pods {
        if let Some(pod) = pod {
            confirm(source, &pod, &mut judged, args).await?;
        }
        pods.push(if of_run.is_open && judged.verdict.is_admitted() { open(judged) } else { judged });
    }
    Ok((pods, of_run.changes))
}

/// A pod that is admitted as far as is known: what Tekton adds to it was not read.
fn open(judged: Judged) -> Judged {
    let why = "what Tekton adds to every pod (ConfigMaps config-defaults and feature-flags were not read)";
    let verdict = Verdict { admitted: Answer::CannotTell(vec![why.to_owned()]), ..judged.verdict };
    Judged { verdict, ..judged }
}

/// What gets the pods admitted: what `diagnose` offers for the refusal, or, where the run
/// does not suffer from it yet, the smallest changes.
fn offers(focus: &Focus<'_>) -> Vec<Offer> {
    let (namespace, name) = (focus.namespace(), &focus.run().metadata.name);
    if focus.cluster.pipeline_run(namespace, name).is_some() {
        let mut report = checks::diagnose(focus.cluster, focus.run(), focus.now);
        repairs::attach(focus.cluster, &mut report, focus.now);
        let is_refusal = |cause: Cause| {
            let assistant = [Cause::AssistantRefusedByScc, Cause::TimeoutAfterAssistantRefusedByScc];
            assistant.contains(&cause) || cause == Cause::TaskPodRefusedByScc
        };
        if let Some(finding) = report.findings.into_iter().find(|finding| is_refusal(finding.cause)) {
            return finding.offers;
        }
    }
    repairs::for_admission(focus)
}

fn code(judged: &[Judged]) -> u8 {
    let any = |wanted: fn(&Answer) -> bool| judged.iter().any(|judged| wanted(&judged.verdict.admitted));
    match (any(|answer| *answer == Answer::No), any(|answer| matches!(answer, Answer::CannotTell(_)))) {
        (true, _) => exit::FINDINGS,
        (false, true) => exit::INCOMPLETE,
        (false, false) => exit::OK,
    }
}

fn show(
    ui: &mut Ui,
    judged: &[Judged],
    changes: &[Offer],
    run: Option<&PipelineRun>,
    args: &Args,
) -> Result<u8, CommandError> {
    let code = code(judged);
    let name = run.map(|run| format!("{}/{}", run.metadata.namespace, run.metadata.name));
    let is_printed = match (&name, judged) {
        (Some(name), judged) => print::document(ui, args.output.as_ref(), code, || v1::Run::of(name, judged, changes))?,
        (None, [one, ..]) => print::document(ui, args.output.as_ref(), code, || v1::OnePod::of(one))?,
        (None, []) => false,
    };
    if is_printed {
        return Ok(code);
    }
    if args.output == Some(Output::Name) {
        for judged in judged.iter().filter(|judged| judged.verdict.is_admitted()) {
            ui.line(&format!("pod/{}", judged.pod.rsplit('/').next().unwrap_or_default()))?;
        }
        return Ok(code);
    }
    let wide = args.output == Some(Output::Wide);
    ui.show(&match (&name, judged) {
        (Some(name), judged) => admission::of_run(name, judged, changes, wide),
        (None, judged) => judged.first().map(|one| admission::of_pod(one, wide)).unwrap_or_default(),
    })?;
    Ok(code)
}
