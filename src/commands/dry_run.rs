//! `--dry-run`, as kubectl has it.

use clap::ValueEnum;

use crate::cli::CommandError;
use crate::sources::Source;

/// Whether to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DryRun {
    /// Create the object
    None,
    /// Print it
    Client,
    /// Let the server check it
    Server,
}

impl DryRun {
    /// An export can only be looked at; `client` is what `--dry-run=client` does here.
    ///
    /// # Errors
    /// When something is to be written to an export.
    pub(super) fn check(self, source: &Source, client: &str) -> Result<(), CommandError> {
        if matches!(source, Source::Export(_)) && self != Self::Client {
            return Err(CommandError::usage("an export cannot be written to")
                .hint(format!("add --dry-run=client to {client}, or omit --from")));
        }
        Ok(())
    }
}
