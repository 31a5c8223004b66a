//! `--dry-run`, as kubectl has it.

use clap::ValueEnum;

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
