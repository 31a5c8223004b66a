//! `workflow`: repairs in steps, as people write them.

mod answers;
mod lint;
mod list;
pub(super) mod load;
pub(super) mod run;
mod show;
mod test;

use clap::Subcommand;

use crate::cli::{CommandError, GlobalArgs, Ui};

/// List, read, check, try and carry out repair workflows
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

impl Args {
    /// Whether a workflow is carried out.
    pub(super) fn carries_out(&self) -> bool {
        matches!(self.command, Command::Run(_))
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Lint(lint::Args),
    Test(test::Args),
    Run(run::Args),
}

pub(super) async fn run(ui: &mut Ui, globals: &GlobalArgs, args: Args) -> Result<u8, CommandError> {
    let Args { command } = args;
    match command {
        Command::List(args) => list::run(ui, globals, &args).await,
        Command::Show(args) => show::run(ui, &args),
        Command::Lint(args) => lint::run(ui, &args),
        Command::Test(args) => test::run(ui, globals, &args).await,
        Command::Run(args) => run::run(ui, globals, &args).await,
    }
}
