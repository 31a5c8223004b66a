//! Reads YAML and JSON as kubectl does, document by document: one that cannot be read loses
//! itself only, and no text takes more memory than a multiple of its own size.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, options};
use serde_json::{Map, Number, Value};

use super::YamlError;
use super::scalar::{self, Resolved};
use super::split::{Part, split};

/// Bytes that aliases may stand for, beside a multiple of the text's own size. Machines
/// write no aliases, and people few.
const EXPANSION: usize = 16 * 1024 * 1024;
/// Deepest nesting; serde_json has the same limit.
const DEEPEST: usize = 127;

/// A document, with the line of the text on which it starts, from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its first line.
    pub line: usize,
    /// What it holds; never null.
    pub value: Value,
    /// Lines on which the entries of a top-level list start, or of the list `items`: empty
    /// where they are not known.
    pub entries: Vec<usize>,
    /// The last field of a YAML mapping: a text that was cut off ends in it.
    pub last: Option<String>,
}

/// What takes a text document by document, and of a list entry by entry.
pub trait Sink {
    /// A document begins: its text, and whether it is the last one.
    fn begin(&mut self, text: &str, is_last: bool);
    /// An entry of the list `items` of a YAML document, with its line.
    fn entry(&mut self, value: Value, line: usize);
    /// The document is read; entries that were handed out are not in it.
    fn document(&mut self, document: Document);
    /// It cannot be read, or not any further.
    fn error(&mut self, error: YamlError);
}

/// Reads every document of a text; those that cannot be read are errors beside the others.
/// No list of YAML is in memory as a whole.
pub fn pass(text: &str, sink: &mut dyn Sink) {
    let parts = split(text);
    let last = parts.len().saturating_sub(1);
    for (at, mut part) in parts.into_iter().enumerate() {
        part.text = part.text.trim_start_matches('\u{feff}');
        sink.begin(part.text, at == last);
        let mut documents = Vec::new();
        let result = match part.text.trim_start().as_bytes().first() {
            Some(b'{' | b'[') => either(&part, &mut documents),
            _ => yaml(&part, &mut documents, Some(&mut |value, line| sink.entry(value, line))),
        };
        documents.into_iter().filter(|document| !document.value.is_null()).for_each(|document| sink.document(document));
        if let Err(error) = result {
            sink.error(error);
        }
    }
}

/// What begins like JSON: flow-style YAML does as well. What is too deep is so for YAML too,
/// and values before a broken one are read.
fn either(part: &Part<'_>, documents: &mut Vec<Document>) -> Result<(), YamlError> {
    json(part, documents).or_else(|error| {
        let is_json = !documents.is_empty() || error.message.contains("recursion limit");
        if is_json { Err(error) } else { yaml(part, documents, None).map_err(|_| error) }
    })
}

/// The value of a text that begins like JSON and is flow-style YAML.
pub fn flow(text: &str) -> Option<Value> {
    let mut documents = Vec::new();
    yaml(&Part { line: 1, text }, &mut documents, None).ok()?;
    documents.pop().filter(|_| documents.is_empty()).map(|document| document.value)
}

#[cfg(test)]
fn read(text: &str) -> (Vec<Document>, Vec<YamlError>) {
    let (mut documents, mut errors) = (Vec::new(), Vec::new());
    for mut part in split(text) {
        part.text = part.text.trim_start_matches('\u{feff}');
        let result = match part.text.trim_start().as_bytes().first() {
            Some(b'{' | b'[') => either(&part, &mut documents),
            _ => yaml(&part, &mut documents, None),
        };
        errors.extend(result.err());
    }
    documents.retain(|document| !document.value.is_null());
    (documents, errors)
}

/// One or several JSON values after one another, which is read thirty times faster than as
/// YAML.
fn json(part: &Part<'_>, documents: &mut Vec<Document>) -> Result<(), YamlError> {
    let mut stream = serde_json::Deserializer::from_str(part.text).into_iter::<Value>();
    // Lines are counted as the text passes, once.
    let (mut counted, mut line) = (0, part.line);
    loop {
        let offset = stream.byte_offset();
        let start = offset + part.text[offset..].len() - part.text[offset..].trim_start().len();
        line += count_lines(&part.text[counted..start]);
        counted = start;
        match stream.next() {
            None => return Ok(()),
            Some(Ok(value)) => {
                let end = stream.byte_offset();
                let entries = indented_entries(&part.text[start..end], line, &value);
                documents.push(Document { line, value, entries, last: None });
            }
            Some(Err(error)) => {
                let line = if error.line() == 0 { 0 } else { part.line + error.line() - 1 };
                return Err(YamlError { line, message: error.to_string() });
            }
        }
    }
}

/// The lines of the entries of `items` in JSON as kubectl indents it.
fn indented_entries(text: &str, first: usize, value: &Value) -> Vec<usize> {
    let count = value.get("items").and_then(Value::as_array).map_or(0, Vec::len);
    if count == 0 {
        return Vec::new();
    }
    let mut lines = text.lines().enumerate().skip_while(|(_, line)| line.trim_start() != "\"items\": [");
    let indent = |line: &str| line.len() - line.trim_start().len();
    lines.next();
    let mut depth = None;
    let mut found = Vec::new();
    for (at, line) in lines {
        if line.trim_end().ends_with('{') && depth.is_none_or(|depth| indent(line) == depth) {
            depth.get_or_insert(indent(line));
            found.push(first + at);
        } else if depth.is_some_and(|depth| indent(line) < depth) {
            break;
        }
    }
    if found.len() == count { found } else { Vec::new() }
}

fn count_lines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

/// Reads YAML. The entries of a list `items` at the top go to `entry`, if there is one.
fn yaml(
    part: &Part<'_>,
    documents: &mut Vec<Document>,
    entry: Option<&mut dyn FnMut(Value, usize)>,
) -> Result<(), YamlError> {
    let limits = options! { emit_comments: false, flow_nesting_limit: DEEPEST, block_nesting_limit: DEEPEST };
    let mut composer = Composer { left: EXPANSION + part.text.len(), entry, ..Composer::default() };
    for event in Parser::new_from_str_with_options(part.text, limits) {
        let (event, span) = event.map_err(|error| YamlError {
            line: part.line + error.marker().line().saturating_sub(1),
            message: error.info(),
        })?;
        let line = part.line + span.start.line().saturating_sub(1);
        composer.take(event, line).map_err(|message| YamlError { line, message })?;
        if let Some(mut document) = composer.finished.take() {
            document.line = part.line;
            documents.push(document);
        }
    }
    Ok(())
}

/// A list or mapping that is not closed yet.
struct Open {
    value: Value,
    /// The key whose value comes next; `None` where a key comes next, or in a list.
    key: Option<Key>,
    /// Mappings that are merged into this one: its own keys win.
    merged: Vec<Value>,
    anchor: usize,
    /// Bytes that it stands for.
    weight: usize,
}

enum Key {
    Named(String),
    Merge,
}

#[derive(Default)]
struct Composer<'a> {
    open: Vec<Open>,
    /// What takes the entries of the list `items`.
    entry: Option<&'a mut dyn FnMut(Value, usize)>,
    anchors: HashMap<usize, (Value, usize)>,
    /// Bytes that aliases may still stand for.
    left: usize,
    root: Option<Value>,
    entries: Vec<usize>,
    last: Option<String>,
    finished: Option<Document>,
}

impl Composer<'_> {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::DocumentEnd => {
                let value = self.root.take().unwrap_or(Value::Null);
                let entries = std::mem::take(&mut self.entries);
                self.finished = Some(Document { line, value, entries, last: self.last.take() });
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = tag.as_ref().is_some_and(|tag| tag.suffix() == "str");
                let is_plain = style == ScalarStyle::Plain && !is_text;
                self.scalar(&text, is_plain, anchor, line)?;
            }
            Event::Alias(id) => {
                let (value, weight) = self.anchors.get(&id).ok_or("an alias stands inside what it names")?.clone();
                self.left = self.left.checked_sub(weight).ok_or("its aliases stand for more than can be held")?;
                self.note_entry(line);
                self.add(value, 0, weight)?;
            }
            Event::SequenceStart(_, anchor, _) => self.open(Value::Array(Vec::new()), anchor, line)?,
            Event::MappingStart(_, anchor, _) => self.open(Value::Object(Map::new()), anchor, line)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let value = merged(open.value, open.merged)?;
                    self.add(value, open.anchor, open.weight)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, value: Value, anchor: usize, line: usize) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        self.note_entry(line);
        if let Some(Open { value: Value::Object(_), key: None, .. }) = self.open.last() {
            return Err("a mapping or list is a key".to_owned());
        }
        self.open.push(Open { value, key: None, merged: Vec::new(), anchor, weight: 1 });
        Ok(())
    }

    /// Notes the line of an entry of the list whose entries have lines.
    fn note_entry(&mut self, line: usize) {
        if self.is_in_items() || matches!(self.open.as_slice(), [Open { value: Value::Array(_), .. }]) {
            self.entries.push(line);
        }
    }

    fn is_in_items(&self) -> bool {
        matches!(self.open.as_slice(), [Open { key: Some(Key::Named(key)), .. }, Open { value: Value::Array(_), .. }] if key == "items")
    }

    fn scalar(&mut self, text: &str, is_plain: bool, anchor: usize, line: usize) -> Result<(), String> {
        let is_top = self.open.len() == 1;
        if let Some(Open { value: Value::Object(fields), key: key @ None, .. }) = self.open.last_mut() {
            let name = match is_plain {
                true if text == "<<" => Key::Merge,
                true => Key::Named(key_of(text)),
                false => Key::Named(text.to_owned()),
            };
            // kubectl takes the last of two fields; at the top it is two objects in one.
            if let Key::Named(name) = &name
                && is_top
                && fields.contains_key(name)
            {
                return Err(format!("{name} stands twice at the top of one document"));
            }
            if let Key::Named(name) = &name
                && is_top
            {
                self.last = Some(name.clone());
            }
            *key = Some(name);
            return Ok(());
        }
        let value = if is_plain { plain(text) } else { Value::from(text) };
        self.note_entry(line);
        self.add(value, anchor, text.len() + 1)
    }

    fn add(&mut self, value: Value, anchor: usize, weight: usize) -> Result<(), String> {
        if anchor != 0 {
            // What is anchored is kept a second time.
            self.left = self.left.checked_sub(weight).ok_or("its aliases stand for more than can be held")?;
            self.anchors.insert(anchor, (value.clone(), weight));
        }
        if self.entry.is_some()
            && self.is_in_items()
            && let (Some(entry), Some(line)) = (&mut self.entry, self.entries.last())
        {
            entry(value, *line);
            return Ok(());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        open.weight = open.weight.saturating_add(weight);
        match &mut open.value {
            Value::Array(items) => items.push(value),
            Value::Object(fields) => match open.key.take() {
                Some(Key::Named(key)) => {
                    fields.insert(key, value);
                }
                Some(Key::Merge) => match value {
                    Value::Array(items) => open.merged.extend(items),
                    other => open.merged.push(other),
                },
                None => return Err("a mapping or list is a key".to_owned()),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Ok(())
    }
}

fn merged(mut value: Value, merges: Vec<Value>) -> Result<Value, String> {
    if let Value::Object(fields) = &mut value {
        for merge in merges {
            let Value::Object(other) = merge else { return Err("<< merges something that is no mapping".to_owned()) };
            for (key, value) in other {
                fields.entry(key).or_insert(value);
            }
        }
    }
    Ok(value)
}

/// A plain scalar as the value that kubectl sends.
fn plain(text: &str) -> Value {
    match scalar::resolve(text) {
        Resolved::Null => Value::Null,
        // To kubectl a single letter is a boolean, which the API server refuses where a name
        // belongs; in what it has stored, as others write it, it is the letter.
        Resolved::Bool(_) if text.len() == 1 => Value::from(text),
        Resolved::Bool(value) => Value::Bool(value),
        Resolved::Int(value) => {
            let number = i64::try_from(value).map(Number::from).or_else(|_| u64::try_from(value).map(Number::from));
            number.map_or_else(|_| Value::from(text), Value::Number)
        }
        // A whole number stays one: Go writes 1001.0 as 1001.
        Resolved::Float(value) if value.fract() == 0.0 && value.abs() < 1e15 => Value::from(value as i64),
        Resolved::Float(value) => Number::from_f64(value).map_or_else(|| Value::from(text), Value::Number),
        Resolved::Text => Value::from(text),
    }
}

/// A plain key: what is no text becomes what JSON writes of it.
fn key_of(text: &str) -> String {
    match scalar::resolve(text) {
        Resolved::Text | Resolved::Null => text.to_owned(),
        Resolved::Bool(_) if text.len() == 1 => text.to_owned(),
        other => scalar::as_json(other).unwrap_or_else(|| text.to_owned()),
    }
}

/// A text by its bytes: UTF-8 or UTF-16, with or without a byte order mark.
///
/// # Errors
/// What it is instead, where it is no text.
pub fn text(bytes: Vec<u8>) -> Result<String, String> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => String::from_utf8(bytes[3..].to_vec()).map_err(|_| NO_TEXT.to_owned()),
        [0xff, 0xfe, rest @ ..] => Ok(wide(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Ok(wide(rest, u16::from_be_bytes)),
        [first, 0, ..] if *first != 0 => Ok(wide(&bytes, u16::from_le_bytes)),
        [0, second, ..] if *second != 0 => Ok(wide(&bytes, u16::from_be_bytes)),
        start if start.iter().take(4096).any(|byte| *byte == 0) => Err(NO_TEXT.to_owned()),
        // Latin-1 in a message spoils its characters only, as for kubectl.
        _ => {
            Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
        }
    }
}

const NO_TEXT: &str = "it is binary, neither YAML nor JSON";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(text: &str) -> Vec<Value> {
        let (documents, errors) = read(text);
        assert_eq!(errors, [], "{text}");
        documents.into_iter().map(|document| document.value).collect()
    }

    #[test]
    fn values_are_those_that_kubectl_sends() {
        let text = "a: 01751\nb: 1_001\nc: 1001.0\nd: yes\ne: '1001'\nf: ~\ng: {<<: &b {x: 1, z: 2}, x: 3}\nh: 1.5\ni: !!str 5\n1: k\n";
        let wanted = json!({ "a": 1001, "b": 1001, "c": 1001, "d": true, "e": "1001", "f": null, "g": { "x": 3, "z": 2 },
            "h": 1.5, "i": "5", "1": "k" });
        assert_eq!(values(text), [wanted]);
    }

    #[test]
    fn one_bad_document_loses_itself_only() {
        let (documents, errors) = read("a: 1\n---\nb: [\n---\nc: 1\n---\n{\"d\" \n---\n{\"e\": 1}\n{\"f\": 1}\n");
        let values: Vec<Value> = documents.iter().map(|document| document.value.clone()).collect();
        assert_eq!(values, [json!({ "a": 1 }), json!({ "c": 1 }), json!({ "e": 1 }), json!({ "f": 1 })]);
        assert_eq!(documents.iter().map(|document| document.line).collect::<Vec<_>>(), [1, 5, 9, 10]);
        assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [3, 8]);
    }

    #[test]
    fn flow_style_that_is_no_json_is_yaml() {
        assert_eq!(values("{a: 1, b: [x, y]}\n"), [json!({ "a": 1, "b": ["x", "y"] })]);
    }

    #[test]
    fn two_objects_in_one_document_are_an_error() {
        assert_eq!(values("apiVersion: v1\nkind: A\napiVersion: v1\nkind: B\n").len(), 2);
        let (documents, errors) = read("apiVersion: v1\nkind: A\nkind: B\n");
        assert_eq!((documents.len(), errors.len()), (0, 1));
        assert_eq!(values("a: {b: 1, b: 2}\n"), [json!({ "a": { "b": 2 } })]);
    }

    #[test]
    fn entries_of_lists_know_their_lines() {
        let entries = |text: &str| read(text).0.remove(0).entries;
        assert_eq!(entries("apiVersion: v1\nitems:\n- a: 1\n  list:\n  - x\n- a: 2\nkind: List\n"), [3, 6]);
        assert_eq!(
            entries("---\nitems:\n  - a: 1\n  - {b: 2}\n  - *x\nmetadata: {}\n".replace("*x", "&x c").as_str()),
            [3, 4, 5]
        );
        let indented = "{\n    \"items\": [\n        {\n            \"a\": {\n            }\n        },\n        {\n            \"a\": 2\n        }\n    ],\n    \"kind\": \"List\"\n}\n";
        assert_eq!(entries(indented), [3, 7]);
        assert_eq!(entries("{\"items\":[{},{}]}"), Vec::<usize>::new());
        assert_eq!(entries("- a\n- b\n"), [1, 2]);
    }

    #[test]
    fn bombs_are_refused_in_no_time() {
        let scalar = format!("x: &a \"{}\"\nl:\n{}", "A".repeat(1_000_000), "- *a\n".repeat(20_000));
        let mut nested = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            nested += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
        }
        let deep = "{\"a\":".repeat(1_000_000);
        let deep_yaml = "{a: ".repeat(100_000);
        let blocks = "- ".repeat(100_000) + "x";
        for bomb in [scalar, nested, deep, deep_yaml, blocks] {
            let (documents, errors) = read(&bomb);
            assert_eq!((documents.len(), errors.len()), (0, 1));
        }
    }

    #[test]
    fn every_encoding_that_kubectl_reads_is_read() {
        let wide = |unit: fn(u16) -> [u8; 2]| "a: é".encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        for bytes in [
            "a: é".as_bytes().to_vec(),
            ["\u{feff}".as_bytes(), "a: é".as_bytes()].concat(),
            [&[0xff, 0xfe], wide(u16::to_le_bytes).as_slice()].concat(),
            [&[0xfe, 0xff], wide(u16::to_be_bytes).as_slice()].concat(),
            wide(u16::to_le_bytes),
        ] {
            assert_eq!(text(bytes).unwrap(), "a: é");
        }
        assert!(text(b"\x7fELF\x02\x01\x01\x00\x00".to_vec()).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[-:{}\\[\\]&*<!|>%'\"#,a-c0-9 \n]{0,80}") {
            let _ = read(&text);
        }

        #[test]
        fn what_is_written_is_read_back(key in "\\PC{0,8}", value in proptest::prelude::any::<String>()) {
            let value = json!({ key: [{ "text": value, "n": 1.5 }] });
            let written = super::super::write(&value).unwrap();
            assert_eq!(values(&written), [value], "{written:?}");
        }
    }
}
