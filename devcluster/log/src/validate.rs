//! Whether a leader may append a batch, and what its bytes become (Kafka: `LogValidator`).
//!
//! Pure. Sequences and epochs of producers are the business of the producer state.

use bytes::{Bytes, BytesMut};
use kr_wire::batch::{
    self, Batch, BatchBuilder, BatchError, BatchHeader, Header, Limit, Payload, TimestampType,
};
use kr_wire::compression::Codec;
use kr_wire::ids::{LeaderEpoch, Offset};

use crate::config::LogConfig;
use crate::error::{AppendError, RecordError};
use crate::log::Origin;

/// Records at fault that are reported of one batch at most.
const MAX_RECORD_ERRORS: usize = 100;

/// What a client's batch may become when it is decompressed. Any ratio is fine up to 8 MiB, more than Kafka's
/// clients put into a batch; beyond, a mebibyte of zeros in disguise must not take a quarter of a gibibyte.
const CLIENT_LIMIT: Limit = Limit { max_bytes: 256 << 20, max_ratio: 16 };

/// A batch that may be appended, but for its place.
#[derive(Debug)]
pub(crate) struct Valid {
    pub header: BatchHeader,
    /// The batch compressed anew.
    rewritten: Option<Bytes>,
    max_timestamp: i64,
    timestamp_type: TimestampType,
}

impl Valid {
    /// Lays out the batch as it is appended: one copy, header patched, checksum renewed only when it covers a
    /// change.
    pub(crate) fn place(&self, batch: &[u8], base: Offset, epoch: LeaderEpoch) -> Result<Bytes, BatchError> {
        let mut bytes = BytesMut::from(self.rewritten.as_deref().unwrap_or(batch));
        batch::set_base_offset(&mut bytes, base)?;
        batch::set_leader_epoch(&mut bytes, epoch)?;
        let unchanged = self.header.max_timestamp == self.max_timestamp
            && self.header.attributes.timestamp_type() == self.timestamp_type;
        if self.rewritten.is_some() || !unchanged {
            batch::set_max_timestamp(&mut bytes, self.timestamp_type, self.max_timestamp)?;
        }
        Ok(bytes.freeze())
    }

    /// Size of the batch as it is appended.
    pub(crate) fn size(&self) -> usize {
        self.rewritten.as_ref().map_or(self.header.size, Bytes::len)
    }
}

/// Checks a batch that a leader appends.
pub(crate) fn validate(
    bytes: &[u8],
    origin: Origin,
    config: &LogConfig,
    now_ms: i64,
) -> Result<Valid, AppendError> {
    let batch = parse_single(bytes)?;
    let header = batch.header;
    check_header(&header, origin, config)?;
    let limit = if origin == Origin::Client { CLIENT_LIMIT } else { Limit::default() };
    let payload = batch.payload(limit).map_err(of_records)?;
    let largest = check_records(&header, &payload, origin, config, now_ms)?;
    let (timestamp_type, max_timestamp) = match config.timestamp_type {
        TimestampType::LogAppendTime => (TimestampType::LogAppendTime, now_ms),
        TimestampType::CreateTime => (TimestampType::CreateTime, largest),
    };
    let rewritten = match config.compression.codec() {
        Some(codec) if !header.attributes.is_control() => recompress(&header, &payload, codec)?,
        _ => None,
    };
    let valid = Valid { header, rewritten, max_timestamp, timestamp_type };
    if valid.size() > config.segment_bytes as usize {
        return Err(AppendError::LargerThanSegment {
            bytes: valid.size(),
            segment_bytes: config.segment_bytes,
        });
    }
    if origin == Origin::Client {
        check_size(valid.size(), config)?;
    }
    Ok(valid)
}

/// Checks a batch that the raft leader made itself: it has its place already.
pub(crate) fn validate_placed(bytes: &[u8], end: Offset) -> Result<BatchHeader, AppendError> {
    let header = parse_single(bytes)?.header;
    if header.base_offset != end {
        return Err(AppendError::UnexpectedOffset { expected: end, found: header.base_offset });
    }
    if header.partition_leader_epoch.is_none() {
        return Err(invalid("the batch has no leader epoch"));
    }
    Ok(header)
}

fn parse_single(bytes: &[u8]) -> Result<Batch<'_>, AppendError> {
    let batch = Batch::parse(bytes).map_err(|error| match error {
        BatchError::Magic(magic) => invalid(format!("the batch has magic {magic}, not 2")),
        BatchError::Header { .. } => invalid(error.to_string()),
        _ => corrupt(&error),
    })?;
    if batch.bytes().len() < bytes.len() {
        return Err(invalid("more than one batch"));
    }
    batch.verify_crc().map_err(|error| corrupt(&error))?;
    Ok(batch)
}

fn check_header(header: &BatchHeader, origin: Origin, config: &LogConfig) -> Result<(), AppendError> {
    if header.count == 0 || header.count - 1 != header.last_offset_delta {
        return Err(invalid(format!(
            "{} records but a last offset delta of {}",
            header.count, header.last_offset_delta
        )));
    }
    if origin != Origin::Client {
        return Ok(());
    }
    if header.base_offset != Offset::ZERO {
        return Err(invalid(format!("the base offset is {}, not 0", header.base_offset)));
    }
    if header.attributes.is_control() {
        return Err(invalid("clients may not write control records"));
    }
    if header.producer_id.is_some() && header.base_sequence.is_none() {
        return Err(invalid("a producer id needs a sequence"));
    }
    if header.attributes.timestamp_type() == TimestampType::LogAppendTime {
        let reason = "clients may not claim log append time".to_owned();
        return Err(AppendError::InvalidTimestamp { reason, records: Vec::new() });
    }
    check_size(header.size, config)
}

fn check_size(bytes: usize, config: &LogConfig) -> Result<(), AppendError> {
    if bytes > config.max_message_bytes as usize {
        return Err(AppendError::TooLarge { bytes, max_bytes: config.max_message_bytes });
    }
    Ok(())
}

/// Walks the records; returns the largest timestamp.
fn check_records(
    header: &BatchHeader,
    payload: &Payload<'_>,
    origin: Origin,
    config: &LogConfig,
    now_ms: i64,
) -> Result<i64, AppendError> {
    let needs_key = config.cleanup.compact && !header.attributes.is_control();
    let accepted = accepted_timestamps(origin, config, now_ms);
    let (mut keyless, mut out_of_range) = (Vec::new(), Vec::new());
    let mut largest = -1;
    for (index, record) in (0..).zip(payload.records()) {
        let record = record.map_err(of_records)?;
        if i64::from(record.offset_delta) != i64::from(index) {
            return Err(invalid(format!("record {index} has offset delta {}", record.offset_delta)));
        }
        largest = largest.max(record.timestamp_ms);
        if needs_key && record.key.is_none() && keyless.len() < MAX_RECORD_ERRORS {
            let message = "a compacted topic needs a key in every record".to_owned();
            keyless.push(RecordError { index, message });
        }
        // -1 is "no timestamp".
        let in_range = record.timestamp_ms == -1 || accepted.contains(&record.timestamp_ms);
        if !in_range && out_of_range.len() < MAX_RECORD_ERRORS {
            let message = format!(
                "timestamp {} is not in {}..={}",
                record.timestamp_ms,
                accepted.start(),
                accepted.end()
            );
            out_of_range.push(RecordError { index, message });
        }
    }
    if !keyless.is_empty() {
        return Err(AppendError::InvalidRecord {
            reason: "records without a key in a compacted topic".to_owned(),
            records: keyless,
        });
    }
    if !out_of_range.is_empty() {
        return Err(AppendError::InvalidTimestamp {
            reason: "timestamps out of the range that the topic accepts".to_owned(),
            records: out_of_range,
        });
    }
    Ok(largest)
}

/// The timestamps a record may claim; log append time replaces whatever it claims.
fn accepted_timestamps(origin: Origin, config: &LogConfig, now_ms: i64) -> std::ops::RangeInclusive<i64> {
    if origin != Origin::Client || config.timestamp_type == TimestampType::LogAppendTime {
        return i64::MIN..=i64::MAX;
    }
    let ms = |span: std::time::Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    now_ms.saturating_sub(ms(config.timestamp_before_max))
        ..=now_ms.saturating_add(ms(config.timestamp_after_max))
}

/// Lays the records out with another codec; `None` when they have it already.
fn recompress(
    header: &BatchHeader,
    payload: &Payload<'_>,
    codec: Codec,
) -> Result<Option<Bytes>, AppendError> {
    if header.attributes.codec().is_ok_and(|current| current == codec) {
        return Ok(None);
    }
    let mut builder = BatchBuilder::new(Offset::ZERO).codec(codec);
    if let Some(producer) = header.producer_id {
        builder = builder.producer(producer, header.producer_epoch, header.base_sequence);
    }
    if header.attributes.is_transactional() {
        builder = builder.transactional();
    }
    let mut headers: Vec<Header<'_>> = Vec::new();
    for record in payload.records() {
        let record = record.map_err(of_records)?;
        headers.clear();
        for (key, value) in record.headers.clone() {
            let key = std::str::from_utf8(key).map_err(|_| invalid("a header's key is not UTF-8"))?;
            headers.push((key, value));
        }
        builder.push(record.timestamp_ms, record.key, record.value, &headers);
    }
    Ok(Some(builder.build()))
}

/// What is wrong inside a batch whose checksum is right is the producer's doing.
fn of_records(error: BatchError) -> AppendError {
    invalid(describe(&error))
}

pub(crate) fn corrupt(error: &BatchError) -> AppendError {
    AppendError::Corrupt { reason: describe(error) }
}

fn invalid(reason: impl Into<String>) -> AppendError {
    AppendError::InvalidRecord { reason: reason.into(), records: Vec::new() }
}

/// An error with its causes.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
