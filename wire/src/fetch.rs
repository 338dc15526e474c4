//! Fetch, versions 4 to 18, in both directions: consumers, followers and the metadata quorum.
//!
//! Written by hand because it is one of the two hot frames: a response is a few bytes of layout around record
//! batches that belong to the log, and a fetched batch stays a slice of the frame it came in.

mod request;
mod response;

pub use request::{FetchPartition, FetchReplica, FetchRequest, FetchTopic, ForgottenTopic, IsolationLevel};
pub use response::{
    AbortedTransaction, EpochEndOffset, FetchPartitionResponse, FetchResponse, FetchTopicResponse, SnapshotId,
};

const KEY: i16 = 1;

/// From this version on topics are named by id (KIP-516).
const FIRST_BY_ID: i16 = 13;
