//! The commands: one file each.

mod admission;
mod check;
mod choice;
pub mod completion;
mod diagnose;
mod diff;
mod dry_run;
mod explain;
mod history;
mod kinds;
mod lint;
mod nodes;
mod options;
mod print;
mod probe;
mod rbac;
mod repair;
mod rerun;
mod resume;
mod snapshot;
mod undo;
mod verbose;
mod version;
mod watch;
mod workflow;
mod write_back;

use std::path::Path;
use std::time::Instant;

use clap::{Parser, Subcommand};

use crate::cli::args::duration;
use crate::cli::{CommandError, GlobalArgs, Ui};
use crate::model::{Kind, Reading};
use crate::sources::live::{Access, connect};
use crate::sources::{Source, export};

/// Find out why a Tekton or OpenShift Pipelines run is stuck, and repair it safely
#[derive(Debug, Parser)]
#[command(
    after_help = "The flags of the connection (--context, --kubeconfig, --token and others) stand under `options` and `--help`."
)]
#[command(name = "kubectl tekton-fix", bin_name = "kubectl tekton-fix", version)]
pub struct Cli {
    /// Flags that every command takes
    #[command(flatten)]
    pub globals: GlobalArgs,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "each variant's arguments carry its help text")]
pub enum Command {
    Diagnose(diagnose::Args),
    Repair(repair::Args),
    Diff(diff::Args),
    Check(check::Args),
    Rerun(Box<rerun::Args>),
    #[command(visible_alias = "pick-node")]
    Nodes(nodes::Args),
    Admission(admission::Args),
    Probe(probe::Args),
    Lint(lint::Args),
    Snapshot(snapshot::Args),
    Explain(explain::Args),
    History(history::Args),
    Undo(undo::Args),
    Resume(resume::Args),
    Rbac(rbac::Args),
    Version(version::Args),
    Options(options::Args),
    Workflow(workflow::Args),
    Completion(completion::Args),
    #[command(name = "__complete", hide = true)]
    Complete(completion::CompleteArgs),
}

impl Command {
    /// Whether its JSON is an event a line.
    pub fn prints_lines(&self) -> bool {
        match self {
            Self::Repair(_) | Self::Resume(_) => true,
            Self::Workflow(args) => args.carries_out(),
            _ => false,
        }
    }
}

/// Carries out a command; returns the exit code.
///
/// # Errors
/// Those of the command.
pub async fn run(ui: &mut Ui, cli: Cli) -> Result<u8, CommandError> {
    let Cli { globals, command } = cli;
    match command {
        Command::Diagnose(args) => diagnose::run(ui, &globals, args).await,
        Command::Repair(args) => repair::run(ui, &globals, args).await,
        Command::Undo(args) => undo::run(ui, &globals, args).await,
        Command::Resume(args) => resume::run(ui, &globals, args).await,
        Command::Workflow(args) => workflow::run(ui, &globals, args).await,
        Command::Diff(args) => diff::run(ui, &globals, args).await,
        Command::Check(args) => check::run(ui, &globals, args).await,
        Command::Rerun(args) => rerun::run(ui, &globals, *args).await,
        Command::Admission(args) => admission::run(ui, &globals, args).await,
        Command::Nodes(args) => nodes::run(ui, &globals, args).await,
        Command::Probe(args) => probe::run(ui, &globals, args).await,
        Command::Lint(args) if globals.from.is_none() && (globals.namespace.is_none() || args.against.is_some()) => {
            lint::run(ui, &globals, &args).await
        }
        Command::Lint(_) => Err(CommandError::usage("lint reads manifests, so --from and -n have no place")
            .hint("name files or folders: lint PATH; a cluster to compare with: --against live or --against DIR")),
        Command::Snapshot(args) => snapshot::run(ui, &globals, args).await,
        Command::Explain(args) => explain::run(ui, args),
        Command::History(args) => history::run(ui, &args),
        Command::Rbac(args) => rbac::run(ui, &args),
        Command::Version(args) => version::run(ui, &globals, args).await,
        Command::Options(_) => options::run(ui),
        Command::Completion(args) => completion::run(ui, &args),
        Command::Complete(args) => completion::answer(ui, args).await,
    }
}

/// Opens the cluster or the export that the flags name.
async fn open(globals: &GlobalArgs) -> Result<Source, CommandError> {
    if let Some(from) = &globals.from {
        let began = Instant::now();
        let cluster = export::read(from)?;
        verbose::exported(globals, from, &cluster, began.elapsed());
        return Ok(Source::Export(Box::new(cluster)));
    }
    let timeout = duration("--request-timeout", &globals.request_timeout)?;
    let access = Access {
        kubeconfig: globals.kubeconfig.clone(),
        context: globals.context.clone(),
        cluster: globals.cluster.clone(),
        user: globals.user.clone(),
        as_user: globals.as_user.clone(),
        as_uid: globals.as_uid.clone(),
        as_group: globals.as_group.clone(),
        token: globals.token.clone(),
        server: globals.server.clone(),
        insecure: globals.insecure_skip_tls_verify,
        tls_server_name: globals.tls_server_name.clone(),
        certificate_authority: globals.certificate_authority.clone(),
        client_certificate: globals.client_certificate.clone(),
        client_key: globals.client_key.clone(),
        timeout,
    };
    let mut connection = connect(&access).await?;
    let color = globals.color;
    connection.on_notice = Some(Box::new(move |text| Ui::terminal(color).status(text)));
    verbose::connected(globals, &mut connection);
    Ok(Source::Live(Box::new(connection)))
}

/// Opens the cluster or the export to judge pods that need not belong to a run: a list
/// of objects in one file is taken for the whole cluster.
async fn open_to_judge(globals: &GlobalArgs) -> Result<Source, CommandError> {
    let mut source = open(globals).await?;
    let is_one_file = globals.from.as_deref().is_some_and(|from| from == "-" || !Path::new(from).is_dir());
    if let Source::Export(cluster) = &mut source
        && is_one_file
    {
        cluster.coverage.assume_whole();
        let kind_of = |name: &str| Kind::ALL.iter().copied().find(|kind| kind.name() == name);
        for lost in &cluster.unreadable {
            let Some(kind) = kind_of(&lost.kind) else { continue };
            cluster.coverage.record(kind, "", Reading::Partly(lost.to_string()));
        }
        if cluster.sccs.is_empty() {
            // No cluster with SCC admission is without SCCs: they were left out.
            cluster.coverage.record(Kind::SecurityContextConstraints, "", Reading::NotRead);
        }
        if cluster.service_accounts.is_empty() {
            // Every namespace has its `default`: accounts were left out.
            cluster.coverage.record(Kind::ServiceAccount, "", Reading::NotRead);
        }
    }
    Ok(source)
}
