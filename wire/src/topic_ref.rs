//! How a request names a topic: by its name, or since KIP-516 by its id.
//!
//! The hot frames use it; which of the two a version has is the version's matter, not the caller's choice.

use std::fmt;

use bytes::Bytes;

use crate::ids::TopicId;
use crate::message::{EncodeError, StrBytes};
use crate::primitives::{Decoded, Reader, Writer};

/// A topic as a request or response names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TopicRef {
    /// By name.
    Name(StrBytes),
    /// By id.
    Id(TopicId),
}

impl TopicRef {
    pub(crate) fn decode(by_id: bool, frame: &Bytes, reader: &mut Reader<'_>) -> Decoded<Self> {
        if by_id {
            Ok(Self::Id(TopicId(reader.uuid()?)))
        } else {
            Ok(Self::Name(shared_text(frame, reader.string()?)))
        }
    }

    pub(crate) fn encode(
        &self,
        by_id: bool,
        version: (i16, i16),
        writer: &mut Writer,
    ) -> Result<(), EncodeError> {
        match self {
            Self::Id(id) if by_id => writer.uuid(id.0),
            Self::Name(name) if !by_id => writer.string(name),
            _ => {
                let (key, version) = version;
                let reason = format!("the version does not name topics as in {self}");
                return Err(EncodeError { key, version, reason });
            }
        }
        Ok(())
    }
}

impl fmt::Display for TopicRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "topic \"{name}\""),
            Self::Id(id) => write!(f, "topic id {id}"),
        }
    }
}

/// Keeps a string of a frame without copying it: the string holds on to the frame's memory.
pub(crate) fn shared_text(frame: &Bytes, text: &str) -> StrBytes {
    StrBytes::from_utf8(frame.slice_ref(text.as_bytes())).expect("the reader checked that it is utf-8")
}
