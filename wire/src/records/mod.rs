//! What is stored: record batches and the records Kafka keeps for itself.
//!
//! Batches, their compression and control records on one side; on the other the schemas of the metadata log and
//! of the coordinators' topics, and two small files. What the records mean is decided elsewhere.

pub mod batch;
mod batch_builder;
pub mod compression;
pub mod control;
mod coordinator;
pub mod group_records;
pub mod metadata_records;
pub mod producer_snapshot;
pub mod quorum_state;
mod record;
pub(crate) mod schema;
mod share_group_records;
pub mod share_records;
pub mod shown;
mod streams_group_records;
pub mod txn_records;
