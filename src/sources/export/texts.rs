//! Texts of an export, read by several threads while the next ones come in. What they hold is
//! put together in the order of the files, however long each one takes.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Seek as _};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::thread::{self, Scope};

use regex::Regex;

use crate::model::Kind;
use crate::yaml;

use super::content::Content;
use super::layout::{self, Listed};
use super::objects::Reader;
use super::{json, packing};

/// Bytes of a file that are read at once.
const READ_AHEAD: usize = 256 * 1024;
/// Bytes and files that a thread reads in one go.
const BATCH: (usize, usize) = (1024 * 1024, 256);
/// Bytes that may wait for being read, a larger file alone excepted.
const MOST_WAITING: usize = 32 * 1024 * 1024;
/// Most threads: what they read goes through one list in the end.
const MOST_THREADS: usize = 4;

/// What is to be read.
pub(super) enum Source {
    /// A plain file.
    File(File),
    /// The bytes of an entry, and why they may not be all.
    Bytes(Vec<u8>, Option<String>),
}

impl Source {
    fn size(&self) -> usize {
        match self {
            Self::File(file) => file.metadata().map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX)),
            Self::Bytes(bytes, _) => bytes.len(),
        }
    }
}

impl From<Content<'_>> for Source {
    fn from(content: Content<'_>) -> Self {
        match content {
            // Only few files can be open at once, and large ones are few.
            Content::File(file) if file.metadata().is_ok_and(|file| file.len() > READ_AHEAD as u64) => Self::File(file),
            content => {
                let (bytes, torn) = content.bytes();
                Self::Bytes(bytes, torn)
            }
        }
    }
}

/// A file on its way into the cluster.
pub(super) struct Text {
    /// Its path below the root of the export.
    pub(super) name: String,
    /// What the path promises.
    pub(super) listed: Option<Listed>,
    /// What it holds, or why it is not read.
    pub(super) source: Result<Source, String>,
}

/// The threads that read, and what they have read.
pub(super) struct Texts {
    batch: Vec<Text>,
    /// Bytes of the batch.
    size: usize,
    work: Option<mpsc::Sender<(usize, Vec<Text>)>>,
    done: mpsc::Receiver<(usize, Reader)>,
    /// Bytes of the batches that are not read yet, by their numbers.
    waiting: BTreeMap<usize, usize>,
    /// Batches that were read before earlier ones.
    early: BTreeMap<usize, Reader>,
    /// The number of the next batch.
    next: usize,
    /// What was read, up to the first batch that is missing.
    reader: Reader,
}

impl Texts {
    /// Starts the threads. All objects keep all their fields beside the model if `keeps_raw`.
    pub(super) fn start<'scope>(scope: &'scope Scope<'scope, '_>, keeps_raw: bool) -> Self {
        let (work, to_do) = mpsc::channel::<(usize, Vec<Text>)>();
        let (tell, done) = mpsc::channel();
        let reader = Reader { kept: keeps_raw.then(Vec::new), ..Reader::default() };
        let to_do = Arc::new(Mutex::new(to_do));
        let threads = thread::available_parallelism().map_or(2, usize::from).clamp(2, MOST_THREADS);
        for _ in 0..threads {
            let (to_do, tell, mut reader) = (Arc::clone(&to_do), tell.clone(), reader.beside());
            scope.spawn(move || {
                loop {
                    let next = to_do.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok((number, batch)) = next else { return };
                    for text in batch {
                        reader.take(text);
                    }
                    let empty = reader.beside();
                    if tell.send((number, std::mem::replace(&mut reader, empty))).is_err() {
                        return;
                    }
                }
            });
        }
        Self {
            batch: Vec::new(),
            size: 0,
            work: Some(work),
            done,
            waiting: BTreeMap::new(),
            early: BTreeMap::new(),
            next: 0,
            reader,
        }
    }

    /// Has a file read.
    pub(super) fn add(&mut self, text: Text) {
        self.size = self.size.saturating_add(text.source.as_ref().map_or(0, Source::size));
        self.batch.push(text);
        if self.size >= BATCH.0 || self.batch.len() >= BATCH.1 {
            self.send();
        }
    }

    fn send(&mut self) {
        let (batch, size) = (std::mem::take(&mut self.batch), std::mem::take(&mut self.size));
        // Files wait as bytes, and what is made of one takes a multiple while it is read.
        while !self.waiting.is_empty()
            && self.waiting.values().fold(size, |sum, size| sum.saturating_add(*size)) > MOST_WAITING
        {
            self.receive();
        }
        if let Some(work) = &self.work
            && work.send((self.next, batch)).is_ok()
        {
            self.waiting.insert(self.next, size);
            self.next += 1;
        }
    }

    /// Waits for a batch, and adds to what was read what has its place there by now.
    fn receive(&mut self) {
        // A thread that is gone has panicked, which ends the program.
        let Ok((number, reader)) = self.done.recv() else { return self.waiting.clear() };
        self.waiting.remove(&number);
        self.early.insert(number, reader);
        let before = self.waiting.keys().next().copied().unwrap_or(self.next);
        while let Some(entry) = self.early.first_entry().filter(|entry| *entry.key() < before) {
            self.reader.absorb(entry.remove());
        }
    }

    /// All that was read.
    pub(super) fn finish(mut self) -> Reader {
        self.send();
        self.work = None;
        while !self.waiting.is_empty() {
            self.receive();
        }
        self.reader
    }
}

impl Reader {
    fn take(&mut self, Text { name, listed, source }: Text) {
        let listed = listed.as_ref();
        let bytes = match source {
            Ok(Source::File(file)) => self.file(&name, file, listed),
            Ok(Source::Bytes(bytes, torn)) => Some((bytes, torn)),
            Err(reason) => return self.unreadable(&name, listed, &reason),
        };
        if let Some((bytes, torn)) = bytes {
            self.bytes(&name, bytes, torn.as_deref(), listed);
        }
    }

    /// Reads a plain file, or gives its bytes: a large list of JSON need not be in memory as a
    /// whole.
    fn file(&mut self, name: &str, mut file: File, listed: Option<&Listed>) -> Option<(Vec<u8>, Option<String>)> {
        let is_json = packing::head(&mut file).is_ok_and(|head| json::may_be(&head)) && file.rewind().is_ok();
        if is_json && self.pass(name, BufReader::with_capacity(READ_AHEAD, &mut file), listed, None) {
            return None;
        }
        if let Err(error) = file.rewind() {
            self.unreadable(name, listed, &error.to_string());
            return None;
        }
        Some(Content::File(file).bytes())
    }

    fn bytes(&mut self, name: &str, bytes: Vec<u8>, torn: Option<&str>, listed: Option<&Listed>) {
        if json::may_be(&bytes[..bytes.len().min(packing::HEAD)]) && self.pass(name, bytes.as_slice(), listed, torn) {
            return;
        }
        let text = match yaml::text(bytes) {
            Ok(text) => text,
            Err(reason) => return self.unreadable(name, listed, torn.unwrap_or(&reason)),
        };
        // Most of a must-gather is of kinds that no verdict reads, and reading YAML is slow.
        if listed.is_none() && layout::is_collected(Path::new(name)) && !names_a_kind(&text) {
            return;
        }
        match torn {
            None => self.read(name, &text, listed),
            Some(reason) => self.read_torn(name, &text, listed, reason),
        }
    }
}

/// Whether a text may hold an object of a known kind, or a list of some.
fn names_a_kind(text: &str) -> bool {
    static KINDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        Regex::new(&format!(r#"kind["']?\s*:\s*["']?(?:List|{})"#, names.join("|"))).ok()
    });
    KINDS.as_ref().is_none_or(|kinds| kinds.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_without_a_known_kind_need_not_be_read() {
        for text in
            ["kind: PipelineRunList\n", "{\"kind\":\"Pod\"}", "items:\n- kind: 'Event'", "kind: List", "\"kind\": Node"]
        {
            assert!(names_a_kind(text), "{text}");
        }
        assert!(!names_a_kind("apiVersion: v1\nkind: ServiceList\nitems:\n- kind: Service\n  name: Pod\n"));
    }

    #[test]
    fn files_count_in_their_order_however_long_each_takes() {
        let map = |size: usize, value: usize| {
            format!(
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m, namespace: n}}\ndata: {{k: '{value}', x: {}}}\n",
                "y".repeat(size)
            )
        };
        let reader = thread::scope(|scope| {
            let mut texts = Texts::start(scope, false);
            for number in 0..9 {
                // The first ones take longest.
                let text = map(BATCH.0 + 100_000 * (9 - number), number);
                let source = Ok(Source::Bytes(text.into_bytes(), None));
                texts.add(Text { name: format!("{number}.yaml"), listed: None, source });
                let source = Err("why".to_owned());
                texts.add(Text { name: format!("{number}.txt"), listed: None, source });
            }
            texts.finish()
        });
        let values: Vec<&str> = reader.cluster.config_maps.iter().map(|map| map.data["k"].as_str()).collect();
        assert_eq!(values, ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
        let unread: Vec<String> = reader.cluster.unreadable.iter().map(|unread| unread.name.clone()).collect();
        assert_eq!(unread, (0..9).map(|number| format!("{number}.txt")).collect::<Vec<_>>());
    }
}
