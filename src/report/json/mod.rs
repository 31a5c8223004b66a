//! Documents for programs, as JSON and YAML. Characters that are hidden from people are
//! written as escapes, so that the output can be shown on a terminal and is still exact.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::clean::is_hidden;
use crate::yaml::{self, YamlError};

pub mod template;
pub(crate) mod v1;

/// A document as indented JSON, with a line break at its end.
///
/// # Errors
/// When the document is no JSON, which no document of this program is.
pub(crate) fn json(document: &impl Serialize) -> io::Result<String> {
    let mut bytes = Vec::new();
    let formatter = Escaping { inner: PrettyFormatter::new() };
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))?;
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// A document as JSON on one line, without a line break.
///
/// # Errors
/// When the document is no JSON, which no document of this program is.
pub(crate) fn line(document: &impl Serialize) -> io::Result<String> {
    let mut bytes = Vec::new();
    let formatter = Escaping { inner: CompactFormatter };
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// A document as YAML, with a line break at its end.
///
/// # Errors
/// When the document is no YAML, which no document of this program is.
pub(crate) fn yaml(document: &impl Serialize) -> Result<String, YamlError> {
    yaml::write_escaping(document, is_hidden)
}

/// Writes `\u` escapes where serde_json writes the character itself.
struct Escaping<F> {
    inner: F,
}

impl<F: Formatter> Formatter for Escaping<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, hidden)) = rest.char_indices().find(|(_, c)| is_hidden(*c)) {
            self.inner.write_string_fragment(writer, &rest[..at])?;
            for unit in hidden.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + hidden.len_utf8()..];
        }
        self.inner.write_string_fragment(writer, rest)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.inner.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.inner.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.inner.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn hidden(text: &str) -> bool {
        text.chars().any(|c| is_hidden(c) && !matches!(c, '\n' | '\t'))
    }

    #[test]
    fn hidden_characters_are_escaped() {
        let value = json!({ "a\u{202e}": ["\u{1b}[2J", "\u{9b}", "\u{e0041}b", "日本\u{2028}"] });
        let written = json(&value).unwrap();
        assert!(written.contains("a\\u202e") && written.contains("\\udb40\\udc41b") && written.contains("日本"));
        assert!(!hidden(&written), "{written:?}");
        assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
        let written = yaml(&value).unwrap();
        assert!(!hidden(&written), "{written:?}");
        assert_eq!(yaml::read_documents(&written).unwrap()[0].1, value);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_back_equal(key in proptest::prelude::any::<String>(), text in proptest::prelude::any::<String>()) {
            let value = json!({ key: [{ "text": text }] });
            let written = json(&value).unwrap();
            assert!(!hidden(&written));
            assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
            let written = yaml(&value).unwrap();
            assert!(!hidden(&written), "{written:?}");
            assert_eq!(yaml::read_documents(&written).unwrap()[0].1, value, "{written:?}");
        }
    }
}
