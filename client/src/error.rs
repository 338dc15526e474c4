//! What a call can fail with, and whose fault it is.

use std::io;
use std::time::Duration;

use kr_wire::error_code::ErrorCode;
use kr_wire::message::EncodeError;
use kr_wire::primitives::DecodeError;

use crate::connection::SecurityError;
use crate::options::{Address, OptionsError};
use crate::safety::Refusal;

/// Whose fault a failure is; decides what a caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The request is wrong, and stays wrong.
    Caller,
    /// No broker could be reached.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// Not authenticated or not authorised.
    Denied,
    /// The broker sent what no broker should send, or cannot do what is needed.
    Peer,
    /// The cluster could not do it now, and may later.
    Moment,
    /// A safety rule of this client refused.
    Refused,
}

impl Fault {
    /// Its name where Kafka's error codes have theirs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Caller => "INVALID",
            Self::Unreachable => "UNREACHABLE",
            Self::TimedOut => "TIMED_OUT",
            Self::Denied => "DENIED",
            Self::Peer => "NONSENSE",
            Self::Moment => "NOT_NOW",
            Self::Refused => "REFUSED",
        }
    }
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option is wrong or not supported.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The gate of this client held a request back.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A connection could not be made.
    #[error("cannot connect to {address}")]
    Connect {
        /// Who was called.
        address: Address,
        /// Why.
        source: io::Error,
    },
    /// None of the brokers could be used.
    #[error("cannot reach a broker at {addresses}")]
    NoBroker {
        /// All that were tried.
        addresses: String,
        /// How the last of them failed.
        source: Option<Box<Error>>,
    },
    /// A connection could not be secured, or ended for a reason of security.
    #[error("cannot connect to {address} securely")]
    Security {
        /// Who was called.
        address: Address,
        /// Which step failed, and why.
        source: SecurityError,
    },
    /// A connection ended while it was in use.
    #[error("lost the connection to {address}: {reason}")]
    Disconnected {
        /// The other side.
        address: Address,
        /// Why.
        reason: String,
    },
    /// One request was not answered in time; the cluster may have done what it asked.
    #[error("{address} did not answer {api} within {after:?}")]
    NoAnswer {
        /// Who was asked.
        address: Address,
        /// The API.
        api: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// The deadline of a whole call passed, with all its retries.
    #[error("gave up after {after:?}: cannot {what}")]
    TimedOut {
        /// Verb and object.
        what: String,
        /// How long was tried.
        after: Duration,
        /// How the last try failed.
        source: Box<Error>,
    },
    /// An answer that cannot be read.
    #[error("{address} answered {api} with what cannot be read")]
    Malformed {
        /// Who answered.
        address: Address,
        /// The API.
        api: &'static str,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// An answer that says what cannot be.
    #[error("{address} answered {api} with nonsense: {reason}")]
    Nonsense {
        /// Who answered.
        address: String,
        /// The API.
        api: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The broker and this client have no version of an API in common.
    #[error("{address} does not serve {api} in a version this client speaks ({ours})")]
    Unsupported {
        /// Who was asked.
        address: Address,
        /// The API.
        api: &'static str,
        /// The versions this client speaks.
        ours: String,
    },
    /// A request that cannot be laid out.
    #[error("cannot write {api} in version {version}")]
    Encode {
        /// The API.
        api: &'static str,
        /// The version.
        version: i16,
        /// Why.
        source: EncodeError,
    },
    /// A broker refused.
    #[error("cannot {what}: {}", said(*code, message.as_deref()))]
    Broker {
        /// Verb and object: `create topic "orders"`.
        what: String,
        /// Kafka's error.
        code: ErrorCode,
        /// What the broker said beyond the code.
        message: Option<String>,
    },
    /// A record batch that cannot be read or made.
    #[error("cannot {what}: {reason}")]
    Records {
        /// Verb and object.
        what: String,
        /// Why.
        reason: String,
    },
    /// The producer or consumer was closed.
    #[error("{0} is closed")]
    Closed(&'static str),
}

/// The broker's words, or ours, and the code's name.
fn said(code: ErrorCode, message: Option<&str>) -> String {
    let words = message.filter(|message| !message.is_empty()).unwrap_or_else(|| code.message());
    if code.name() == "UNKNOWN" {
        return format!("{words} (error code {})", code.0);
    }
    format!("{} ({})", words.trim_end_matches('.'), code.name())
}

impl Error {
    /// A broker's refusal.
    pub fn broker(what: impl Into<String>, code: ErrorCode, message: Option<&str>) -> Self {
        Self::Broker { what: what.into(), code, message: message.map(str::to_owned) }
    }

    /// Kafka's error code, when a broker refused.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Broker { code, .. } => Some(*code),
            Self::TimedOut { source, .. } => source.code(),
            _ => None,
        }
    }

    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Options(_) | Self::Encode { .. } | Self::Closed(_) => Fault::Caller,
            Self::Refused(_) => Fault::Refused,
            Self::Security { source, .. } if source.is_denial() => Fault::Denied,
            Self::NoBroker { source: Some(source), .. } if source.fault() == Fault::Denied => Fault::Denied,
            Self::Security { .. } => Fault::Unreachable,
            Self::Connect { .. } | Self::NoBroker { .. } | Self::Disconnected { .. } => Fault::Unreachable,
            Self::TimedOut { .. } | Self::NoAnswer { .. } => Fault::TimedOut,
            Self::Malformed { .. }
            | Self::Nonsense { .. }
            | Self::Unsupported { .. }
            | Self::Records { .. } => Fault::Peer,
            Self::Broker { code, .. } if is_denial(*code) => Fault::Denied,
            Self::Broker { code, .. } if code.is_retriable() => Fault::Moment,
            Self::Broker { .. } => Fault::Caller,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::TimedOut { source, .. } => source.hint(),
            Self::Refused(Refusal::ReadOnly(_)) => {
                Some("use another context, or take read_only out of this one in the configuration")
            }
            Self::NoBroker { source: Some(source), .. } => source.hint(),
            Self::Security { source, .. } => source.hint(),
            Self::Options(OptionsError::Security(source)) => source.hint(),
            Self::Disconnected { .. } | Self::Malformed { .. } => {
                Some("is this a listener of a Kafka broker, and is security.protocol the one it speaks?")
            }
            Self::Unsupported { .. } => Some(
                "see what it serves with `kr cluster api-versions`: some APIs came after Kafka 2.1, some need KRaft",
            ),
            Self::Broker { code, .. } => hint_of(*code),
            _ => None,
        }
    }
}

fn is_denial(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::TOPIC_AUTHORIZATION_FAILED
            | ErrorCode::GROUP_AUTHORIZATION_FAILED
            | ErrorCode::CLUSTER_AUTHORIZATION_FAILED
            | ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED
            | ErrorCode::DELEGATION_TOKEN_AUTHORIZATION_FAILED
            | ErrorCode::SASL_AUTHENTICATION_FAILED
    )
}

fn hint_of(code: ErrorCode) -> Option<&'static str> {
    Some(match code {
        ErrorCode::TOPIC_ALREADY_EXISTS => "use --if-not-exists if that is fine",
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => "see which topics exist with `kr topic list`",
        ErrorCode::INVALID_REPLICATION_FACTOR => "see how many brokers are alive with `kr cluster nodes`",
        ErrorCode::INVALID_TOPIC_EXCEPTION => "a name has 1 to 249 of the characters a-z A-Z 0-9 . _ -",
        ErrorCode::TOPIC_DELETION_DISABLED => "the brokers run with delete.topic.enable=false",
        ErrorCode::GROUP_ID_NOT_FOUND => "see which groups exist with `kr group list`",
        ErrorCode::MISMATCHED_ENDPOINT_TYPE => {
            "brokers are named with -b, controllers with --bootstrap-controller; each has its own port"
        }
        ErrorCode::SECURITY_DISABLED => "the brokers run without an authorizer (authorizer.class.name)",
        ErrorCode::NOT_ENOUGH_REPLICAS | ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND => {
            "fewer replicas are in sync than min.insync.replicas; see `kr topic describe`"
        }
        _ => return None,
    })
}
