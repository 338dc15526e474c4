//! Headers of requests and responses.
//!
//! A request header is v1 (key, version, correlation id, client id) or, from an API's first flexible version
//! on, v2 (the same and tagged fields; KIP-482). A response header is the correlation id, in v1 followed by
//! tagged fields. Client ids keep their plain form in both. No tagged field of a header is defined yet:
//! unknown ones are skipped.

use crate::api::{self, ApiKey, ApiRow};
use crate::primitives::{DecodeError, Decoded, Reader, Writer};

/// What stands before the body of every request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHeader {
    /// The API.
    pub api_key: i16,
    /// Its version, not checked against what anyone supports.
    pub api_version: i16,
    /// Chosen by the sender; comes back in the response.
    pub correlation_id: i32,
    /// The sender's name for itself.
    pub client_id: Option<String>,
}

impl RequestHeader {
    /// Reads a header from the front of a frame and says how many bytes it took.
    ///
    /// Errors: [`DecodeError::Api`] for a key without a row; otherwise the frame is malformed. A version that
    /// the API does not have is not an error here, because ApiVersions answers it (KIP-511).
    pub fn decode(frame: &[u8]) -> Decoded<(Self, usize)> {
        let mut reader = Reader::new(frame, false);
        let api_key = reader.i16()?;
        let api_version = reader.i16()?;
        let correlation_id = reader.i32()?;
        let row = api::row(api_key).ok_or(DecodeError::Api { key: api_key })?;
        let client_id = reader.plain_nullable_string()?.map(str::to_owned);
        reader.set_flexible(row.is_flexible(api_version));
        reader.skip_tags()?;
        Ok((Self { api_key, api_version, correlation_id, client_id }, reader.position()))
    }

    /// Writes the header in the form that its API and version ask for.
    pub fn encode(&self, writer: &mut Writer) {
        writer.i16(self.api_key);
        writer.i16(self.api_version);
        writer.i32(self.correlation_id);
        writer.plain_nullable_string(self.client_id.as_deref());
        writer.set_flexible(is_flexible(self.api_key, self.api_version));
        writer.no_tags();
    }
}

/// Reads a response header and says its correlation id and how many bytes it took.
pub fn decode_response_header(key: i16, version: i16, frame: &[u8]) -> Decoded<(i32, usize)> {
    let mut reader = Reader::new(frame, has_response_tags(key, version));
    let correlation_id = reader.i32()?;
    reader.skip_tags()?;
    Ok((correlation_id, reader.position()))
}

/// Writes a response header.
pub fn encode_response_header(key: i16, version: i16, correlation_id: i32, writer: &mut Writer) {
    writer.set_flexible(has_response_tags(key, version));
    writer.i32(correlation_id);
    writer.no_tags();
}

/// Whether the API's version uses compact lengths and tagged fields; false for an unknown key.
pub fn is_flexible(key: i16, version: i16) -> bool {
    api::row(key).is_some_and(|row: &ApiRow| row.is_flexible(version))
}

fn has_response_tags(key: i16, version: i16) -> bool {
    // A client must be able to read the answer to a version the broker does not know (KIP-511).
    key != ApiKey::ApiVersions as i16 && is_flexible(key, version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(api_key: i16, api_version: i16, client_id: Option<&str>) -> RequestHeader {
        RequestHeader { api_key, api_version, correlation_id: 7, client_id: client_id.map(str::to_owned) }
    }

    #[test]
    fn request_header_reads_back_in_both_versions() {
        for (header, length) in [
            (header(18, 0, Some("kr")), 12),
            (header(18, 3, Some("kr")), 13),
            (header(18, 99, None), 11),
            (header(17, 1, None), 10),
        ] {
            let mut writer = Writer::new(false);
            header.encode(&mut writer);
            writer.raw(b"body");
            assert_eq!(RequestHeader::decode(writer.as_slice()), Ok((header, length)));
        }
    }

    #[test]
    fn unknown_tags_of_a_header_are_skipped() {
        let frame = [0, 18, 0, 3, 0, 0, 0, 7, 0xff, 0xff, 1, 5, 2, 9, 9];
        assert_eq!(RequestHeader::decode(&frame), Ok((header(18, 3, None), frame.len())));
    }

    #[test]
    fn unknown_api_is_refused() {
        assert_eq!(
            RequestHeader::decode(&[0, 99, 0, 0, 0, 0, 0, 1, 0, 0]),
            Err(DecodeError::Api { key: 99 })
        );
    }

    #[test]
    fn api_versions_response_header_has_no_tags() {
        for (key, version, length) in [(18, 4, 4), (3, 12, 5), (3, 8, 4)] {
            let mut writer = Writer::new(false);
            encode_response_header(key, version, 7, &mut writer);
            assert_eq!(writer.len(), length);
            assert_eq!(decode_response_header(key, version, writer.as_slice()), Ok((7, length)));
        }
    }
}
