//! oc-tekton-fix: why a Tekton or OpenShift Pipelines run is stuck, and how to fix it.
//!
//! ```text
//!  kubeconfig ─► sources::live ─┐                                  ┌─► report
//!  export dir ─► sources::export┴─► model::Cluster ─► analysis ─► checks ─► repairs
//! ```
//!
//! A `Cluster` is read, pure functions judge it, findings and repairs follow from
//! that. ARCHITECTURE.md tells which module may use which.

#![cfg_attr(not(test), deny(clippy::unwrap_used))]
#![deny(clippy::print_stdout, clippy::print_stderr, clippy::exit)]

pub mod analysis;
pub mod assess;
pub mod checks;
pub mod cli;
pub mod commands;
mod documents;
pub mod finding;
mod lint;
pub mod model;
pub mod ops;
pub mod repairs;
pub mod report;
pub mod scripts;
mod snapshot;
pub mod sources;
pub mod workflows;
pub mod yaml;

use std::ffi::OsString;
use std::time::Duration;

use clap::Parser as _;

use cli::{CommandError, Ui, exit};

/// Runs the program; returns its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let program = args.first().map(|program| program.to_string_lossy().into_owned());
    let client = std::env::var("KUBECTL_PATH").ok();
    report::wording::set_caller(ops::Caller::detect(program.as_deref(), client.as_deref()));
    let format = cli::Output::wanted(&args);
    let cli = match commands::Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => return unread(&error, format.as_ref()),
    };
    if cli.globals.show_secrets {
        report::secrets::show();
    }
    let prints_lines = cli.command.prints_lines();
    match supervised(cli) {
        Ok(code) => code,
        Err(error) => {
            Ui::terminal(cli::Color::Auto).failure(&error, format.as_ref(), prints_lines);
            error.exit
        }
    }
}

/// Answers a command line that asks for help, or that cannot be read.
fn unread(error: &clap::Error, format: Option<&cli::Output>) -> u8 {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    let program = report::wording::caller().program();
    let mut ui = Ui::terminal(cli::Color::Auto);
    // A command of which only a part was named shows its help, as with kubectl.
    if matches!(error.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand) {
        return match ui.help(&error.render(), &program) {
            Ok(()) => exit::OK,
            Err(_) => exit::UNREADABLE,
        };
    }
    let refused = cli::refusal::refusal(error, &program);
    ui.failure(&refused, format, false);
    refused.exit
}

/// How often it is looked whether what holds the interrupt has let go.
const LOOK: Duration = Duration::from_millis(100);
/// Deeply nested manifests are read by recursion.
const STACK: usize = 16 * 1024 * 1024;

/// Carries out the command on a thread of its own, so that an interrupt and the end of its
/// time are seen also while it computes.
fn supervised(cli: commands::Cli) -> Result<u8, CommandError> {
    let cannot_start = |error: std::io::Error| CommandError::unreadable(format!("cannot start: {error}"));
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build();
    let patience = cli.globals.patience()?;
    let (done, mut result) = tokio::sync::oneshot::channel();
    let command = move || {
        let mut ui = Ui::terminal(cli.globals.color);
        let result = match runtime() {
            Ok(runtime) => runtime.block_on(commands::run(&mut ui, cli)),
            Err(error) => Err(cannot_start(error)),
        };
        // Nobody waits for it after an interrupt.
        let _ = done.send(result);
    };
    let waiting = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot_start)?;
    std::thread::Builder::new().name("command".to_owned()).stack_size(STACK).spawn(command).map_err(cannot_start)?;
    waiting.block_on(async {
        let mut interrupts = 0;
        let mut deadline = std::pin::pin!(async {
            match patience {
                Some(patience) => tokio::time::sleep(patience).await,
                None => std::future::pending().await,
            }
            while cli::interrupt::is_held() {
                tokio::time::sleep(LOOK).await;
            }
        });
        loop {
            tokio::select! {
                biased;
                ended = &mut result => {
                    return ended.unwrap_or_else(|_| Err(CommandError::unreadable("the command broke off")));
                }
                () = &mut deadline => {
                    return Err(CommandError::timed_out("the command did not end within --command-timeout"));
                }
                _ = tokio::signal::ctrl_c() => interrupts += 1,
            }
            // Whoever holds the interrupt cleans up; who insists, gets out.
            if interrupts > 1 || !cli::interrupt::is_held() {
                cli::ui::restore_cursor();
                return Ok(exit::INTERRUPTED);
            }
        }
    })
}
