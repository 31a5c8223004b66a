//! The only place that reads and writes YAML (`documents` knows where in a text things stand):
//! read as go-yaml does, write what go-yaml reads back equal.

mod located;
mod loose;
mod read;
pub(crate) mod scalar;
mod split;

use serde_json::Value;

use loose::Loose;

pub use located::{Fault, Located, read_typed};
pub use read::{Document, Sink, flow, pass, text};

/// A document that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// What is wrong, with the position where the reader knows it.
    pub message: String,
    /// Line, from 1; 0 when unknown.
    pub line: usize,
}

/// Reads machine-written YAML or JSON, one or many documents, each with the line
/// on which it starts. JSON is recognised by its first byte: reading it as YAML
/// would be thirty times slower.
///
/// # Errors
/// The first document that cannot be read.
pub fn read_documents(text: &str) -> Result<Vec<(usize, Value)>, YamlError> {
    let body = text.trim_start_matches('\u{feff}');
    if matches!(body.trim_start().as_bytes().first(), Some(b'{' | b'[')) {
        let mut documents = Vec::new();
        let mut stream = serde_json::Deserializer::from_str(body).into_iter::<Value>();
        let mut start = 0;
        while let Some(next) = stream.next() {
            match next {
                Ok(value) => documents.push((line_of(body, start), value)),
                // Flow-style YAML begins like JSON.
                Err(_) if documents.is_empty() => return read_yaml(body),
                Err(error) => {
                    return Err(YamlError { line: error.line(), message: error.to_string() });
                }
            }
            start = stream.byte_offset();
        }
        return Ok(documents);
    }
    read_yaml(body)
}

fn line_of(text: &str, offset: usize) -> usize {
    let skipped = text[offset..].len() - text[offset..].trim_start().len();
    text[..offset + skipped].matches('\n').count() + 1
}

fn read_yaml(text: &str) -> Result<Vec<(usize, Value)>, YamlError> {
    let mut documents = Vec::new();
    for (first, part) in split(text) {
        // Numbers of more than 64 bits have no place in a JSON value.
        let exact = serde_yaml::from_str::<Value>(&part);
        let read =
            exact.or_else(|error| serde_yaml::from_str::<Loose>(&part).map(|Loose(value)| value).map_err(|_| error));
        let value: Value = read.map_err(|error| {
            let line = error.location().map_or(0, |location| first + location.line() - 1);
            YamlError { line, message: error.to_string() }
        })?;
        if !value.is_null() {
            documents.push((first, value));
        }
    }
    Ok(documents)
}

/// Splits at document marks, each part with its first line.
fn split(text: &str) -> Vec<(usize, String)> {
    let mut parts: Vec<(usize, String)> = vec![(1, String::new())];
    for (index, line) in text.lines().enumerate() {
        if line == "---" || line.starts_with("--- ") || line.trim_end() == "..." {
            parts.push((index + 2, String::new()));
        } else if let Some((_, part)) = parts.last_mut() {
            part.push_str(line);
            part.push('\n');
        }
    }
    parts.retain(|(_, part)| part.lines().any(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')));
    parts
}

/// Writes YAML that kubectl reads back equal: words that go-yaml takes for booleans,
/// numbers or dates are quoted.
///
/// # Errors
/// When the value cannot be written, which no JSON value does.
pub fn write<T: serde::Serialize>(value: &T) -> Result<String, YamlError> {
    serde_saphyr::to_string(value).map_err(|error| YamlError { message: error.to_string(), line: 0 })
}

/// Writes YAML in which the characters that `hides` names are escapes, line breaks and tabs
/// excepted: such a text is read back equal, and can be shown on a terminal.
///
/// # Errors
/// When the value cannot be written, which no JSON value does.
pub fn write_escaping<T: serde::Serialize>(value: &T, hides: fn(char) -> bool) -> Result<String, YamlError> {
    let written = write(value)?;
    let is_clean = |text: &str| !text.chars().any(|c| hides(c) && !matches!(c, '\n' | '\t'));
    if is_clean(&written) {
        return Ok(written);
    }
    // The writer escapes control characters only. One in front of a hidden character makes
    // it quote the text, and marks where the escape of that character belongs.
    let mut value = serde_yaml::to_value(value).map_err(|error| YamlError { message: error.to_string(), line: 0 })?;
    mark(&mut value, hides);
    Ok(unmark(&write(&value)?))
}

/// The mark in front of the number of a character, and how the writer escapes it.
const MARK: (char, &str) = ('\u{1}', "\\x01");

fn mark(value: &mut serde_yaml::Value, hides: fn(char) -> bool) {
    use serde_yaml::Value;
    match value {
        Value::String(text) => *text = marked(text, hides),
        Value::Sequence(items) => items.iter_mut().for_each(|item| mark(item, hides)),
        Value::Mapping(fields) => {
            let marked = std::mem::take(fields).into_iter().map(|(mut key, mut value)| {
                mark(&mut key, hides);
                mark(&mut value, hides);
                (key, value)
            });
            *fields = marked.collect();
        }
        _ => {}
    }
}

fn marked(text: &str, hides: fn(char) -> bool) -> String {
    let mut marked = String::with_capacity(text.len());
    for c in text.chars() {
        if c == MARK.0 || (hides(c) && !c.is_control()) {
            marked.push_str(&format!("{}{:08X}", MARK.0, u32::from(c)));
        } else {
            marked.push(c);
        }
    }
    marked
}

/// Makes each mark and number an escape of eight digits.
fn unmark(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(number) = rest.strip_prefix(MARK.1) {
            text.push_str("\\U");
            rest = number;
        } else {
            // An escaped backslash begins no escape.
            let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
            text.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn documents_are_read_with_their_first_lines() {
        let text = "# head\n---\na: 1\n---\n# nothing\n---\nb: [x, y]\n";
        assert_eq!(read_documents(text).unwrap(), vec![(3, json!({"a": 1})), (7, json!({"b": ["x", "y"]}))]);
        assert_eq!(read_documents("{\"a\":1}\n{\"b\":2}").unwrap().len(), 2);
    }

    #[test]
    fn hidden_characters_are_written_as_escapes() {
        let value =
            json!({ "z": "a\u{202e}\\x01", "\u{200b}k": ["\u{1}0000202E\u{200b}", "\\\\", "l\n\u{200b}\n", "\\"] });
        let hides = |c: char| c.is_control() || ('\u{200b}'..='\u{202e}').contains(&c);
        let written = write_escaping(&value, hides).unwrap();
        assert!(!written.chars().any(|c| hides(c) && c != '\n'), "{written:?}");
        assert!(written.contains(r#""a\U0000202E\\x01""#), "{written}");
        assert_eq!(read_documents(&written).unwrap(), [(1, value)]);
        assert_eq!(write_escaping(&json!({ "a": "b\n\tc\n" }), hides), write(&json!({ "a": "b\n\tc\n" })));
    }

    #[test]
    fn errors_name_the_line_of_the_file() {
        let error = read_documents("a: 1\n---\nb: 1\nc: [\n").unwrap_err();
        assert!(error.line >= 3, "{error:?}");
    }

    #[test]
    fn words_that_kubectl_reads_otherwise_are_quoted() {
        let written =
            write(&json!({ "a": "yes", "b": "0755", "c": "1e3", "d": "on", "e": "plain", "f": "2001-01-01" })).unwrap();
        for word in ["yes", "0755", "1e3", "on", "2001-01-01"] {
            assert!(
                written.contains(&format!("\"{word}\"")) || written.contains(&format!("'{word}'")),
                "{word}: {written}"
            );
        }
        assert!(written.contains("e: plain"));
    }
}
