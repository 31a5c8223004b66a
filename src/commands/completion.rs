//! `completion`: scripts for shells, and the answers that kubectl, oc and those
//! scripts ask for while somebody types.
//!
//! kubectl (1.26 and later) and oc (4.15 and later) complete a plugin through an
//! executable `kubectl_complete-NAME` or `oc_complete-NAME` on the PATH: it is called
//! with the plugin's words and prints `value<TAB>description` lines and a directive
//! (kubernetes/kubectl `pkg/cmd/plugin/plugin_completion.go`, v0.36).

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{CommandFactory as _, FromArgMatches as _};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, complete};

use crate::cli::{CommandError, GlobalArgs, Ui, exit};
use crate::model::Kind;
use crate::sources::Source;
use crate::workflows::journal::Journal;

/// Name of the executable, which is what a shell completes.
const BINARY: &str = "kubectl-tekton_fix";
/// Executables that kubectl and oc look for.
const COMPLETERS: [&str; 3] = ["kubectl_complete-tekton_fix", "oc_complete-tekton_fix", "oc_complete-tekton-fix"];
/// The directive "offer no files instead".
const NO_FILES: u32 = 4;
/// Somebody waits at the prompt: rather no names than late ones.
const PATIENCE: &str = "2s";

/// Set up completion: for `kubectl tekton-fix` and `oc tekton-fix` with --install, for the bare binary with SHELL
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # complete `kubectl tekton-fix` and `oc tekton-fix`: two small files beside the binary
  kubectl tekton-fix completion --install

  # the same in another folder of the PATH
  kubectl tekton-fix completion --install=$HOME/.local/bin

  # complete the bare binary in this shell
  source <(kubectl-tekton_fix completion bash)")]
pub struct Args {
    /// Print the script of this shell, for the bare binary kubectl-tekton_fix
    #[arg(value_enum, required_unless_present = "install")]
    shell: Option<Shell>,
    /// Write what kubectl and oc call into this folder of the PATH (default: that of the binary as it was called)
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, conflicts_with = "shell")]
    install: Option<Option<PathBuf>>,
}

/// Answers a completion
#[derive(Debug, clap::Args)]
pub struct CompleteArgs {
    /// The words after the plugin's name, the last one unfinished
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

pub(super) fn run(ui: &mut Ui, args: &Args) -> Result<u8, CommandError> {
    match (&args.install, args.shell) {
        (Some(folder), _) => install(ui, folder.as_deref()),
        (None, Some(shell)) => {
            ui.text(&script(shell))?;
            Ok(exit::OK)
        }
        (None, None) => Err(CommandError::usage("name a shell, or use --install")),
    }
}

/// The script that makes a shell complete the bare binary.
pub fn script(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut super::Cli::command().name(BINARY).bin_name(BINARY), BINARY, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The executable that kubectl or oc calls, as a script: Krew can neither link a
/// second name nor unpack one.
pub const COMPLETER: &str = "#!/bin/sh\nexec kubectl-tekton_fix __complete -- \"$@\"\n";

fn install(ui: &mut Ui, folder: Option<&Path>) -> Result<u8, CommandError> {
    let own = || {
        let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
        if called.parent().is_some_and(|parent| parent != Path::new("")) {
            return called.parent().map(Path::to_owned);
        }
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join(BINARY).exists())
    };
    let folder = folder.map(Path::to_owned).or_else(own).ok_or_else(|| {
        CommandError::usage("it is not known where the binary lies").hint("name a folder of the PATH: --install=DIR")
    })?;
    if !folder.is_dir() {
        return Err(CommandError::usage(format!("{} is not a folder", folder.display()))
            .hint("name a folder of the PATH that exists: --install=DIR"));
    }
    for name in COMPLETERS {
        let path = folder.join(name);
        write_executable(&path).map_err(|error| {
            CommandError::unreadable(format!("{}: {error}", path.display()))
                .hint("name a folder of the PATH that you may write to: --install=DIR")
        })?;
        ui.line(&path.display().to_string())?;
    }
    let on_path = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|part| part == folder));
    if !on_path {
        ui.warn(&format!("{} is not on the PATH; kubectl and oc will not find these files", folder.display()));
    }
    Ok(exit::OK)
}

fn write_executable(path: &Path) -> std::io::Result<()> {
    std::fs::write(path, COMPLETER)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

thread_local! {
    /// What a completer was asked for: names come from a cluster, and the engine
    /// cannot wait for one.
    static ASKED: RefCell<Option<(Kind, String)>> = const { RefCell::new(None) };
}

pub(super) async fn answer(ui: &mut Ui, args: CompleteArgs) -> Result<u8, CommandError> {
    let mut words = vec![OsString::from(BINARY)];
    words.extend(args.words);
    if words.len() == 1 {
        words.push(OsString::new());
    }
    let last = words.len() - 1;
    let mut candidates = complete(&mut command(), words.clone(), last, None).unwrap_or_default();
    if let Some((kind, typed)) = ASKED.take() {
        candidates.splice(0..0, names(kind, &typed, &words[..last]).await);
    }
    // Flags are offered once one is begun, as kubectl does.
    let flags = words[last].to_string_lossy().starts_with('-');
    let has_value = flags && words[last].to_string_lossy().contains('=');
    for candidate in candidates.iter().filter(|candidate| !candidate.is_hide_set()) {
        let value = candidate.get_value().to_string_lossy();
        // After `--flag=` only the value is wanted, as from a command of Cobra's.
        let value = match value.split_once('=') {
            Some((flag, rest)) if flag.starts_with("--") && has_value => rest.into(),
            _ if value.starts_with('-') && !flags => continue,
            _ => value,
        };
        match candidate.get_help() {
            Some(help) => {
                let help = help.to_string();
                ui.fields(&[&value, help.lines().next().unwrap_or_default()])?;
            }
            None => ui.line(&value)?,
        }
    }
    ui.line(&format!(":{NO_FILES}"))?;
    Ok(exit::OK)
}

/// The command line, with the names that a cluster can tell.
fn command() -> clap::Command {
    let ask = |kind: Kind| {
        ArgValueCompleter::new(move |typed: &OsStr| {
            ASKED.set(typed.to_str().map(|typed| (kind, typed.to_owned())));
            Vec::new()
        })
    };
    let named = |id: &str| match id {
        "run" | "first" | "second" => Some(Kind::PipelineRun),
        "pod" => Some(Kind::Pod),
        "pin_node" => Some(Kind::Node),
        _ => None,
    };
    let mut command = super::Cli::command().mut_arg("namespace", |arg| arg.add(ask(Kind::Namespace)));
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, |mut sub| {
            let ids: Vec<String> = sub.get_arguments().map(|arg| arg.get_id().to_string()).collect();
            for (id, kind) in ids.iter().filter_map(|id| Some((id, named(id)?))) {
                sub = sub.mut_arg(id, |arg| arg.add(ask(kind)));
            }
            if matches!(sub.get_name(), "undo" | "resume") {
                sub = sub.mut_arg("id", |arg| arg.add(ArgValueCompleter::new(operations)));
            }
            sub
        });
    }
    command
}

/// Operations in the journal, each with what it was about.
fn operations(typed: &OsStr) -> Vec<CompletionCandidate> {
    let entries = Journal::of_user().and_then(|journal| journal.entries().ok()).unwrap_or_default();
    let typed = typed.to_string_lossy();
    let mut found: Vec<CompletionCandidate> = Vec::new();
    let mut seen = Vec::new();
    for entry in entries.into_iter().rev().filter(|entry| entry.id.starts_with(&*typed)) {
        let Some(part) = entry.part.filter(|_| !seen.contains(&entry.id)) else { continue };
        let about = format!("{} of {}/{}", part.plan, entry.namespace, part.run);
        found.push(CompletionCandidate::new(&entry.id).help(Some(about.into())));
        seen.push(entry.id);
    }
    found
}

/// Names that begin with what was typed; none where the cluster does not answer.
async fn names(kind: Kind, typed: &str, words: &[OsString]) -> Vec<CompletionCandidate> {
    let Some(mut globals) = globals(words) else { return Vec::new() };
    PATIENCE.clone_into(&mut globals.request_timeout);
    let (prefix, typed) = match typed.split_once('/') {
        Some((namespace, rest)) if kind.is_namespaced() => (Some(namespace), rest),
        _ => (None, typed),
    };
    let found = read(kind, &globals, prefix).await.unwrap_or_default();
    let whole = |name: String| match prefix {
        Some(namespace) => format!("{namespace}/{name}"),
        None => name,
    };
    found.into_iter().filter(|name| name.starts_with(typed)).map(|name| CompletionCandidate::new(whole(name))).collect()
}

async fn read(kind: Kind, globals: &GlobalArgs, namespace: Option<&str>) -> Option<Vec<String>> {
    match super::open(globals).await.ok()? {
        Source::Live(connection) => {
            let namespace = namespace.or(globals.namespace.as_deref()).unwrap_or(&connection.default_namespace);
            connection.names(kind, Some(namespace)).await.ok()
        }
        Source::Export(cluster) => {
            let namespace = namespace.or(globals.namespace.as_deref());
            let here = |of: &str| namespace.is_none_or(|namespace| namespace == of);
            Some(match kind {
                Kind::PipelineRun => cluster
                    .pipeline_runs
                    .iter()
                    .filter(|run| here(&run.metadata.namespace))
                    .map(|run| run.metadata.name.clone())
                    .collect(),
                Kind::Pod => cluster
                    .pods
                    .iter()
                    .filter(|pod| here(&pod.metadata.namespace))
                    .map(|pod| pod.metadata.name.clone())
                    .collect(),
                Kind::Node => cluster.nodes.iter().map(|node| node.metadata.name.clone()).collect(),
                _ => cluster.namespaces.iter().map(|namespace| namespace.metadata.name.clone()).collect(),
            })
        }
    }
}

/// The flags among the words before the unfinished one; what does not parse yet is
/// no error.
fn globals(words: &[OsString]) -> Option<GlobalArgs> {
    let matches = super::Cli::command().ignore_errors(true).try_get_matches_from(words).ok()?;
    let (_, inner) = matches.subcommand()?;
    GlobalArgs::from_arg_matches(inner).ok()
}
