//! Big-endian numbers, varints, strings, arrays and tagged fields: the alphabet of Kafka's messages.
//!
//! [`Reader`] borrows and never copies; [`Writer`] appends to one vector. Both know the two forms of Kafka's
//! encoding, *plain* (fixed-width lengths) and *compact* (KIP-482: varint lengths plus one, tagged fields),
//! as a property of the message at hand, so that a codec names each field once for all versions.
//! Nothing here reserves what a peer claims: a count never exceeds the bytes that remain, and all arrays of a
//! message share a [`MemoryBudget`].
//! Which fields a message has is not known here.

mod decode_error;
mod memory_budget;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use decode_error::{DecodeError, Decoded};
pub use memory_budget::MemoryBudget;
pub use reader::Reader;
pub use writer::{Tags, Writer};
