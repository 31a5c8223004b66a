//! Errors that a person reads: what went wrong, and the next step.

use super::exit;

/// An error of a command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CommandError {
    /// What went wrong.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
    /// The process's exit code.
    pub exit: u8,
}

impl CommandError {
    fn new(exit: u8, message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), exit }
    }

    /// Invalid usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(exit::USAGE, message)
    }

    /// Cluster or snapshot could not be read.
    pub fn unreadable(message: impl Into<String>) -> Self {
        Self::new(exit::UNREADABLE, message)
    }

    /// What was read is not enough.
    pub fn incomplete(message: impl Into<String>) -> Self {
        Self::new(exit::INCOMPLETE, message)
    }

    /// The person said no, or could not be asked.
    pub fn declined(message: impl Into<String>) -> Self {
        Self::new(exit::DECLINED, message)
    }

    /// The person interrupted the program.
    pub fn interrupted(message: impl Into<String>) -> Self {
        Self::new(exit::INTERRUPTED, message)
    }

    /// Waiting took too long.
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::new(exit::TIMED_OUT, message)
    }

    /// Adds a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::unreadable(format!("cannot write the output: {error}"))
    }
}

impl From<crate::sources::live::write::WriteError> for CommandError {
    fn from(error: crate::sources::live::write::WriteError) -> Self {
        crate::sources::SourceError::from(error).into()
    }
}

impl From<crate::sources::SourceError> for CommandError {
    fn from(error: crate::sources::SourceError) -> Self {
        let mut made = Self::unreadable(error.message);
        made.hints = error.hints;
        made
    }
}
