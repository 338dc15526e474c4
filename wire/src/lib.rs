//! Kafka's bytes: frames, headers, messages, record batches and record schemas.
//!
//! The only crate that knows them. It is pure: no I/O, no clock, no threads. Whatever a peer sends is
//! bounded here before anything is reserved for it.

pub mod api;
pub mod error_code;
pub mod fetch;
pub mod frame;
pub mod guard;
pub mod header;
pub mod ids;
pub mod leader_hint;
pub mod message;
pub mod newer;
pub mod primitives;
pub mod produce;
pub mod records;
pub mod time;
pub mod topic_ref;

pub use kafka_protocol::messages;
pub use records::{
    batch, compression, control, group_records, metadata_records, producer_snapshot, quorum_state,
    share_records, shown, txn_records,
};
