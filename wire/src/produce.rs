//! Produce, versions 3 to 13, in both directions.
//!
//! Written by hand because it is one of the two hot frames: record batches stay slices of the frame they came
//! in. Batches are not looked into here.

mod request;
mod response;

pub use request::{ProducePartition, ProduceRequest, ProduceTopic};
pub use response::{ProducePartitionResponse, ProduceResponse, ProduceTopicResponse, RecordError};

const KEY: i16 = 0;

/// From this version on topics are named by id (KIP-516).
const FIRST_BY_ID: i16 = 13;
