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

use clap::Parser as _;

use cli::{Ui, exit};

/// Runs the program; returns its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let program = args.first().map(|program| program.to_string_lossy().into_owned());
    let client = std::env::var("KUBECTL_PATH").ok();
    report::wording::set_caller(ops::Caller::detect(program.as_deref(), client.as_deref()));
    let format = cli::Output::wanted(&args);
    let cli = match commands::Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() {
                // It quotes the command line, which may have been pasted from a cluster.
                let mut ui = Ui::terminal(cli::Color::Auto);
                ui.unreadable_line(&error.render().to_string(), format);
                return exit::USAGE;
            }
            // A closed pipe behind --help is no error of ours.
            let _ = error.print();
            return exit::OK;
        }
    };
    if cli.globals.show_secrets {
        report::secrets::show();
    }
    let prints_lines = cli.command.prints_lines();
    let mut ui = Ui::terminal(cli.globals.color);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            ui.status(&format!("Error: cannot start: {error}"));
            return exit::UNREADABLE;
        }
    };
    runtime
        .block_on(async {
            let mut command = std::pin::pin!(commands::run(&mut ui, cli));
            let mut interrupts = 0;
            loop {
                tokio::select! {
                    result = &mut command => break Some(result),
                    _ = tokio::signal::ctrl_c() => interrupts += 1,
                }
                // Whoever holds the interrupt cleans up; who insists, gets out.
                if interrupts > 1 || !cli::interrupt::is_held() {
                    break None;
                }
            }
        })
        .map_or_else(
            || {
                cli::ui::restore_cursor();
                exit::INTERRUPTED
            },
            |result| match result {
                Ok(code) => code,
                Err(error) => {
                    Ui::terminal(cli::Color::Auto).failure(&error, format, prints_lines);
                    error.exit
                }
            },
        )
}
