//! From ZooKeeper to KRaft: reads what a Kafka cluster keeps in ZooKeeper and says what a migration makes of it.
//!
//! ```text
//!  ZooKeeper's files ─► Tree ─► model::Model ─► convert: the records that Kafka's own driver would write
//!                        └───────────────────► checks: what stands in the way, with evidence
//! ```
//!
//! Everything here reads. There is no code in this crate that changes a ZooKeeper, a broker or a file of theirs.
//! Facts about formats and about Kafka's behaviour were read from Apache Kafka 3.9 and Apache ZooKeeper 3.8.

pub mod checks;
pub mod convert;
mod java;
pub mod model;
pub mod source;
pub mod tree;
