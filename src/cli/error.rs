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

/// Names that are listed in a hint.
const NAMES: usize = 8;
/// Jaro-Winkler similarity from which a name may be a misspelling of another.
const ALIKE: f64 = 0.85;

impl CommandError {
    /// Adds what there is instead of a name that does not exist: the nearest name, and the
    /// names that are known, `what` saying of what.
    #[must_use]
    pub fn known<'a>(self, what: &str, wanted: &str, names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names: Vec<(f64, &str)> =
            names.into_iter().map(|name| (strsim::jaro_winkler(wanted, name), name)).collect();
        names.sort_by(|(a, left), (b, right)| b.total_cmp(a).then(left.cmp(right)));
        names.dedup();
        let (Some((likeness, nearest)), count) = (names.first().copied(), names.len()) else { return self };
        let more = match count.saturating_sub(NAMES) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let listed: Vec<&str> = names.iter().take(NAMES).map(|(_, name)| *name).collect();
        let error = if likeness >= ALIKE { self.hint(format!("did you mean {nearest}?")) } else { self };
        error.hint(format!("{what}: {}{more}", listed.join(", ")))
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

#[cfg(test)]
mod tests {
    use super::CommandError;

    #[test]
    fn a_misspelt_name_is_answered_with_the_nearest() {
        let hints =
            |wanted: &str, names: &[&str]| CommandError::usage("x").known("nodes", wanted, names.iter().copied()).hints;
        assert_eq!(hints("worker1", &["infra-1", "worker-1"]), ["did you mean worker-1?", "nodes: worker-1, infra-1"]);
        assert_eq!(hints("zzz", &["a", "b"]), ["nodes: a, b"]);
        assert!(hints("x", &[]).is_empty());
        let many: Vec<String> = (10..30).map(|n| format!("n{n}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(hints("q", &many)[0].ends_with(", and 12 more"));
    }
}
