//! Kafka's bytes: frames, headers, messages, record batches and record schemas.
//!
//! The only crate that knows them. It is pure: no I/O, no clock, no threads. Whatever a peer sends is
//! bounded here before anything is reserved for it.

pub mod api;
pub mod error_code;
pub mod frame;
pub mod guard;
pub mod header;
pub mod ids;
pub mod message;
pub mod primitives;
pub mod records;
pub mod time;

pub use kafka_protocol::messages;
pub use records::{batch, compression, metadata_records};
