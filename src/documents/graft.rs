//! The difference of two values, carried into the text of the first: entries and items come,
//! go and get other values, and every other byte stays as it is.
//!
//! Like the changes of `edit`, each is proven by the other reader before it counts.

use serde_json::{Map, Value};

use super::edit::{Block, Mover, Refused, find, own_entry, own_node};
use super::path::{Path, Segment};
use super::proof;
use super::tree::{Content, Node, Style};
use super::written::Layout;
use super::{read, written};

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Graft {
    /// An entry is made, or an entry or item gets another value.
    Set {
        /// Where it stands.
        at: Path,
        /// What it is then.
        value: Value,
    },
    /// A list gets one more item.
    Append {
        /// Where the list stands.
        at: Path,
        /// The item.
        value: Value,
    },
    /// An entry or item goes.
    Remove {
        /// Where it stands.
        at: Path,
    },
}

/// What makes one value of the other. What is empty or null before and absent after is no
/// difference.
pub(crate) fn difference(before: &Value, after: &Value) -> Vec<Graft> {
    let mut found = Vec::new();
    compare(before, after, &Path::default(), &mut found);
    found
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}

fn compare(before: &Value, after: &Value, at: &Path, found: &mut Vec<Graft>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) if !new.is_empty() => {
            // What comes first, so that no mapping is ever left without an entry.
            for (key, value) in new {
                match old.get(key) {
                    Some(known) => compare(known, value, &at.key(key), found),
                    None => found.push(Graft::Set { at: at.key(key), value: value.clone() }),
                }
            }
            let gone = old.iter().filter(|(key, value)| !new.contains_key(*key) && !is_nothing(value));
            found.extend(gone.map(|(key, _)| Graft::Remove { at: at.key(key) }));
        }
        (Value::Array(old), Value::Array(new)) if new.len() > old.len() && new.starts_with(old) && !old.is_empty() => {
            found.extend(new[old.len()..].iter().map(|value| Graft::Append { at: at.clone(), value: value.clone() }));
        }
        (Value::Array(old), Value::Array(new)) if new.len() == old.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(old, new, &at.item(index), found);
            }
        }
        (Value::Array(old), Value::Array(new)) if !new.is_empty() && new.len() < old.len() => match gone(old, new) {
            Some(indices) => {
                found.extend(indices.into_iter().rev().map(|index| Graft::Remove { at: at.item(index) }));
            }
            None => found.push(Graft::Set { at: at.clone(), value: after.clone() }),
        },
        (Value::Array(old), Value::Array(new)) if new.len() > old.len() && !old.is_empty() => {
            // Those that were there may have changed beside those that come.
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(old, new, &at.item(index), found);
            }
            found.extend(new[old.len()..].iter().map(|value| Graft::Append { at: at.clone(), value: value.clone() }));
        }
        _ => found.push(Graft::Set { at: at.clone(), value: after.clone() }),
    }
}

/// The items that are left out of a list, where the others keep their order.
fn gone(old: &[Value], new: &[Value]) -> Option<Vec<usize>> {
    let mut left = new.iter().peekable();
    let mut gone = Vec::new();
    for (index, value) in old.iter().enumerate() {
        if left.peek() == Some(&value) {
            left.next();
        } else {
            gone.push(index);
        }
    }
    left.next().is_none().then_some(gone)
}

impl Graft {
    /// The difference in a value below `base` of a document.
    pub(crate) fn below(self, base: &Path) -> Self {
        let joined = |at: Path| Path(base.0.iter().cloned().chain(at.0).collect());
        match self {
            Self::Set { at, value } => Self::Set { at: joined(at), value },
            Self::Append { at, value } => Self::Append { at: joined(at), value },
            Self::Remove { at } => Self::Remove { at: joined(at) },
        }
    }

    /// What is written.
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Self::Set { value, .. } | Self::Append { value, .. } => Some(value),
            Self::Remove { .. } => None,
        }
    }

    fn at(&self) -> &Path {
        match self {
            Self::Set { at, .. } | Self::Append { at, .. } | Self::Remove { at } => at,
        }
    }

    /// What the difference makes of a document's value; false when it does not apply.
    pub(super) fn apply(&self, root: &mut Value) -> bool {
        match self {
            Self::Append { at, value } => match find(root, at).and_then(Value::as_array_mut) {
                Some(list) => {
                    list.push(value.clone());
                    true
                }
                None => false,
            },
            Self::Set { at, value } => match (at.parent().and_then(|parent| find(root, &parent)), at.0.last()) {
                (Some(parent), Some(Segment::Key(key))) => {
                    if parent.is_null() {
                        *parent = Value::Object(Map::new());
                    }
                    parent.as_object_mut().is_some_and(|entries| {
                        entries.insert(key.clone(), value.clone());
                        true
                    })
                }
                (Some(parent), Some(Segment::Item(index))) => parent.get_mut(index).is_some_and(|item| {
                    *item = value.clone();
                    true
                }),
                _ => false,
            },
            Self::Remove { at } => match (at.parent().and_then(|parent| find(root, &parent)), at.0.last()) {
                (Some(Value::Object(entries)), Some(Segment::Key(key))) => entries.remove(key).is_some(),
                (Some(Value::Array(items)), Some(Segment::Item(index))) if *index < items.len() => {
                    items.remove(*index);
                    true
                }
                _ => false,
            },
        }
    }
}

/// The text of one document with differences, each proven.
///
/// # Errors
/// The difference that cannot be carried over, by its place, and why.
pub(crate) fn grafted(text: &str, grafts: &[Graft]) -> Result<String, (Path, Refused)> {
    let mut text = text.to_owned();
    for graft in grafts {
        text = one(&text, graft).map_err(|refused| (graft.at().clone(), refused))?;
    }
    Ok(text)
}

fn one(text: &str, graft: &Graft) -> Result<String, Refused> {
    let (documents, error) = read(text);
    let ([document], None) = (documents.as_slice(), error) else { return Err(Refused::NotProven) };
    let mut wanted = proof::value(text).ok_or(Refused::NotProven)?;
    if !graft.apply(&mut wanted) {
        return Err(Refused::Shared);
    }
    let grafter = Grafter { mover: Mover::new(text, &document.root) };
    let (after, touched) = match graft {
        Graft::Set { at, value } => grafter.set(at, value)?,
        Graft::Append { at, value } => grafter.appended(at, value)?,
        Graft::Remove { at } => grafter.removed(at)?,
    };
    let is_meant = proof::value(&after).as_ref() == Some(&wanted);
    if is_meant && proof::keeps_all_but(text, &after, &touched) { Ok(after) } else { Err(Refused::NotProven) }
}

/// A text with the lines of the old one that may have changed.
type Touched = (String, std::ops::Range<usize>);

struct Grafter<'a> {
    mover: Mover<'a>,
}

impl Grafter<'_> {
    /// The text with bytes replaced, and the lines in which they stood.
    fn spliced(&self, span: &std::ops::Range<usize>, with: &str) -> Touched {
        let lines = &self.mover.lines;
        let text = [&self.mover.text[..span.start], with, &self.mover.text[span.end..]].concat();
        (text, lines.index(span.start)..lines.index(span.end) + 1)
    }

    /// The text without some lines and with others in their place.
    fn relined(&self, lines: std::ops::Range<usize>, with: &str) -> Touched {
        (self.mover.with(&lines, lines.start, with), lines)
    }

    fn set(&self, at: &Path, value: &Value) -> Result<Touched, Refused> {
        let (text, root) = (self.mover.text, self.mover.root);
        let parent = own_node(root, &at.parent().unwrap_or_default())?;
        let Some(Segment::Key(key)) = at.0.last() else { return self.replaced(at, own_node(root, at)?, None, value) };
        if let Ok((_, entry)) = own_entry(root, at) {
            return self.replaced(at, &entry.value, Some(entry.key.span.start), value);
        }
        if parent.entry(key).is_some() {
            return Err(Refused::Shared);
        }
        let Content::Mapping(entries) = &parent.content else { return Err(Refused::Layout) };
        if parent.style == Style::Flow {
            let is_json = match entries.first() {
                Some(entry) => text[entry.key.span.clone()].starts_with('"'),
                None => text.trim_start().starts_with('{'),
            };
            let name = written::bracketed(&Value::from(key.as_str()), is_json, None);
            let spans = entries.iter().map(|entry| entry.key.span.start..entry.value.span.end.max(entry.key.span.end));
            return self.bracketed(parent, &spans.collect::<Vec<_>>(), |indent| {
                format!("{name}: {}", written::bracketed(value, is_json, indent))
            });
        }
        let last = entries.last().ok_or(Refused::Layout)?;
        let indent = self.mover.column(parent.span.start).ok_or(Refused::Layout)?;
        let end = match self.mover.block(last) {
            Ok(block) => block.lines.end,
            // The only entry of a list's item stands behind its dash.
            Err(_) if entries.len() == 1 => self.dashed(last.key.span.start, last)?.lines.end,
            Err(refused) => return Err(refused),
        };
        let line_end = self.mover.line_end(end.saturating_sub(1));
        let layout = self.layout(at, line_end);
        let added = format!("{}{}:{}", " ".repeat(indent), written::key(key), layout.value(value, indent));
        Ok(self.relined(end..end, &added))
    }

    /// Lines of an entry that stands behind a dash.
    fn dashed(&self, key: usize, entry: &super::Entry) -> Result<Block, Refused> {
        self.mover.block_at(key, entry.value.span.end.max(entry.key.span.end), true)
    }

    /// How blocks are written in this document.
    fn layout(&self, near: &Path, line_end: &'static str) -> Layout {
        Layout { step: self.mover.step(near), indents_lists: indents_lists(&self.mover), line_end }
    }

    /// A value in the place of another one; `key` is where its entry begins.
    fn replaced(&self, at: &Path, node: &Node, key: Option<usize>, value: &Value) -> Result<Touched, Refused> {
        let text = self.mover.text;
        if node.is_anchored || node.tag.is_some() || matches!(node.content, Content::Alias(_)) {
            return Err(Refused::Shared);
        }
        let is_leaf = !matches!(value, Value::Object(map) if !map.is_empty())
            && !matches!(value, Value::Array(list) if !list.is_empty());
        let is_word = matches!(node.style, Style::Plain | Style::Quoted) && !node.span.is_empty();
        let is_one_line = !text[node.span.clone()].contains('\n');
        if is_word && is_one_line && is_leaf {
            return Ok(self.spliced(&node.span, &written::like(&text[node.span.clone()], value)));
        }
        if node.style == Style::Flow {
            let is_json = text[node.span.clone()].contains('"') || text.trim_start().starts_with('{');
            let line = self.mover.lines.index(node.span.start);
            let indent = self.mover.line(line).len() - self.mover.line(line).trim_start_matches(' ').len();
            let indent = if is_one_line { None } else { Some(indent) };
            if text[node.span.clone()].contains('#') {
                return Err(Refused::Layout);
            }
            return Ok(self.spliced(&node.span, &written::bracketed(value, is_json, indent)));
        }
        if text.trim_start().starts_with('{') {
            return Ok(self.spliced(&node.span, &written::bracketed(value, true, None)));
        }
        let Some(key) = key else { return Err(Refused::Layout) };
        let (_, entry) = own_entry(self.mover.root, at)?;
        let block = match self.mover.block(entry) {
            Ok(block) => block,
            Err(_) => self.dashed(key, entry)?,
        };
        let colon = text[entry.key.span.end..].find(':').ok_or(Refused::Layout)? + entry.key.span.end;
        let first = self.mover.lines.range(text, block.key);
        let head = &text[first.start..=colon];
        let rest = text[colon + 1..first.end].trim_end();
        // A comment behind the key stays there; those below go with what they are about.
        let (inner, note) = match rest.trim_start() {
            "" => ("", ""),
            bare if bare.starts_with('#') => ("", rest),
            bare => (bare, ""),
        };
        let below = &text[first.end..self.mover.lines.range(text, block.lines.end.max(1) - 1).end.max(first.end)];
        // A mark within a text is taken for a comment's as well: refused is better than lost.
        let is_noted = |line: &str| line.trim_start().starts_with('#') || line.contains(" #") || line.contains("\t#");
        let loses = below.lines().any(is_noted) || is_noted(inner);
        if loses && node.style != Style::Block {
            return Err(Refused::Layout);
        }
        let end = self.mover.line_end(block.key);
        let layout = self.layout(at, end);
        let body = layout.value(value, block.indent);
        let body = match (note.is_empty(), body.strip_prefix(end)) {
            (true, _) => body,
            (false, Some(nested)) => format!("{note}{end}{nested}"),
            (false, None) => format!("{}{note}{end}", body.trim_end()),
        };
        Ok(self.relined(block.key..block.lines.end, &format!("{head}{body}")))
    }

    /// A mapping or list in brackets with one more entry.
    fn bracketed(
        &self,
        node: &Node,
        spans: &[std::ops::Range<usize>],
        write: impl Fn(Option<usize>) -> String,
    ) -> Result<Touched, Refused> {
        let text = self.mover.text;
        let Some(last) = spans.last() else {
            let source = &text[node.span.clone()];
            if node.is_anchored || source.len() < 2 || !source[1..source.len() - 1].trim().is_empty() {
                return Err(Refused::FlowStyle);
            }
            let (open, close) = source.split_at(1);
            let close = &close[close.len() - 1..];
            return Ok(self.spliced(&node.span, &format!("{open}{}{close}", write(None))));
        };
        if !matches!(text[last.end..node.span.end].trim(), "}" | "]") || node.is_anchored {
            return Err(Refused::FlowStyle);
        }
        let start = self.mover.lines.range(text, self.mover.lines.index(last.start)).start;
        let before = &text[start..last.start];
        let at = last.end..last.end;
        // An entry on a line of its own is followed by one.
        if before.trim().is_empty() && text[last.end..node.span.end].contains('\n') {
            let end = self.mover.line_end(self.mover.lines.index(last.start));
            // It is laid out as its neighbour is: over several lines, or on one.
            let indent = text[last.clone()].contains('\n').then_some(before.len());
            return Ok(self.spliced(&at, &format!(",{end}{before}{}", write(indent))));
        }
        Ok(self.spliced(&at, &format!(", {}", write(None))))
    }

    fn appended(&self, at: &Path, value: &Value) -> Result<Touched, Refused> {
        let node = own_node(self.mover.root, at)?;
        let Content::List(items) = &node.content else { return Err(Refused::Shared) };
        if node.style == Style::Flow {
            let is_json = self.mover.text[node.span.clone()].contains('"');
            let spans: Vec<_> = items.iter().map(|item| item.span.clone()).collect();
            return self.bracketed(node, &spans, |indent| written::bracketed(value, is_json, indent));
        }
        let last = items.last().ok_or(Refused::Layout)?;
        let block = self.mover.block_at(last.span.start, last.span.end, true)?;
        let layout = self.layout(at, self.mover.line_end(block.lines.end.saturating_sub(1)));
        let dash = block.indent;
        Ok(self.relined(block.lines.end..block.lines.end, &layout.item(value, dash)))
    }

    fn removed(&self, at: &Path) -> Result<Touched, Refused> {
        let (text, root) = (self.mover.text, self.mover.root);
        let parent = own_node(root, &at.parent().unwrap_or_default())?;
        let (spans, index): (Vec<std::ops::Range<usize>>, usize) = match (&parent.content, at.0.last()) {
            (Content::Mapping(entries), Some(Segment::Key(key))) => {
                own_entry(root, at)?;
                let index = entries.iter().position(|entry| entry.name() == key).ok_or(Refused::Shared)?;
                let span = |entry: &super::Entry| entry.key.span.start..entry.value.span.end.max(entry.key.span.end);
                (entries.iter().map(span).collect(), index)
            }
            (Content::List(items), Some(Segment::Item(index))) => {
                (items.iter().map(|item| item.span.clone()).collect(), *index)
            }
            _ => return Err(Refused::Shared),
        };
        if spans.len() < 2 || index >= spans.len() {
            return Err(Refused::LastEntry);
        }
        if parent.style == Style::Flow {
            let cut = match index {
                0 => spans[0].start..spans[1].start,
                _ => spans[index - 1].end..spans[index].end,
            };
            return if text[cut.clone()].contains('#') { Err(Refused::Layout) } else { Ok(self.spliced(&cut, "")) };
        }
        let (start, end) = (spans[index].start, spans[index].end);
        if matches!(parent.content, Content::List(_)) {
            let block = self.mover.block_at(start, end, true)?;
            return Ok(self.relined(block.lines, ""));
        }
        match self.mover.block_at(start, end, false) {
            Ok(block) => Ok(self.relined(block.lines, "")),
            // The first entry of an item stands behind its dash, where the next one goes.
            Err(_) if index == 0 => {
                let cut = start..spans[1].start;
                let is_clean = !text[end..cut.end].contains('#');
                if is_clean { Ok(self.spliced(&cut, "")) } else { Err(Refused::Layout) }
            }
            Err(refused) => Err(refused),
        }
    }
}

/// Whether the lists of a document are indented below their keys.
fn indents_lists(mover: &Mover<'_>) -> bool {
    fn first(mover: &Mover<'_>, node: &Node) -> Option<bool> {
        match &node.content {
            Content::Mapping(entries) => entries.iter().find_map(|entry| {
                if let (Content::List(items), Style::Indented) = (&entry.value.content, entry.value.style)
                    && let Some(item) = items.first()
                {
                    let key = mover.column(entry.key.span.start)?;
                    let line = mover.line(mover.lines.index(item.span.start));
                    return Some(line.len() - line.trim_start_matches(' ').len() > key);
                }
                first(mover, &entry.value)
            }),
            Content::List(items) => items.iter().find_map(|item| first(mover, item)),
            _ => None,
        }
    }
    first(mover, mover.root).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn carried(text: &str, change: impl FnOnce(&mut Value)) -> Result<String, (Path, Refused)> {
        let before = proof::value(text).unwrap();
        let mut after = before.clone();
        change(&mut after);
        grafted(text, &difference(&before, &after))
    }

    const RUN: &str = "spec:\n  # who\n  taskRunTemplate:\n    podTemplate: # why\n      # ours\n      securityContext:\n        \
                       fsGroup: 1001  # the group\n        runAsUser: 1001\n  workspaces:\n    - name: source\n      \
                       persistentVolumeClaim:\n        claimName: c # kept\n\n    # second\n    - name: cache\n      emptyDir: {}\n";

    #[test]
    fn scalars_change_where_they_stand() {
        let after = carried(RUN, |run| {
            run["spec"]["taskRunTemplate"]["podTemplate"]["securityContext"] = json!({"fsGroup": 7});
        });
        let wanted = RUN.replace("fsGroup: 1001 ", "fsGroup: 7 ").replace("        runAsUser: 1001\n", "");
        assert_eq!(after.as_deref(), Ok(wanted.as_str()));
    }

    #[test]
    fn blocks_come_and_go_with_their_comments() {
        let after = carried(RUN, |run| {
            run["spec"]["workspaces"][0] = json!({"name": "source", "emptyDir": {}});
            run["spec"].as_object_mut().unwrap().remove("taskRunTemplate");
            run["spec"]["timeouts"] = json!({"pipeline": "2h"});
        });
        let wanted = "spec:\n  workspaces:\n    - name: source\n      emptyDir: {}\n\n    # second\n    - name: cache\n      \
                      emptyDir: {}\n  timeouts:\n    pipeline: 2h\n";
        assert_eq!(after.as_deref(), Ok(wanted));
    }

    #[test]
    fn lists_grow_in_their_own_style() {
        let text =
            "spec:\n  params:\n  - name: a\n    value: [x, y]\n  - name: b\n    value: \"1.20\"\n  flow: {a: 1}\n";
        let after = carried(text, |run| {
            run["spec"]["params"][0]["value"] = json!(["x", "y", "a, b"]);
            run["spec"]["params"][1]["value"] = json!("1.30");
            run["spec"]["params"].as_array_mut().unwrap().push(json!({"name": "c", "value": "yes"}));
            run["spec"]["flow"]["b"] = json!({"c": [1, "true"]});
            run["spec"]["taskRunSpecs"] =
                json!([{"pipelineTaskName": "t", "computeResources": {"requests": {"cpu": "1"}}}]);
        });
        let wanted = "spec:\n  params:\n  - name: a\n    value: [x, y, \"a, b\"]\n  - name: b\n    value: \"1.30\"\n  - name: c\n    \
                      value: \"yes\"\n  flow: {a: 1, b: {c: [1, \"true\"]}}\n  taskRunSpecs:\n  - pipelineTaskName: t\n    \
                      computeResources:\n      requests:\n        cpu: \"1\"\n";
        assert_eq!(after.as_deref(), Ok(wanted));
    }

    #[test]
    fn json_stays_json() {
        let text = "{\n  \"spec\": {\n    \"params\": [\n      {\"name\": \"a\"}\n    ],\n    \"taskRunTemplate\": {}\n  }\n}\n";
        let after = carried(text, |run| {
            run["spec"]["taskRunTemplate"] = json!({"podTemplate": {"nodeSelector": {"a/b": "c"}}});
            run["spec"]["params"].as_array_mut().unwrap().push(json!({"name": "b"}));
            run["spec"]["timeouts"] = json!({"pipeline": "1h"});
        })
        .unwrap();
        assert!(serde_json::from_str::<Value>(&after).is_ok(), "{after}");
        let wanted = "      {\"name\": \"a\"},\n      {\"name\": \"b\"}\n    ],\n    \"taskRunTemplate\": \
                      {\"podTemplate\": {\"nodeSelector\": {\"a/b\": \"c\"}}},\n    \"timeouts\": {\"pipeline\": \"1h\"}\n";
        assert!(after.contains(wanted), "{after}");
    }

    #[test]
    fn what_is_shared_or_would_lose_a_comment_is_refused() {
        let shared = "x: &x\n  a: 1\ny: *x\n";
        let (_, refused) = carried(shared, |run| run["y"]["a"] = json!(2)).unwrap_err();
        assert_eq!(refused, Refused::Shared);
        let (_, refused) = carried(shared, |run| run["x"]["a"] = json!(2)).unwrap_err();
        assert_eq!(refused, Refused::NotProven);
        let noted = "a:\n  # why\n  b: 1\n";
        let (_, refused) = carried(noted, |run| run["a"] = json!([1])).unwrap_err();
        assert_eq!(refused, Refused::Layout);
    }
}
