//! Frames laid out by hand, true and false, with their four length bytes.
//!
//! Nothing here is checked before it is sent: that is the point.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use bytes::Bytes;
use flate2::read::GzDecoder;
use kr_wire::api::ApiRow;
use kr_wire::batch::{self, BatchBuilder, TimestampType};
use kr_wire::compression::{self, Codec};
use kr_wire::header::{self, RequestHeader};
use kr_wire::ids::{Offset, PartitionId};
use kr_wire::message::{self, RequestKind, StrBytes};
use kr_wire::produce::{ProducePartition, ProduceRequest, ProduceTopic};
use kr_wire::topic_ref::TopicRef;

/// Of every frame that is laid out here.
pub(crate) const CORRELATION_ID: i32 = 77;
/// First version of Produce with compact lengths, and the last that names topics.
pub(crate) const PRODUCE_VERSION: i16 = 12;

/// Puts the true length before a body.
pub(crate) fn framed(body: &[u8]) -> Vec<u8> {
    let length = i32::try_from(body.len()).expect("frames of this test are short");
    [&length.to_be_bytes(), body].concat()
}

/// ApiVersions in version 0, which anybody may send.
pub(crate) fn api_versions() -> Vec<u8> {
    request(18, 0, false, &[])
}

/// A header that is right, and a body.
pub(crate) fn with_body(row: &ApiRow, version: i16, body: &[u8]) -> Vec<u8> {
    request(row.key, version, row.is_flexible(version), body)
}

/// A header of any kind, and a body.
pub(crate) fn request(key: i16, version: i16, is_flexible: bool, body: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    frame.extend(key.to_be_bytes());
    frame.extend(version.to_be_bytes());
    frame.extend(CORRELATION_ID.to_be_bytes());
    frame.extend([0, 1, b'h']);
    if is_flexible {
        frame.push(0);
    }
    frame.extend(body);
    framed(&frame)
}

/// A message as an honest client lays it out.
pub(crate) fn message(version: i16, request: &RequestKind) -> Vec<u8> {
    let header = RequestHeader {
        api_key: message::request_key(request),
        api_version: version,
        correlation_id: CORRELATION_ID,
        client_id: Some("h".to_owned()),
    };
    message::encode_request(&header, request).expect("the version has the fields").concat()
}

/// A Produce of one batch to one partition.
pub(crate) fn produce(topic: &'static str, partition: i32, batch: Bytes) -> Vec<u8> {
    let header = RequestHeader {
        api_key: 0,
        api_version: PRODUCE_VERSION,
        correlation_id: CORRELATION_ID,
        client_id: Some("h".to_owned()),
    };
    let partitions = vec![ProducePartition { index: PartitionId(partition), records: Some(batch) }];
    let topic = TopicRef::Name(StrBytes::from_static_str(topic));
    let topics = vec![ProduceTopic { topic, partitions }];
    let request = ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 1000, topics };
    request.encode(&header).expect("the topic has a name").concat()
}

/// A batch with a checksum that is right around records that are anything.
pub(crate) fn batch(codec: Codec, records: &[u8]) -> Bytes {
    const HEADER_BYTES: usize = 61;
    const LENGTH_AT: usize = 8;
    const ATTRIBUTES_AT: usize = 21;
    let mut builder = BatchBuilder::new(Offset(0));
    builder.push(0, None, None, &[]);
    let mut batch = builder.build()[..HEADER_BYTES].to_vec();
    batch.extend(records);
    let length = i32::try_from(batch.len() - LENGTH_AT - 4).expect("batches of this test are short");
    batch[LENGTH_AT..][..4].copy_from_slice(&length.to_be_bytes());
    batch[ATTRIBUTES_AT..][..2].copy_from_slice(&i16::from(codec.number()).to_be_bytes());
    batch::set_max_timestamp(&mut batch, TimestampType::CreateTime, 0).expect("the header is whole");
    batch.into()
}

/// At most a mebibyte that decompresses to as much as the codec can make of it.
pub(crate) fn bomb(codec: Codec) -> Vec<u8> {
    const PIECE_BYTES: usize = 2 << 20;
    const BATCH_MAX_BYTES: usize = 1 << 20;
    let piece = compression::compress(codec, &vec![0; PIECE_BYTES]).expect("zeros compress").into_owned();
    // Each codec's streams may follow each other.
    piece.repeat((BATCH_MAX_BYTES - 1000) / piece.len())
}

/// A request that Apache Kafka's clients and nodes sent.
pub(crate) struct Recorded {
    pub(crate) key: i16,
    pub(crate) version: i16,
    /// Without length bytes.
    pub(crate) request: Vec<u8>,
}

impl Recorded {
    /// Where its body begins.
    pub(crate) fn body_at(&self) -> usize {
        let client_id = i16::from_be_bytes([self.request[8], self.request[9]]);
        10 + usize::try_from(client_id).unwrap_or(0)
            + usize::from(header::is_flexible(self.key, self.version))
    }
}

/// The recorded requests of `wire/tests/data`.
pub(crate) fn recorded() -> Vec<Recorded> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wire/tests/data/wire-4.1.2.jsonl.gz");
    let file = GzDecoder::new(File::open(path).expect("the recording is there"));
    let lines = BufReader::new(file).lines();
    lines.map(|line| read_recorded(&line.expect("the recording is whole"))).collect()
}

fn read_recorded(line: &str) -> Recorded {
    let line: serde_json::Value = serde_json::from_str(line).expect("an object a line");
    let number = |name: &str| line[name].as_i64().and_then(|n| i16::try_from(n).ok()).expect("a number");
    let hex = line["request"].as_str().expect("text").as_bytes();
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).expect("hex");
        u8::from_str_radix(text, 16).expect("hex")
    };
    let request = hex.chunks(2).map(byte).collect();
    Recorded { key: number("api_key"), version: number("version"), request }
}
