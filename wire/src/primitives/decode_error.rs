//! What can be wrong with bytes.

/// What is wrong with bytes from a peer or a disk. The fault is always theirs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end inside a field.
    #[error("{needed} bytes needed at byte {at}, {remaining} left")]
    Truncated {
        /// Position of the field from the start of the bytes read.
        at: usize,
        /// Bytes the field takes.
        needed: usize,
        /// Bytes that are there.
        remaining: usize,
    },
    /// A length or count is negative, or larger than the bytes that follow could hold.
    #[error("length {claimed} at byte {at} does not fit the {remaining} bytes left")]
    Length {
        /// Position after the length.
        at: usize,
        /// The length as sent.
        claimed: i64,
        /// Bytes that are there.
        remaining: usize,
    },
    /// A field that may not be null is null.
    #[error("null at byte {at} where a value is required")]
    Null {
        /// Position after the null.
        at: usize,
    },
    /// A string is not UTF-8.
    #[error("string at byte {at} is not valid utf-8")]
    Utf8 {
        /// Position of the string's first byte.
        at: usize,
    },
    /// A varint does not end within the bytes its type may take, or does not fit the type.
    #[error("varint at byte {at} is too long")]
    Varint {
        /// Position of the varint.
        at: usize,
    },
    /// A value is outside what the field may hold.
    #[error("{what} at byte {at} cannot be {value}")]
    Value {
        /// Position after the value.
        at: usize,
        /// The field in words.
        what: &'static str,
        /// The value as sent.
        value: i64,
    },
    /// Bytes are left after the end of a message.
    #[error("{count} bytes left after the end of the message at byte {at}")]
    Trailing {
        /// Where the message ended.
        at: usize,
        /// Bytes after it.
        count: usize,
    },
    /// The message would take more memory than its size allows for.
    #[error("array of {count} elements at byte {at} takes more memory than {length} bytes may ask for")]
    Memory {
        /// Position after the array's count.
        at: usize,
        /// The count.
        count: usize,
        /// Length of the message.
        length: usize,
    },
    /// No API has this key.
    #[error("api key {key} is unknown")]
    Api {
        /// The key as sent.
        key: i16,
    },
    /// The API exists, the version does not, or not here.
    #[error("version {version} of api key {key} is not supported")]
    Version {
        /// The API.
        key: i16,
        /// The version as sent.
        version: i16,
    },
    /// The message codec refused what the bounds allowed.
    #[error("message of api key {key} version {version} is malformed: {reason}")]
    Message {
        /// The API.
        key: i16,
        /// Its version.
        version: i16,
        /// The codec's words.
        reason: String,
    },
}

/// Result of a read.
pub type Decoded<T> = Result<T, DecodeError>;
