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

use clap::{CommandFactory as _, ValueHint};
use clap_complete::Shell;
use clap_complete::engine::{ArgValueCompleter, complete};

use crate::cli::{CommandError, Ui, exit};

mod candidates;
mod values;

use values::Values;

/// Name of the executable, which is what a shell completes.
const BINARY: &str = "kubectl-tekton_fix";
/// Executables that kubectl and oc look for.
const COMPLETERS: [&str; 3] = ["kubectl_complete-tekton_fix", "oc_complete-tekton_fix", "oc_complete-tekton-fix"];
/// The directive "offer no files instead".
const NO_FILES: u32 = 4;
/// The directive "the word goes on".
const NO_SPACE: u32 = 2;

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

/// The script for bash: that of `clap_complete` offers nothing after the first word, because
/// the name of the binary holds a hyphen and an underscore.
const BASH: &str = include_str!("bash.sh");

/// The script that makes a shell complete the bare binary.
pub fn script(shell: Shell) -> String {
    if shell == Shell::Bash {
        return BASH.to_owned();
    }
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
    static ASKED: RefCell<Option<(Values, String)>> = const { RefCell::new(None) };
}

pub(super) async fn answer(ui: &mut Ui, args: CompleteArgs) -> Result<u8, CommandError> {
    let mut words = vec![OsString::from(BINARY)];
    words.extend(args.words);
    if words.len() == 1 {
        words.push(OsString::new());
    }
    let last = words.len() - 1;
    let folder = std::env::current_dir().ok();
    let mut candidates = complete(&mut command(), words.clone(), last, folder.as_deref()).unwrap_or_default();
    if let Some((values, typed)) = ASKED.take() {
        candidates.splice(0..0, candidates::of(values, &typed, &words[..last]).await);
    }
    // Flags are offered once one is begun, as kubectl does.
    let flags = words[last].to_string_lossy().starts_with('-');
    let has_value = flags && words[last].to_string_lossy().contains('=');
    let mut is_begun = false;
    for candidate in candidates.iter().filter(|candidate| !candidate.is_hide_set()) {
        let value = candidate.get_value().to_string_lossy();
        // After `--flag=` only the value is wanted, as from a command of Cobra's.
        let value = match value.split_once('=') {
            Some((flag, rest)) if flag.starts_with("--") && has_value => rest.into(),
            _ if value.starts_with('-') && !flags => continue,
            _ => value,
        };
        // A folder, or a name to which a value belongs, is not the whole word.
        is_begun |= value.ends_with(['/', '=', ':']);
        match candidate.get_help() {
            Some(help) => {
                let help = help.to_string();
                ui.fields(&[&value, help.lines().next().unwrap_or_default()])?;
            }
            None => ui.line(&value)?,
        }
    }
    ui.line(&format!(":{}", if is_begun { NO_FILES | NO_SPACE } else { NO_FILES }))?;
    Ok(exit::OK)
}

/// The command line, each argument with what stands for its value.
fn command() -> clap::Command {
    with_values(super::Cli::command())
}

fn with_values(mut command: clap::Command) -> clap::Command {
    let takes_value = |arg: &&clap::Arg| arg.get_action().takes_values() && arg.get_possible_values().is_empty();
    let ids: Vec<String> = command.get_arguments().filter(takes_value).map(|arg| arg.get_id().to_string()).collect();
    for (id, values) in ids.iter().filter_map(|id| Some((id, values::of(id)?))) {
        command = command.mut_arg(id, |arg| match values {
            Values::None(_) => arg.value_hint(ValueHint::Other),
            Values::Files => arg.value_hint(ValueHint::AnyPath),
            _ => arg.add(ArgValueCompleter::new(move |typed: &OsStr| {
                ASKED.set(typed.to_str().map(|typed| (values, typed.to_owned())));
                Vec::new()
            })),
        });
    }
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, with_values);
    }
    command
}
