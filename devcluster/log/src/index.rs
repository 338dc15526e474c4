//! The indexes of a segment.
//!
//! While a segment is the active one, its entries are in memory and its index files are not kept up: recovery
//! rebuilds them. They are written when the segment is sealed or its log closed, and searched on disk from
//! then on.

mod building;
mod sealed;
pub(crate) mod transaction;

pub(crate) use building::{Building, Noted};
pub(crate) use sealed::Sealed;

/// Bytes of an entry of the offset index: relative offset (4), position (4).
pub(crate) const OFFSET_ENTRY: usize = 8;
/// Bytes of an entry of the time index: timestamp (8), relative offset (4).
pub(crate) const TIME_ENTRY: usize = 12;

/// Where a batch is: entry of the offset index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// Last offset of the batch, relative to the segment.
    pub relative: u32,
    /// Where it starts in the file.
    pub position: u32,
}

/// The largest timestamp up to an offset: entry of the time index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Milliseconds since 1970.
    pub timestamp: i64,
    /// Last offset of the batch that has it, relative to the segment.
    pub relative: u32,
}

impl Place {
    fn parse(entry: &[u8; OFFSET_ENTRY]) -> Self {
        let [a, b, c, d, rest @ ..] = *entry;
        Self { relative: u32::from_be_bytes([a, b, c, d]), position: u32::from_be_bytes(rest) }
    }

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.relative.to_be_bytes());
        bytes.extend_from_slice(&self.position.to_be_bytes());
    }
}

impl Moment {
    fn parse(entry: &[u8; TIME_ENTRY]) -> Self {
        let [a, b, c, d, e, f, g, h, rest @ ..] = *entry;
        Self { timestamp: i64::from_be_bytes([a, b, c, d, e, f, g, h]), relative: u32::from_be_bytes(rest) }
    }

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.relative.to_be_bytes());
    }
}

/// Reads the entries of an index file, leaving out an incomplete last one.
fn parse_all<const N: usize, T>(bytes: &[u8], parse: impl Fn(&[u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(parse).collect()
}
