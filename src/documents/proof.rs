//! The proof of a change: another reader gets exactly the value that was meant, and no
//! line is lost or touched beside those of the change.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value;

use super::edit::{Change, Refused};
use super::templating;
use super::tree::Node;
use crate::yaml;

/// The text of one document with a change, proven.
pub(crate) fn changed(text: &str, root: &Node, change: &Change) -> Result<String, Refused> {
    let before = value(text).ok_or(Refused::NotProven)?;
    let mut wanted = before;
    if !change.apply(&mut wanted) {
        return Err(Refused::Taken);
    }
    change
        .edit(text, root)?
        .into_iter()
        .find(|after| value(after).as_ref() == Some(&wanted) && keeps_lines(text, after, change))
        .ok_or(Refused::NotProven)
}

/// The one document of a text, by the other reader.
pub(crate) fn value(text: &str) -> Option<Value> {
    let read = |text: &str| match yaml::read_documents(text).ok()?.as_mut_slice() {
        [(_, value)] => Some(value.take()),
        _ => None,
    };
    read(text).or_else(|| read(&templating::mask(text)?))
}

/// How often each line occurs, whatever its indentation.
fn counted(text: &str) -> BTreeMap<&str, isize> {
    let mut lines = BTreeMap::new();
    for line in text.lines().map(|line| line.trim_start_matches(' ')).filter(|line| !line.trim().is_empty()) {
        *lines.entry(line).or_default() += 1;
    }
    lines
}

/// Takes away the line of a mapping in brackets that got an entry, or lost its empty
/// brackets; tells how many lines may have gone into it.
fn grown<'t>(come: &mut Vec<(&'t str, isize)>, gone: &mut Vec<(&'t str, isize)>) -> usize {
    for (at, (before, _)) in gone.iter().enumerate() {
        let Some(close) = before.rfind('}') else { continue };
        let head = before[..close].trim_end();
        let is_it = |after: &str| match before.split_once("{}") {
            Some((start, rest)) => {
                after.trim_end() == format!("{}{rest}", start.trim_end()).trim_end()
                    || after.starts_with(head) && after.ends_with(&before[close..])
            }
            None => after.starts_with(head) && after.ends_with(&before[close..]),
        };
        if let Some(to) = come.iter().position(|(after, count)| *count == 1 && is_it(after)) {
            let has_entry = come[to].0.contains('}');
            come.remove(to);
            gone.remove(at);
            return usize::from(has_entry);
        }
    }
    0
}

/// Whether only the lines that a change names have come or gone.
fn keeps_lines(before: &str, after: &str, change: &Change) -> bool {
    let mut difference = counted(after);
    for (line, count) in counted(before) {
        *difference.entry(line).or_default() -= count;
    }
    difference.retain(|_, count| *count != 0);
    let (mut come, mut gone): (Vec<_>, Vec<_>) = difference.into_iter().partition(|(_, count)| *count > 0);
    let grown = if matches!(change, Change::Move { .. }) { grown(&mut come, &mut gone) } else { 0 };
    let total = |lines: &[(&str, isize)]| lines.iter().map(|(_, count)| count.unsigned_abs()).sum::<usize>();
    match change {
        Change::Rename { .. } | Change::Rewrite { .. } => total(&come) <= 1 && total(&gone) <= 1,
        Change::Lift { .. } => come.is_empty() && total(&gone) == 1,
        Change::Move { from, to } => {
            let renames = usize::from(from.last_key() != to.last_key());
            let keys: Vec<String> =
                to.0.iter()
                    .map(|segment| match segment {
                        super::Segment::Key(name) => format!("{name}:"),
                        super::Segment::Item(_) => String::new(),
                    })
                    .collect();
            let parents = come.iter().filter(|(line, _)| keys.iter().any(|key| key == line.trim_end())).count();
            total(&gone) <= renames + grown && total(&come) <= parents + renames
        }
    }
}

/// Whether all lines stay, and in their order, but those that were to change.
pub(super) fn keeps_all_but(before: &str, after: &str, touched: &Range<usize>) -> bool {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let first = touched.start.min(old.len());
    let rest = old.len().saturating_sub(touched.end);
    new.len() >= first + rest && old[..first] == new[..first] && old[old.len() - rest..] == new[new.len() - rest..]
}

#[cfg(test)]
mod tests {
    use super::super::{Path, read};
    use super::*;

    fn path(text: &str) -> Path {
        text.split('.').fold(Path::default(), |path, part| match part.parse() {
            Ok(index) => path.item(index),
            Err(_) => path.key(part),
        })
    }

    fn moved(text: &str, from: &str, to: &str) -> Result<String, Refused> {
        let (documents, _) = read(text);
        changed(text, &documents[0].root, &Change::Move { from: path(from), to: path(to) })
    }

    #[test]
    fn a_block_takes_its_comments_and_line_ends_with_it() {
        let text = "spec:\r\n  a: 1\r\n  # why\r\n  b: # here\r\n    c: |\r\n      x\r\n\r\n        y\r\n  d: 2\r\n";
        let wanted = "spec:\r\n  a: 1\r\n  t:\r\n    # why\r\n    b: # here\r\n      c: |\r\n        x\r\n\r\n          y\r\n  d: 2\r\n";
        assert_eq!(moved(text, "spec.b", "spec.t.b").as_deref(), Ok(wanted));
    }

    #[test]
    fn a_second_block_joins_the_first() {
        let text = "spec:\n  t:\n    a: 1\n  b: 2\n  c:\n  - x\n  - y\n";
        assert_eq!(
            moved(text, "spec.c", "spec.t.c").as_deref(),
            Ok("spec:\n  t:\n    a: 1\n    c:\n    - x\n    - y\n  b: 2\n")
        );
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        assert_eq!(moved("spec: {a: 1, b: 2}\n", "spec.b", "spec.t.b"), Err(Refused::FlowStyle));
        assert_eq!(moved("spec:\n  b: 1\n  t:\n    b: 2\n", "spec.b", "spec.t.b"), Err(Refused::Taken));
        assert_eq!(moved("x: &x {b: 1}\nspec:\n  <<: *x\n  t:\n    c: 2\n", "spec.b", "spec.t.b"), Err(Refused::Taken));
    }

    #[test]
    fn a_mapping_is_lifted() {
        let text = "spec:\n    # kept\n    t:\n        a: 1  # one\n\n        b: 2\n    c: 3\n";
        let (documents, _) = read(text);
        let lifted = changed(text, &documents[0].root, &Change::Lift { from: path("spec.t") });
        assert_eq!(lifted.as_deref(), Ok("spec:\n    # kept\n    a: 1  # one\n\n    b: 2\n    c: 3\n"));
    }
}
