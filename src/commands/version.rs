//! `version`: of this program, and of the cluster that it talks to.

use serde_json::Value;

use super::print;
use crate::cli::output::OutputParser;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::model::Kind;
use crate::model::namespace::TEKTON_NAMESPACES;
use crate::report::json::v1::version::Version;
use crate::report::{Block, Document};
use crate::sources::Source;
use crate::sources::live::Connection;

/// Print the version of this program, of Kubernetes and of Tekton
///
/// Examples:
///   kubectl tekton-fix version
///   kubectl tekton-fix version --client -o json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Args {
    /// Only the version of this program; asks no server
    #[arg(long)]
    client: bool,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = OutputParser)]
    output: Option<Output>,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let mut version = Version { client: env!("CARGO_PKG_VERSION"), kubernetes: None, tekton: None };
    if !args.client {
        match super::open(globals).await? {
            Source::Live(connection) => {
                version.kubernetes = Some(connection.version().await?);
                version.tekton = tekton(&connection).await?;
            }
            Source::Export(cluster) => {
                version.kubernetes.clone_from(&cluster.server_version);
                version.tekton =
                    crate::analysis::tekton::Installation::find(&cluster).tekton().map(|version| format!("v{version}"));
            }
        }
    }
    if print::document(ui, args.output.as_ref(), exit::OK, || version.clone())? {
        return Ok(exit::OK);
    }
    let unread = if args.client { None } else { Some("unknown (not read)".to_owned()) };
    let mut lines = vec![format!("oc-tekton-fix: {}", version.client)];
    for (name, value) in [("Kubernetes", version.kubernetes), ("Tekton", version.tekton)] {
        lines.extend(value.or_else(|| unread.clone()).map(|value| format!("{name}: {value}")));
    }
    ui.show(&Document { blocks: lines.into_iter().map(|line| Block::Line(line.into())).collect() })?;
    Ok(exit::OK)
}

/// What Tekton says of itself: every user may read that ConfigMap by its name.
///
/// Mirrors `config/core/config-info.yaml` of tektoncd/pipeline v1.6.
async fn tekton(connection: &Connection) -> Result<Option<String>, CommandError> {
    for namespace in TEKTON_NAMESPACES {
        let found = connection.named(Kind::ConfigMap, namespace, "pipelines-info").await;
        // Who may not read it in one namespace may still read it in another.
        let Ok(Some(map)) = found else { continue };
        return Ok(map.pointer("/data/version").and_then(Value::as_str).map(str::to_owned));
    }
    Ok(None)
}
