//! Messages made up by shape: what the tables say, kafka-protocol and the hot codecs must read and write too.

use bytes::Bytes;

use super::shapes::{Field, Kind, shape};
use super::{check_request, check_response};
use crate::api::{self, ApiRow};
use crate::fetch::{FetchRequest, FetchResponse};
use crate::header::RequestHeader;
use crate::message;
use crate::primitives::{DecodeError, Tags, Writer};
use crate::produce::{ProduceRequest, ProduceResponse};

/// Makes up valid bodies; the same seed makes the same bodies.
struct Author {
    seed: u64,
    version: i16,
    /// Whether structs get tagged fields that nobody knows.
    unknown_tags: bool,
}

impl Author {
    fn new(row: &ApiRow, version: i16, round: u64) -> Self {
        let seed = round << 32 | u64::from(row.key.unsigned_abs()) << 16 | u64::from(version.unsigned_abs());
        Self { seed, version, unknown_tags: false }
    }

    /// A number below `end` (SplitMix64).
    fn below(&mut self, end: u64) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.seed ^ self.seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % end
    }

    fn body(&mut self, row: &ApiRow, fields: &'static [Field]) -> Bytes {
        let mut writer = Writer::new(row.is_flexible(self.version));
        self.fields(fields, &mut writer);
        Bytes::from(writer.into_vec())
    }

    fn fields(&mut self, fields: &'static [Field], writer: &mut Writer) {
        let version = self.version;
        let present = fields.iter().filter(|field| (field.from..field.until).contains(&version));
        let mut tagged: Vec<_> = present.clone().filter_map(|field| Some((field.tag?, field))).collect();
        tagged.sort_by_key(|(tag, _)| *tag);
        for field in present.filter(|field| field.tag.is_none()) {
            self.value(&field.kind, writer);
        }
        let mut tags = Tags::default();
        for (tag, field) in tagged {
            let is_set = self.below(2) == 0;
            tags.add_if(is_set, tag, |writer| self.value(&field.kind, writer));
        }
        tags.add_if(self.unknown_tags && self.below(4) == 0, 1000, |writer| writer.raw(b"new"));
        writer.tags(tags);
    }

    fn value(&mut self, kind: &'static Kind, writer: &mut Writer) {
        match kind {
            // Nothing here is a default, which a tagged field would not be sent with.
            Kind::Fixed(1) => writer.bool(true),
            Kind::Fixed(bytes) => (0..*bytes).for_each(|_| writer.u8(self.below(100) as u8 + 1)),
            Kind::String => writer.string(&"kafka"[..self.below(5) as usize + 1]),
            Kind::Bytes => {
                let bytes = vec![7; self.below(1200) as usize + 1];
                writer.bytes(&bytes);
            }
            Kind::Array(element) => {
                let count = self.below(3) as usize + 1;
                writer.long_len(Some(count));
                (0..count).for_each(|_| self.value(element, writer));
            }
            Kind::Struct(fields) => self.fields(fields, writer),
            Kind::NullableStruct(fields) => {
                writer.i8(1);
                self.fields(fields, writer);
            }
        }
    }
}

fn each_version(check: impl Fn(&'static ApiRow, i16, u64)) {
    for row in api::rows().iter().filter(|row| row.max >= row.min) {
        for version in row.min..=row.max {
            (0..8).for_each(|round| check(row, version, round));
        }
    }
}

fn header(row: &ApiRow, version: i16) -> RequestHeader {
    RequestHeader {
        api_key: row.key,
        api_version: version,
        correlation_id: 1,
        client_id: Some("kr".to_owned()),
    }
}

/// The body of a request's frame: its end, whatever the header took.
fn ends_with(frame: &[Bytes], body: &Bytes) -> bool {
    frame.concat().ends_with(body)
}

#[test]
fn made_up_requests_pass_the_codec_unchanged() {
    each_version(|row, version, round| {
        let mut author = Author { unknown_tags: round % 2 == 1, ..Author::new(row, version, round) };
        let body = author.body(row, shape(row.key).expect("every stable api has a shape").request);
        let label = format!("{} v{version} round {round}", row.name);
        let request = message::decode_request(row.key, version, body.clone())
            .unwrap_or_else(|error| panic!("{label}: {error}"));
        let frame = message::encode_request(&header(row, version), &request)
            .unwrap_or_else(|error| panic!("{label}: {error}"));
        assert!(ends_with(&frame, &body), "{label}: {request:?}");
    });
}

#[test]
fn made_up_responses_pass_the_codec_unchanged() {
    each_version(|row, version, round| {
        let mut author = Author { unknown_tags: round % 2 == 1, ..Author::new(row, version, round) };
        let body = author.body(row, shape(row.key).expect("every stable api has a shape").response);
        let label = format!("{} v{version} round {round}", row.name);
        let response = message::decode_response(row.key, version, body.clone())
            .unwrap_or_else(|error| panic!("{label}: {error}"));
        let frame = message::encode_response(1, row.key, version, &response)
            .unwrap_or_else(|error| panic!("{label}: {error}"));
        assert!(ends_with(&frame, &body), "{label}: {response:?}");
    });
}

#[test]
fn made_up_produce_and_fetch_pass_the_hot_codecs_unchanged() {
    each_version(|row, version, round| {
        let Some(shape) = shape(row.key).filter(|shape| shape.key < 2) else { return };
        let mut author = Author::new(row, version, round);
        let (request, response) = (author.body(row, shape.request), author.body(row, shape.response));
        let header = header(row, version);
        let (request_frame, response_frame) = if row.key == 0 {
            let decoded = ProduceRequest::decode(version, &request).expect("the body follows the shape");
            let answer = ProduceResponse::decode(version, &response).expect("the body follows the shape");
            (decoded.encode(&header), answer.encode(1, version))
        } else {
            let decoded = FetchRequest::decode(version, &request).expect("the body follows the shape");
            let answer = FetchResponse::decode(version, &response).expect("the body follows the shape");
            (decoded.encode(&header), answer.encode(1, version))
        };
        let label = format!("{} v{version} round {round}", row.name);
        assert!(ends_with(&request_frame.expect("topics are named as they were"), &request), "{label}");
        assert!(ends_with(&response_frame.expect("topics are named as they were"), &response), "{label}");
    });
}

#[test]
fn count_beyond_the_bytes_that_remain_is_refused() {
    // DeleteGroups v0: an array of strings that claims 2^31 - 1 of them.
    let body = [0x7f, 0xff, 0xff, 0xff, 0, 1, b'g'];
    let claimed = i64::from(i32::MAX);
    assert_eq!(check_request(42, 0, &body), Err(DecodeError::Length { at: 4, claimed, remaining: 3 }));
}

#[test]
fn elements_that_take_far_more_memory_than_bytes_are_refused() {
    // OffsetDelete v0 with a million topics of six bytes each and 100 million empty group ids.
    let count = 1_000_000;
    let mut body = Writer::new(false);
    body.string("group");
    body.long_len(Some(count));
    (0..count).for_each(|_| body.raw(&[0; 6]));
    assert_eq!(check_request(47, 0, body.as_slice()), Ok(()), "eighty bytes for six are within the ratio");

    let mut body = Writer::new(true);
    body.long_len(Some(count));
    (0..count).for_each(|_| body.string(""));
    body.no_tags();
    let length = body.len();
    let refused = Err(DecodeError::Memory { at: 3, count, length });
    assert_eq!(check_request(42, 2, body.as_slice()), refused, "32 bytes for one");
}

#[test]
fn tagged_field_that_lies_about_its_size_is_refused() {
    // ApiVersions response v3, tag 1 is eight bytes; it says nine.
    let mut body = vec![0, 0, 1, 0, 0, 0, 0, 1, 1, 9];
    body.extend([0; 9]);
    assert_eq!(check_response(18, 3, &body), Err(DecodeError::Trailing { at: 18, count: 1 }));
}

#[test]
fn bytes_after_the_end_are_refused() {
    // ListGroups v0 has no fields.
    assert_eq!(check_request(16, 0, &[]), Ok(()));
    assert_eq!(check_request(16, 0, &[0]), Err(DecodeError::Trailing { at: 0, count: 1 }));
}

#[test]
fn version_without_schema_is_refused() {
    assert_eq!(check_request(18, 5, &[]), Err(DecodeError::Version { key: 18, version: 5 }));
    assert_eq!(check_response(88, 0, &[]), Err(DecodeError::Version { key: 88, version: 0 }));
    assert_eq!(check_response(4, 0, &[]), Err(DecodeError::Api { key: 4 }));
}
