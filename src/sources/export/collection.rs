//! Puts the files of an export into a cluster, wherever they lie: in folders, in archives, and
//! in archives therein.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::yaml;

use super::budget::Budget;
use super::content::Content;
use super::layout::{self, Listed, Place};
use super::objects::Reader;
use super::packing::{self, Packing};
use super::texts::{Text, Texts};
use super::{tar, zip};

/// Deepest folder that is entered.
pub(super) const DEEPEST: usize = 16;
/// Archives in one another that are opened: a must-gather in a zip, for example.
const ARCHIVES: usize = 2;

/// What is read of an export, file by file.
pub(super) struct Collection {
    /// What stands in no text.
    pub(super) reader: Reader,
    /// The texts.
    texts: Texts,
    pub(super) budget: Budget,
    /// Files that were looked at.
    files: BTreeSet<PathBuf>,
    /// Links, with what they lead to.
    links: Vec<(PathBuf, Option<PathBuf>)>,
    /// Files that are not read, by the reason: how many, and the first of them.
    skipped: BTreeMap<String, (usize, String)>,
}

impl Collection {
    /// Nothing so far.
    pub(super) fn new(texts: Texts) -> Self {
        Self {
            reader: Reader::default(),
            texts,
            budget: Budget::default(),
            files: BTreeSet::new(),
            links: Vec::new(),
            skipped: BTreeMap::new(),
        }
    }

    fn text(&mut self, name: String, listed: Option<&Listed>, content: Content<'_>) {
        self.texts.add(Text { name, listed: listed.cloned(), source: Ok(content.into()) });
    }

    fn unreadable(&mut self, name: &str, listed: Option<&Listed>, reason: String) {
        self.texts.add(Text { name: name.to_owned(), listed: listed.cloned(), source: Err(reason) });
    }

    /// Reads an entry of an archive, if its name stays inside.
    pub(super) fn entry(&mut self, root: &Path, name: &str, content: Content<'_>, depth: usize) {
        match inside(name) {
            Ok(path) => self.file(&root.join(path), content, depth + 1),
            Err(reason) => self.skip(&root.join(name.trim_start_matches(['/', '\\'])), reason),
        }
    }

    /// Reads a file of the export.
    pub(super) fn file(&mut self, path: &Path, mut content: Content<'_>, depth: usize) {
        self.files.insert(path.to_owned());
        let name = path.to_string_lossy().into_owned();
        let place = Place::of(path);
        match place {
            Place::Ignored => return,
            Place::Log { namespace, pod, container } => {
                match content.log() {
                    Ok(text) => {
                        let logs = Arc::make_mut(&mut self.reader.cluster.logs);
                        logs.insert(format!("{namespace}/{pod}/{container}"), text);
                    }
                    Err(reason) => self.unreadable(&name, None, reason),
                }
                return;
            }
            Place::Timestamp | Place::Objects(_) | Place::Unknown => {}
        }
        let head = match content.head() {
            Ok(head) => head,
            Err(error) => return self.unreadable(&name, place.listed(), error.to_string()),
        };
        match Packing::of(&head) {
            // Of several collections in one folder the last in time counts.
            Packing::Plain if place == Place::Timestamp => {
                let text = content.whole().and_then(yaml::text);
                let taken = text.ok().as_deref().and_then(layout::taken_at);
                self.reader.cluster.taken_at = self.reader.cluster.taken_at.max(taken);
            }
            Packing::Plain if place == Place::Unknown && !layout::may_be_document(&head) => {
                self.skip(path, "no Kubernetes objects");
            }
            packing => self.open(path, place.listed(), packing, content, depth),
        }
    }

    /// Reads what somebody names: an archive, or a text.
    pub(super) fn named(&mut self, name: &str, mut content: Content<'_>) -> Result<(), String> {
        let head = content.head().map_err(|error| error.to_string())?;
        self.open(Path::new(name), None, Packing::of(&head), content, 0);
        Ok(())
    }

    fn open(&mut self, path: &Path, listed: Option<&Listed>, packing: Packing, content: Content<'_>, depth: usize) {
        let name = path.to_string_lossy().into_owned();
        if packing == Packing::Plain {
            return self.text(name, listed, content);
        }
        if packing.is_archive() {
            return self.archive(path, packing, content, depth);
        }
        let mut inner = match packing::unpacked(packing, content.stream(), &self.budget) {
            Ok(inner) => Content::Stream(inner),
            Err(reason) => return self.unreadable(&name, listed, reason),
        };
        match inner.head().map(|head| Packing::of(&head)) {
            Err(error) => self.unreadable(&name, listed, error.to_string()),
            Ok(Packing::Plain) => self.text(name, listed, inner),
            Ok(packing) if packing.is_archive() => self.archive(path, packing, inner, depth),
            Ok(_) => self.unreadable(&name, listed, "it is packed twice".to_owned()),
        }
    }

    fn archive(&mut self, path: &Path, packing: Packing, content: Content<'_>, depth: usize) {
        if depth >= ARCHIVES {
            return self.skip(path, "an archive in an archive in an archive");
        }
        // The name of the outermost archive stands in no path: it is the export.
        let root = if depth == 0 && self.files.is_empty() { Path::new("") } else { path };
        let end = match (packing, content) {
            (Packing::Zip, Content::File(file)) => zip::read(self, root, file, depth),
            (Packing::Zip, content) => {
                content.whole().and_then(|bytes| zip::read(self, root, Cursor::new(bytes), depth))
            }
            (_, content) => tar::read(self, root, content.stream(), depth),
        };
        if let Err(reason) = end {
            self.unreadable(&path.to_string_lossy(), None, reason.clone());
            self.reader.seen.ended_early(reason);
        }
    }

    /// Notes a link: it is not followed, and what it leads to is read where it lies, or not.
    pub(super) fn link(&mut self, root: &Path, name: &str, target: &Path) {
        let target = inside(&target.to_string_lossy()).ok().map(|target| root.join(target));
        self.links.push((root.join(name.trim_start_matches('/')), target));
    }

    /// Notes a file that is not read, and what its path says that it held.
    pub(super) fn skip(&mut self, path: &Path, reason: &str) {
        if let Some(listed) = layout::listed_below(path) {
            self.reader.seen.lost(listed.kind, &listed.namespace, format!("{}: {reason}", path.display()));
        }
        let first = path.to_string_lossy().into_owned();
        self.skipped.entry(reason.to_owned()).or_insert((0, first)).0 += 1;
    }

    /// All that was read.
    pub(super) fn finish(mut self) -> Reader {
        for (path, target) in std::mem::take(&mut self.links) {
            if target.is_none_or(|target| !self.files.contains(&target)) {
                self.skip(&path, "a link to something that is not in the export");
            }
        }
        for (reason, (count, first)) in std::mem::take(&mut self.skipped) {
            let name = if count == 1 { first } else { format!("{first} and {} more", count - 1) };
            self.unreadable(&name, None, reason);
        }
        let mut reader = self.texts.finish();
        reader.absorb(self.reader);
        reader.seen.settle(&self.files);
        reader
    }
}

/// The path of an entry below the root of its archive.
///
/// # Errors
/// Where it leads elsewhere.
fn inside(name: &str) -> Result<PathBuf, &'static str> {
    // Windows writes its own separator into zips.
    let name = if name.contains('/') { name.to_owned() } else { name.replace('\\', "/") };
    let is_drive = matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    let mut path = PathBuf::new();
    for part in Path::new(&name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir if path.pop() => {}
            Component::ParentDir => return Err("a name that leads out of the archive"),
            Component::RootDir | Component::Prefix(_) => return Err("an absolute name"),
        }
    }
    match path.components().count() {
        _ if is_drive => Err("an absolute name"),
        0 => Err("no name"),
        parts if parts > DEEPEST => Err("too many folders deep"),
        _ => Ok(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_archive() {
        assert_eq!(inside("./a//b/../c.yaml"), Ok("a/c.yaml".into()));
        assert_eq!(inside("a\\b.yaml"), Ok("a/b.yaml".into()));
        for name in ["/etc/passwd", "../a", "a/../../b", "C:\\a", "c:/a", "", ".", &"a/".repeat(17)] {
            assert!(inside(name).is_err(), "{name}");
        }
    }
}
