//! Frames recorded from Apache Kafka 4.1.2 and 3.9.2 decode, and encode again to the same bytes.

mod recording;

use std::collections::BTreeSet;

use bytes::Bytes;
use kr_wire::fetch::{FetchRequest, FetchResponse};
use kr_wire::header::{self, RequestHeader};
use kr_wire::primitives::{DecodeError, Writer};
use kr_wire::produce::{ProduceRequest, ProduceResponse};
use kr_wire::{api, message};

use recording::{Exchange, recorded};

impl Exchange {
    fn label(&self) -> String {
        format!("{} v{}", api::row(self.key).map_or("?", |row| row.name), self.version)
    }

    /// Whether the version is one that Kafka itself refused when this was recorded.
    fn is_refused(&self) -> bool {
        !api::row(self.key).is_some_and(|row| row.has_version(self.version))
    }

    /// The request's header and body.
    fn parts(&self) -> (RequestHeader, Bytes) {
        let (header, length) = RequestHeader::decode(&self.request).expect("a recorded header is valid");
        (header, self.request.slice(length..))
    }

    /// The version the response is in, its correlation id and its body.
    fn answer(&self) -> Option<(i16, i32, Bytes)> {
        // A version of ApiVersions that the broker does not know is answered in version 0 (KIP-511).
        let version = if self.is_refused() { 0 } else { self.version };
        let response = self.response.as_ref()?;
        let (correlation_id, length) = header::decode_response_header(self.key, version, response)
            .expect("a recorded response header is valid");
        Some((version, correlation_id, response.slice(length..)))
    }
}

/// Joins the pieces of a frame and takes its length off, having checked it.
fn unframed(frame: &[Bytes]) -> Bytes {
    let bytes = Bytes::from(frame.concat());
    let (length, frame) = bytes.split_first_chunk::<4>().expect("a frame starts with its length");
    assert_eq!(usize::try_from(i32::from_be_bytes(*length)), Ok(frame.len()));
    bytes.slice(4..)
}

#[test]
fn recording_covers_the_apis_a_cluster_uses() {
    let keys: BTreeSet<i16> = recorded().iter().map(|exchange| exchange.key).collect();
    assert_eq!(keys.len(), 57);
    assert!([0, 1, 3, 11, 18, 52, 53, 56, 58, 62, 63].iter().all(|key| keys.contains(key)));
}

#[test]
fn recorded_request_headers_encode_to_the_same_bytes() {
    for exchange in recorded() {
        let (header, body) = exchange.parts();
        assert_eq!((header.api_key, header.api_version), (exchange.key, exchange.version));
        let mut writer = Writer::new(false);
        header.encode(&mut writer);
        writer.raw(&body);
        assert_eq!(writer.as_slice(), exchange.request, "{}", exchange.label());
    }
}

#[test]
fn recorded_requests_encode_to_the_same_bytes() {
    for exchange in recorded() {
        let (header, body) = exchange.parts();
        let label = exchange.label();
        let decoded = message::decode_request(exchange.key, exchange.version, body);
        if exchange.is_refused() {
            assert_eq!(decoded, Err(DecodeError::Version { key: exchange.key, version: exchange.version }));
            continue;
        }
        let request = decoded.unwrap_or_else(|error| panic!("{label}: {error}"));
        let frame =
            message::encode_request(&header, &request).unwrap_or_else(|error| panic!("{label}: {error}"));
        assert_eq!(unframed(&frame), exchange.request, "{label}");
    }
}

#[test]
fn recorded_responses_encode_to_the_same_bytes() {
    for exchange in recorded() {
        let Some((version, correlation_id, body)) = exchange.answer() else { continue };
        let label = exchange.label();
        let response = message::decode_response(exchange.key, version, body)
            .unwrap_or_else(|error| panic!("{label}: {error}"));
        let frame = message::encode_response(correlation_id, exchange.key, version, &response)
            .unwrap_or_else(|error| panic!("{label}: {error}"));
        assert_eq!(Some(unframed(&frame)), exchange.response, "{label}");
    }
}

#[test]
fn recorded_produce_encodes_to_the_same_bytes_by_hand() {
    let produce: Vec<_> = recorded().into_iter().filter(|exchange| exchange.key == 0).collect();
    assert!(produce.len() > 5);
    for exchange in produce {
        let (header, body) = exchange.parts();
        let request = ProduceRequest::decode(exchange.version, &body).expect("a recorded request is valid");
        let frame = request.encode(&header).expect("the request came in this version");
        assert_eq!(unframed(&frame), exchange.request);
        let Some((version, correlation_id, body)) = exchange.answer() else { continue };
        let response = ProduceResponse::decode(version, &body).expect("a recorded response is valid");
        let frame = response.encode(correlation_id, version).expect("the response came in this version");
        assert_eq!(Some(unframed(&frame)), exchange.response);
    }
}

#[test]
fn recorded_fetch_encodes_to_the_same_bytes_by_hand() {
    let fetches: Vec<_> = recorded().into_iter().filter(|exchange| exchange.key == 1).collect();
    assert!(fetches.len() > 15);
    for exchange in fetches {
        let (header, body) = exchange.parts();
        let request = FetchRequest::decode(exchange.version, &body).expect("a recorded request is valid");
        let frame = request.encode(&header).expect("the request came in this version");
        assert_eq!(unframed(&frame), exchange.request);
        let Some((version, correlation_id, body)) = exchange.answer() else { continue };
        let response = FetchResponse::decode(version, &body).expect("a recorded response is valid");
        let frame = response.encode(correlation_id, version).expect("the response came in this version");
        assert_eq!(Some(unframed(&frame)), exchange.response);
    }
}
