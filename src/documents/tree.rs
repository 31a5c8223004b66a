//! A document as a tree whose every node knows its place.

use std::ops::Range;
use std::rc::Rc;

use crate::yaml::scalar::{self, Resolved};

/// How a node is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// A scalar without quotes.
    Plain,
    /// A scalar in quotes.
    Quoted,
    /// A scalar of several lines, with `|` or `>`.
    Block,
    /// A list or mapping by indentation.
    Indented,
    /// A list or mapping in brackets.
    Flow,
    /// A reference to an anchor.
    Alias,
}

/// What a node holds.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Text, number, boolean or nothing.
    Scalar(String),
    /// A list.
    List(Vec<Rc<Node>>),
    /// A mapping, in the order of the text, duplicates included.
    Mapping(Vec<Entry>),
    /// What an anchor names.
    Alias(Rc<Node>),
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: Rc<Node>,
    /// The value.
    pub(crate) value: Rc<Node>,
}

impl Entry {
    /// The key as text; empty for a key that is none.
    pub(crate) fn name(&self) -> &str {
        match &self.key.content {
            Content::Scalar(text) => text,
            _ => "",
        }
    }
}

/// A part of a document.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Its bytes in the text. Those of an indented list or mapping begin at its first
    /// entry and end with its last one.
    pub(crate) span: Range<usize>,
    /// How it is written.
    pub(crate) style: Style,
    /// Whether it carries a tag such as `!!str`.
    pub(crate) tag: Option<String>,
    /// Whether an anchor names it.
    pub(crate) is_anchored: bool,
    /// What it holds.
    pub(crate) content: Content,
    /// How many nodes it stands for, aliases followed.
    pub(crate) weight: usize,
}

impl Node {
    /// The node itself, or what its alias names.
    pub(crate) fn target(&self) -> &Self {
        match &self.content {
            Content::Alias(target) => target.target(),
            _ => self,
        }
    }

    /// Entries of a mapping, those merged with `<<` behind its own; empty for others.
    pub(crate) fn entries(&self) -> Vec<&Entry> {
        let Content::Mapping(own) = &self.target().content else { return Vec::new() };
        let mut all: Vec<&Entry> = own.iter().filter(|entry| !is_merge(entry)).collect();
        for merged in own.iter().filter(|entry| is_merge(entry)) {
            let sources: Vec<&Self> = match &merged.value.target().content {
                Content::List(items) => items.iter().map(|item| item.target()).collect(),
                _ => vec![merged.value.target()],
            };
            for entry in sources.into_iter().flat_map(Self::entries) {
                if !all.iter().any(|known| known.name() == entry.name()) {
                    all.push(entry);
                }
            }
        }
        all
    }

    /// The entry of a key; the last one where the key stands twice, as for kubectl.
    pub(crate) fn entry(&self, name: &str) -> Option<&Entry> {
        if let Content::Mapping(own) = &self.target().content
            && let Some(entry) = own.iter().rev().find(|entry| entry.name() == name)
        {
            return Some(entry);
        }
        self.entries().into_iter().find(|entry| entry.name() == name)
    }

    /// The value of a key, unless it is null.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        self.entry(name).map(|entry| entry.value.target()).filter(|value| !value.is_null())
    }

    /// The value at the end of several keys.
    pub(crate) fn at(&self, names: &[&str]) -> Option<&Self> {
        names.iter().try_fold(self, |node, name| node.get(name))
    }

    /// Items of a list; empty for others.
    pub(crate) fn items(&self) -> &[Rc<Self>] {
        match &self.target().content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// Items of the list under a key.
    pub(crate) fn list(&self, name: &str) -> &[Rc<Self>] {
        self.get(name).map_or(&[], Self::items)
    }

    /// The text of a scalar, whatever it resolves to.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.target().content {
            Content::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The text under a key.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Self::text)
    }

    /// What a scalar is for kubectl; `None` for lists and mappings.
    pub(crate) fn resolved(&self) -> Option<Resolved> {
        let node = self.target();
        let Content::Scalar(text) = &node.content else { return None };
        Some(match node.tag.as_deref() {
            Some("str" | "binary") => Resolved::Text,
            _ if node.style == Style::Plain => scalar::resolve(text),
            _ => Resolved::Text,
        })
    }

    /// Whether the value is null.
    pub(crate) fn is_null(&self) -> bool {
        self.resolved() == Some(Resolved::Null)
    }

    /// Whether it is a mapping.
    pub(crate) fn is_mapping(&self) -> bool {
        matches!(self.target().content, Content::Mapping(_))
    }

    /// Whether it is a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.target().content, Content::List(_))
    }
}

/// Whether an entry merges another mapping.
pub(crate) fn is_merge(entry: &Entry) -> bool {
    entry.name() == "<<" && entry.key.style == Style::Plain
}
