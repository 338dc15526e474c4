//! A log file, `log.<zxid in hex>`: transactions one after the other.
//!
//! ```text
//! header   magic "ZKLG", version 2, database id (long)
//! entries  { Adler-32 of the bytes (long), length int, bytes, 0x42 } until a length of zero or the end
//! ```
//! Files are preallocated with zeros, so a length of zero is an ordinary end. A server that was killed may leave a
//! torn last entry; whether something is missing is told by the number of the first transaction of the next file.

use std::io::{self, Read};

use adler2::adler32_slice;

use super::jute::JuteError;
use super::txn::Transaction;

/// "ZKLG".
const MAGIC: [u8; 4] = [0x5A, 0x4B, 0x4C, 0x47];
const VERSION: [u8; 4] = [0, 0, 0, 2];
/// Last byte of every entry.
const END_OF_ENTRY: u8 = 0x42;
/// Longest entry: a multi may hold many nodes of up to 1 MiB.
const MAX_ENTRY_BYTES: usize = 256 << 20;

/// Why the entries of a log end where they end.
#[derive(Debug, thiserror::Error)]
pub enum LogDamage {
    /// The file does not begin as a log.
    #[error("does not begin with a log's header")]
    Header,
    /// The file cannot be read.
    #[error("cannot be read")]
    Io(#[from] io::Error),
    /// An entry is not complete: the server was killed, or the file is a copy of one that was being written.
    #[error("ends inside the entry at byte {at}")]
    Torn {
        /// Where the entry begins.
        at: u64,
    },
    /// An entry does not match its checksum, or has an impossible length.
    #[error("is damaged in the entry at byte {at}")]
    Checksum {
        /// Where the entry begins.
        at: u64,
    },
    /// An entry matches its checksum and cannot be understood.
    #[error("has an entry at byte {at} that {source}")]
    Entry {
        /// Where the entry begins.
        at: u64,
        /// What is wrong with it.
        source: JuteError,
    },
}

/// Walks the entries of a log.
pub(super) struct LogReader<R> {
    inner: R,
    position: u64,
    ended: bool,
}

impl<R: Read> LogReader<R> {
    /// Reads the header. An empty file, or one of zeros, is a log without entries.
    pub(super) fn new(mut inner: R) -> Result<Self, LogDamage> {
        let mut header = Vec::with_capacity(16);
        inner.by_ref().take(16).read_to_end(&mut header)?;
        let empty = header.iter().all(|byte| *byte == 0);
        if !empty && (header.len() < 16 || header[..4] != MAGIC || header[4..8] != VERSION) {
            return Err(LogDamage::Header);
        }
        Ok(Self { inner, position: 16, ended: empty })
    }

    /// The next transaction; `None` where the log ends in order.
    pub(super) fn next(&mut self) -> Result<Option<Transaction>, LogDamage> {
        if self.ended {
            return Ok(None);
        }
        let at = self.position;
        self.ended = true;
        let head = self.bytes(12)?;
        if head.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        if head.len() < 12 {
            return Err(LogDamage::Torn { at });
        }
        let sum = i64::from_be_bytes(head[..8].try_into().expect("eight bytes"));
        let length = i32::from_be_bytes(head[8..].try_into().expect("four bytes"));
        let length = usize::try_from(length).ok().filter(|length| (1..=MAX_ENTRY_BYTES).contains(length));
        let length = length.ok_or(LogDamage::Checksum { at })?;
        let entry = self.bytes(length + 1)?;
        if entry.len() <= length {
            return Err(LogDamage::Torn { at });
        }
        if i64::from(adler32_slice(&entry[..length])) != sum || entry[length] != END_OF_ENTRY {
            return Err(LogDamage::Checksum { at });
        }
        let transaction =
            Transaction::read(&entry[..length]).map_err(|source| LogDamage::Entry { at, source })?;
        self.ended = false;
        Ok(Some(transaction))
    }

    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, LogDamage> {
        let mut bytes = Vec::with_capacity(count.min(1 << 16));
        self.inner.by_ref().take(count as u64).read_to_end(&mut bytes)?;
        self.position += bytes.len() as u64;
        Ok(bytes)
    }
}
