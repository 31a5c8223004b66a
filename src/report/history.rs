//! What the program has changed, and how each change is undone.

use crate::workflows::journal::{Entry, State};

use super::{Block, Document};

/// The entries of the journal.
pub(crate) fn document(entries: &[Entry]) -> Document {
    Document { blocks: entries.iter().flat_map(lines).collect() }
}

fn lines(entry: &Entry) -> Vec<Block> {
    let state = match &entry.state {
        State::Sent => "outcome unknown: the program ended before an answer came".to_owned(),
        State::Done => "done".to_owned(),
        State::Failed(reason) => format!("failed: {reason}"),
    };
    let Entry { time, action, namespace, object, server, undo, .. } = entry;
    let line = format!("{time:.0}  {action} {object} in {namespace} ({server}): {state}");
    let mut blocks = vec![Block::Line(line.into())];
    if entry.state == State::Done {
        let undo = undo.as_ref().map_or_else(|| "cannot be undone".to_owned(), |undo| format!("undo: {undo}"));
        blocks.push(Block::Nested(vec![Block::Nested(vec![Block::Line(undo.into())])]));
    }
    blocks
}
