//! Puts writes of a command into the journal.

use jiff::Timestamp;

use crate::cli::Ui;
use crate::sources::live::Connection;
use crate::sources::live::write::WriteError;
use crate::workflows::journal::{Entry, Journal, State};

/// What is written in the journal about the writes of one command.
pub struct Recorder<'a> {
    journal: Option<Journal>,
    server: &'a str,
    namespace: &'a str,
    mark: &'a str,
}

impl<'a> Recorder<'a> {
    /// Records under the mark that the objects carry.
    pub fn new(connection: &'a Connection, namespace: &'a str, mark: &'a str) -> Self {
        Self { journal: Journal::of_user(), server: &connection.server, namespace, mark }
    }

    /// Adds a line about a write to `KIND/NAME`. That it could not be added is no
    /// reason to leave the cluster half done, so it is only said.
    pub fn record(&self, ui: &mut Ui, action: &str, object: &str, undo: Option<&str>, state: State) {
        let entry = Entry {
            time: Timestamp::now(),
            id: self.mark.to_owned(),
            server: self.server.to_owned(),
            namespace: self.namespace.to_owned(),
            action: action.to_owned(),
            object: object.to_owned(),
            undo: undo.map(str::to_owned),
            state,
            part: None,
        };
        let Some(journal) = &self.journal else { return };
        if let Err(error) = journal.add(&entry) {
            ui.warn(&format!("{action} {object} is not recorded: {}: {error}", journal.path().display()));
        }
    }
}

/// How a write that got an answer stands.
pub fn outcome<T>(result: &Result<T, WriteError>) -> State {
    match result {
        Ok(_) => State::Done,
        Err(WriteError::Refused(error) | WriteError::Conflict(error)) => State::Failed(error.to_string()),
        Err(WriteError::Unclear(error)) => State::Unclear(error.to_string()),
    }
}
