//! What the program has changed, and how each change is undone.

use crate::workflows::journal::{Entry, State};

use super::{Block, Document, wording};

/// The entries of the journal.
pub(crate) fn document(entries: &[Entry]) -> Document {
    Document { blocks: entries.iter().flat_map(lines).collect() }
}

fn lines(entry: &Entry) -> Vec<Block> {
    let state = match &entry.state {
        State::Planned => "not carried out: the program ended before".to_owned(),
        State::Unclear(reason) => format!("outcome unknown: {reason}"),
        State::Undone => "taken back".to_owned(),
        State::Sent => "outcome unknown: the program ended before an answer came".to_owned(),
        State::Done => "done".to_owned(),
        State::Failed(reason) => format!("failed: {reason}"),
    };
    let Entry { time, action, namespace, object, server, undo, .. } = entry;
    let id = entry.part.as_ref().map(|_| format!("{}  ", entry.id)).unwrap_or_default();
    let line = format!("{time:.0}  {id}{action} {object} in {namespace} ({server}): {state}");
    let mut blocks = vec![Block::Line(line.into())];
    if entry.state == State::Done {
        let undo = match (undo, &entry.part) {
            (None, _) => "cannot be undone".to_owned(),
            (Some(_), Some(_)) => format!("undo: {} undo {}", wording::caller().program(), entry.id),
            (Some(undo), None) => format!("undo: {undo}"),
        };
        blocks.push(Block::Nested(vec![Block::Nested(vec![Block::Line(undo.into())])]));
    }
    blocks
}
