//! Files of an export, within bounds: nothing outside the root, nothing that never ends.

use std::fs::{self, File, FileType};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

/// Largest file that is read, in bytes; larger ones are logs or archives.
const LARGEST_FILE: u64 = 512 * 1024 * 1024;
/// Bytes of a log that are read, from its end.
const LARGEST_LOG: u64 = 256 * 1024;
/// Deepest folder that is entered.
const DEEPEST: usize = 16;
/// Most files that are looked at.
const MOST_FILES: usize = 500_000;
/// How long nobody may write to a pipe, and how long it may take in all.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(120));

/// The plain files below a folder, sorted, and what could not be looked into.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files.
    pub(super) files: Vec<PathBuf>,
    /// Paths below the folder, with the reason.
    pub(super) unread: Vec<(String, String)>,
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
                found.unread.push((String::new(), error.to_string()));
                continue;
            }
        };
        let path = entry.path();
        let name = || path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
        if found.files.len() >= MOST_FILES {
            found.unread.push((name(), format!("there are more than {MOST_FILES} files")));
            return;
        }
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth >= DEEPEST => {
                found.unread.push((name(), format!("it lies more than {DEEPEST} folders deep")));
            }
            Ok(kind) if kind.is_dir() => match fs::read_dir(&path) {
                Ok(entries) => walk(root, entries, depth + 1, found),
                Err(error) => found.unread.push((name(), error.to_string())),
            },
            Ok(kind) if kind.is_file() => found.files.push(path),
            Ok(_) => found.unread.push((name(), "it is no plain file; links are not followed".to_owned())),
            Err(error) => found.unread.push((name(), error.to_string())),
        }
    }
}

/// The bytes of a plain file.
///
/// # Errors
/// Why it was not read.
pub(super) fn regular(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    bounded(file)
}

/// The end of a log: what a step wrote last is what tells.
///
/// # Errors
/// Why it was not read.
pub(super) fn log(path: &Path) -> Result<String, String> {
    let mut file = File::open(path).map_err(|error| error.to_string())?;
    let size = file.metadata().map_err(|error| error.to_string())?.len();
    let is_cut = size > LARGEST_LOG;
    if is_cut {
        file.seek(SeekFrom::Start(size - LARGEST_LOG)).map_err(|error| error.to_string())?;
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_LOG).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&bytes);
    // The first line of a cut log is half a line.
    let whole = if is_cut { text.split_once('\n').map_or("", |(_, rest)| rest) } else { &text };
    Ok(whole.to_owned())
}

/// The bytes of a file that somebody names, a pipe or standard input (`-`) included.
///
/// # Errors
/// Why it was not read.
pub(super) fn whole(from: &str) -> Result<Vec<u8>, String> {
    if from == "-" {
        return bounded(std::io::stdin().lock());
    }
    let kind = fs::metadata(from).map_err(|error| error.to_string())?.file_type();
    if kind.is_file() {
        regular(Path::new(from))
    } else if is_pipe(kind) {
        patiently(from.to_owned())
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
        let _ = send.send(opened.and_then(bounded));
    });
    let (opens, ends) = PATIENCE;
    receive.recv_timeout(opens).unwrap_or_else(|_| Err(format!("nobody has written to the pipe within {opens:?}")))?;
    receive.recv_timeout(ends).unwrap_or_else(|_| Err(format!("the pipe has not ended within {ends:?}")))
}

fn bounded(source: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    source.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(format!("it has more than {LARGEST_FILE} bytes, which are not read"));
    }
    Ok(bytes)
}
