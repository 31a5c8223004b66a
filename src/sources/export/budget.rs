//! What reading an archive may cost: bytes, entries and time. A few kilobytes can stand for
//! terabytes.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// Most bytes that all archives of an export unpack to.
const MOST_BYTES: u64 = 16 * 1024 * 1024 * 1024;
/// Most bytes that one packed byte may stand for, beyond a start for which any will do. Logs
/// that repeat one line reach a hundred.
const MOST_RATIO: u64 = 500;
const START: u64 = 64 * 1024 * 1024;
/// Most entries of all archives.
const MOST_ENTRIES: usize = 500_000;
/// How long unpacking may take.
const PATIENCE: Duration = Duration::from_mins(5);

/// What is left to spend; its copies spend from the same.
#[derive(Debug, Clone)]
pub(super) struct Budget {
    packed: Rc<Cell<u64>>,
    unpacked: Rc<Cell<u64>>,
    entries: Rc<Cell<usize>>,
    until: Instant,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            packed: Rc::default(),
            unpacked: Rc::default(),
            entries: Rc::default(),
            until: Instant::now() + PATIENCE,
        }
    }
}

impl Budget {
    /// One more entry.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn entry(&self) -> Result<(), String> {
        self.entries.set(self.entries.get() + 1);
        if self.entries.get() > MOST_ENTRIES {
            return Err(format!("it has more than {MOST_ENTRIES} entries"));
        }
        Ok(())
    }

    /// Bytes that were read of something packed.
    pub(super) fn pack(&self, bytes: u64) {
        self.packed.set(self.packed.get().saturating_add(bytes));
    }

    fn unpack(&self, bytes: u64) -> io::Result<()> {
        let unpacked = self.unpacked.get().saturating_add(bytes);
        self.unpacked.set(unpacked);
        if unpacked > MOST_BYTES {
            return Err(io::Error::other(format!("it unpacks to more than {MOST_BYTES} bytes")));
        }
        if unpacked > START && unpacked / MOST_RATIO > self.packed.get() {
            return Err(io::Error::other(format!("it unpacks to more than {MOST_RATIO} times its size")));
        }
        if Instant::now() > self.until {
            return Err(io::Error::other(format!("unpacking it takes more than {} minutes", PATIENCE.as_secs() / 60)));
        }
        Ok(())
    }
}

/// Counts packed bytes as they are read.
pub(super) struct Packed<R> {
    pub(super) inner: R,
    pub(super) budget: Budget,
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.budget.pack(read as u64);
        Ok(read)
    }
}

/// Ends with an error once more is unpacked than the budget has.
pub(super) struct Unpacked<R> {
    pub(super) inner: R,
    pub(super) budget: Budget,
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.budget.unpack(read as u64)?;
        Ok(read)
    }
}
