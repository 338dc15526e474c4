//! Jute, ZooKeeper's encoding: big-endian numbers, length-prefixed buffers and lists; and the running Adler-32 of
//! what was read.
//!
//! A length is never believed: memory grows with the bytes that are really there.

use std::io::{self, Read};

use adler2::Adler32;

use crate::tree::Acl;

/// Longest buffer or string: 64 times ZooKeeper's default `jute.maxbuffer`.
const MAX_BUFFER_BYTES: u64 = 64 << 20;
/// Memory reserved for a buffer before its bytes have been seen.
const RESERVED_BYTES: u64 = 64 << 10;

/// Why bytes are not what the format says.
#[derive(Debug, thiserror::Error)]
pub enum JuteError {
    /// The file cannot be read.
    #[error("cannot be read")]
    Io(#[from] io::Error),
    /// It ends inside a value.
    #[error("ends inside a value at byte {at}")]
    Truncated {
        /// Where the value begins, in bytes from the start.
        at: u64,
    },
    /// A length is negative or beyond all reason.
    #[error("has a {what} of length {length} at byte {at}")]
    Length {
        /// What it is the length of.
        what: &'static str,
        /// The length as it is written.
        length: i64,
        /// Where, in bytes from the start.
        at: u64,
    },
    /// A string is not UTF-8, or not there.
    #[error("has a string at byte {at} that is not UTF-8")]
    String {
        /// Where, in bytes from the start.
        at: u64,
    },
}

/// Reads jute values one after the other.
pub(super) struct JuteReader<R> {
    inner: R,
    position: u64,
    sum: Adler32,
}

impl<R: Read> JuteReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, position: 0, sum: Adler32::new() }
    }

    /// Bytes read so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Adler-32 of all bytes read so far.
    pub(super) fn checksum(&self) -> i64 {
        i64::from(self.sum.checksum())
    }

    fn exact<const N: usize>(&mut self) -> Result<[u8; N], JuteError> {
        let mut bytes = [0; N];
        match self.inner.read_exact(&mut bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(JuteError::Truncated { at: self.position });
            }
            Err(error) => return Err(error.into()),
        }
        self.sum.write_slice(&bytes);
        self.position += N as u64;
        Ok(bytes)
    }

    pub(super) fn i32(&mut self) -> Result<i32, JuteError> {
        self.exact().map(i32::from_be_bytes)
    }

    pub(super) fn i64(&mut self) -> Result<i64, JuteError> {
        self.exact().map(i64::from_be_bytes)
    }

    pub(super) fn bool(&mut self) -> Result<bool, JuteError> {
        Ok(self.exact::<1>()?[0] != 0)
    }

    /// A buffer; `None` is null.
    pub(super) fn buffer(&mut self) -> Result<Option<Vec<u8>>, JuteError> {
        let at = self.position;
        let length = i64::from(self.i32()?);
        if length == -1 {
            return Ok(None);
        }
        let Some(wanted) = u64::try_from(length).ok().filter(|length| *length <= MAX_BUFFER_BYTES) else {
            return Err(JuteError::Length { what: "buffer", length, at });
        };
        let mut bytes = Vec::with_capacity(usize::try_from(wanted.min(RESERVED_BYTES)).expect("it is small"));
        self.inner.by_ref().take(wanted).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < wanted {
            return Err(JuteError::Truncated { at });
        }
        self.sum.write_slice(&bytes);
        self.position += wanted;
        Ok(Some(bytes))
    }

    /// A string; null is refused.
    pub(super) fn string(&mut self) -> Result<String, JuteError> {
        let at = self.position;
        let bytes = self.buffer()?.ok_or(JuteError::String { at })?;
        String::from_utf8(bytes).map_err(|_| JuteError::String { at })
    }

    /// A list; null is empty.
    pub(super) fn vector<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, JuteError>,
    ) -> Result<Vec<T>, JuteError> {
        let at = self.position;
        let length = self.i32()?;
        if length < -1 {
            return Err(JuteError::Length { what: "list", length: i64::from(length), at });
        }
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// An access control list.
    pub(super) fn acl(&mut self) -> Result<Vec<Acl>, JuteError> {
        self.vector(|reader| Ok(Acl { perms: reader.i32()?, scheme: reader.string()?, id: reader.string()? }))
    }

    /// Whether nothing is left; reads a byte that is then lost, so it is the last question.
    pub(super) fn is_at_end(&mut self) -> Result<bool, JuteError> {
        let mut byte = [0];
        loop {
            match self.inner.read(&mut byte) {
                Ok(count) => return Ok(count == 0),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_empty_buffers_are_told_apart() {
        let bytes = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 7];
        let mut reader = JuteReader::new(&bytes[..]);
        assert_eq!(reader.buffer().expect("null"), None);
        assert_eq!(reader.buffer().expect("empty"), Some(vec![]));
        assert_eq!(reader.buffer().expect("one byte"), Some(vec![7]));
        assert_eq!(reader.position(), 13);
        assert!(reader.is_at_end().expect("readable"));
    }

    #[test]
    fn a_length_is_not_believed() {
        let long = (60_i32 << 20).to_be_bytes();
        assert!(matches!(JuteReader::new(&long[..]).buffer(), Err(JuteError::Truncated { at: 0 })));
        let longer = i32::MAX.to_be_bytes();
        assert!(matches!(JuteReader::new(&longer[..]).buffer(), Err(JuteError::Length { .. })));
        let negative = (-2_i32).to_be_bytes();
        assert!(matches!(JuteReader::new(&negative[..]).buffer(), Err(JuteError::Length { .. })));
        assert!(matches!(JuteReader::new(&negative[..]).acl(), Err(JuteError::Length { .. })));
        let many = i32::MAX.to_be_bytes();
        assert!(matches!(JuteReader::new(&many[..]).acl(), Err(JuteError::Truncated { .. })));
    }

    #[test]
    fn a_string_is_utf8() {
        let bytes = [0, 0, 0, 1, 0xff];
        assert!(matches!(JuteReader::new(&bytes[..]).string(), Err(JuteError::String { at: 0 })));
    }
}
