//! Values as they are written into a document, in the style of what stands there.

use serde_json::Value;

use crate::yaml;

/// How a document lays out blocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    /// By how much entries are indented below their key.
    pub(super) step: usize,
    /// Whether lists are, too.
    pub(super) indents_lists: bool,
    /// How lines end.
    pub(super) line_end: &'static str,
}

impl Layout {
    /// A value behind its key and colon, to the end of its last line; the key stands at
    /// `indent`.
    pub(super) fn value(self, value: &Value, indent: usize) -> String {
        let end = self.line_end;
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                let inner = indent + self.step;
                let entry = |(name, value): (&String, &Value)| {
                    format!("{}{}:{}", " ".repeat(inner), key(name), self.value(value, inner))
                };
                format!("{end}{}", entries.iter().map(entry).collect::<String>())
            }
            Value::Array(items) if !items.is_empty() => {
                let dash = if self.indents_lists { indent + self.step } else { indent };
                format!("{end}{}", items.iter().map(|item| self.item(item, dash)).collect::<String>())
            }
            _ => format!(" {}{end}", inline(value)),
        }
    }

    /// An item with its dash, to the end of its last line.
    pub(super) fn item(self, value: &Value, dash: usize) -> String {
        let indent = " ".repeat(dash);
        match value {
            Value::Object(entries) if !entries.is_empty() => {
                let inner = dash + 2;
                let entry = |(at, (name, value)): (usize, (&String, &Value))| {
                    let start = if at == 0 { format!("{indent}- ") } else { " ".repeat(inner) };
                    format!("{start}{}:{}", key(name), self.value(value, inner))
                };
                // A name says first which item it is.
                let is_other = |name: &str| !matches!(name, "name" | "pipelineTaskName" | "key");
                let mut ordered: Vec<_> = entries.iter().collect();
                ordered.sort_by_key(|(name, _)| is_other(name));
                ordered.into_iter().enumerate().map(entry).collect()
            }
            Value::Array(items) if !items.is_empty() => {
                format!("{indent}- {}{}", bracketed(value, true, None), self.line_end)
            }
            _ => format!("{indent}- {}{}", inline(value), self.line_end),
        }
    }
}

/// A key, in quotes where it needs them.
pub(super) fn key(name: &str) -> String {
    inline(&Value::from(name))
}

/// A scalar, or empty brackets, on one line.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        Value::String(text) => {
            let written = yaml::write(value).unwrap_or_default();
            let written = written.trim_end_matches('\n');
            let is_simple = !text.is_empty() && !written.contains('\n') && !written.starts_with(['|', '>', '!']);
            // JSON's quotes are YAML's as well.
            if is_simple { written.to_owned() } else { value.to_string() }
        }
        other => other.to_string(),
    }
}

/// A scalar in the quotes of the one whose place it takes.
pub(super) fn like(old: &str, value: &Value) -> String {
    let Value::String(text) = value else { return inline(value) };
    match old.as_bytes().first() {
        Some(b'"') => value.to_string(),
        Some(b'\'') if !text.contains('\n') && !text.chars().any(char::is_control) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        _ => inline(value),
    }
}

/// A value in brackets: as JSON, or with as few quotes as YAML wants; over several lines
/// where it is told how far they are indented.
pub(super) fn bracketed(value: &Value, is_json: bool, indent: Option<usize>) -> String {
    if let (true, Some(indent)) = (is_json, indent) {
        let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
        return pretty.replace('\n', &format!("\n{}", " ".repeat(indent)));
    }
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            let entry = |(key, value): (&String, &Value)| {
                let key = bracketed(&Value::from(key.as_str()), is_json, None);
                format!("{key}: {}", bracketed(value, is_json, None))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) if !items.is_empty() => {
            let items: Vec<String> = items.iter().map(|item| bracketed(item, is_json, None)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::String(text) if !is_json => word(text),
        other => other.to_string(),
    }
}

/// A text in brackets, where commas and brackets end it.
fn word(text: &str) -> String {
    let written = inline(&Value::from(text));
    let is_plain = !written.starts_with(['"', '\'']) && written.contains([',', '[', ']', '{', '}', ':', '#']);
    if is_plain { Value::from(text).to_string() } else { written }
}
