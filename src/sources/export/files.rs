//! Files of an export, within bounds: nothing outside the root, nothing that never ends.

use std::fs::{self, File, FileType};
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use super::collection::DEEPEST;
use super::content::Content;

/// Most files that are looked at.
const MOST_FILES: usize = 500_000;
/// How long nobody may write to a pipe, and how long it may take in all.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(120));

/// The plain files below a folder, sorted, and what is not looked into; all paths are below the
/// folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files.
    pub(super) files: Vec<PathBuf>,
    /// Links, with what they lead to.
    pub(super) links: Vec<(PathBuf, PathBuf)>,
    /// What is not read, with the reason.
    pub(super) unread: Vec<(PathBuf, String)>,
}

/// All plain files below a folder; links are not followed, they could lead anywhere.
///
/// # Errors
/// When the folder itself cannot be read.
pub(super) fn below(root: &Path) -> std::io::Result<Found> {
    let mut found = Found::default();
    let entries = fs::read_dir(root)?;
    walk(root, entries, 0, &mut found);
    found.files.sort();
    Ok(found)
}

fn walk(root: &Path, entries: fs::ReadDir, depth: usize, found: &mut Found) {
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                found.unread.push((PathBuf::new(), error.to_string()));
                continue;
            }
        };
        let whole = entry.path();
        let path = whole.strip_prefix(root).unwrap_or(&whole).to_owned();
        if found.files.len() >= MOST_FILES {
            found.unread.push((path, format!("beyond the first {MOST_FILES} files")));
            return;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth >= DEEPEST => {
                found.unread.push((path, format!("more than {DEEPEST} folders deep")));
            }
            Ok(kind) if kind.is_dir() => match fs::read_dir(&whole) {
                Ok(entries) => walk(root, entries, depth + 1, found),
                Err(error) => found.unread.push((path, error.to_string())),
            },
            Ok(kind) if kind.is_file() => found.files.push(path),
            Ok(kind) if kind.is_symlink() => {
                let target = fs::read_link(&whole).unwrap_or_default();
                let base = path.parent().unwrap_or(Path::new(""));
                found.links.push((path.clone(), base.join(target)));
            }
            Ok(_) => found.unread.push((path, "a device, pipe or socket".to_owned())),
            Err(error) => found.unread.push((path, error.to_string())),
        }
    }
}

/// What somebody names: a file, a pipe, or standard input (`-`).
///
/// # Errors
/// Why it cannot be read.
pub(super) fn named(from: &str) -> Result<Content<'static>, String> {
    if from == "-" {
        return Ok(Content::Stream(Box::new(std::io::stdin().lock())));
    }
    let kind = fs::metadata(from).map_err(|error| error.to_string())?.file_type();
    if kind.is_file() {
        Ok(Content::File(File::open(from).map_err(|error| error.to_string())?))
    } else if is_pipe(kind) {
        patiently(from.to_owned()).map(|bytes| Content::Stream(Box::new(Cursor::new(bytes))))
    } else {
        Err("it is neither a file nor a folder".to_owned())
    }
}

#[cfg(unix)]
fn is_pipe(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    kind.is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: FileType) -> bool {
    false
}

/// Reads a pipe, to which nobody may ever write.
fn patiently(from: String) -> Result<Vec<u8>, String> {
    let (send, receive) = mpsc::channel();
    // A thread that waits for ever ends with the program.
    std::thread::spawn(move || {
        let opened = File::open(&from).map_err(|error| error.to_string());
        let _ = send.send(Ok(Vec::new()));
        let _ = send.send(opened.and_then(|file| Content::File(file).whole()));
    });
    let (opens, ends) = PATIENCE;
    receive.recv_timeout(opens).unwrap_or_else(|_| Err(format!("nobody has written to the pipe within {opens:?}")))?;
    receive.recv_timeout(ends).unwrap_or_else(|_| Err(format!("the pipe has not ended within {ends:?}")))
}
