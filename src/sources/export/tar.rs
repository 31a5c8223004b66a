//! The entries of a tar, read as they come; nothing is unpacked to disk.

use std::io::{self, Read};
use std::path::Path;

use ::tar::{Archive, EntryType};

use super::collection::Collection;
use super::content::Content;

/// Reads the files of a tar.
///
/// # Errors
/// Why it ended early; what came before was read.
pub(super) fn read(
    collection: &mut Collection,
    root: &Path,
    source: Box<dyn Read + '_>,
    depth: usize,
) -> Result<(), String> {
    let torn = |error: io::Error| format!("the archive is torn: {error}");
    let mut archive = Archive::new(Ending { inner: source, zeros: 0 });
    for entry in archive.entries().map_err(torn)? {
        let entry = entry.map_err(torn)?;
        collection.budget.entry()?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let left = entry.size();
                collection.entry(root, &name, Content::Stream(Box::new(Whole { inner: entry, left })), depth);
            }
            EntryType::Link | EntryType::Symlink => {
                let target = entry.link_name_bytes().unwrap_or_default();
                let target = String::from_utf8_lossy(&target).into_owned();
                // Hard links name their target from the root of the archive.
                let is_hard = entry.header().entry_type() == EntryType::Link;
                let base = if is_hard { Path::new("") } else { Path::new(&name).parent().unwrap_or(Path::new("")) };
                collection.link(root, &name, &base.join(target));
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                collection.skip(&root.join(&name), "a device or pipe");
            }
            _ => {}
        }
    }
    let mut rest = archive.into_inner();
    // What follows the end mark is padding; a packed stream checks itself at its end.
    io::copy(&mut rest, &mut io::sink()).map_err(torn)?;
    // Two blocks of zeros end a tar; one is enough for every reader.
    if rest.zeros < 512 { Err("the archive is torn: it has no end mark".to_owned()) } else { Ok(()) }
}

/// Counts the zeros at the end of what was read.
struct Ending<R> {
    inner: R,
    zeros: u64,
}

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let zeros = buffer[..read].iter().rev().take_while(|byte| **byte == 0).count();
        self.zeros = if zeros == read { self.zeros + zeros as u64 } else { zeros as u64 };
        Ok(read)
    }
}

/// A file that is not whole before all its bytes were read.
struct Whole<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it was cut off"));
        }
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}
