//! `diagnose`: why a run is stuck, and what fixes it.

use std::sync::Arc;

use crate::checks::focus::Focus;
use crate::checks::judged::kubernetes_version;
use crate::checks::{self, controller_log, ruled_out};
use crate::cli::args::duration;
use crate::cli::output::OutputParser;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::finding::{Confidence, RunReport, RunState};
use crate::model::Cluster;
use crate::model::selector::LabelSelector;
use crate::repairs;
use crate::report::diagnosis;
use crate::report::json::v1::diagnosis::Diagnosis;
use crate::sources::{Source, Wanted};

use super::choice::{self, RunName};
use super::print;
use super::watch;

/// Diagnose why a run is stuck or has failed, with the evidence and what fixes it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # Why a run is stuck, and what fixes it
  kubectl tekton-fix diagnose NAMESPACE/RUN

  # All runs of all namespaces, grouped by cause
  kubectl tekton-fix diagnose -A

  # From an export, without a cluster
  kubectl tekton-fix diagnose NAMESPACE/RUN --from must-gather")]
pub struct Args {
    /// The run: NAME or NAMESPACE/NAME (default: the newest in progress)
    run: Option<String>,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = OutputParser)]
    output: Option<Output>,
    /// Print the rows of tables alone, without their header
    #[arg(long)]
    no_headers: bool,
    /// All namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Only runs with these labels, as kubectl takes them; with -A or without a run
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<String>,
    /// Diagnose every run of the namespace, grouped by root cause
    #[arg(long)]
    all: bool,
    /// Show also what was ruled out, and why
    #[arg(long)]
    why_not: bool,
    /// Follow a live run until its pods are placed, it is done, or it is stuck
    #[arg(short, long)]
    watch: bool,
    /// How long to watch, 10m for example; without it, until the run settles
    #[arg(long, value_name = "DURATION", requires = "watch")]
    watch_timeout: Option<String>,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    ui.without_headers(args.no_headers);
    let many = args.all_namespaces || args.all || args.selector.is_some();
    if many && args.run.is_some() {
        return Err(CommandError::usage("-A, -l and --all take no run").hint("name a run, or a set of runs, not both"));
    }
    if many && (args.watch || args.why_not) {
        return Err(CommandError::usage("--watch and --why-not are about one run").hint("name the run"));
    }
    let patience = args.watch_timeout.as_deref().map(|text| duration("--watch-timeout", text)).transpose()?;
    let source = super::open(globals).await?;
    if args.watch && matches!(source, Source::Export(_)) {
        return Err(CommandError::usage("an export does not change, so there is nothing to watch")
            .hint("omit --watch, or omit --from to watch a run of the cluster"));
    }
    let (mut cleared, mut timed_out) = (Vec::new(), false);
    let (cluster, reports) = if many {
        let wanted = if args.all_namespaces {
            Wanted::everything()
        } else {
            Wanted::namespace(&choice::namespace(&source, globals.namespace.as_deref())?)
        };
        let cluster = source.read(&wanted).await?;
        let mut reports = diagnose_many(&cluster, wanted.namespaces.as_deref(), args.selector.as_deref())?;
        let is_known = args.selector.is_none() && choice::has_no_runs(&cluster, wanted.namespaces.as_deref());
        if reports.is_empty() && !is_known {
            return Err(choice::none(&cluster, wanted.namespaces.as_deref(), args.selector.as_deref()));
        }
        for report in &mut reports {
            repairs::attach(&cluster, report, choice::now(&cluster));
        }
        (cluster, reports)
    } else {
        let wanted = RunName::parse(args.run.as_deref(), globals)?;
        let mut chosen = choice::begin(ui, &source, &wanted).await?;
        if args.watch {
            timed_out = watch::watch(ui, &source, &mut chosen, patience).await?;
        }
        read_logs(&source, &mut chosen).await?;
        let (report, not) = chosen
            .look(&source, |cluster, run, now| {
                let mut report = checks::diagnose(cluster, run, now);
                let cleared = if args.why_not {
                    ruled_out::ruled_out(&Focus::new(cluster, run, now), &report)
                } else {
                    Vec::new()
                };
                repairs::attach(cluster, &mut report, now);
                (report, cleared)
            })
            .await?;
        cleared = not;
        (chosen.cluster, vec![report])
    };
    choice::warn_of_unread(ui, &cluster);
    let is_broken = choice::warn_of_broken_lists(ui, &source, &cluster);
    if reports.iter().any(|report| !report.findings.is_empty()) {
        super::nodes::warn_of_other_rules(ui, kubernetes_version(&cluster));
    }
    let code = match code(&reports) {
        _ if timed_out => exit::TIMED_OUT,
        // Of what was not read nothing is said: that is no answer about many runs.
        code if is_broken && (many || code == exit::OK) => exit::INCOMPLETE,
        code => code,
    };
    if print::document(ui, args.output.as_ref(), code, || Diagnosis::of(&reports, &cleared))? {
        return Ok(code);
    }
    if args.output == Some(Output::Name) {
        for report in reports.iter().filter(|report| !report.findings.is_empty()) {
            // A name alone would not tell where it is.
            let place = if args.all_namespaces { report.namespace.as_str() } else { "pipelinerun.tekton.dev" };
            ui.line(&format!("{place}/{}", report.name))?;
        }
        return Ok(code);
    }
    let wide = args.output == Some(Output::Wide);
    let mut document = match reports.as_slice() {
        [report] if !many => diagnosis::one(report, wide),
        reports => diagnosis::many(reports, wide),
    };
    document.append(diagnosis::ruled_out(&cleared));
    ui.show(&document)?;
    Ok(code)
}

fn code(reports: &[RunReport]) -> u8 {
    // What somebody holds on purpose is no failure.
    let reports: Vec<&RunReport> = reports.iter().filter(|report| !report.is_held()).collect();
    let found = reports.iter().any(|report| {
        report
            .findings
            .iter()
            .any(|finding| finding.confidence() > Confidence::Likely || finding.cannot_tell.is_empty())
    });
    // A run that has failed is never fine, even where nothing says why.
    let found = found || reports.iter().any(|report| report.state == RunState::Failed && report.findings.is_empty());
    let unknown = reports.iter().any(|report| report.state == RunState::Unknown || !report.findings.is_empty());
    match (found, unknown) {
        (true, _) => exit::FINDINGS,
        (false, true) => exit::INCOMPLETE,
        (false, false) => exit::OK,
    }
}

fn diagnose_many(
    cluster: &Cluster,
    namespaces: Option<&[String]>,
    selector: Option<&str>,
) -> Result<Vec<RunReport>, CommandError> {
    let selector = selector.map(str::parse::<LabelSelector>).transpose().map_err(|error| {
        CommandError::usage(format!("--selector: {error}"))
            .hint("expected KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY or !KEY, divided by commas")
    })?;
    let now = choice::now(cluster);
    Ok(cluster
        .pipeline_runs
        .iter()
        .filter(|run| namespaces.is_none_or(|namespaces| namespaces.contains(&run.metadata.namespace)))
        .filter(|run| selector.as_ref().is_none_or(|selector| selector.matches(&run.metadata.labels)))
        .map(|run| checks::diagnose(cluster, run, now))
        .collect())
}

/// Reads the logs of containers that failed or are not Ready, without which a denied file looks like any
/// failure, and that of Tekton's controller where something is wrong.
///
/// # Errors
/// When the run does not exist or could not be read.
pub(super) async fn read_logs(source: &Source, chosen: &mut choice::Chosen) -> Result<(), CommandError> {
    let Ok(connection) = source.live() else { return Ok(()) };
    let (wanted, tekton, has_findings) = chosen
        .look(source, |cluster, run, now| {
            let focus = Focus::new(cluster, run, now);
            let of_pod = |task| {
                let containers = checks::containers::worth_reading(task);
                let pod = task.pod.map(|pod| pod.metadata.name.clone()).unwrap_or_default();
                containers.into_iter().map(move |container| (pod.clone(), container))
            };
            let wanted: Vec<_> = focus.tree.tasks.iter().filter(|task| task.pod.is_some()).flat_map(of_pod).collect();
            let has_findings = !checks::diagnose(cluster, run, now).findings.is_empty();
            (wanted, focus.installation.namespace.clone(), has_findings)
        })
        .await?;
    let mut logs: Vec<(String, String, String)> =
        wanted.into_iter().map(|(pod, container)| (chosen.namespace.clone(), pod, container)).collect();
    if has_findings {
        if let Some(namespace) = tekton {
            connection.read_controller_pods(&mut chosen.cluster, &namespace).await;
        }
        // Few may read it; what it says is an addition.
        logs.extend(controller_log::pods(&chosen.cluster));
    }
    for (namespace, pod, container) in logs {
        if let Ok(log) = connection.log(&namespace, &pod, &container).await {
            Arc::make_mut(&mut chosen.cluster.logs).insert(format!("{namespace}/{pod}/{container}"), log);
        }
    }
    Ok(())
}
