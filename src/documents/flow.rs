//! Mappings in brackets as places to which an entry moves.

use std::rc::Rc;

use super::read;
use super::tree::{Content, Entry, Node, Style};

/// Whether nothing stands between the brackets.
pub(super) fn is_empty(node: &Node) -> bool {
    matches!(&node.content, Content::Mapping(entries) if entries.is_empty())
}

/// Whether the brackets are nobody else's.
pub(super) fn is_free(node: &Node) -> bool {
    node.style == Style::Flow && !node.is_anchored && node.tag.is_none()
}

fn is_word(value: &Node) -> bool {
    matches!(value.style, Style::Plain | Style::Quoted | Style::Flow) && !value.is_anchored && value.tag.is_none()
}

/// The text with empty brackets taken away, and read again.
pub(super) fn opened(text: &str, node: &Node) -> Option<(String, Rc<Node>)> {
    if !is_free(node) || !is_empty(node) {
        return None;
    }
    let before = text[..node.span.start].trim_end_matches([' ', '\t']);
    if !before.ends_with(':') {
        return None;
    }
    let opened = [before, &text[node.span.end..]].concat();
    let (documents, error) = read(&opened);
    match (documents.as_slice(), error) {
        ([document], None) => Some((opened, Rc::clone(&document.root))),
        _ => None,
    }
}

/// Where an entry goes in brackets, and how it is written there.
pub(super) fn joined(text: &str, node: &Node, entry: &Entry, name: &str) -> Option<(usize, String)> {
    let Content::Mapping(entries) = &node.content else { return None };
    let last = entries.last()?;
    let source = text.get(node.span.clone())?;
    let value = text.get(entry.value.span.clone())?;
    let line = text.get(entry.key.span.start..)?.lines().next()?;
    let is_bare = line.trim_end().ends_with(value.trim_end()) && !value.is_empty();
    if !is_free(node) || !is_word(&entry.value) || !is_bare || [source, value].iter().any(|text| text.contains('\n')) {
        return None;
    }
    // A trailing comma or a comment would stand in between.
    if text.get(last.value.span.end..node.span.end)?.trim() != "}" {
        return None;
    }
    Some((last.value.span.end, format!(", {name}: {value}")))
}

#[cfg(test)]
mod tests {
    use super::super::edit::Change;
    use super::super::{Path, proof, read};

    fn moved(text: &str, from: &[&str], to: &[&str]) -> Option<String> {
        let (documents, _) = read(text);
        let change = Change::Move { from: Path::default().keys(from), to: Path::default().keys(to) };
        assert_eq!(
            change.obstacle(text, &documents[0].root).is_none(),
            proof::changed(text, &documents[0].root, &change).is_ok()
        );
        proof::changed(text, &documents[0].root, &change).ok()
    }

    #[test]
    fn empty_brackets_are_opened() {
        let text = "spec:\n  t: {} # kept\n  p:\n    # why\n    a: 1\n  c: 2\n";
        let wanted = "spec:\n  t: # kept\n    p:\n      # why\n      a: 1\n  c: 2\n";
        assert_eq!(moved(text, &["spec", "p"], &["spec", "t", "p"]).as_deref(), Some(wanted));
        let above = "spec:\n  p: 1h\n  t: {}\n";
        assert_eq!(moved(above, &["spec", "p"], &["spec", "t", "p"]).as_deref(), Some("spec:\n  t:\n    p: 1h\n"));
    }

    #[test]
    fn brackets_take_a_word() {
        let text = "spec:\n  t: { a: 1 } # kept\n  timeout: '1h'\n";
        let wanted = "spec:\n  t: { a: 1, pipeline: '1h' } # kept\n";
        assert_eq!(moved(text, &["spec", "timeout"], &["spec", "t", "pipeline"]).as_deref(), Some(wanted));
        let before = "spec:\n  p: {x: y}\n  t: {a: 1}\n  c: 2\n";
        let wanted = "spec:\n  t: {a: 1, p: {x: y}}\n  c: 2\n";
        assert_eq!(moved(before, &["spec", "p"], &["spec", "t", "p"]).as_deref(), Some(wanted));
    }

    #[test]
    fn what_does_not_fit_into_brackets_is_refused() {
        let block = "spec:\n  t: {a: 1}\n  p:\n    x: y\n";
        assert_eq!(moved(block, &["spec", "p"], &["spec", "t", "p"]), None);
        let noted = "spec:\n  t: {a: 1}\n  p: 1 # why\n";
        assert_eq!(moved(noted, &["spec", "p"], &["spec", "t", "p"]), None);
        let anchored = "spec:\n  t: &t {a: 1}\n  p: 1\n  u: *t\n";
        assert_eq!(moved(anchored, &["spec", "p"], &["spec", "t", "p"]), None);
    }
}
