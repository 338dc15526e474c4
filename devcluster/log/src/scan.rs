//! Walking the batches of a segment file without reading it as a whole.

use std::path::Path;

use kr_wire::batch::{Batch, BatchError, BatchHeader, HEADER_BYTES};

use crate::disk::DiskFile;
use crate::error::{IoContext, LogError};

/// Bytes read at a time when only headers are wanted: about an index interval.
pub(crate) const HEADERS: usize = 4096;
/// Bytes read at a time when all is wanted.
pub(crate) const ALL: usize = 1 << 20;

/// A walk over batches; each step is explicit because some callers skip records.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    file: &'a dyn DiskFile,
    path: &'a Path,
    /// Where the walk is.
    at: u64,
    /// Where it ends.
    end: u64,
    window: usize,
    buffer: Vec<u8>,
    buffer_at: u64,
}

impl<'a> Scan<'a> {
    /// Starts at a position at which a batch begins.
    pub(crate) fn new(file: &'a dyn DiskFile, path: &'a Path, at: u64, end: u64, window: usize) -> Self {
        Self { file, path, at, end, window, buffer: Vec::new(), buffer_at: at }
    }

    /// Where the walk is: the end of the last batch passed.
    pub(crate) fn position(&self) -> u64 {
        self.at
    }

    /// The header of the batch here; `None` at the end or when the rest is too short for the batch.
    pub(crate) fn header(&mut self) -> Result<Option<Result<BatchHeader, BatchError>>, LogError> {
        let bytes = self.bytes(HEADER_BYTES)?;
        if bytes.len() < HEADER_BYTES {
            return Ok(None);
        }
        match BatchHeader::parse(bytes) {
            Ok(header) if self.at + header.size as u64 > self.end => Ok(None),
            parsed => Ok(Some(parsed)),
        }
    }

    /// The whole batch here; `None` at the end or when the rest is too short for it.
    pub(crate) fn batch(&mut self) -> Result<Option<Result<Batch<'_>, BatchError>>, LogError> {
        let header = match self.header()? {
            None => return Ok(None),
            Some(Err(error)) => return Ok(Some(Err(error))),
            Some(Ok(header)) => header,
        };
        match Batch::parse(self.bytes(header.size)?) {
            Err(BatchError::Truncated { .. }) => Ok(None),
            parsed => Ok(Some(parsed)),
        }
    }

    /// Goes past the batch here.
    pub(crate) fn pass(&mut self, header: &BatchHeader) {
        self.at += header.size as u64;
    }

    /// At least `wanted` bytes from here on, fewer at the end.
    fn bytes(&mut self, wanted: usize) -> Result<&[u8], LogError> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let wanted = wanted.min(left);
        let from = self.at.checked_sub(self.buffer_at).and_then(|from| usize::try_from(from).ok());
        if let Some(from) = from
            && self.buffer.len() >= from.saturating_add(wanted)
        {
            return Ok(&self.buffer[from..]);
        }
        self.buffer.resize(wanted.max(self.window.min(left)), 0);
        let read = self.file.read_at(&mut self.buffer, self.at).at("read", self.path)?;
        self.buffer.truncate(read);
        self.buffer_at = self.at;
        Ok(&self.buffer)
    }
}
