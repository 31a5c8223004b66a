//! Ports of the loopback address that stay a rig's own.
//!
//! A port that the system gives out ("port 0") comes from the range of outgoing
//! connections: between its choice and the start of the process that listens on it, a
//! connection may take it. So ports come from below that range, in blocks, and a lock
//! on a file keeps other rigs, also those of other processes, off a block.

use std::fs::{self, File};
use std::net::TcpListener;

use crate::Result;

/// First port of the first block. Outgoing connections start at 32768 on Linux.
const FIRST: u16 = 18_000;
/// Ports of one block.
const SIZE: u16 = 16;
/// Blocks.
const BLOCKS: u16 = 800;

/// A block of ports, kept until it is dropped.
#[derive(Debug)]
pub struct Block {
    first: u16,
    next: u16,
    /// The lock ends with the file, also when the process is killed.
    _lock: File,
}

impl Block {
    /// Takes a block of which no port is in use.
    ///
    /// # Errors
    /// When there is none, or the folder of the locks cannot be written.
    pub fn take() -> Result<Self> {
        let folder = std::env::temp_dir().join("oc-tekton-fix-ports");
        let text = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(text)?;
        // Where rigs of one process begin to look differs, to keep them from queueing.
        let start = u16::try_from(std::process::id() % u32::from(BLOCKS)).unwrap_or(0);
        for offset in 0..BLOCKS {
            let block = (start + offset) % BLOCKS;
            let lock = File::create(folder.join(block.to_string())).map_err(text)?;
            if lock.try_lock().is_err() {
                continue;
            }
            let first = FIRST + block * SIZE;
            if (first..first + SIZE).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
                return Ok(Self { first, next: first, _lock: lock });
            }
        }
        Err("every block of ports is in use".to_owned())
    }

    /// The next port of the block.
    ///
    /// # Errors
    /// When all are given out.
    pub fn port(&mut self) -> Result<u16> {
        if self.next == self.first + SIZE {
            return Err("the block has no more ports".to_owned());
        }
        self.next += 1;
        Ok(self.next - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Block;

    #[test]
    fn two_blocks_share_no_port() {
        let (mut one, mut other) = (Block::take().unwrap(), Block::take().unwrap());
        let (first, second) = (one.port().unwrap(), other.port().unwrap());
        assert!(first.abs_diff(second) >= super::SIZE, "{first} {second}");
        assert!((1..super::SIZE).all(|_| one.port().is_ok()));
        assert!(one.port().is_err());
    }
}
