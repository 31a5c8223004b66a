//! `nodes`: which nodes take a pod, and why the others do not.

use std::collections::BTreeMap;

use crate::analysis::scheduler::message::compare;
use crate::analysis::scheduler::proven::{Proven, proven};
use crate::analysis::scheduler::{Assumed, Doubt, Judgement, KubernetesVersion, Options, Snapshot, judge, judge_in};
use crate::analysis::tekton::RunTree;
use crate::checks::judged::kubernetes_version;
use crate::cli::output::OutputParser;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::model::pod::Pod;
use crate::model::{Cluster, Kind};
use crate::report::json::v1::nodes::Nodes;
use crate::report::nodes::{self, Free, View};
use crate::sources::{Source, Wanted};

use super::choice::{self, RunName};
use super::print;

mod pipeline;

/// Show on which nodes a pod can run, as kube-scheduler would decide it, and why not on the others
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # Which nodes take the pod that waits, and why the others do not
  kubectl tekton-fix nodes NAMESPACE/RUN

  # Where the whole pipeline fits
  kubectl tekton-fix nodes NAMESPACE/RUN --for-pipeline")]
pub struct Args {
    /// The run: NAME or NAMESPACE/NAME; its pod that waits for a node is judged
    run: Option<String>,
    /// Judge this pod, which need not belong to a run
    #[arg(long, value_name = "[NAMESPACE/]NAME", conflicts_with_all = ["run", "task"])]
    pod: Option<String>,
    /// Judge the pod of this task of the run
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// Judge as if the affinity towards Tekton's affinity assistant were met or gone
    #[arg(long)]
    without_assistant: bool,
    /// Judge all pods of the run together, as if it were submitted again with each of them on one node
    #[arg(long, conflicts_with_all = ["pod", "task", "without_assistant", "kubernetes_version"])]
    for_pipeline: bool,
    /// Release whose scheduler decides, 1.33.4 for example (default: the cluster's own)
    #[arg(long, value_name = "VERSION")]
    kubernetes_version: Option<KubernetesVersion>,
    /// Every node in a row of its own, however many there are
    #[arg(long)]
    all: bool,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = OutputParser)]
    output: Option<Output>,
    /// Print the rows of tables alone, without their header
    #[arg(long)]
    no_headers: bool,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    ui.without_headers(args.no_headers);
    let mut source = super::open_to_judge(globals).await?;
    if let Source::Live(connection) = &mut source {
        connection.on_page = ui.reading();
    }
    if args.for_pipeline {
        let chosen = choice::choose(ui, &source, &RunName::parse(args.run.as_deref(), globals)?).await?;
        return pipeline::show(ui, &chosen, args.output.as_ref(), args.all);
    }
    let (cluster, namespace, name) = find(ui, globals, &source, &args).await?;
    choice::warn_of_unread(ui, &cluster);
    let pod = choice::pod(&cluster, &namespace, &name)?;
    let version = args.kubernetes_version.unwrap_or_else(|| kubernetes_version(&cluster));
    warn_of_other_rules(ui, version);
    let wide = args.output.as_ref().is_some_and(|output| *output != Output::Name);
    let options = Options { all_obstacles: wide, without_assistant: args.without_assistant, verdicts_only: false };
    show(ui, &cluster, pod, version, options, &args)
}

/// Says whose rules are used for a release whose own are not known.
pub(super) fn warn_of_other_rules(ui: &mut Ui, version: KubernetesVersion) {
    if !version.is_known() {
        let used = version.nearest_known();
        ui.warn(&format!("the rules of Kubernetes {version} are not known; those of {used} are used"));
    }
}

/// Reads the cluster; names the pod that is meant.
async fn find(
    ui: &mut Ui,
    globals: &GlobalArgs,
    source: &Source,
    args: &Args,
) -> Result<(Cluster, String, String), CommandError> {
    if let Some(text) = &args.pod {
        let (namespace, name) = choice::pod_name(source, globals, text)?;
        let cluster = source.read(&Wanted::namespace(&namespace)).await?;
        return Ok((cluster, namespace, name.to_owned()));
    }
    let chosen = choice::choose(ui, source, &RunName::parse(args.run.as_deref(), globals)?).await?;
    let pod = pod_of_run(&chosen, args.task.as_deref())?;
    Ok((chosen.cluster, chosen.namespace, pod))
}

/// The pod of the task that is named, else the run's pod that waits for a node: the
/// assistant's first, because the others wait for it.
fn pod_of_run(chosen: &choice::Chosen, task: Option<&str>) -> Result<String, CommandError> {
    let tree = RunTree::of(&chosen.cluster, chosen.run()?);
    let run = &chosen.name;
    if let Some(task) = task {
        let node = tree.tasks.iter().find(|node| node.task == task).ok_or_else(|| {
            let known: Vec<&str> = tree.tasks.iter().map(|node| node.task).collect();
            CommandError::usage(format!("run {run} has no TaskRun of task {task}")).known(
                "tasks with a TaskRun",
                task,
                known,
            )
        })?;
        let pod = node.pod.ok_or_else(|| CommandError::incomplete(format!("task {task} of run {run} has no pod")))?;
        return Ok(pod.metadata.name.clone());
    }
    let pods = || tree.assistants.iter().filter_map(|a| a.pod).chain(tree.tasks.iter().filter_map(|task| task.pod));
    let waits = |pod: &&Pod| pod.spec.node_name.is_empty() && !pod.is_terminal();
    let pod = pods().find(waits).or_else(|| pods().find(|pod| !pod.is_terminal()));
    pod.map(|pod| pod.metadata.name.clone()).ok_or_else(|| {
        CommandError::incomplete(format!("run {run} has no pod that is under way"))
            .hint("name a pod with --pod NAMESPACE/NAME, or a task with --task NAME")
    })
}

fn show(
    ui: &mut Ui,
    cluster: &Cluster,
    pod: &Pod,
    version: KubernetesVersion,
    options: Options,
    args: &Args,
) -> Result<u8, CommandError> {
    let itself = [(pod.metadata.namespace.as_str(), pod.metadata.name.as_str())];
    let is_placed = !pod.spec.node_name.is_empty();
    let without: &[_] = if is_placed { &itself } else { &[] };
    let snapshot = Snapshot::assuming(cluster, version, Assumed { without, ..Assumed::default() });
    let mut unplaced = pod.clone();
    unplaced.spec.node_name.clear();
    let judgement = judge_in(&snapshot, &unplaced, options);
    let code = code(&judgement);
    let pod_name = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
    let is_certain = judgement.nodes.iter().all(|node| node.fits() || node.refusal().is_some());
    let known = is_certain && !judgement.nodes.is_empty();
    let proven = if known || is_placed { Proven::default() } else { proven(cluster, pod) };
    if print::document(ui, args.output.as_ref(), code, || Nodes::of(&pod_name, &judgement, &proven))? {
        return Ok(code);
    }
    if args.output == Some(Output::Name) {
        for node in judgement.fitting() {
            ui.line(&format!("node/{}", node.name))?;
        }
        return Ok(code);
    }
    let observed = pod.condition("PodScheduled").filter(|condition| condition.status == "False");
    let agreement = observed.filter(|_| !options.without_assistant && !is_placed).and_then(|condition| {
        // What was not read of other things than pods is no difference, but a gap.
        let is_about_pods = |doubt: &Doubt| doubt.unread.resource == Kind::Pod.resource();
        let doubts = || judgement.doubts.iter().chain(judgement.nodes.iter().flat_map(|node| &node.doubts));
        let guess = || doubts().all(is_about_pods).then(|| predict(cluster, pod, version)).flatten();
        let predicted = judgement.message.clone().or_else(guess);
        predicted.map(|predicted| compare(&condition.message, &predicted))
    });
    let assumed = match (options.without_assistant, is_placed) {
        (true, _) => Some("as if its affinity assistant were no concern"),
        (false, true) => Some("as if it were to be placed again"),
        (false, false) => None,
    };
    let view = View {
        pod: &pod_name,
        assumed,
        judgement: &judgement,
        free: free(&snapshot),
        free_is_known: cluster.coverage.proves_absence(Kind::Pod, ""),
        agreement,
        proven,
        wide: args.output == Some(Output::Wide),
        all: args.all,
    };
    ui.show(&nodes::document(&view))?;
    Ok(code)
}

/// The message as it would be if what was not read did not exist. Where the pod's own
/// message agrees, nothing that matters is missing.
fn predict(cluster: &Cluster, pod: &Pod, version: KubernetesVersion) -> Option<String> {
    let mut assumed = cluster.overlay();
    assumed.coverage.assume_whole();
    judge(&assumed, pod, version, Options::default()).message
}

fn free<'a>(snapshot: &Snapshot<'a>) -> BTreeMap<&'a str, Free> {
    let of = |node: &crate::analysis::scheduler::NodeInfo<'_>| Free {
        milli_cpu: node.allocatable.milli_cpu - node.requested.milli_cpu,
        memory: node.allocatable.memory - node.requested.memory,
        pods: node.allocatable.pods - i64::try_from(node.pods.len()).unwrap_or(i64::MAX),
    };
    snapshot.nodes().iter().map(|node| (node.name(), of(node))).collect()
}

fn code(judgement: &Judgement) -> u8 {
    let unknown = judgement.nodes.iter().any(|node| !node.fits() && node.refusal().is_none());
    let unread = judgement.nodes.is_empty() && judgement.prefilter.is_none() && judgement.error.is_none();
    match (judgement.fitting().next().is_some(), unknown || unread) {
        (true, _) => exit::OK,
        (false, true) => exit::INCOMPLETE,
        (false, false) => exit::FINDINGS,
    }
}
