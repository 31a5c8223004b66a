//! Files that are no YAML until somebody has filled them in.

use super::tree::{Content, Node, Style};

/// Whether a text holds what only a template language of Helm's kind reads, outside of
/// what YAML takes for text. Asked of files that are no YAML as they stand.
pub(crate) fn is_template(text: &str) -> bool {
    const WORDS: [&str; 14] = [
        "if ",
        "range ",
        "with ",
        "end",
        "else",
        "define ",
        "include ",
        "template ",
        "toYaml ",
        "block ",
        "tpl ",
        ".",
        "$",
        "/*",
    ];
    if text.contains("{%") || text.contains("<%") {
        return true;
    }
    text.split("{{").skip(1).any(|rest| {
        let inner = rest.strip_prefix('-').unwrap_or(rest).trim_start();
        let has_trim = rest.starts_with('-') || rest.split("}}").next().is_some_and(|body| body.ends_with('-'));
        has_trim || WORDS.iter().any(|word| inner.starts_with(word))
    })
}

/// The text with each `{{ … }}` of one line replaced by as many letters; `None` without any.
pub(crate) fn mask(text: &str) -> Option<String> {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    let mut any = false;
    while let Some(at) = rest.find("{{") {
        let line = rest[at..].split('\n').next().unwrap_or_default();
        let Some(length) = line.find("}}").map(|end| end + 2) else {
            masked.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        any = true;
        masked.push_str(&rest[..at]);
        masked.extend(std::iter::repeat_n('x', length));
        rest = &rest[at + length..];
    }
    masked.push_str(rest);
    any.then_some(masked)
}

/// Whether a mapping has a key that is a mapping itself: a placeholder without quotes.
pub(crate) fn is_key(node: &Node, text: &str) -> bool {
    match &node.content {
        Content::Mapping(entries) => entries.iter().any(|entry| {
            let is_placeholder = entry.key.style == Style::Flow
                && text.get(..entry.key.span.start).is_some_and(|before| before.ends_with('{'));
            is_placeholder || is_key(&entry.value, text)
        }),
        Content::List(items) => items.iter().any(|item| is_key(item, text)),
        _ => false,
    }
}

/// A better place for an error: the tab that indents a line, the quote that is not closed.
pub(crate) fn better_place(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        let is_blank = line.trim().is_empty();
        if start <= offset && offset <= start + line.len() && !is_blank && line[..indent].contains('\t') {
            return start + line[..indent].find('\t').unwrap_or_default();
        }
        start += line.len();
        if start > offset {
            break;
        }
    }
    offset
}
