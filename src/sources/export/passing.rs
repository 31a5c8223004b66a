//! Objects of JSON that passes piece by piece: each goes into the cluster as it comes, and none
//! of the kinds that no verdict reads is looked into.

use std::borrow::Cow;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::model::{Kind, Origin};
use crate::yaml;

use super::json::{self, Sink, Stop};
use super::layout::Listed;
use super::manifest::Manifest;
use super::objects::{At, End, ListHead, Reader};

/// What tells which object it is.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow)]
    api_version: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    metadata: Option<HeadMeta<'a>>,
    items: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HeadMeta<'a> {
    #[serde(borrow)]
    namespace: Option<Cow<'a, str>>,
}

impl Reader {
    /// Reads JSON as it passes; `torn` is why what is there of it may not be all. Returns
    /// false, with nothing read, where it is something else.
    pub(super) fn pass(
        &mut self,
        file: &str,
        source: impl BufRead,
        listed: Option<&Listed>,
        torn: Option<&str>,
    ) -> bool {
        let at = At { file, line: 1, listed, last: None, is_torn: false, end: End::Whole };
        let mut passing = Passing { reader: self.beside(), at, list: None, last: None, unnamed: Vec::new(), count: 0 };
        let end = json::pass(source, &mut passing);
        let Passing { mut reader, count, .. } = passing;
        match (end, torn) {
            (Err(Stop::Odd), _) => return false,
            (_, Some(reason)) => reader.unreadable(file, listed, reason),
            (Ok(()), None) if count == 0 => reader.unreadable(file, listed, "it is empty"),
            (Ok(()), None) => {}
            (Err(Stop::Cut { line, reason }), None) => {
                let reason = reason.unwrap_or_else(|| "it was cut off".to_owned());
                reader.unreadable(file, listed, &format!("line {line}: {reason}"));
            }
        }
        self.absorb(reader);
        true
    }

    /// Reads an object of a list.
    fn item(&mut self, at: At<'_>, text: &[u8], of: (&str, &str)) {
        if self.lean(at, text, of) {
            return;
        }
        // Latin-1 in a message spoils its characters only.
        let text = String::from_utf8_lossy(text);
        let read = serde_json::from_str::<Value>(&text);
        // A word without quotes makes it YAML.
        match read.or_else(|error| yaml::flow(&text).ok_or(error)) {
            Ok(value) => self.items(at, vec![value], &[at.line], of, 0),
            Err(error) => {
                let line = at.line + error.line().saturating_sub(1);
                let message = error.to_string();
                let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(words, _)| words);
                self.unreadable(at.file, at.listed, &format!("line {line}: {message}"));
            }
        }
    }

    /// Reads an object straight into the model, or finds that it need not be read. Returns
    /// false where it has to be looked at more closely.
    fn lean(&mut self, at: At<'_>, text: &[u8], of: (&str, &str)) -> bool {
        let Ok(head) = serde_json::from_slice::<Head<'_>>(text) else { return false };
        if self.kept.is_some() || head.items.is_some() {
            return false;
        }
        let api_version = head.api_version.as_deref().unwrap_or(of.0);
        let name = head.kind.as_deref().unwrap_or(of.1);
        let Some(kind) = Kind::of(api_version, name) else {
            return at.listed.is_none() && !Manifest::is(api_version, name);
        };
        // Those have older versions, and fields whose types are looked at one by one.
        if matches!(kind, Kind::PipelineRun | Kind::TaskRun) {
            return false;
        }
        let origin = || Origin::File { path: at.file.to_owned(), line: at.line };
        if !self.cluster.insert_text(kind, text, origin, &mut self.pool) {
            return false;
        }
        if at.listed.is_none_or(|listed| listed.kind != kind) {
            let namespace = head.metadata.and_then(|metadata| metadata.namespace);
            self.seen.loose(kind, namespace.as_deref().unwrap_or_default(), at.file);
        }
        true
    }
}

/// The pieces of a file on their way into the cluster.
struct Passing<'a> {
    reader: Reader,
    at: At<'a>,
    /// What the list that passes has said of its objects so far.
    list: Option<(String, String)>,
    /// The object that came last: of a list that does not say its kind it does not count.
    last: Option<(Vec<u8>, usize)>,
    /// Objects that do not say their kind, before their list has done so.
    unnamed: Vec<(Vec<u8>, usize)>,
    /// Documents.
    count: usize,
}

impl Passing<'_> {
    fn read(&mut self, text: &[u8], line: usize, of: (&str, &str)) {
        self.reader.item(At { line, ..self.at }, text, of);
    }

    /// Reads an object whose list may still have to say what it is.
    fn early(&mut self, text: Vec<u8>, line: usize) {
        let says_kind = serde_json::from_slice::<Head<'_>>(&text).is_ok_and(|head| head.kind.is_some());
        if says_kind { self.read(&text, line, ("", "")) } else { self.unnamed.push((text, line)) }
    }

    /// What is known of the objects of a list that was cut off before it said so.
    fn by_path(&self) -> ListHead {
        let listed = self.at.listed.map(|listed| {
            let group = listed.kind.group();
            let version = listed.kind.version();
            let version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
            (version, listed.kind.name().to_owned())
        });
        let (api_version, item_kind) = listed.unwrap_or_default();
        ListHead { api_version, item_kind, is_cut: false }
    }
}

impl Sink for Passing<'_> {
    fn list(&mut self, before: &[u8], _: usize) {
        let head = serde_json::from_slice::<Head<'_>>(before).unwrap_or_default();
        let kind = head.kind.as_deref().and_then(|kind| kind.strip_suffix("List")).unwrap_or_default();
        self.list = Some((head.api_version.unwrap_or_default().into_owned(), kind.to_owned()));
    }

    fn item(&mut self, text: &[u8], line: usize) {
        match self.list.take() {
            Some((api_version, kind)) if !kind.is_empty() => {
                self.read(text, line, (&api_version, &kind));
                self.list = Some((api_version, kind));
            }
            list => {
                self.list = list;
                if let Some((text, line)) = self.last.replace((text.to_vec(), line)) {
                    self.early(text, line);
                }
            }
        }
    }

    fn document(&mut self, text: &[u8], line: usize, is_whole: bool) {
        self.count += 1;
        let at = At { line, ..self.at };
        let has_list = self.list.take().is_some();
        let last = self.last.take();
        let unnamed = std::mem::take(&mut self.unnamed);
        let document = match serde_json::from_str::<Value>(&String::from_utf8_lossy(text)) {
            Ok(document) => document,
            Err(error) => {
                let line = line + error.line().saturating_sub(1);
                return self.reader.unreadable(at.file, at.listed, &format!("line {line}: {error}"));
            }
        };
        match (has_list, is_whole) {
            (false, true) => self.reader.document(at, document, &[], 0),
            // That it is not whole is told once, by what ended it.
            (false, false) => {}
            (true, _) => {
                let list = if is_whole { self.reader.list(at, &document, false) } else { self.by_path() };
                let last = last.filter(|_| !list.is_cut);
                for (text, line) in unnamed.into_iter().chain(last) {
                    self.read(&text, line, (&list.api_version, &list.item_kind));
                }
            }
        }
    }
}
