//! Requests that came to Kafka after the release whose messages the codec has, laid out by hand.
//!
//! | API | first stable in | for |
//! |---|---|---|
//! | 89 StreamsGroupDescribe v0 | 4.2 (early access in 4.1) | KIP-1071 |
//! | 94 UnregisterController v0 | 4.4 | registrations of controllers that are gone |
//!
//! Only what an administrator asks: no node of the dev cluster answers them.

mod streams_group;
mod unregister_controller;

use crate::frame::{Frame, FrameBuilder};
use crate::header::RequestHeader;
use crate::primitives::{Decoded, Reader};
use crate::records::schema::Field;

pub use streams_group::{
    DescribedStreamsGroup, StreamsAssignment, StreamsEndpoint, StreamsGroupDescribeRequest,
    StreamsGroupDescribeResponse, StreamsKeyValue, StreamsMember, StreamsSubtopology, StreamsTaskIds,
    StreamsTaskOffset, StreamsTopicInfo, StreamsTopology,
};
pub use unregister_controller::{UnregisterControllerRequest, UnregisterControllerResponse};

/// Number of StreamsGroupDescribe.
pub const STREAMS_GROUP_DESCRIBE: i16 = 89;

/// Number of UnregisterController.
pub const UNREGISTER_CONTROLLER: i16 = 94;

/// The lowest and highest version that is laid out here; none for the APIs the codec has.
pub fn versions(key: i16) -> Option<(i16, i16)> {
    matches!(key, STREAMS_GROUP_DESCRIBE | UNREGISTER_CONTROLLER).then_some((0, 0))
}

/// A request that the codec does not have.
#[derive(Clone, Debug, PartialEq)]
pub enum NewerRequest {
    /// Groups of Kafka Streams in detail.
    StreamsGroupDescribe(StreamsGroupDescribeRequest),
    /// Forget a controller's registration.
    UnregisterController(UnregisterControllerRequest),
}

impl NewerRequest {
    /// Lays out the request in the header's version.
    pub fn encode(&self, header: &RequestHeader) -> Frame {
        let mut builder = FrameBuilder::new(256);
        let writer = &mut builder.head;
        header.encode(writer);
        match self {
            Self::StreamsGroupDescribe(request) => request.write(writer, header.api_version),
            Self::UnregisterController(request) => request.write(writer, header.api_version),
        }
        builder.finish()
    }
}

/// Reads a message whose every version is flexible, which must end where `body` ends.
fn whole<T: Field>(version: i16, body: &[u8]) -> Decoded<T> {
    let mut reader = Reader::new(body, true);
    let message = T::read(&mut reader, version)?;
    reader.finish()?;
    Ok(message)
}

/// Lays out the body of a message whose every version is flexible.
fn body<T: Field>(version: i16, message: &T) -> Vec<u8> {
    let mut writer = crate::primitives::Writer::new(true);
    message.write(&mut writer, version);
    writer.into_vec()
}

/// Reading and laying out of whole messages.
macro_rules! messages {
    ($($message:ty)*) => {$(
        impl $message {
            /// Reads the body of a message, which must end where the message ends.
            pub fn decode(version: i16, bytes: &[u8]) -> crate::primitives::Decoded<Self> {
                super::whole(version, bytes)
            }

            /// Lays out the body.
            pub fn encode(&self, version: i16) -> Vec<u8> {
                super::body(version, self)
            }
        }
    )*};
}
use messages;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::decode_response_header;

    #[test]
    fn a_request_has_the_long_header() {
        let header = RequestHeader {
            api_key: UNREGISTER_CONTROLLER,
            api_version: 0,
            correlation_id: 7,
            client_id: Some("k".to_owned()),
        };
        let request = UnregisterControllerRequest { controller_id: 3001 };
        let frame = NewerRequest::UnregisterController(request).encode(&header).concat();
        let expected: &[u8] = &[0, 0, 0, 17, 0, 94, 0, 0, 0, 0, 0, 7, 0, 1, b'k', 0, 0, 0, 0x0b, 0xb9, 0];
        assert_eq!(frame, expected);
        let answer = [0, 0, 0, 7, 0, 0, 0, 0, 0];
        assert_eq!(decode_response_header(UNREGISTER_CONTROLLER, 0, &answer), Ok((7, 5)));
    }

    #[test]
    fn what_is_cut_short_or_too_long_is_malformed() {
        let answer = UnregisterControllerResponse { error_code: 41, ..Default::default() }.encode(0);
        assert_eq!(UnregisterControllerResponse::decode(0, &answer).map(|answer| answer.error_code), Ok(41));
        assert!(UnregisterControllerResponse::decode(0, &answer[1..]).is_err());
        assert!(UnregisterControllerResponse::decode(0, &[&answer[..], &[0]].concat()).is_err());
    }
}
