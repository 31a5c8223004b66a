//! `snapshot`: what the assessment of a run reads, to be handed to somebody else.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use crate::analysis::tekton::RunTree;
use crate::cli::{CommandError, GlobalArgs, Ui, exit};
use crate::model::{Cluster, Kind};
use crate::report::snapshot::{self as screen, Written};
use crate::snapshot::{self, Redactor, Scope, Snapshot};
use crate::sources::export::manifest::Extent;
use crate::sources::export::writer::{self, WriteError};
use crate::sources::{Raw, Source, Wanted, export};

use super::choice::{self, Chosen, RunName};
use super::diagnose;

/// Take what the diagnosis of a run reads into a folder or archive, without secrets
///
/// Values of environment variables, tokens and passwords are taken out, Secrets are
/// never read. `diagnose --from` says of the result what it says of the cluster.
///
/// Examples:
///   kubectl tekton-fix snapshot shop/build-x7k2p -o evidence.tar.gz
///   kubectl tekton-fix snapshot -n shop -o evidence --redact 'acme-[a-z]+'
///   kubectl tekton-fix snapshot -A --from must-gather.tar.gz -o runs.zip
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// The run: NAME or NAMESPACE/NAME (default: all runs of the namespace)
    run: Option<String>,
    /// All namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Where to write it: a folder, or an archive by its name (.tar.gz, .tgz, .zip)
    #[arg(short, long, value_name = "DIR|FILE")]
    output: PathBuf,
    /// Replace what matches, in names as well; the same by the same word. May be repeated
    #[arg(long, value_name = "REGEX")]
    redact: Vec<String>,
    /// Replace a snapshot or archive that is already there
    #[arg(long)]
    force: bool,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    if args.all_namespaces && (args.run.is_some() || globals.namespace.is_some()) {
        return Err(CommandError::usage("-A takes neither a run nor -n").hint("name a run, or a set of runs, not both"));
    }
    let mut redactor =
        Redactor::new(&args.redact).map_err(|error| CommandError::usage(format!("--redact: {error}")))?;
    writer::check(&args.output, args.force).map_err(refused)?;
    let name = RunName::parse(args.run.as_deref(), globals)?;
    let (source, mut cluster, raws, namespaces) = read(ui, globals, args.all_namespaces, &name).await?;
    choice::warn_of_unread(ui, &cluster);
    let runs = wanted(&cluster, namespaces.as_deref(), name.name.as_deref())?;
    for (namespace, name) in &runs {
        let mut chosen = Chosen { cluster: cluster.overlay(), namespace: namespace.clone(), name: name.clone() };
        diagnose::read_logs(&source, &mut chosen).await?;
        Arc::make_mut(&mut cluster.logs)
            .extend(chosen.cluster.logs.iter().map(|(key, text)| (key.clone(), text.clone())));
    }
    let mut scope = Scope::new(&cluster, namespaces);
    if let (Some(_), [(namespace, name)]) = (&name.name, runs.as_slice()) {
        scope = scope.of_run(namespace, name, pods(&cluster, namespace, name));
    }
    let taken = snapshot::take(&cluster, raws, &scope, &mut redactor, choice::now(&cluster))
        .map_err(|error| CommandError::unreadable(format!("an object cannot be written: {error}")))?;
    writer::write(&taken.files, &args.output, args.force).map_err(refused)?;
    show(ui, &taken, &args.output.to_string_lossy())?;
    Ok(exit::OK)
}

/// What was read, with all fields, and the namespaces that are meant; `None` for all.
type Read = (Source, Cluster, Vec<Raw>, Option<Vec<String>>);

async fn read(ui: &Ui, globals: &GlobalArgs, is_whole: bool, name: &RunName) -> Result<Read, CommandError> {
    let meant = |source: &Source| -> Result<Option<Vec<String>>, CommandError> {
        if is_whole { Ok(None) } else { Ok(Some(vec![choice::namespace_of(source, name)?])) }
    };
    if let Some(from) = &globals.from {
        let (cluster, raws) = export::read_raw(from)?;
        let source = Source::Export(Box::new(cluster.overlay()));
        let namespaces = meant(&source)?;
        return Ok((source, cluster, raws, namespaces));
    }
    let mut source = super::open(globals).await?;
    let namespaces = meant(&source)?;
    if let Source::Live(connection) = &mut source {
        connection.on_page = ui.reading();
    }
    let wanted = Wanted { namespaces: namespaces.clone(), run: None, all_pods: true };
    let (cluster, raws) = source.live()?.read_raw(&wanted).await?;
    Ok((source, cluster, raws, namespaces))
}

/// Namespace and name of the runs that the snapshot is about.
fn wanted(
    cluster: &Cluster,
    namespaces: Option<&[String]>,
    name: Option<&str>,
) -> Result<Vec<(String, String)>, CommandError> {
    if let (Some([namespace]), Some(name)) = (namespaces, name) {
        let found = cluster.pipeline_run(namespace, name).is_some();
        return if found {
            Ok(vec![(namespace.clone(), name.to_owned())])
        } else {
            Err(choice::not_found(cluster, namespace, name))
        };
    }
    let is_meant = |namespace: &String| namespaces.is_none_or(|namespaces| namespaces.contains(namespace));
    let runs: Vec<(String, String)> = cluster
        .pipeline_runs
        .iter()
        .map(|run| (run.metadata.namespace.clone(), run.metadata.name.clone()))
        .filter(|(namespace, _)| is_meant(namespace))
        .collect();
    if runs.is_empty() { Err(choice::none(cluster, namespaces, None)) } else { Ok(runs) }
}

/// The names of a run's pods.
fn pods(cluster: &Cluster, namespace: &str, name: &str) -> BTreeSet<String> {
    let Some(run) = cluster.pipeline_run(namespace, name) else { return BTreeSet::new() };
    let tree = RunTree::of(cluster, run);
    let of_assistants = tree.assistants.iter().filter_map(|assistant| assistant.pod);
    let pods = tree.tasks.iter().filter_map(|task| task.pod).chain(of_assistants);
    pods.map(|pod| pod.metadata.name.clone()).collect()
}

fn show(ui: &mut Ui, taken: &Snapshot, path: &str) -> Result<(), CommandError> {
    let Snapshot { files, manifest, .. } = taken;
    let resource = |kind: &str, namespace: &str| {
        let known = Kind::ALL.iter().find(|known| known.name() == kind);
        let plural = known.map_or(kind, |known| known.plural());
        if namespace.is_empty() { plural.to_owned() } else { format!("{plural} of {namespace}") }
    };
    let forbidden = manifest.kinds.iter().filter(|taken| taken.read == Extent::Forbidden);
    let redacted = &manifest.redacted;
    let written = Written {
        path,
        run: manifest.run.as_deref(),
        counts: (files.len(), taken.objects, manifest.logs),
        forbidden: forbidden.map(|taken| resource(&taken.kind, &taken.namespace)).collect(),
        redacted: vec![
            (redacted.environment, "values of environment variables"),
            (redacted.secrets, "values of parameters and results"),
            (redacted.config_maps, "values of ConfigMaps"),
            (redacted.texts, "texts with tokens or passwords"),
            (redacted.patterns, "matches of --redact"),
        ],
        foreign: manifest.foreign,
    };
    Ok(ui.show(&screen::document(&written))?)
}

fn refused(error: WriteError) -> CommandError {
    let hint = match &error {
        WriteError::Exists(_) => Some("choose another name, or pass --force to replace it"),
        WriteError::Foreign(_) => Some("choose another name"),
        WriteError::Outside(_) | WriteError::Io { .. } => None,
    };
    let error = CommandError::usage(error.to_string());
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}
