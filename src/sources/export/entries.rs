//! Documents of YAML, of whose lists each object goes into the cluster as it is read.

use serde_json::Value;

use crate::yaml::{self, Document, YamlError};

use super::layout::Listed;
use super::objects::{At, End, Reader};

impl Reader {
    /// Reads the documents of a text; the last one may not be whole if the text is torn.
    pub(super) fn documents(&mut self, file: &str, text: &str, listed: Option<&Listed>, is_torn: bool) {
        let at = At { file, line: 1, listed, last: None, is_torn: false, end: End::Whole };
        let mut entries = Entries {
            reader: self,
            at,
            text,
            is_torn,
            is_last: false,
            of: None,
            fields: Fields::default(),
            last: None,
            unnamed: Vec::new(),
            is_empty: true,
        };
        yaml::pass(text, &mut entries);
        if entries.is_empty {
            self.unreadable(file, listed, "it is empty");
        }
    }
}

/// The documents of a file on their way into the cluster.
struct Entries<'a> {
    reader: &'a mut Reader,
    at: At<'a>,
    text: &'a str,
    is_torn: bool,
    /// Whether the document at hand is the last one.
    is_last: bool,
    /// Version and kind of the objects of its list, where they stand there plainly.
    of: Option<(String, String)>,
    fields: Fields,
    /// The object that came last: it may be half an object.
    last: Option<(Value, usize)>,
    /// Objects that do not say their kind, before their list has done so.
    unnamed: Vec<(Value, usize)>,
    is_empty: bool,
}

impl Entries<'_> {
    fn read(&mut self, value: Value, line: usize) {
        match &self.of {
            None if value.get("kind").is_none() => self.unnamed.push((value, line)),
            of => {
                let (api_version, kind) = of.as_ref().map_or(("", ""), |(version, kind)| (version, kind));
                self.reader.items(At { line, ..self.at }, vec![value], &[line], (api_version, kind), 0);
            }
        }
    }
}

impl yaml::Sink for Entries<'_> {
    fn begin(&mut self, text: &str, is_last: bool) {
        self.is_last = is_last;
        self.of = of_list(text);
        self.fields = Fields::default();
    }

    fn entry(&mut self, value: Value, line: usize) {
        if let Some((earlier, line)) = self.last.replace((value, line)) {
            self.fields.note(&earlier);
            self.read(earlier, line);
        }
    }

    fn document(&mut self, Document { line, value, entries, last }: Document) {
        self.is_empty = false;
        let end = if self.is_last && last.is_some() { End::of(self.text) } else { End::Whole };
        let at = At { line, last: last.as_deref(), is_torn: self.is_torn && self.is_last, end, ..self.at };
        match (value, self.last.take()) {
            (Value::Array(items), _) => self.reader.array(at, items, &entries),
            (document, None) => self.reader.document(at, document, &entries, 0),
            (document, Some((object, line))) => {
                let is_short = end == End::InLine || self.fields.is_short(Some(&object));
                let list = self.reader.list(at, &document, at.last == Some("items") && is_short);
                self.of = Some((list.api_version, list.item_kind));
                let last = (!list.is_cut).then_some((object, line));
                for (object, line) in std::mem::take(&mut self.unnamed).into_iter().chain(last) {
                    self.read(object, line);
                }
            }
        }
    }

    fn error(&mut self, YamlError { message, line }: YamlError) {
        self.is_empty = false;
        // What the others are is not known.
        self.unnamed.clear();
        if let Some((object, line)) = self.last.take() {
            self.read(object, line);
            self.unnamed.clear();
        }
        self.reader.unreadable(self.at.file, self.at.listed, &format!("line {line}: {message}"));
    }
}

/// The version and kind of the objects of a list by its fields at the left margin, before it
/// is read: they stand behind its objects.
fn of_list(text: &str) -> Option<(String, String)> {
    let field = |name: &str| {
        let mut found = text.match_indices(name).filter(|(at, _)| *at == 0 || text.as_bytes()[at - 1] == b'\n');
        let (at, _) = found.next()?;
        let line = text[at + name.len()..].lines().next()?.trim();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '/');
        (found.next().is_none() && line.chars().all(is_plain)).then(|| line.to_owned())
    };
    let kind = field("kind:")?.strip_suffix("List")?.to_owned();
    (!kind.is_empty()).then_some((field("apiVersion:")?, kind))
}

/// The fields that all objects of a list have, its last one aside.
#[derive(Debug, Default)]
pub(super) struct Fields {
    /// Those of the first object that all have.
    common: Vec<String>,
    count: usize,
}

impl Fields {
    /// Those of all objects but the last one.
    pub(super) fn of(items: &[Value]) -> Self {
        let mut fields = Self::default();
        items.iter().take(items.len().saturating_sub(1)).for_each(|item| fields.note(item));
        fields
    }

    fn note(&mut self, item: &Value) {
        if self.count == 0 {
            self.common = item.as_object().into_iter().flat_map(|fields| fields.keys().cloned()).collect();
        } else {
            self.common.retain(|field| item.get(field).is_some());
        }
        self.count += 1;
    }

    /// Whether the last object of the list ends early: it has no name, or lacks a field that
    /// all others have.
    pub(super) fn is_short(&self, last: Option<&Value>) -> bool {
        let Some(last) = last else { return false };
        let has_name = last.pointer("/metadata/name").is_some_and(Value::is_string) || last.get("items").is_some();
        !has_name || self.count > 1 && self.common.iter().any(|field| last.get(field).is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_what_it_holds_at_its_margin_once() {
        let of = |text: &str| of_list(text).map(|(version, kind)| format!("{version} {kind}"));
        assert_eq!(
            of("apiVersion: tekton.dev/v1\nitems:\n- kind: Pod\nkind: TaskRunList\n").as_deref(),
            Some("tekton.dev/v1 TaskRun")
        );
        for text in [
            "apiVersion: v1\nkind: List\n",
            "apiVersion: v1\nitems: []\n",
            "apiVersion: v1\nkind: PodList\nkind: NodeList\n",
            "apiVersion: v1\nkind: &a PodList\n",
            "apiVersion: v1\n  kind: PodList\n",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
