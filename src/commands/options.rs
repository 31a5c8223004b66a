//! `options`: the flags that every command takes.

use clap::{CommandFactory, Parser};

use crate::cli::{CommandError, GlobalArgs, Ui, exit};

/// List the flags that every command takes
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Only the flags, to have clap write them.
#[derive(Debug, Parser)]
#[command(disable_help_flag = true, help_template = "{options}\n")]
struct Flags {
    #[command(flatten)]
    globals: GlobalArgs,
}

pub(super) fn run(ui: &mut Ui) -> Result<u8, CommandError> {
    let mut flags = Flags::command().mut_args(|arg| arg.hide_short_help(false).help_heading(None::<&str>));
    ui.text("These flags can be given to any command:\n\n")?;
    ui.text(&flags.render_long_help().to_string())?;
    Ok(exit::OK)
}
