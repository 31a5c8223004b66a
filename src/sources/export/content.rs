//! What a file holds, before it is read: of a folder, an archive, a pipe or standard input.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::packing;

/// Largest file that is read, in bytes; larger ones are logs or archives.
const LARGEST_FILE: u64 = 512 * 1024 * 1024;
/// Bytes of a log that are read, from its end.
const LARGEST_LOG: u64 = 256 * 1024;

/// The bytes of a file.
pub(super) enum Content<'a> {
    /// A plain file.
    File(File),
    /// Bytes that pass once.
    Stream(Box<dyn Read + 'a>),
}

impl<'a> Content<'a> {
    /// Its first bytes, which stay to be read.
    ///
    /// # Errors
    /// Those of reading.
    pub(super) fn head(&mut self) -> io::Result<Vec<u8>> {
        match self {
            Self::File(file) => {
                let head = packing::head(file)?;
                file.rewind()?;
                Ok(head)
            }
            Self::Stream(source) => {
                let head = packing::head(source)?;
                let rest = std::mem::replace(source, Box::new(io::empty()));
                *source = Box::new(io::Cursor::new(head.clone()).chain(rest));
                Ok(head)
            }
        }
    }

    /// The bytes as a stream.
    pub(super) fn stream(self) -> Box<dyn Read + 'a> {
        match self {
            Self::File(file) => Box::new(file),
            Self::Stream(source) => source,
        }
    }

    /// All bytes; where reading ends early, those before, and why.
    pub(super) fn bytes(self) -> (Vec<u8>, Option<String>) {
        let mut bytes = Vec::new();
        let end = self.stream().take(LARGEST_FILE + 1).read_to_end(&mut bytes);
        if bytes.len() as u64 > LARGEST_FILE {
            return (Vec::new(), Some(format!("it has more than {LARGEST_FILE} bytes, which are not read")));
        }
        (bytes, end.err().map(|error| error.to_string()))
    }

    /// All bytes.
    ///
    /// # Errors
    /// Why not all were read.
    pub(super) fn whole(self) -> Result<Vec<u8>, String> {
        match self.bytes() {
            (bytes, None) => Ok(bytes),
            (_, Some(reason)) => Err(reason),
        }
    }

    /// The end of a log: what a step wrote last is what tells.
    ///
    /// # Errors
    /// Why it was not read.
    pub(super) fn log(self) -> Result<String, String> {
        let (bytes, is_cut) = self.end().map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        // The first line of a cut log is half a line.
        let whole = if is_cut { text.split_once('\n').map_or("", |(_, rest)| rest) } else { &text };
        Ok(whole.to_owned())
    }

    fn end(self) -> io::Result<(Vec<u8>, bool)> {
        match self {
            Self::File(mut file) => {
                let size = file.metadata()?.len();
                file.seek(SeekFrom::Start(size.saturating_sub(LARGEST_LOG)))?;
                let mut bytes = Vec::new();
                file.take(LARGEST_LOG).read_to_end(&mut bytes)?;
                Ok((bytes, size > LARGEST_LOG))
            }
            Self::Stream(mut source) => {
                let (mut kept, mut is_cut) = (VecDeque::new(), false);
                let mut buffer = vec![0; 64 * 1024];
                loop {
                    let read = source.read(&mut buffer)?;
                    if read == 0 {
                        return Ok((kept.into(), is_cut));
                    }
                    kept.extend(&buffer[..read]);
                    let excess = kept.len().saturating_sub(LARGEST_LOG as usize);
                    is_cut |= excess > 0;
                    kept.drain(..excess);
                }
            }
        }
    }
}
