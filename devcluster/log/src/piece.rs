//! Bytes on their way out of a log: in memory, or still in a segment's file.
//!
//! What stays in the file is copied by the kernel alone, from the page cache to the reader (Kafka does the
//! same). Until it has arrived it is the file's: cut the file, and the reader gets less, or zeroes. So only
//! what will not be truncated may be sent this way: batches below the high watermark. Nothing here keeps a
//! file open.

use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use bytes::{Buf, Bytes};

use crate::disk::DiskFile;

/// A part of what is sent to a reader.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Bytes in memory.
    Memory(Bytes),
    /// Bytes in a file.
    File(FileRange),
}

/// A part of a file that holds whole batches.
#[derive(Clone, Debug)]
pub struct FileRange {
    file: Arc<dyn DiskFile>,
    at: u64,
    len: usize,
}

impl Piece {
    /// Number of bytes.
    pub fn len(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::File(range) => range.len,
        }
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Drops bytes from the front.
    ///
    /// # Panics
    /// There are fewer.
    pub fn advance(&mut self, count: usize) {
        match self {
            Self::Memory(bytes) => bytes.advance(count),
            Self::File(range) => {
                range.len = range.len.checked_sub(count).expect("no more is sent than there is");
                range.at += count as u64;
            }
        }
    }

    /// The bytes, read if need be.
    ///
    /// # Errors
    /// The file cannot be read or has become shorter.
    pub fn into_bytes(self) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes),
            Self::File(range) => range.read(),
        }
    }
}

impl Default for Piece {
    fn default() -> Self {
        Self::Memory(Bytes::new())
    }
}

impl From<Bytes> for Piece {
    fn from(bytes: Bytes) -> Self {
        Self::Memory(bytes)
    }
}

impl kr_wire::frame::Piece for Piece {
    fn size(&self) -> usize {
        self.len()
    }

    fn at_hand(&self) -> Option<&[u8]> {
        match self {
            Self::Memory(bytes) => Some(bytes),
            Self::File(_) => None,
        }
    }
}

impl FileRange {
    /// The bytes from a position on.
    pub fn new(file: Arc<dyn DiskFile>, at: u64, len: usize) -> Self {
        Self { file, at, len }
    }

    /// Writes as much as a socket takes at once; the number of bytes, 0 if the file has become shorter.
    ///
    /// # Errors
    /// Those of the socket, `WouldBlock` among them, and those of the file.
    pub fn send(&self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        self.file.send_to(socket, self.at, self.len)
    }

    fn read(&self) -> io::Result<Bytes> {
        let mut bytes = vec![0; self.len];
        let read = self.file.read_at(&mut bytes, self.at)?;
        if read < self.len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes.into())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::disk::Disk;
    use crate::testing::MemDisk;

    fn range() -> FileRange {
        let file = MemDisk::new(0).open(Path::new("/0.log"), true).unwrap();
        file.write_at(b"0123456789", 0).unwrap();
        FileRange::new(file, 2, 6)
    }

    #[test]
    fn piece_of_a_file_is_read_from_where_it_was_advanced_to() {
        let mut piece = Piece::File(range());
        piece.advance(2);
        assert_eq!(piece.len(), 4);
        assert_eq!(piece.into_bytes().unwrap(), "4567");
    }

    #[test]
    fn piece_of_a_file_that_was_cut_is_an_error() {
        let range = range();
        range.file.set_len(5).unwrap();
        let error = Piece::File(range).into_bytes().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }
}
