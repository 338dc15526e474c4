//! Drivers inside the node: each feeds one machine its events and carries out its outputs.

pub(crate) mod controller;
pub(crate) mod group;
pub(crate) mod raft;
pub(crate) mod raft_fetch;
pub(crate) mod raft_messages;
pub(crate) mod raft_store;
pub(crate) mod snapshots;
