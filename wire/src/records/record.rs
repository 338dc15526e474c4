//! The records inside a batch, walked where they lie.
//!
//! A record is varint length, attributes, varlong timestamp delta, varint offset delta, key, value, headers.
//! Walking allocates nothing; only decompression does, and that has a limit. The walk checks structure. What
//! offsets and timestamps a leader accepts is the log's question.

use std::borrow::Cow;

use crate::ids::Offset;
use crate::primitives::{DecodeError, Decoded, Reader};

use super::batch::{BatchError, BatchHeader, TimestampType};
use super::compression::{self, Codec};

pub use super::compression::Limit;

/// The uncompressed records of a batch.
#[derive(Clone, Debug)]
pub struct Payload<'a> {
    header: BatchHeader,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Payload<'a> {
    pub(super) fn of(header: &BatchHeader, records: &'a [u8], limit: Limit) -> Result<Self, BatchError> {
        let bytes = match header.attributes.codec()? {
            Codec::None => Cow::Borrowed(records),
            codec => Cow::Owned(compression::decompress(codec, records, limit)?),
        };
        Ok(Self { header: *header, bytes })
    }

    /// The records' bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Walks the records in order.
    pub fn records(&self) -> Records<'_> {
        Records { header: self.header, reader: Reader::new(&self.bytes, false), index: 0, failed: false }
    }
}

/// One record of a batch.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// Its offset.
    pub offset: Offset,
    /// Its offset minus the batch's base offset.
    pub offset_delta: i32,
    /// Its timestamp: the batch's max timestamp if that is the append time.
    pub timestamp_ms: i64,
    /// Its timestamp minus the batch's base timestamp, as stored.
    pub timestamp_delta: i64,
    /// Its key.
    pub key: Option<&'a [u8]>,
    /// Its value; `None` is a tombstone.
    pub value: Option<&'a [u8]>,
    /// Its headers.
    pub headers: Headers<'a>,
    /// Bytes of the record, length field included.
    pub size: usize,
}

/// The headers of a record, checked when the record was read.
#[derive(Clone, Debug)]
pub struct Headers<'a> {
    reader: Reader<'a>,
    left: i32,
}

impl<'a> Iterator for Headers<'a> {
    /// Key, and value if not null.
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.left <= 0 {
            return None;
        }
        self.left -= 1;
        read_header(&mut self.reader).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(0);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Headers<'_> {}

/// Walks the records of a [`Payload`]; ends after the first error.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    header: BatchHeader,
    reader: Reader<'a>,
    index: i32,
    failed: bool,
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, BatchError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        if self.index == self.header.count {
            let left = self.reader.rest().len();
            return (left > 0).then(|| self.fail(BatchError::Trailing(left)));
        }
        match read_record(&mut self.reader, &self.header) {
            Ok(record) => {
                self.index += 1;
                Some(Ok(record))
            }
            Err(source) => Some(self.fail(BatchError::Record { index: self.index, source })),
        }
    }
}

impl<'a> Records<'a> {
    fn fail(&mut self, error: BatchError) -> Result<Record<'a>, BatchError> {
        self.failed = true;
        Err(error)
    }
}

fn read_record<'a>(reader: &mut Reader<'a>, batch: &BatchHeader) -> Decoded<Record<'a>> {
    let start = reader.position();
    let length = read_length(reader)?.ok_or(DecodeError::Null { at: start })?;
    let mut body = Reader::new(reader.take(length)?, false);
    body.i8()?; // attributes, none defined
    let timestamp_delta = body.varlong()?;
    let offset_delta = body.varint()?;
    if !(0..=batch.last_offset_delta).contains(&offset_delta) {
        return Err(DecodeError::Value {
            at: start,
            what: "offset delta of a record",
            value: offset_delta.into(),
        });
    }
    let key = read_nullable(&mut body)?;
    let value = read_nullable(&mut body)?;
    let headers = read_headers(&mut body)?;
    body.finish()?;
    let timestamp_ms = match batch.attributes.timestamp_type() {
        TimestampType::CreateTime => batch.base_timestamp.wrapping_add(timestamp_delta),
        TimestampType::LogAppendTime => batch.max_timestamp,
    };
    Ok(Record {
        offset: batch.base_offset + i64::from(offset_delta),
        offset_delta,
        timestamp_ms,
        timestamp_delta,
        key,
        value,
        headers,
        size: reader.position() - start,
    })
}

/// Reads headers once to see that they are whole; walking them again cannot fail.
fn read_headers<'a>(body: &mut Reader<'a>) -> Decoded<Headers<'a>> {
    let at = body.position();
    let count = body.varint()?;
    // A header takes at least two bytes, so a lie about the count ends at the end of the record.
    if count < 0 {
        return Err(DecodeError::Length { at, claimed: count.into(), remaining: body.remaining() });
    }
    let headers = Headers { reader: body.clone(), left: count };
    for _ in 0..count {
        read_header(body)?;
    }
    Ok(headers)
}

fn read_header<'a>(reader: &mut Reader<'a>) -> Decoded<(&'a [u8], Option<&'a [u8]>)> {
    let at = reader.position();
    let key = read_nullable(reader)?.ok_or(DecodeError::Null { at })?;
    Ok((key, read_nullable(reader)?))
}

fn read_nullable<'a>(reader: &mut Reader<'a>) -> Decoded<Option<&'a [u8]>> {
    read_length(reader)?.map(|length| reader.take(length)).transpose()
}

/// Reads a zigzag length; -1 is null.
fn read_length(reader: &mut Reader<'_>) -> Decoded<Option<usize>> {
    let at = reader.position();
    let claimed = reader.varint()?;
    match usize::try_from(claimed) {
        Ok(length) => Ok(Some(length)),
        Err(_) if claimed == -1 => Ok(None),
        Err(_) => Err(DecodeError::Length { at, claimed: claimed.into(), remaining: reader.remaining() }),
    }
}
