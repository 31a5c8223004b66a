//! `check`: which Tekton is installed, what its flags mean in that version, what an
//! upgrade will change, and what the namespaces would refuse.

use crate::analysis::tekton::TektonVersion;
use crate::checks::preflight::{self, Preflight};
use crate::cli::output::OutputParser;
use crate::cli::{CommandError, GlobalArgs, Output, Ui, exit};
use crate::finding::Severity;
use crate::model::Cluster;
use crate::report;
use crate::report::json::v1;
use crate::sources::{Source, Wanted};

use super::choice;
use super::print;

/// Show which Tekton is installed, what its affinity-assistant flags really do, and what namespaces would refuse
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  # What the installed Tekton makes of its flags
  kubectl tekton-fix check -n NAMESPACE

  # What an upgrade would change
  kubectl tekton-fix check -A --tekton-version 1.16")]
pub struct Args {
    /// All namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Version of Tekton to which the cluster is to be upgraded, 1.16 for example (default: the newest known)
    #[arg(long, value_name = "VERSION", value_parser = version)]
    tekton_version: Option<TektonVersion>,
    /// Output format
    #[arg(short, long, value_name = "FORMAT", value_parser = OutputParser)]
    output: Option<Output>,
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let source = super::open(globals).await?;
    let own = choice::namespace(&source, globals.namespace.as_deref()).ok().filter(|_| !args.all_namespaces);
    let wanted = own.as_deref().map_or_else(Wanted::everything, Wanted::namespace);
    let judge = |cluster: &Cluster| {
        let namespaces = match &own {
            Some(namespace) => vec![namespace.clone()],
            None => choice::with_runs(cluster).into_iter().map(str::to_owned).collect(),
        };
        preflight::preflight(cluster, &namespaces, args.tekton_version)
    };
    let (cluster, found) = source.look(&wanted, judge).await?;
    if let Source::Export(_) = &source
        && let Some(namespace) = globals.namespace.as_deref()
        && cluster.namespace(namespace).is_none()
        && !choice::with_runs(&cluster).contains(&namespace)
    {
        return Err(choice::none(&cluster, Some(&[namespace.to_owned()]), None));
    }
    let exit_code = code(&found);
    if print::document(ui, args.output.as_ref(), exit_code, || v1::preflight::Preflight::of(&found))? {
        return Ok(exit_code);
    }
    if args.output == Some(Output::Name) {
        let mut codes: Vec<&str> = found.all().map(|finding| finding.cause.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            ui.line(code)?;
        }
        return Ok(exit_code);
    }
    ui.show(&report::preflight::document(&found, args.output == Some(Output::Wide)))?;
    Ok(exit_code)
}

/// A version of Tekton as people write it.
fn version(text: &str) -> Result<TektonVersion, String> {
    TektonVersion::parse(text).ok_or_else(|| "expected a version such as 1.16 or v1.16.0".to_owned())
}

fn code(found: &Preflight) -> u8 {
    if found.all().any(|finding| finding.severity > Severity::Info) {
        exit::FINDINGS
    } else if found.coschedule.is_none()
        || !found.cannot_tell.is_empty()
        || found.namespaces.iter().any(|place| !place.cannot_tell.is_empty())
    {
        exit::INCOMPLETE
    } else {
        exit::OK
    }
}
