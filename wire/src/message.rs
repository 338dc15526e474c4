//! Whole messages: decodes and encodes every API but the hot frames of [`crate::produce`] and [`crate::fetch`].
//!
//! The structs and their layout are those of the kafka-protocol crate. Nothing reaches it before
//! [`crate::guard`] has walked the bytes, because its array decoder reserves what the sender claims.

use bytes::{Bytes, BytesMut};
pub use kafka_protocol::messages::{RequestKind, ResponseKind};
pub use kafka_protocol::protocol::StrBytes;

use crate::api::{self, ApiKey};
use crate::frame::{self, Frame, LENGTH_BYTES};
use crate::guard;
use crate::header::{self, RequestHeader};
use crate::primitives::{DecodeError, Decoded, Writer};

/// A message that cannot be said in the version asked for: our bug, or a field the version does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("message of api key {key} cannot be encoded in version {version}: {reason}")]
pub struct EncodeError {
    /// The API.
    pub key: i16,
    /// The version asked for.
    pub version: i16,
    /// The codec's words.
    pub reason: String,
}

/// Reads the body of a request; `body` must end where the request ends.
pub fn decode_request(key: i16, version: i16, body: Bytes) -> Decoded<RequestKind> {
    let codec = codec(key, version)?;
    guard::check_request(key, version, &body)?;
    decode(key, version, body, |bytes| RequestKind::decode(codec, bytes, version))
}

/// Reads the body of a response; `body` must end where the response ends.
pub fn decode_response(key: i16, version: i16, body: Bytes) -> Decoded<ResponseKind> {
    let codec = codec(key, version)?;
    guard::check_response(key, version, &body)?;
    decode(key, version, body, |bytes| ResponseKind::decode(codec, bytes, version))
}

/// Lays out a request: length, header, body in one piece.
pub fn encode_request(header: &RequestHeader, request: &RequestKind) -> Result<Frame, EncodeError> {
    let mut writer = Writer::with_capacity(SMALL_FRAME_BYTES, false);
    writer.i32(0);
    header.encode(&mut writer);
    let (key, version) = (header.api_key, header.api_version);
    encode(key, version, writer, |bytes| request.encode(bytes, version))
}

/// Lays out a response: length, header, body in one piece.
pub fn encode_response(
    correlation_id: i32,
    key: i16,
    version: i16,
    response: &ResponseKind,
) -> Result<Frame, EncodeError> {
    let mut writer = Writer::with_capacity(SMALL_FRAME_BYTES, false);
    writer.i32(0);
    header::encode_response_header(key, version, correlation_id, &mut writer);
    encode(key, version, writer, |bytes| response.encode(bytes, version))
}

/// Room for most control messages: heartbeats, joins and small metadata.
const SMALL_FRAME_BYTES: usize = 256;

fn codec(key: i16, version: i16) -> Decoded<ApiKey> {
    api::row_of_version(key, version)?;
    // The codec leaves out the two APIs of Streams groups, which have no stable version.
    ApiKey::try_from(key).map_err(|()| DecodeError::Version { key, version })
}

fn decode<T, E: std::fmt::Display>(
    key: i16,
    version: i16,
    mut body: Bytes,
    read: impl FnOnce(&mut Bytes) -> Result<T, E>,
) -> Decoded<T> {
    let length = body.len();
    let message = read(&mut body).map_err(|error| DecodeError::Message {
        key,
        version,
        reason: format!("{error:#}"),
    })?;
    match body.len() {
        0 => Ok(message),
        count => Err(DecodeError::Trailing { at: length - count, count }),
    }
}

fn encode<E: std::fmt::Display>(
    key: i16,
    version: i16,
    head: Writer,
    write: impl FnOnce(&mut BytesMut) -> Result<(), E>,
) -> Result<Frame, EncodeError> {
    let mut bytes = BytesMut::from(Bytes::from(head.into_vec()));
    write(&mut bytes).map_err(|error| EncodeError { key, version, reason: format!("{error:#}") })?;
    debug_assert!(bytes.len() >= LENGTH_BYTES);
    frame::seal(&mut bytes, 0);
    Ok(vec![bytes.freeze()])
}
