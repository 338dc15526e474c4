//! What a call can fail with, and whose fault it is.

use std::io;
use std::time::Duration;

use crate::options::{Address, OptionsError};

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
    /// The broker sent what no broker should send.
    Peer,
    /// The cluster could not do it now, and may later.
    Moment,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An option is wrong or not supported.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// A connection could not be made.
    #[error("cannot connect to {address}")]
    Connect {
        /// Who was called.
        address: Address,
        /// Why.
        source: io::Error,
    },
    /// None of the bootstrap brokers could be used.
    #[error("cannot reach a broker at {addresses}")]
    NoBroker {
        /// All that were tried.
        addresses: String,
        /// How the last of them failed.
        source: Box<Error>,
    },
    /// A connection ended while it was in use.
    #[error("lost the connection to {address}")]
    Disconnected {
        /// The other side.
        address: Address,
        /// Why, unless the other side just closed it.
        source: Option<io::Error>,
    },
    /// A deadline passed.
    #[error("no answer to {what} within {after:?}")]
    TimedOut {
        /// What was waited for.
        what: String,
        /// How long.
        after: Duration,
        /// What stood in the way, if anything answered.
        source: Option<Box<Error>>,
    },
}

impl Error {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Self::Options(_) => Fault::Caller,
            Self::Connect { .. } | Self::NoBroker { .. } | Self::Disconnected { .. } => Fault::Unreachable,
            Self::TimedOut { .. } => Fault::TimedOut,
        }
    }

    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        None
    }
}
