//! Changes of a document that leave every other byte as it is.
//!
//! A renamed key and a rewritten scalar keep their place. A block that moves takes its
//! lines with it: its key line, all that is indented deeper, and the comments directly
//! above it. What cannot be done without touching more is refused.

use std::ops::Range;

use serde_json::Value;

use super::flow;
use super::lines::Lines;
use super::path::{Path, Segment};
use super::tree::{Content, Entry, Node, Style, is_merge};

/// One change of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// A key gets another name.
    Rename {
        /// Where it stands.
        at: Path,
        /// Its new name.
        to: String,
    },
    /// A scalar is written otherwise.
    Rewrite {
        /// Where it stands.
        at: Path,
        /// What it means then.
        value: Value,
        /// How it is written then.
        text: String,
    },
    /// An entry moves, and may get another name.
    Move {
        /// Where it stands.
        from: Path,
        /// Where it belongs.
        to: Path,
    },
    /// The entries of a mapping move one level up, and its key goes.
    Lift {
        /// Where the mapping stands.
        from: Path,
    },
}

/// Why a change was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It stands in brackets: entries there are no lines.
    FlowStyle,
    /// It is reached through an alias or a merged mapping, and stands elsewhere too.
    Shared,
    /// Something stands where it belongs.
    Taken,
    /// Its lines hold more than the block: a list's dash, a comment that would be lost.
    Layout,
    /// It is the only entry of its mapping, of which nothing would be left.
    LastEntry,
    /// The result does not mean what it should.
    NotProven,
}

impl Change {
    /// What the change makes of a document's value; false when it does not apply.
    pub(crate) fn apply(&self, root: &mut Value) -> bool {
        match self {
            Self::Rename { at, to } => {
                let Some(mapping) = at.parent().and_then(|path| find(root, &path)).and_then(Value::as_object_mut)
                else {
                    return false;
                };
                let Some(value) = at.last_key().and_then(|key| mapping.remove(key)) else { return false };
                mapping.insert(to.clone(), value).is_none()
            }
            Self::Rewrite { at, value, .. } => {
                let Some(place) = find(root, at) else { return false };
                *place = value.clone();
                true
            }
            Self::Move { from, to } => {
                let taken = from
                    .parent()
                    .and_then(|path| find(root, &path))
                    .and_then(Value::as_object_mut)
                    .zip(from.last_key())
                    .and_then(|(mapping, key)| mapping.remove(key));
                let (Some(value), Some(parent), Some(key)) = (taken, to.parent(), to.last_key()) else {
                    return false;
                };
                let Some(mapping) = make(root, &parent) else { return false };
                mapping.insert(key.to_owned(), value).is_none()
            }
            Self::Lift { from } => {
                let Some(above) = from.parent().and_then(|path| find(root, &path)).and_then(Value::as_object_mut)
                else {
                    return false;
                };
                let Some(Value::Object(entries)) = from.last_key().and_then(|key| above.remove(key)) else {
                    return false;
                };
                entries.into_iter().all(|(key, value)| above.insert(key, value).is_none())
            }
        }
    }

    /// Why the change cannot be made in this document, as far as its style tells.
    pub(crate) fn obstacle(&self, text: &str, root: &Node) -> Option<Refused> {
        let is_taken = match self {
            Self::Rename { at, to } => own_node(root, &at.parent().unwrap_or_default().key(to)).is_ok(),
            Self::Move { to, .. } => own_node(root, to).is_ok(),
            Self::Rewrite { .. } | Self::Lift { .. } => false,
        };
        if is_taken {
            return Some(Refused::Taken);
        }
        let (mapping, value) = match self {
            Self::Rename { at, .. } | Self::Rewrite { at, .. } => return own_node(root, at).err(),
            Self::Move { from, to } => match own_entry(root, from) {
                Ok((mapping, _)) => (mapping, nearest(root, to)),
                Err(refused) => return Some(refused),
            },
            Self::Lift { from } => match own_entry(root, from) {
                Ok((mapping, entry)) => (mapping, entry.value.as_ref()),
                Err(refused) => return Some(refused),
            },
        };
        let is_barred = match self {
            Self::Move { from, to } => value.style == Style::Flow && !takes(text, root, value, from, to),
            _ => value.style == Style::Flow,
        };
        (mapping.style == Style::Flow || is_barred).then_some(Refused::FlowStyle)
    }

    /// The text with the change, in the ways to lay it out, the best first.
    pub(crate) fn edit(&self, text: &str, root: &Node) -> Result<Vec<String>, Refused> {
        match self {
            Self::Rename { at, to } => {
                let (mapping, entry) = own_entry(root, at)?;
                if mapping.entry(to).is_some() {
                    return Err(Refused::Taken);
                }
                Ok(vec![replaced(text, &entry.key.span, &key_text(text, &entry.key.span, to))])
            }
            Self::Rewrite { at, text: written, .. } => {
                let node = own_node(root, at)?;
                Ok(vec![replaced(text, &node.span, written)])
            }
            Self::Move { from, to } => Mover::new(text, root).moved(from, to),
            Self::Lift { from } => Mover::new(text, root).lifted(from),
        }
    }
}

/// A value of a JSON tree.
pub(super) fn find<'a>(root: &'a mut Value, path: &Path) -> Option<&'a mut Value> {
    path.0.iter().try_fold(root, |value, segment| match segment {
        Segment::Key(name) => value.get_mut(name.as_str()),
        Segment::Item(index) => value.get_mut(index),
    })
}

/// A mapping of a JSON tree, made where it is missing or null.
fn make<'a>(root: &'a mut Value, path: &Path) -> Option<&'a mut serde_json::Map<String, Value>> {
    let mut value = root;
    for segment in &path.0 {
        value = match segment {
            Segment::Key(name) => {
                let place = value.as_object_mut()?.entry(name.clone()).or_insert(Value::Null);
                if place.is_null() {
                    *place = Value::Object(serde_json::Map::new());
                }
                place
            }
            Segment::Item(index) => value.get_mut(index)?,
        };
    }
    value.as_object_mut()
}

fn replaced(text: &str, span: &Range<usize>, with: &str) -> String {
    [&text[..span.start], with, &text[span.end..]].concat()
}

/// A key in the quotes of the one it replaces.
fn key_text(text: &str, span: &Range<usize>, name: &str) -> String {
    match text.as_bytes().get(span.start) {
        Some(b'"') => format!("\"{name}\""),
        Some(b'\'') => format!("'{name}'"),
        _ => name.to_owned(),
    }
}

/// The node at a path that is not reached through an alias or a merged mapping.
pub(super) fn own_node<'a>(root: &'a Node, path: &Path) -> Result<&'a Node, Refused> {
    path.0.iter().try_fold(root, |node, segment| match (&node.content, segment) {
        (Content::Mapping(entries), Segment::Key(name)) => entries
            .iter()
            .rev()
            .find(|entry| entry.name() == name && !is_merge(entry))
            .map(|entry| entry.value.as_ref())
            .ok_or(Refused::Shared),
        (Content::List(items), Segment::Item(index)) => {
            items.get(*index).map(std::convert::AsRef::as_ref).ok_or(Refused::Shared)
        }
        _ => Err(Refused::Shared),
    })
}

/// The entry at a path, with its mapping.
pub(super) fn own_entry<'a>(root: &'a Node, path: &Path) -> Result<(&'a Node, &'a Entry), Refused> {
    let mapping = own_node(root, &path.parent().unwrap_or_default())?;
    let (Content::Mapping(entries), Some(name)) = (&mapping.content, path.last_key()) else {
        return Err(Refused::Shared);
    };
    let mut named = entries.iter().filter(|entry| entry.name() == name);
    let entry = named.next().ok_or(Refused::Shared)?;
    if named.next().is_some() { Err(Refused::Taken) } else { Ok((mapping, entry)) }
}

/// Lines of an entry, from the comments above it to its last one.
pub(super) struct Block {
    /// The lines.
    pub(super) lines: Range<usize>,
    /// The line of its key.
    pub(super) key: usize,
    /// How far its key is indented; for an item, how far its dash is.
    pub(super) indent: usize,
}

/// A document whose lines move.
pub(super) struct Mover<'a> {
    /// Its text.
    pub(super) text: &'a str,
    /// Its values.
    pub(super) root: &'a Node,
    /// Its lines.
    pub(super) lines: Lines,
}

impl<'a> Mover<'a> {
    /// Of a text that was read.
    pub(super) fn new(text: &'a str, root: &'a Node) -> Self {
        Self { text, root, lines: Lines::of(text) }
    }

    /// A line with its break.
    pub(super) fn line(&self, line: usize) -> &'a str {
        &self.text[self.lines.range(self.text, line)]
    }

    /// The lines of an entry of an indented mapping.
    pub(super) fn block(&self, entry: &Entry) -> Result<Block, Refused> {
        self.block_at(entry.key.span.start, entry.value.span.end.max(entry.key.span.end), false)
    }

    /// The lines of what begins and ends there: first on its line, or, for an item and its
    /// first entry, behind a dash.
    pub(super) fn block_at(&self, begin: usize, end: usize, is_dashed: bool) -> Result<Block, Refused> {
        let key = self.lines.index(begin);
        let start = self.lines.range(self.text, key).start;
        let before = &self.text[start..begin];
        let bare = if is_dashed { before.trim_end_matches(' ').strip_suffix('-').unwrap_or("-") } else { before };
        if !bare.bytes().all(|byte| byte == b' ') {
            return Err(Refused::Layout);
        }
        let indent = bare.len();
        // A text of several lines ends where the next entry begins.
        let until = self.text[..end].trim_end().len();
        let last = self.lines.index(until.saturating_sub(1));
        let mut end = key + 1;
        for line in key + 1..self.lines.count() {
            let text = self.line(line);
            let bare = text.trim();
            if line <= last && !(bare.is_empty() && line == last) {
                end = line + 1;
            } else if bare.is_empty() {
                continue;
            } else if indent_of(text) > indent && !is_mark(text) {
                end = line + 1;
            } else {
                break;
            }
        }
        let mut first = key;
        while first > 0 && is_comment(self.line(first - 1)) && indent_of(self.line(first - 1)) <= indent {
            first -= 1;
        }
        Ok(Block { lines: first..end, key, indent })
    }

    /// By how much the entries of a mapping are indented below its key.
    pub(super) fn step(&self, near: &Path) -> usize {
        let mut path = near.clone();
        loop {
            if let Some(parent) = path.parent()
                && let (Ok(node), Ok((_, entry))) = (own_node(self.root, &path), own_entry(self.root, &path))
                && node.style == Style::Indented
                && node.is_mapping()
                && let (Some(inner), Some(outer)) = (self.column(node.span.start), self.column(entry.key.span.start))
                && inner > outer
            {
                let _ = parent;
                return inner - outer;
            }
            match path.parent() {
                Some(parent) => path = parent,
                None => return 2,
            }
        }
    }

    /// The indentation of what stands first on its line, a list's dashes not counted.
    pub(super) fn column(&self, offset: usize) -> Option<usize> {
        let start = self.lines.range(self.text, self.lines.index(offset)).start;
        let before = self.text.get(start..offset)?;
        before.bytes().all(|byte| matches!(byte, b' ' | b'-')).then_some(before.len())
    }

    /// How lines end near this one; the last line of a text may not end at all.
    pub(super) fn line_end(&self, line: usize) -> &'static str {
        let ended = (0..=line).rev().map(|line| self.line(line)).find(|text| text.ends_with('\n'));
        if ended.is_some_and(|text| text.ends_with("\r\n")) { "\r\n" } else { "\n" }
    }

    fn moved(&self, from: &Path, to: &Path) -> Result<Vec<String>, Refused> {
        let (mapping, entry) = own_entry(self.root, from)?;
        if mapping.style != Style::Indented {
            return Err(Refused::FlowStyle);
        }
        let block = self.block(entry)?;
        let (Some(target), Some(name)) = (to.parent(), to.last_key()) else { return Err(Refused::Layout) };
        let (mut there, mut missing) = (target, Vec::new());
        let node = loop {
            match own_node(self.root, &there) {
                Ok(node) => break node,
                Err(_) => {
                    let Some(Segment::Key(key)) = there.0.pop() else { return Err(Refused::Shared) };
                    missing.insert(0, key);
                }
            }
        };
        let step = self.step(&from.parent().unwrap_or_default());
        let stays = there == from.parent().unwrap_or_default();
        let is_only = matches!(&mapping.content, Content::Mapping(entries) if entries.len() < 2);
        if is_only && !stays {
            return Err(Refused::LastEntry);
        }
        if missing.is_empty() && node.entry(name).is_some() {
            return Err(Refused::Taken);
        }
        if node.style == Style::Flow && node.is_mapping() {
            if block.lines.len() > 1 && flow::is_empty(node) {
                return flow::opened(self.text, node)
                    .map_or(Err(Refused::FlowStyle), |(text, root)| Mover::new(&text, &root).moved(from, to));
            }
            return match flow::joined(self.text, node, entry, name) {
                Some((at, addition)) if missing.is_empty() && block.lines.len() == 1 => {
                    let cut = self.lines.range(self.text, block.key);
                    let mut text = self.text.to_owned();
                    // The later place first, so that the other one stays where it is.
                    if at > cut.start {
                        text.insert_str(at, &addition);
                        text.replace_range(cut, "");
                    } else {
                        text.replace_range(cut, "");
                        text.insert_str(at, &addition);
                    }
                    Ok(vec![text])
                }
                _ => flow::opened(self.text, node)
                    .map_or(Err(Refused::FlowStyle), |(text, root)| Mover::new(&text, &root).moved(from, to)),
            };
        }
        let (insert, base) = if node.is_null() && node.style == Style::Plain && !there.0.is_empty() {
            let (_, parent) = own_entry(self.root, &there)?;
            let above = self.block(parent)?;
            (above.key + 1, above.indent + step)
        } else if node.style == Style::Indented && node.is_mapping() {
            let base = self.column(node.span.start).ok_or(Refused::Layout)?;
            let holder = from.0.get(there.0.len()).filter(|_| from.0.starts_with(&there.0));
            let outer = match holder {
                Some(Segment::Key(key)) => Some(self.block(own_entry(self.root, &there.key(key))?.1)?),
                Some(Segment::Item(_)) => return Err(Refused::Layout),
                None => None,
            };
            match outer {
                // It is in its place already, or the last of what stands there.
                Some(outer) if stays || outer.lines.end == block.lines.end => (block.lines.start, base),
                _ => {
                    let Content::Mapping(entries) = &node.content else { return Err(Refused::Layout) };
                    let last = entries.last().ok_or(Refused::Layout)?;
                    let last_key = self.lines.index(last.key.span.start);
                    // The first entry of a list's item stands behind its dash.
                    let end = match self.block(last) {
                        Ok(block) => block.lines.end,
                        Err(_) if entries.len() == 1 => last_key + 1,
                        Err(refused) => return Err(refused),
                    };
                    (end, base)
                }
            }
        } else {
            return Err(Refused::FlowStyle);
        };
        let end = self.line_end(block.key);
        let mut parents = String::new();
        for (depth, key) in missing.iter().enumerate() {
            parents.push_str(&format!("{}{key}:{end}", " ".repeat(base + depth * step)));
        }
        let indent = base + missing.len() * step;
        let renamed = key_text(self.text, &entry.key.span, name);
        let ways = [false, true].map(|blanks| {
            let body = self.shifted(&block.lines, block.indent, indent, blanks, Some((&entry.key.span, &renamed)));
            self.with(&block.lines, insert, &[&parents, &body].map(|part| part.as_str()).concat())
        });
        Ok(ways.to_vec())
    }

    fn lifted(&self, from: &Path) -> Result<Vec<String>, Refused> {
        let (mapping, entry) = own_entry(self.root, from)?;
        let Content::Mapping(entries) = &entry.value.content else { return Err(Refused::Shared) };
        if mapping.style != Style::Indented || entry.value.style != Style::Indented {
            return Err(Refused::FlowStyle);
        }
        if entries.iter().any(|inner| mapping.entry(inner.name()).is_some()) {
            return Err(Refused::Taken);
        }
        let block = self.block(entry)?;
        let first = entries.first().ok_or(Refused::LastEntry)?;
        let indent = self.block(first)?.indent;
        let after = self.text[entry.key.span.end..self.lines.range(self.text, block.key).end].trim();
        if after != ":" {
            return Err(Refused::Layout);
        }
        let below = block.key + 1..block.lines.end;
        let cut = block.key..block.lines.end;
        Ok([false, true]
            .map(|blanks| self.with(&cut, cut.start, &self.shifted(&below, indent, block.indent, blanks, None)))
            .to_vec())
    }

    /// Lines with another indentation; those of blanks only shift too where `blanks` says so.
    fn shifted(
        &self,
        lines: &Range<usize>,
        from: usize,
        to: usize,
        blanks: bool,
        rename: Option<(&Range<usize>, &str)>,
    ) -> String {
        let mut out = String::new();
        for line in lines.clone() {
            let range = self.lines.range(self.text, line);
            let text = match rename {
                Some((span, name)) if range.contains(&span.start) => {
                    [&self.text[range.start..span.start], name, &self.text[span.end..range.end]].concat()
                }
                _ => self.text[range].to_owned(),
            };
            if text.trim().is_empty() && !(blanks && indent_of(&text) > from) {
                out.push_str(&text);
            } else if to >= from {
                out.push_str(&" ".repeat(to - from));
                out.push_str(&text);
            } else {
                out.push_str(&text[indent_of(&text).min(from - to)..]);
            }
        }
        out
    }

    /// The text without some lines and with others before line `insert`.
    pub(super) fn with(&self, cut: &Range<usize>, insert: usize, lines: &str) -> String {
        let end = self.line_end(cut.start);
        let mut out = String::with_capacity(self.text.len() + lines.len());
        for line in 0..=self.lines.count() {
            if line == insert {
                if !out.is_empty() && !out.ends_with('\n') {
                    out.push_str(end);
                }
                out.push_str(lines);
            }
            if line < self.lines.count() && !cut.contains(&line) {
                if !out.is_empty() && !out.ends_with('\n') && !self.line(line).is_empty() {
                    out.push_str(end);
                }
                out.push_str(self.line(line));
            }
        }
        out
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Whether a line opens or ends a document.
fn is_mark(line: &str) -> bool {
    line.starts_with("---") || line.starts_with("...")
}
/// Whether a mapping in brackets takes an entry that stands elsewhere.
fn takes(text: &str, root: &Node, mapping: &Node, from: &Path, to: &Path) -> bool {
    let (Ok((_, entry)), Some(name)) = (own_entry(root, from), to.last_key()) else { return false };
    if flow::is_empty(mapping) {
        return flow::is_free(mapping);
    }
    let is_one_line = || Mover::new(text, root).block(entry).is_ok_and(|block| block.lines.len() == 1);
    let is_parent = to.parent().is_some_and(|parent| own_node(root, &parent).is_ok());
    is_parent && flow::joined(text, mapping, entry, name).is_some() && is_one_line()
}

/// The innermost mapping that is there already of those in which a path lies.
fn nearest<'n>(root: &'n Node, path: &Path) -> &'n Node {
    let mut above = path.parent();
    while let Some(path) = above {
        if let Ok(node) = own_node(root, &path) {
            return node;
        }
        above = path.parent();
    }
    root
}
