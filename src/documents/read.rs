//! Reading a text into documents with spans.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, options};

use super::templating;
use super::tree::{Content, Entry, Node, Style};

/// How many nodes a document may stand for once its aliases are followed.
const MOST_NODES: usize = 5_000_000;

/// A document of a text.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Its number, from 0 on.
    pub(crate) index: usize,
    /// What it holds.
    pub(crate) root: Rc<Node>,
}

/// Why a text, or the rest of it, could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// What the reader says.
    pub(crate) message: String,
    /// Where.
    pub(crate) offset: usize,
    /// The number of the document.
    pub(crate) document: usize,
}

/// Reads a text, without a byte order mark, into its documents. What was read before an
/// error is given beside it. Placeholders such as `{{ revision }}` without quotes are read
/// as text.
pub(crate) fn read(text: &str) -> (Vec<Document>, Option<Unreadable>) {
    let (documents, error) = read_as_it_is(text);
    if (error.is_some() || documents.iter().any(|document| templating::is_key(&document.root, text)))
        && let Some(masked) = templating::mask(text)
    {
        let (filled, still) = read_as_it_is(&masked);
        if still.is_none() {
            return (filled, None);
        }
    }
    (documents, error)
}

fn read_as_it_is(text: &str) -> (Vec<Document>, Option<Unreadable>) {
    let mut builder = Builder::default();
    let limits = options! { emit_comments: false };
    for event in Parser::new_from_str_with_options(text, limits) {
        let (event, span) = match event {
            Ok(next) => next,
            Err(error) => {
                let offset = error.marker().byte_offset().unwrap_or_default();
                let offset = templating::better_place(text, offset);
                let unreadable = Unreadable { message: error.info(), offset, document: builder.documents.len() };
                return (builder.documents, Some(unreadable));
            }
        };
        let span = span.byte_range().unwrap_or(0..0);
        let is_directive = matches!(event, Event::DocumentStart(_, Some(_)));
        if let Err(message) = builder.take(event, span.clone()) {
            // The mark of the document stands behind its directives.
            let directive = text[..span.start].rfind("%YAML").filter(|_| is_directive);
            let offset = directive.unwrap_or(span.start);
            let unreadable = Unreadable { message, offset, document: builder.documents.len() };
            return (builder.documents, Some(unreadable));
        }
    }
    (builder.documents, None)
}

/// A list or mapping that is not closed yet.
struct Open {
    start: usize,
    style: Style,
    tag: Option<String>,
    anchor: usize,
    is_mapping: bool,
    nodes: Vec<Rc<Node>>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
    documents: Vec<Document>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Result<(), String> {
        match event {
            Event::DocumentStart(_, Some(_)) => {
                return Err("kubectl does not read a %YAML directive".to_owned());
            }
            Event::DocumentStart(..) => {
                self.anchors.clear();
                self.root = None;
            }
            Event::DocumentEnd => {
                let index = self.documents.len();
                let empty = Node {
                    span,
                    style: Style::Plain,
                    tag: None,
                    is_anchored: false,
                    content: Content::Scalar(String::new()),
                    weight: 1,
                };
                self.documents.push(Document { index, root: self.root.take().unwrap_or_else(|| Rc::new(empty)) });
            }
            Event::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Style::Quoted,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                let tag = tag.map(|tag| tag.suffix().to_owned());
                let content = Content::Scalar(text.into_owned());
                self.add(Node { span, style, tag, is_anchored: anchor != 0, content, weight: 1 }, anchor)?;
            }
            Event::Alias(id) => {
                let target = self.anchors.get(&id).cloned().ok_or("an alias stands inside what it names")?;
                let weight = target.weight;
                let content = Content::Alias(target);
                self.add(Node { span, style: Style::Alias, tag: None, is_anchored: false, content, weight }, 0)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(span.start, style, anchor, tag.map(|tag| tag.suffix().to_owned()), false);
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(span.start, style, anchor, tag.map(|tag| tag.suffix().to_owned()), true);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let anchor = open.anchor;
                    let node = close(open, span.end);
                    self.add(node, anchor)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, start: usize, style: StructureStyle, anchor: usize, tag: Option<String>, is_mapping: bool) {
        let style = if style == StructureStyle::Flow { Style::Flow } else { Style::Indented };
        self.open.push(Open { start, style, tag, anchor, is_mapping, nodes: Vec::new() });
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        if node.weight > MOST_NODES {
            return Err(format!("the aliases stand for more than {MOST_NODES} values"));
        }
        let node = Rc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.open.last_mut() {
            Some(open) => open.nodes.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }
}

fn close(open: Open, end: usize) -> Node {
    let weight = open.nodes.iter().fold(1usize, |sum, node| sum.saturating_add(node.weight));
    let span = match (open.style, open.nodes.first(), open.nodes.last()) {
        // The mark of an indented one's end stands behind the blank lines that follow it.
        (Style::Indented, Some(first), Some(last)) => {
            let start = if open.is_mapping { first.span.start } else { open.start };
            start..last.span.end
        }
        _ => open.start..end,
    };
    let content = if open.is_mapping {
        let mut nodes = open.nodes.into_iter();
        let mut entries = Vec::new();
        while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
            entries.push(Entry { key, value });
        }
        Content::Mapping(entries)
    } else {
        Content::List(open.nodes)
    };
    Node { span, style: open.style, tag: open.tag, is_anchored: open.anchor != 0, content, weight }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_know_their_places() {
        let text = "a: 1\nb:\n  - c: 'x'\n    d: {e: f}\n---\n# only\n---\ng: *no\n";
        let (documents, error) = read(text);
        assert_eq!(documents.len(), 2);
        assert!(error.is_some());
        let root = &documents[0].root;
        let entry = root.list("b")[0].entry("d").unwrap();
        assert_eq!(&text[entry.key.span.clone()], "d");
        assert_eq!(&text[entry.value.span.clone()], "{e: f}");
        assert_eq!(&text[root.span.clone()], "a: 1\nb:\n  - c: 'x'\n    d: {e: f}");
        assert_eq!(&text[root.get("b").unwrap().span.clone()], "- c: 'x'\n    d: {e: f}");
    }

    #[test]
    fn merged_keys_and_aliases_are_followed() {
        let (documents, error) = read("a: &x {b: 1}\nc:\n  <<: *x\n  d: *x\n");
        assert!(error.is_none());
        let c = documents[0].root.get("c").unwrap();
        assert_eq!(c.text_of("b"), Some("1"));
        assert_eq!(c.at(&["d", "b"]).and_then(Node::text), Some("1"));
    }

    #[test]
    fn aliases_that_multiply_are_refused() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(read(&text).1.is_some());
    }
}
