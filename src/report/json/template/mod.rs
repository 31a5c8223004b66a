//! Formats that a caller describes: `-o jsonpath=TEMPLATE` and `-o custom-columns=SPEC`, of the
//! same documents that `-o json` prints.
//!
//! The dialect is kubectl's, translated to RFC 9535, which a kept crate evaluates. Where both
//! differ, kubectl decides: a key that is missing is no error, names may hold hyphens and
//! escaped dots, and objects are printed as JSON.

use serde_json::Value;

mod columns;
mod jsonpath;
mod path;

pub use columns::Columns;
pub use jsonpath::JsonPath;

/// A format that the caller describes.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// Text with paths in it.
    JsonPath(JsonPath),
    /// A table: a row for each object of the document's list.
    Columns(Columns),
}

/// Formats that are described by what follows the `=`.
const DESCRIBED: [&str; 4] = ["jsonpath", "jsonpath-file", "custom-columns", "custom-columns-file"];
/// Formats of kubectl that there are not, because no kept crate speaks them.
const OTHERS: [&str; 5] = ["go-template", "go-template-file", "template", "templatefile", "jsonpath-as-json"];

impl Template {
    /// Reads what follows `-o`; `None` where it is no format of this kind. `file` reads the
    /// file that some of them name.
    ///
    /// # Errors
    /// What is wrong with it, as half a sentence.
    pub fn read(format: &str, file: impl Fn(&str) -> Result<String, String>) -> Option<Result<Self, String>> {
        let (name, text) = match format.split_once('=') {
            Some((name, text)) => (name, Some(text)),
            None => (format, None),
        };
        let name = name.to_ascii_lowercase();
        if OTHERS.contains(&name.as_str()) {
            return Some(Err(format!(
                "{name} is not supported; use jsonpath=TEMPLATE, custom-columns=SPEC, or -o json with jq"
            )));
        }
        if !DESCRIBED.contains(&name.as_str()) {
            return None;
        }
        Some(match text.filter(|text| !text.is_empty()) {
            Some(text) => Self::of(&name, text, file),
            None => Err(format!(
                "{name} takes {} after a =",
                if name.ends_with("file") { "a file" } else { "its template" }
            )),
        })
    }

    fn of(name: &str, text: &str, file: impl Fn(&str) -> Result<String, String>) -> Result<Self, String> {
        let file = || {
            // The line break at the end of a file is none of the template.
            file(text).map(|text| text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
        };
        match name {
            "jsonpath" => JsonPath::read(text).map(Self::JsonPath),
            "jsonpath-file" => file().and_then(|text| JsonPath::read(&text)).map(Self::JsonPath),
            "custom-columns" => Columns::read(text).map(Self::Columns),
            _ => file().and_then(|text| Columns::of_file(&text)).map(Self::Columns),
        }
    }

    /// A document in this format; `list` is the field that holds its objects.
    pub(crate) fn render(&self, document: &Value, list: Option<&str>, has_headers: bool) -> String {
        match self {
            Self::JsonPath(template) => template.render(document),
            Self::Columns(columns) => columns.render(document, list, has_headers),
        }
    }
}

/// The characters of a text that stand neither in quotes nor behind a backslash, with their
/// places.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let (mut quote, mut is_escaped) = (None, false);
    text.char_indices().filter(move |(_, c)| {
        match (quote, *c) {
            _ if is_escaped => is_escaped = false,
            (_, '\\') => is_escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(*c),
            (None, _) => return true,
            _ => {}
        }
        false
    })
}

/// A value in a template: texts bare, objects as JSON on one line, as kubectl prints them.
fn bare(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
