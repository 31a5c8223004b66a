//! The candidates for a value: read while somebody waits at the prompt, and so rather none
//! than late.

use std::ffi::OsString;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use clap_complete::engine::CompletionCandidate;
use serde_json::Value;

use crate::cli::{CommandError, GlobalArgs};
use crate::commands::choice::RunName;
use crate::commands::workflow::load;
use crate::commands::{explain, lint};
use crate::model::run::PipelineRun;
use crate::model::{Cluster, Kind};
use crate::scripts::schema::{InputType, Options, RepairWorkflow};
use crate::sources::live::write::Target;
use crate::sources::live::{Connection, kubeconfig};
use crate::sources::{Source, export};
use crate::workflows::journal::Journal;

use super::values::{Section, Values};

/// How long a cluster or an export may take. A program that is not optimised is slower.
const PATIENCE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 5000 } else { 250 });

/// What was typed before the unfinished word.
struct Typed {
    matches: ArgMatches,
    globals: GlobalArgs,
}

impl Typed {
    /// Reads the words; what does not parse yet is no error.
    fn of(words: &[OsString]) -> Option<Self> {
        let mut matches = crate::commands::Cli::command().ignore_errors(true).try_get_matches_from(words).ok()?;
        while let Some((_, inner)) = matches.remove_subcommand() {
            matches = inner;
        }
        let globals = GlobalArgs::from_arg_matches(&matches).ok()?;
        Some(Self { matches, globals })
    }

    fn text(&self, id: &str) -> Option<&str> {
        self.matches.try_get_one::<String>(id).ok().flatten().map(String::as_str)
    }

    /// The run; where a file is named, the first word is the run.
    fn run(&self) -> Option<RunName> {
        let has_file =
            self.matches.try_contains_id("file").is_ok_and(|has| has) && self.matches.value_source("file").is_some();
        let name = if has_file { self.text("name") } else { self.text("run") };
        RunName::parse(Some(name?), &self.globals).ok()
    }

    fn workflow(&self) -> Option<RepairWorkflow> {
        let name = self.text("plan").or_else(|| self.text("name"));
        let file = self.matches.try_get_one::<std::path::PathBuf>("file").ok().flatten();
        let document = match file {
            Some(file) => load::file_of(file.clone()),
            None => load::named(name?),
        };
        crate::scripts::lint::read(&document.ok()?.text).ok()
    }
}

/// The candidates for a value of which this was typed.
pub(super) async fn of(values: Values, typed: &str, words: &[OsString]) -> Vec<CompletionCandidate> {
    let Some(before) = Typed::of(words) else { return Vec::new() };
    let found = match values {
        Values::Workflows => described(workflows()),
        Values::Causes => described(explain::all()),
        Values::Findings => described(lint::all()),
        Values::Operations => described(operations()),
        Values::Words(words) => plain(words.iter().map(|word| (*word).to_owned())),
        Values::Kubeconfig(section) => plain(of_kubeconfig(&before.globals, section)),
        Values::Files | Values::None(_) => Vec::new(),
        _ => {
            tokio::time::timeout(PATIENCE, of_cluster(values, typed, &before)).await.ok().flatten().unwrap_or_default()
        }
    };
    found.into_iter().filter(|candidate| candidate.get_value().to_string_lossy().starts_with(typed)).collect()
}

fn plain(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn described(names: impl IntoIterator<Item = (String, String)>) -> Vec<CompletionCandidate> {
    names.into_iter().map(|(name, what)| CompletionCandidate::new(name).help(Some(what.into()))).collect()
}

fn workflows() -> Vec<(String, String)> {
    load::all().map(|all| load::names(&all).collect()).unwrap_or_default()
}

/// Operations in the journal, each with what it was about.
fn operations() -> Vec<(String, String)> {
    let entries = Journal::of_user().and_then(|journal| journal.entries().ok()).unwrap_or_default();
    let mut found: Vec<(String, String)> = Vec::new();
    for entry in entries.into_iter().rev() {
        let Some(part) = entry.part.filter(|_| !found.iter().any(|(id, _)| *id == entry.id)) else { continue };
        found.push((entry.id, format!("{} of {}/{}", part.plan, entry.namespace, part.run)));
    }
    found
}

fn of_kubeconfig(globals: &GlobalArgs, section: Section) -> Vec<String> {
    let Some(names) = kubeconfig::names(globals.kubeconfig.as_deref()) else { return Vec::new() };
    match section {
        Section::Contexts => names.contexts,
        Section::Clusters => names.clusters,
        Section::Users => names.users,
    }
}

/// What can be asked while somebody waits.
enum Place {
    Live(Box<Connection>),
    Export(Box<Cluster>),
}

impl Place {
    async fn open(globals: &GlobalArgs) -> Option<Self> {
        if let Some(from) = globals.from.clone() {
            // A large export is read by a thread that is left behind when the time is up.
            let (sender, receiver) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || {
                // Nobody waits any more when the time is up.
                let _ = sender.send(export::read(&from).ok().map(Box::new));
            });
            return receiver.await.ok()?.map(Self::Export);
        }
        let opened: Result<Source, CommandError> = crate::commands::open(globals).await;
        match opened.ok()? {
            Source::Live(connection) => Some(Self::Live(connection)),
            Source::Export(cluster) => Some(Self::Export(cluster)),
        }
    }

    fn namespace(&self, globals: &GlobalArgs, run: Option<&RunName>) -> Option<String> {
        let given = run.and_then(|run| run.namespace.clone()).or_else(|| globals.namespace.clone());
        given.or_else(|| match self {
            Self::Live(connection) => Some(connection.default_namespace.clone()),
            Self::Export(_) => None,
        })
    }

    async fn names(&self, kind: Kind, namespace: Option<&str>) -> Option<Vec<String>> {
        match self {
            Self::Live(connection) => connection.names(kind, namespace).await.ok(),
            Self::Export(cluster) => Some(of_export(cluster, kind, namespace)),
        }
    }

    async fn run(&self, name: &RunName, namespace: Option<&str>) -> Option<PipelineRun> {
        let wanted = name.name.as_deref()?;
        match self {
            Self::Live(connection) => {
                let target = Target { kind: Kind::PipelineRun, namespace: namespace?, name: wanted };
                serde_json::from_value(connection.find(target).await.ok()??).ok()
            }
            Self::Export(cluster) => {
                let is_it = |run: &&PipelineRun| {
                    run.metadata.name == wanted && namespace.is_none_or(|known| known == run.metadata.namespace)
                };
                cluster.pipeline_runs.iter().find(is_it).cloned()
            }
        }
    }
}

fn of_export(cluster: &Cluster, kind: Kind, namespace: Option<&str>) -> Vec<String> {
    let here = |meta: &&crate::model::ObjectMeta| namespace.is_none_or(|namespace| namespace == meta.namespace);
    let names = |metas: &mut dyn Iterator<Item = &crate::model::ObjectMeta>| -> Vec<String> {
        metas.filter(here).map(|meta| meta.name.clone()).collect()
    };
    match kind {
        Kind::PipelineRun => names(&mut cluster.pipeline_runs.iter().map(|run| &run.metadata)),
        Kind::Pod => names(&mut cluster.pods.iter().map(|pod| &pod.metadata)),
        Kind::ServiceAccount => names(&mut cluster.service_accounts.iter().map(|account| &account.metadata)),
        Kind::Claim => names(&mut cluster.claims.iter().map(|claim| &claim.metadata)),
        Kind::Node => cluster.nodes.iter().map(|node| node.metadata.name.clone()).collect(),
        _ => cluster.namespaces.iter().map(|namespace| namespace.metadata.name.clone()).collect(),
    }
}

async fn of_cluster(values: Values, typed: &str, before: &Typed) -> Option<Vec<CompletionCandidate>> {
    if let Values::Inputs = values {
        return inputs(typed, before).await;
    }
    let place = Place::open(&before.globals).await?;
    let run = before.run();
    let namespace = place.namespace(&before.globals, run.as_ref());
    let namespace = namespace.as_deref();
    if let Values::Objects(kind) = values {
        let (prefix, here) = match typed.split_once('/') {
            Some((given, _)) if kind.is_namespaced() => (format!("{given}/"), Some(given)),
            _ => (String::new(), namespace),
        };
        let names = place.names(kind, here).await?;
        return Some(plain(names.into_iter().map(|name| format!("{prefix}{name}"))));
    }
    let run = place.run(&run?, namespace).await?;
    let namespace = Some(run.metadata.namespace.as_str());
    let tasks = || run.task_names().map(str::to_owned);
    let named = |list: Option<&Value>| -> Vec<String> {
        let items = list.and_then(Value::as_array).into_iter().flatten();
        items.filter_map(|item| item["name"].as_str()).map(str::to_owned).collect()
    };
    Some(plain(match values {
        Values::Tasks(end) => tasks().map(|task| format!("{task}{end}")).collect(),
        Values::TaskAccounts => match typed.split_once('=') {
            None => tasks().map(|task| format!("{task}=")).collect(),
            Some((task, _)) => {
                let accounts = place.names(Kind::ServiceAccount, namespace).await?;
                accounts.into_iter().map(|account| format!("{task}={account}")).collect::<Vec<_>>()
            }
        },
        Values::Params => {
            let mut names = named(run.spec.get("params"));
            names.extend(named(
                run.status.pipeline_spec.as_ref().or(run.spec_at("/pipelineSpec")).map(|spec| &spec["params"]),
            ));
            names.sort();
            names.dedup();
            names.into_iter().map(|name| format!("{name}=")).collect()
        }
        Values::Workspaces => {
            let names = named(run.spec.get("workspaces"));
            let claims =
                if typed.starts_with("name=") { place.names(Kind::Claim, namespace).await? } else { Vec::new() };
            let bound = |name: &String| {
                let to_claims = claims.iter().map(|claim| format!("name={name},claimName={claim}"));
                [format!("{name}=emptyDir"), format!("name={name},claimName=")]
                    .into_iter()
                    .chain(to_claims)
                    .collect::<Vec<_>>()
            };
            names.iter().flat_map(bound).collect()
        }
        _ => Vec::new(),
    }))
}

/// `NAME=VALUE`: the inputs of the workflow, and what one may be.
async fn inputs(typed: &str, before: &Typed) -> Option<Vec<CompletionCandidate>> {
    let workflow = before.workflow()?;
    let Some((name, _)) = typed.split_once('=') else {
        let inputs = workflow.spec.inputs.iter();
        return Some(described(inputs.map(|input| {
            let prompt = input.prompt.as_ref().map(|prompt| prompt.inner.clone()).unwrap_or_default();
            (format!("{}=", input.name.inner), prompt)
        })));
    };
    let input = workflow.spec.inputs.iter().find(|input| input.name.inner == name)?;
    let kind = match (input.kind, input.options.as_ref().map(|options| &options.inner)) {
        (InputType::Node, _) => Kind::Node,
        (InputType::ServiceAccount, _) => Kind::ServiceAccount,
        (InputType::Choice, Some(Options::List(list))) => {
            let scope = crate::scripts::expression::Scope::default();
            let options = list.iter().filter_map(|one| crate::scripts::maker::scalar_text(one, &scope).ok());
            return Some(plain(options.map(|option| format!("{name}={option}"))));
        }
        _ => return None,
    };
    let place = Place::open(&before.globals).await?;
    let namespace = place.namespace(&before.globals, before.run().as_ref());
    let names = place.names(kind, namespace.as_deref()).await?;
    Some(plain(names.into_iter().map(|value| format!("{name}={value}"))))
}
