//! What goes into a request besides its fields, and what comes out.

use std::fmt;

use kr_wire::error_code::ErrorCode;
use kr_wire::ids::Offset;
use kr_wire::message::StrBytes;
use kr_wire::metadata_records::MetadataRecord;
use kr_wire::time::Now;

/// The moment and form of a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Call {
    /// Version of the API in which the request came and the response leaves.
    pub version: i16,
    /// When it is handled.
    pub now: Now,
    /// Offset that the first record of the outcome will have in the metadata log.
    pub next_offset: Offset,
}

/// Records to append and the response to send once they are committed.
///
/// Nothing has changed yet: the caller appends the records and replays them. Without records the response waits
/// for whatever was appended before.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use]
pub struct Outcome<R> {
    /// To append, in this order.
    pub records: Vec<MetadataRecord>,
    /// To send.
    pub response: R,
    /// Whether the records must stand in one batch; otherwise they may be split.
    pub atomic: bool,
}

impl<R> Outcome<R> {
    /// Records of which each stands for itself.
    pub(super) fn split(records: Vec<MetadataRecord>, response: R) -> Self {
        Self { records, response, atomic: false }
    }

    /// Records that hold together or not at all.
    pub(super) fn atomic(records: Vec<MetadataRecord>, response: R) -> Self {
        Self { records, response, atomic: true }
    }

    /// A response that changes nothing.
    pub(super) fn unchanged(response: R) -> Self {
        Self { records: Vec::new(), response, atomic: false }
    }
}

/// Most records in one batch, and most that one request of a user may cause (Kafka: `MAX_RECORDS_PER_USER_OP`).
pub const MAX_RECORDS: usize = 10_000;

/// Why a request, or one item of it, is not done. The caller's fault or the moment's, as its code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code that the response carries.
    pub code: ErrorCode,
    /// What happened to what, for those who can read it.
    pub message: Option<String>,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: Some(message.into()) }
    }

    /// The message as a response carries it.
    pub fn text(&self) -> Option<StrBytes> {
        self.message.clone().map(StrBytes::from)
    }
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, message: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{}: {message}", self.code),
            None => write!(f, "{}", self.code),
        }
    }
}

impl std::error::Error for Refusal {}

/// A string as responses carry it.
pub(crate) fn text(value: &str) -> StrBytes {
    StrBytes::from(value.to_owned())
}
