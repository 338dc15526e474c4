//! Kafka's bytes: frames, headers, messages, record batches and record schemas.
//!
//! The only crate that knows them. It is pure: no I/O, no clock, no threads. Whatever a peer sends is
//! bounded here before anything is reserved for it.

pub mod ids;
pub mod time;
